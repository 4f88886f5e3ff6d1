import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { MinimaxError } from '../minimax/errors.ts';
import { statusCodeEntry, statusCodes } from '../minimax/codes.ts';
import { Prisma } from '../database/generated/client.ts';
import type { ApiGeneration } from '../minimax/model.ts';

export interface UpstreamKeyOptions {
  prisma: Database['prisma'];
  log: Logger;
  now: () => Date;
  /** Names the key without telling it; servers with the same key share budget and pause. */
  keyId: string;
  /** What an operator calls the account. */
  name: string;
  /** Of each API generation by itself. */
  limits: Readonly<Record<ApiGeneration, SendingLimits>>;
  /** No pause lasts longer; short where nobody has to mend anything, as with the simulator. */
  longestPauseMs: number;
}

/** By all servers together; null: any number. */
export interface SendingLimits {
  /** Submissions within any 60 seconds. */
  requestsPerMinute: number | null;
  /** Tasks that MiniMax has at one time. */
  inFlight: number | null;
}

export interface SendingStatus extends SendingLimits {
  apiGeneration: ApiGeneration;
  /** Submissions sent within the last minute; null where nothing limits them. */
  usedInLastMinute: number | null;
}

export interface KeyStatus {
  sending: SendingStatus[];
  pause: { until: Date; code: number | null; message: string } | null;
}

/** What a claim sees of the key. */
export interface SeenKey {
  mayBePaused: boolean;
  isProbe: boolean;
}

/**
 * A minute, and what a request may take on its way from the claim to MiniMax: two that are claimed a
 * minute apart may arrive closer together.
 */
const budgetWindowMs = 61_000;

/** A claim waits no longer for the key's row: no statement has so much time (database/limits.ts). */
const longestWaitMs = 5_000;

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

  /**
   * Parts of the statement that claims. `key` tells how many submissions may be sent now, `most` at
   * most, as `free`; no other server is told until the statement ends. `spent` stands for those that
   * the part `claimed` has taken.
   */
  budget(
    apiGeneration: ApiGeneration,
    now: Date,
    most: number,
  ): { key: Prisma.Sql; spent: Prisma.Sql } {
    const { keyId, limits } = this.#options;
    const { requestsPerMinute, inFlight } = limits[apiGeneration];
    const windowStart = new Date(now.getTime() - budgetWindowMs);
    const limit = Prisma.sql`${requestsPerMinute}::integer`;
    const isCounted = requestsPerMinute !== null || inFlight !== null;
    const sent = Prisma.raw(
      apiGeneration === 1 ? 'recent_submissions' : 'recent_second_submissions',
    );
    return {
      // Of the row as it is once it is locked. After a pause, one request tries whether the key works again.
      key: Prisma.sql`locked AS MATERIALIZED (
        SELECT id, paused_until, ${sent} AS sent FROM upstream_key WHERE id = ${keyId} FOR UPDATE
      ), recent AS MATERIALIZED (
        SELECT id, paused_until, coalesce(paused_until <= ${now}, false) AS is_probe,
          ARRAY(SELECT at FROM unnest(sent) AS at WHERE at > ${windowStart}) AS submissions
        FROM locked
      ), key AS MATERIALIZED (
        SELECT *, greatest(0, least(${most}::integer, ${limit} - cardinality(submissions),
          ${this.#room(apiGeneration, now)},
          CASE WHEN is_probe THEN 1 WHEN paused_until IS NOT NULL THEN 0 END)) AS free
        FROM recent
      )`,
      spent: Prisma.sql`spent AS (
        UPDATE upstream_key SET
          ${sent} = CASE WHEN NOT ${isCounted} THEN upstream_key.${sent}
            ELSE key.submissions || array_fill(${now}::timestamptz, ARRAY[sent.count]) END,
          paused_until = CASE WHEN key.is_probe THEN ${this.#end(probeMs)}
            ELSE upstream_key.paused_until END
        FROM key, (SELECT count(*)::integer AS count FROM claimed) AS sent
        WHERE upstream_key.id = key.id AND sent.count > 0
          AND (key.is_probe OR ${isCounted})
      )`,
    };
  }

  /**
   * How many tasks more MiniMax may have at one time, as a part of `key`; NULL: any number. What other
   * servers sent while the statement waited for the row is not among what it sees, so what was sent
   * just now is counted by the row.
   */
  #room(apiGeneration: ApiGeneration, now: Date): Prisma.Sql {
    const { keyId, limits } = this.#options;
    const { inFlight } = limits[apiGeneration];
    if (inFlight === null) return Prisma.sql`NULL::integer`;
    // As a literal, so that the partial index of the second one is used.
    const spoken = Prisma.raw(String(apiGeneration));
    const justNow = new Date(now.getTime() - longestWaitMs);
    return Prisma.sql`${inFlight}::integer - (
            SELECT count(*) FROM (
              SELECT FROM video_generation
              WHERE status IN ('SUBMITTING', 'PROCESSING') AND api_generation = ${spoken}
                AND account_id = ${keyId} AND coalesce(submitted_at, created_at) <= ${justNow}
              LIMIT ${inFlight}
            ) AS running
          ) - (SELECT count(*) FROM unnest(submissions) AS at WHERE at > ${justNow})`;
  }

  /** Takes note of what a claim saw of the key, and whether it took anything. */
  noteClaim({ mayBePaused, isProbe }: SeenKey, tookAny: boolean): void {
    this.#mayBePaused = mayBePaused;
    this.#probing ||= isProbe && tookAny;
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
    const { prisma, keyId, limits, now } = this.#options;
    const key = await prisma.upstreamKey.findUniqueOrThrow({ where: { id: keyId } });
    const sent = { 1: key.recentSubmissions, 2: key.recentSecondSubmissions };
    const sending = ([1, 2] as const).map((apiGeneration) => ({
      ...{ apiGeneration, ...limits[apiGeneration] },
      usedInLastMinute:
        limits[apiGeneration].requestsPerMinute === null
          ? null
          : withinWindow(sent[apiGeneration], now()).length,
    }));
    return {
      sending,
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
