import { ApiError, retryAfterSeconds } from './errors.ts';
import { Turns } from './turns.ts';

export interface HeavyReadsOptions {
  /** How many run at one time on this server. */
  atOnce: number;
  /** Whether the database gave one up because it took too long. */
  isTooSlow: (error: unknown) => boolean;
  /** How long one waits for its turn, in milliseconds. */
  waitMs?: number;
}

/** Of one caller at one time. */
const perCaller = 2;

/**
 * Searches, statistics and counts, which may go through a whole table: few at one time, fewer of one caller,
 * so that what others ask for does not wait behind them.
 */
export class HeavyReads {
  readonly #options: HeavyReadsOptions;
  readonly #turns: Turns;

  constructor(options: HeavyReadsOptions) {
    this.#options = options;
    this.#turns = new Turns(options.atOnce, perCaller);
  }

  /** Rejects with TOO_MANY_WAITING when its turn does not come, and with TOO_SLOW when it is given up. */
  async run<T>(callerId: string, read: () => Promise<T>): Promise<T> {
    const { waitMs = 2_500, isTooSlow } = this.#options;
    if (!(await this.#turns.take(callerId, waitMs))) {
      throw new ApiError(
        'TOO_MANY_WAITING',
        `${perCaller} searches, counts or statistics of a caller are made at one time. Ask again in ${retryAfterSeconds} seconds, for fewer at once.`,
        { retryAfterSeconds },
      );
    }
    try {
      return await read();
    } catch (error) {
      if (!isTooSlow(error)) throw error;
      throw new ApiError(
        'TOO_SLOW',
        'This goes through too much to be answered in time. Narrow the filter or the period, or export the rows.',
      );
    } finally {
      this.#turns.give(callerId);
    }
  }
}
