import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { MinimaxError } from '../minimax/errors.ts';
import { statusCodeEntry, statusCodes } from '../minimax/v1/codes.ts';
import type { Prisma } from '../database/generated/client.ts';

export interface UpstreamKeyOptions {
  prisma: Database['prisma'];
  log: Logger;
  now: () => Date;
  /** Names the key without telling it; servers with the same key share budget and pause. */
  keyId: string;
  /** What an operator calls the account. */
  name: string;
  /** Null: any number. */
  requestsPerMinute: number | null;
  /** No pause lasts longer; short where nobody has to mend anything, as with the simulator. */
  longestPauseMs: number;
}

export interface KeyStatus {
  requestsPerMinute: number | null;
  /** Submissions sent within the last minute, by all servers; null where nothing limits them. */
  usedInLastMinute: number | null;
  pause: { until: Date; code: number | null; message: string } | null;
}

const budgetWindowMs = 60_000;

/** How long a key rests that MiniMax does not accept, unless the code says otherwise. */
const pauseMs = 5 * 60_000;

/** While one request tries whether a paused key works again, the others wait this long. */
const probeMs = 60_000;

/** What a usable answer to a look refutes; that the account has money it does not say. */
const unauthorizedCodes = statusCodes
  .filter(({ onSubmit }) => onSubmit === 'unauthorized')
  .map(({ code }) => code);

/**
 * What the servers that share a MiniMax key must agree on: how many submissions
 * were sent within the last minute, and whether the key rests because MiniMax
 * does not accept it.
 *
 * A pause that is over, or was never meant to last, leaves `paused_until` in the past: the next
 * request goes alone, and what becomes of it ends the pause or prolongs it.
 */
export class UpstreamKey {
  readonly #options: UpstreamKeyOptions;
  #probing = false;
  /** As far as this server has seen. */
  #mayBePaused = false;
  /** Looks that were refused since something succeeded. */
  #refusedLooks = 0;
  /** A second time looks are not believed before a submission was accepted. */
  #looksAreBelieved = true;

