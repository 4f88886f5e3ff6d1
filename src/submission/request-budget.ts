import { createHash } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { MinimaxError } from '../minimax/errors.ts';
import { statusCodeEntry } from '../minimax/v1/codes.ts';
import type { Prisma } from '../database/generated/client.ts';

export interface UpstreamKeyOptions {
  prisma: Database['prisma'];
  log: Logger;
  now: () => Date;
  /** Names the key without telling it; servers with the same key share budget and pause. */
  keyId: string;
  /** What an operator calls the account. */
  name: string;
  requestsPerMinute: number;
  /** No pause lasts longer; short where nobody has to mend anything, as with the simulator. */
  longestPauseMs: number;
}

export interface KeyStatus {
  requestsPerMinute: number;
  /** Submissions sent within the last minute, by all servers. */
  usedInLastMinute: number;
  pause: { until: Date; code: number | null; message: string } | null;
}

const budgetWindowMs = 60_000;

/** How long a key rests that MiniMax does not accept, unless the code says otherwise. */
const pauseMs = 5 * 60_000;

/** While one request tries whether a paused key works again, the others wait this long. */
const probeMs = 60_000;

/**
 * What the servers that share a MiniMax key must agree on: how many submissions
 * were sent within the last minute, and whether the key rests because MiniMax
 * does not accept it.
 */
export class UpstreamKey {
  readonly #options: UpstreamKeyOptions;
  #probing = false;

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
    const isPaused = key.pausedUntil !== null && key.pausedUntil > now;
    // After a pause, one request tries whether the key works again.
    const isProbe = key.pausedUntil !== null && !isPaused;
    const free = isPaused ? 0 : requestsPerMinute - recent.length;
    return {
      free: isProbe ? Math.min(free, 1) : free,
      spend: async (count) => {
        this.#probing ||= isProbe;
        await tx.upstreamKey.update({
          where: { id: keyId },
          data: {
            recentSubmissions: [...recent, ...Array<Date>(count).fill(now)],
            ...(isProbe && { pausedUntil: this.#end(probeMs) }),
          },
        });
      },
    };
  }

  /** Pauses the key when the error says that every other request would meet it too; else the key works. */
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
    const { prisma, log, keyId } = this.#options;
    const until = this.#end(entry?.retryAfterMs ?? pauseMs);
    const { count } = await prisma.upstreamKey.updateMany({
      // Several requests may meet the same refusal: one of them is loud.
      where: { id: keyId, ...(!this.#probing && { pausedUntil: null }) },
      data: { pausedUntil: until, pauseCode: error.statusCode, pauseMessage: error.message },
    });
    this.#probing = false;
    if (count > 0) {
      log.error(
        { statusCode: error.statusCode, statusMessage: error.statusMessage, until },
        `MiniMax does not accept this key: no new submissions until ${until.toISOString()}. ${entry?.advice ?? error.message}`,
      );
    }
  }

  /** Ends a pause that this server was trying out. */
  async works(): Promise<void> {
    if (!this.#probing) return;
    this.#probing = false;
    const { prisma, log, keyId } = this.#options;
    await prisma.upstreamKey.update({
      where: { id: keyId },
      data: { pausedUntil: null, pauseCode: null, pauseMessage: null },
    });
    log.info({}, 'MiniMax accepts this key again: submissions go on');
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
      usedInLastMinute: withinWindow(key.recentSubmissions, now()).length,
      pause: key.pausedUntil && {
        until: key.pausedUntil,
        code: key.pauseCode,
        message: key.pauseMessage ?? '',
      },
    };
  }
}

function withinWindow(times: readonly Date[], now: Date): Date[] {
  return times.filter((at) => at.getTime() > now.getTime() - budgetWindowMs);
}

/** Names a key without telling it. */
export function fingerprint(baseUrl: string, apiKey: string): string {
  return createHash('sha256').update(`${baseUrl} ${apiKey}`).digest('hex').slice(0, 16);
}
