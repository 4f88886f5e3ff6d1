import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Caller } from './context.ts';
import { ApiError } from './errors.ts';

/** Those who do not say who they are, by address. */
const anonymousPerMinute = 60;

/** What a caller has left of its minute. */
export interface Budget {
  limit: number;
  remaining: number;
  /** Seconds until it is whole again. */
  reset: number;
  exhausted: boolean;
}

/**
 * The requests that each caller may make in a minute.
 *
 * They are counted in the memory of this server: several servers together
 * allow as many times more.
 */
export class RateLimits {
  readonly #callers: RateLimiterMemory | undefined;
  readonly #anonymous: RateLimiterMemory | undefined;

  /** 0 means no limit, for nobody. */
  constructor(perMinute: number) {
    if (perMinute === 0) return;
    this.#callers = new RateLimiterMemory({ points: perMinute, duration: 60 });
    this.#anonymous = new RateLimiterMemory({
      points: Math.min(perMinute, anonymousPerMinute),
      duration: 60,
    });
  }

  /**
   * Counts one request, by the caller's id or else by the address it came from.
   *
   * Null for those who have no limit: the callers of a service that lets
   * everybody on its machine in.
   */
  async take(caller: Caller | null, ip: string | null): Promise<Budget | null> {
    if (caller?.kind === 'LOCAL') return null;
    const limiter = caller ? this.#callers : this.#anonymous;
    if (!limiter) return null;
    try {
      const left = await limiter.consume(caller ? caller.id : (ip ?? 'unknown'));
      return budget(limiter.points, left, false);
    } catch (error) {
      if (error instanceof RateLimiterRes) return budget(limiter.points, error, true);
      throw error;
    }
  }
}

function budget(limit: number, left: RateLimiterRes, exhausted: boolean): Budget {
  const reset = Math.max(1, Math.ceil(left.msBeforeNext / 1_000));
  return { limit, remaining: left.remainingPoints, reset, exhausted };
}

/** The refusal of a request beyond the budget. */
export function rateLimited({ limit, reset }: Budget): ApiError {
  return new ApiError(
    'RATE_LIMITED',
    `More than ${limit} requests within a minute. Ask again in ${reset} seconds.`,
    { retryAfterSeconds: reset },
  );
}