  constructor(options: UpstreamKeyOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.keyId;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Makes the key known to the database; before anything else. */
  async register(): Promise<void> {
    const { prisma, keyId } = this.#options;
    await prisma.upstreamKey.createMany({ data: [{ id: keyId }], skipDuplicates: true });
  }

  /** How many submissions may be sent now; no other server is told until `tx` ends. */
  async lockBudget(
    tx: Prisma.TransactionClient,
  ): Promise<{ free: number; spend(count: number): Promise<void> }> {
    const { keyId, requestsPerMinute } = this.#options;
    const now = this.#options.now();
    const [key] = await tx.$queryRaw<[{ recent: Date[]; pausedUntil: Date | null }]>`
      SELECT recent_submissions AS recent, paused_until AS "pausedUntil"
      FROM upstream_key WHERE id = ${keyId} FOR UPDATE`;
    const recent = withinWindow(key.recent, now);
    this.#mayBePaused = key.pausedUntil !== null;
    const isPaused = key.pausedUntil !== null && key.pausedUntil > now;
    // After a pause, one request tries whether the key works again.
    const isProbe = key.pausedUntil !== null && !isPaused;
    const left = requestsPerMinute === null ? Infinity : requestsPerMinute - recent.length;
    const free = isPaused ? 0 : left;
    return {
      free: isProbe ? Math.min(free, 1) : free,
      spend: async (count) => {
        this.#probing ||= isProbe;
        if (requestsPerMinute === null && !isProbe) return;
        await tx.upstreamKey.update({
          where: { id: keyId },
          data: {
            ...(requestsPerMinute !== null && {
              recentSubmissions: [...recent, ...Array<Date>(count).fill(now)],
            }),
            ...(isProbe && { pausedUntil: this.#end(probeMs) }),
          },
        });
      },
    };
  }

  /** Pauses the key when the answer to a submission says that every other would meet it too; else the key works. */
  async judge(error: MinimaxError): Promise<void> {
    const entry = error.statusCode === null ? null : statusCodeEntry(error.statusCode);
    const concernsAll =
      error.kind === 'unauthorized' ||
      error.failureKind === 'BALANCE_EXHAUSTED' ||
      entry?.pausesKey === true;
    if (!concernsAll) {
      if (error.kind === 'refused') await this.works();
      return;
    }
    const until = this.#end(entry?.retryAfterMs ?? pauseMs);
    const isProbe = this.#probing;
    this.#probing = false;
    // Several requests may meet the same refusal: one of them is loud.
    if (await this.#pause(until, error, !isProbe)) {
      const { statusCode, statusMessage } = error;
      this.#options.log.error(
        { statusCode, statusMessage, until },
        `MiniMax does not accept this key: no new submissions until ${until.toISOString()}. ${entry?.advice ?? error.message}`,
      );
    }
  }

  /** Ends every pause: MiniMax took a submission with this key. */
  async works(): Promise<void> {
    this.#refusedLooks = 0;
    this.#looksAreBelieved = true;
    if (!this.#mayBePaused) return;
    this.#mayBePaused = false;
    this.#probing = false;
    const { prisma, log, keyId } = this.#options;
    const { count } = await prisma.upstreamKey.updateMany({
      where: { id: keyId, pausedUntil: { not: null } },
      data: { pausedUntil: null, pauseCode: null, pauseMessage: null },
    });
    if (count > 0) log.info({}, 'MiniMax accepts this key again: submissions go on');
  }

  /** Takes note of how MiniMax answered a look at a task of an account: usably, or by refusing the key. */
  async noteLook(accountId: string | null, refusal: MinimaxError | null): Promise<void> {
    if (accountId !== this.id) return;
    await (refusal ? this.#doubt(refusal) : this.#accepts());
  }

  /**
   * A refused look tells of its task first. With a second one, and no success in between, the key is
   * in doubt: the next submission goes alone.
   */
  async #doubt(error: MinimaxError): Promise<void> {
    this.#refusedLooks += 1;
    if (this.#refusedLooks < 2) return;
    const { now, log } = this.#options;
    const { statusCode, statusMessage } = error;
    if (await this.#pause(now(), error, true)) {
      log.warn(
        { statusCode, statusMessage },
        'MiniMax refuses this key when it is asked for tasks: the next submission goes alone',
      );
    }
  }

  /** The key was accepted for a look: the next submission may go now, alone. */
  async #accepts(): Promise<void> {
    this.#refusedLooks = 0;
    if (!this.#mayBePaused || this.#probing || !this.#looksAreBelieved) return;
    const { prisma, log, keyId, now } = this.#options;
    const { count } = await prisma.upstreamKey.updateMany({
      where: {
        id: keyId,
        pauseMessage: { not: null },
        OR: [{ pauseCode: null }, { pauseCode: { in: unauthorizedCodes } }],
      },
      data: { pausedUntil: now(), pauseCode: null, pauseMessage: null },
    });
    if (count === 0) return;
    this.#looksAreBelieved = false;
    log.info({}, 'MiniMax accepts this key again: the next submission goes now');
  }

  /** False when it is paused already and `onlyFirst` says that this changes nothing. */
  async #pause(until: Date, error: MinimaxError, onlyFirst: boolean): Promise<boolean> {
    const { prisma, keyId } = this.#options;
    this.#mayBePaused = true;
    const { count } = await prisma.upstreamKey.updateMany({
      where: { id: keyId, ...(onlyFirst && { pausedUntil: null }) },
      data: { pausedUntil: until, pauseCode: error.statusCode, pauseMessage: error.message },
    });
    return count > 0;
  }

  #end(ms: number): Date {
    const { now, longestPauseMs } = this.#options;
    return new Date(now().getTime() + Math.min(ms, longestPauseMs));
  }

  async status(): Promise<KeyStatus> {
    const { prisma, keyId, requestsPerMinute, now } = this.#options;
    const key = await prisma.upstreamKey.findUniqueOrThrow({ where: { id: keyId } });
    return {
      requestsPerMinute,
      usedInLastMinute:
        requestsPerMinute === null ? null : withinWindow(key.recentSubmissions, now()).length,
      pause:
        key.pausedUntil === null || key.pauseMessage === null
          ? null
          : { until: key.pausedUntil, code: key.pauseCode, message: key.pauseMessage },
    };
  }
}

function withinWindow(times: readonly Date[], now: Date): Date[] {
  return times.filter((at) => at.getTime() > now.getTime() - budgetWindowMs);
}
