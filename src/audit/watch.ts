import type { Database } from '../database/database.ts';
import type { AuditCheckpoint } from '../database/generated/client.ts';
import { isUnavailable } from '../database/unavailable.ts';
import { isReckoned } from './breaks.ts';
import type { Checkpoints } from './checkpoints.ts';
import { judgeSignature, trustNobody, type Trust } from './head.ts';
import { verifyAuditLog, type Verification } from './verify.ts';

export interface WatchOptions {
  prisma: Database['prisma'];
  checkpoints: Checkpoints;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  now: () => Date;
  trust?: Trust;
}

/** A finished look, or how far the first one is. */
export interface Look extends Verification {
  finishedAt: Date | null;
  running: boolean;
  /** Why nothing is known of how the log is now; null when it was looked at, or is for the first time. */
  failure: string | null;
}

const everyMs = 10 * 60_000;

/** Everything is looked at again so often, in between what is new. */
const wholeEveryMs = 24 * 3_600_000;

/** The first time not while a server has just started, and has others to serve. */
const firstWholeAfterMs = 3_600_000;

/** Who asks waits so long for a look to end; that of some ten thousand events does. */
const answerWithinMs = 3_000;

/** After a long look the database has a rest of some times its length before anybody can ask for the next. */
const restFactor = 10;
const shortMs = 1_000;

const unknownKeyMessage =
  'The last audit checkpoint is signed by a key that is not known here: by another server, an earlier one, or somebody else. Give all servers the same AUDIT_SIGNING_KEY, or name the others in AUDIT_TRUSTED_KEYS';

const unjudgedMessage =
  'What guards the audit log is not as this version makes it, and the database has a migration that this version lacks. If nobody brought a newer version, somebody altered it; else look with that one: "npm run verify-audit"';

const unlikeMessage =
  'The audit log is not what this version would have written, and what guards it is of a newer one, or altered: look with the newest version, "npm run verify-audit"';

/** Says nothing of what an error says: what made it may be somebody's. */
const failureMessage =
  'The audit log could not be looked at to its end: nothing is known of how it is now. The service’s log says why.';

const nothingSeen: Verification = {
  ...{ ok: true, checked: 0, firstBad: null, checkpoint: null },
  ...{ signature: null, since: null, unbound: 0, unjudged: null },
};

/** Makes checkpoints, and looks whether the log is what was written: by itself, and for whoever asks. */
export class AuditWatch {
  readonly #options: WatchOptions;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #rounds: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  #progress = 0;
  #finished: (Verification & { finishedAt: Date }) | undefined;
  #hasFailed = false;
  #wholeAt: number;
  #restsUntil = 0;
  /** Up to here everything was as it was written when this server last looked. */
  #believed: AuditCheckpoint | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#wholeAt = performance.now() + firstWholeAfterMs - wholeEveryMs;
  }

  /** Makes checkpoints, each followed by a look at what is new, now and every ten minutes. */
  start(): void {
    const round = () => {
      this.#rounds = this.#rounds.then(() => this.#round());
    };
    this.#timer = setInterval(round, everyMs).unref();
    round();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all([this.#rounds, this.#running]);
  }

  /**
   * The latest finished look. Starts one at everything, and waits some seconds for it: a small log
   * is always looked at afresh, a large one is told of as it was seen last.
   */
  async look(): Promise<Look> {
    if (this.#mayStart()) this.#running = this.#attempt(true);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, answerWithinMs);
    });
    await Promise.race([this.#running, patience]);
    clearTimeout(timer);
    const running = this.#running !== undefined;
    const seen = this.#finished ?? { ...nothingSeen, checked: this.#progress, finishedAt: null };
    const isUnknown = this.#hasFailed || (seen.finishedAt === null && !running);
    return {
      ...seen,
      ok: seen.ok && !isUnknown,
      running,
      failure: isUnknown ? failureMessage : null,
    };
  }

  #mayStart(): boolean {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return false;
    return this.#options.now().getTime() >= this.#restsUntil;
  }

  async #round(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      await this.#options.checkpoints.make();
    } catch (error) {
      this.#options.log.error({ error }, 'no audit checkpoint could be made; trying again later');
    }
    await this.#running;
    if (this.#stopping.signal.aborted) return;
    // What was found, or could not be looked at, may lie before what is new.
    const whole =
      this.#hasFailed ||
      this.#finished?.ok === false ||
      performance.now() - this.#wholeAt > wholeEveryMs;
    this.#running = this.#attempt(whole);
    await this.#running;
  }

  async #attempt(whole: boolean): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.#run(whole ? null : (this.#believed ?? (await this.#lastSigned())));
      this.#hasFailed = false;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const { log } = this.#options;
      // An outage passes, and everything else tells of it; one that stays may be a table that somebody locks.
      if (isUnavailable(error) && !this.#hasFailed)
        log.warn({ error }, 'the audit log could not be looked at; trying again');
      else log.error({ error }, 'AUDIT ALARM: the audit log could not be looked at');
      this.#hasFailed = true;
    } finally {
      const tookMs = performance.now() - startedAt;
      const restMs = tookMs < shortMs ? 0 : tookMs * restFactor;
      this.#restsUntil = this.#options.now().getTime() + restMs;
      this.#running = undefined;
    }
  }

  async #run(since: AuditCheckpoint | null): Promise<void> {
    const { prisma, checkpoints, log, now, trust } = this.#options;
    this.#progress = 0;
    const { latest } = checkpoints;
    const verification = await verifyAuditLog(prisma, {
      since,
      ...(trust && { trust }),
      expected: [latest, this.#believed].filter((head) => head != null),
      onProgress: (checked) => (this.#progress = checked),
      signal: this.#stopping.signal,
    });
    if (since === null) this.#wholeAt = performance.now();
    this.#finished = { ...verification, finishedAt: now() };
    const { firstBad, checkpoint, checked, signature, unjudged } = verification;
    if (unjudged !== null) log.warn({ unjudged }, unjudgedMessage);
    if (signature === 'UNKNOWN_KEY') {
      const { id, publicKey } = checkpoint!;
      log.warn({ checkpoint: id, publicKey }, unknownKeyMessage);
    }
    if (firstBad && unjudged !== null && isReckoned(firstBad)) {
      log.warn({ ...firstBad, unjudged }, unlikeMessage);
    } else if (firstBad) {
      log.error({ ...firstBad }, 'AUDIT ALARM: the audit log is not what was written');
    } else {
      if (checkpoint?.lastPosition != null) this.#believed = checkpoint;
      log.info({ checked, since: since?.id ?? null }, 'the audit log is as it was written');
    }
  }

  /** Where a server begins that has not looked yet: a checkpoint that it can know to be its own. */
  async #lastSigned(): Promise<AuditCheckpoint | null> {
    const { prisma, trust = trustNobody } = this.#options;
    const last = await prisma.auditCheckpoint.findFirst({ orderBy: { id: 'desc' } });
    return last && judgeSignature(last, trust) === 'VALID' ? last : null;
  }
}
