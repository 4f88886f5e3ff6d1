import type pg from 'pg';
import { MinuteCounts, minuteMs } from './minute-counts.ts';
import { networkOf } from './network-of.ts';
import type { Caller } from './caller.ts';
import { ApiError } from './errors.ts';

/** Those who do not say who they are, by address. */
const anonymousPerMinute = 60;

/**
 * A server takes this part of a limit at once and spends it by itself. Asking the database for each
 * request cost 8 to 20 % of the requests per second, asking for every thirtieth nothing that could
 * be measured. In exchange what one server holds is missing at another, and to the caller, until
 * the minute ends.
 */
const partTakenAtOnce = 1 / 20;

/** What a caller has left of its minute. */
export interface Budget {
  limit: number;
  remaining: number;
  /** Until it is whole again. */
  resetSeconds: number;
  /** There was less than what was asked for; nothing was taken. */
  exhausted: boolean;
}

export interface RateLimitOptions {
  /** Of one caller; 0: any number, for nobody a limit. */
  perMinute: number;
  /** Where servers that share a database count together; undefined: in memory, for one server alone. */
  pool: pg.Pool | undefined;
}

/** The requests that each caller may make in a minute, at all servers that share a database. */
export class RateLimits {
  readonly #callers: Allowances | undefined;
  readonly #anonymous: Allowances | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ perMinute, pool }: RateLimitOptions) {
    if (perMinute === 0) return;
    this.#callers = new Allowances('caller', perMinute, pool);
    this.#anonymous = new Allowances('address', Math.min(perMinute, anonymousPerMinute), pool);
    this.#timer = setInterval(() => {
      this.#callers?.forget();
      this.#anonymous?.forget();
    }, minuteMs).unref();
  }

  /**
   * Counts one request or `count` of them, all or none, by the caller's id or else by the address it
   * came from.
   *
   * Null for those who have no limit: the callers of a service that lets
   * everybody on its machine in.
   */
  async take(caller: Caller | null, ip: string | null, count = 1): Promise<Budget | null> {
    if (caller?.kind === 'LOCAL') return null;
    return caller
      ? ((await this.#callers?.take(caller.id, count)) ?? null)
      : ((await this.#anonymous?.take(networkOf(ip), count)) ?? null);
  }

  /**
   * Counts as many more for an operation whose first request has been counted. `tell` gets what is
   * left; then, when that is less than `count`, it rejects with RATE_LIMITED and nothing is counted.
   */
  async takeMore(
    caller: Caller,
    count: number,
    tell: (budget: Budget) => void = () => undefined,
  ): Promise<void> {
    const budget = await this.take(caller, null, count);
    if (!budget) return;
    tell(budget);
    if (budget.exhausted) throw rateLimited(budget, count + 1);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** What this server holds of one key's limit. */
interface Share {
  /** Taken and not yet spent. */
  held: number;
  /** Not taken by any server, when this one last asked. */
  free: number;
  /** When the minute ends, on the monotonic clock. */
  endsAt: number;
}

/** One limit for each key, of which this server takes a part at a time. */
class Allowances {
  readonly #limit: number;
  readonly #part: number;
  readonly #counts: MinuteCounts;
  readonly #shares = new Map<string, Share>();
  readonly #taking = new Map<string, Promise<void>>();

  constructor(keyPrefix: string, limit: number, pool: pg.Pool | undefined) {
    this.#limit = limit;
    this.#part = Math.max(1, Math.floor(limit * partTakenAtOnce));
    this.#counts = new MinuteCounts(keyPrefix, pool);
  }

  async take(key: string, count: number): Promise<Budget> {
    for (;;) {
      const now = performance.now();
      const share = this.#shares.get(key);
      if (share && share.endsAt > now) {
        const resetSeconds = Math.max(1, Math.ceil((share.endsAt - now) / 1_000));
        // Whoever has too little left costs no query until the minute ends.
        const exhausted = share.held + share.free < count;
        if (exhausted || share.held >= count) {
          if (!exhausted) share.held -= count;
          const remaining = share.held + share.free;
          return { limit: this.#limit, remaining, resetSeconds, exhausted };
        }
      }
      await this.#takePartOnce(key, count);
    }
  }

  /** Requests that come together wait for the same part. */
  #takePartOnce(key: string, wanted: number): Promise<void> {
    const running =
      this.#taking.get(key) ?? this.#takePart(key, wanted).finally(() => this.#taking.delete(key));
    this.#taking.set(key, running);
    return running;
  }

  async #takePart(key: string, wanted: number): Promise<void> {
    // What can never be had is no reason to take everything.
    const part = wanted > this.#limit ? this.#part : Math.max(this.#part, wanted);
    const { taken, endsAt } = await this.#counts.add(key, part);
    const fits = Math.max(0, part - Math.max(0, taken - this.#limit));
    const before = this.#shares.get(key);
    // What was held for the minute before has ended with it.
    const isSameMinute = before !== undefined && endsAt - before.endsAt < minuteMs / 2;
    const held = isSameMinute ? before.held : 0;
    if (held + fits < wanted && fits > 0) {
      // It does not help here: for who asks for less, at whichever server.
      await this.#counts.add(key, -part);
      this.#shares.set(key, { held, free: this.#limit - taken + part, endsAt });
    } else {
      const free = Math.max(0, this.#limit - taken);
      this.#shares.set(key, { held: held + fits, free, endsAt });
    }
  }

  /** Drops what belongs to minutes that have ended. */
  forget(): void {
    const now = performance.now();
    for (const [key, { endsAt }] of this.#shares) if (endsAt <= now) this.#shares.delete(key);
    this.#counts.forget();
  }
}

/** The refusal of a request beyond the budget, or of an operation that counts as several. */
export function rateLimited({ limit, remaining, resetSeconds }: Budget, count = 1): ApiError {
  const later = `sk again in ${resetSeconds} seconds.`;
  const message =
    count === 1
      ? `More than ${limit} requests within a minute. A${later}`
      : `An operation that requests ${count} videos counts as ${count} requests: beside the first, ${remaining} of ${limit} within a minute are left. ${count > limit ? `Request at most ${limit} at a time.` : `Request fewer, or a${later}`}`;
  return new ApiError('RATE_LIMITED', message, { retryAfterSeconds: resetSeconds });
}
