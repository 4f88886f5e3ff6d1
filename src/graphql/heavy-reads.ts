import { ApiError, retryAfterSeconds } from './errors.ts';

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

interface Waiting {
  callerId: string;
  begin: () => void;
}

/**
 * Searches, statistics and counts, which may go through a whole table: few at one time, fewer of one caller,
 * so that what others ask for does not wait behind them.
 */
export class HeavyReads {
  readonly #options: HeavyReadsOptions;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #count = 0;

  constructor(options: HeavyReadsOptions) {
    this.#options = options;
  }

  /** Rejects with TOO_MANY_WAITING when its turn does not come, and with TOO_SLOW when it is given up. */
  async run<T>(callerId: string, read: () => Promise<T>): Promise<T> {
    if (this.#mayRun(callerId)) this.#add(callerId, 1);
    else await this.#turn(callerId);
    try {
      return await read();
    } catch (error) {
      if (!this.#options.isTooSlow(error)) throw error;
      throw new ApiError(
        'TOO_SLOW',
        'This goes through too much to be answered in time. Narrow the filter or the period, or export the rows.',
      );
    } finally {
      this.#add(callerId, -1);
      this.#next();
    }
  }

  #mayRun(callerId: string): boolean {
    return this.#count < this.#options.atOnce && (this.#running.get(callerId) ?? 0) < perCaller;
  }

  async #turn(callerId: string): Promise<void> {
    const { waitMs = 2_500 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const waiting = { callerId, begin };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(
          new ApiError(
            'TOO_MANY_WAITING',
            `${perCaller} searches, counts or statistics of a caller are made at one time. Ask again in ${retryAfterSeconds} seconds, for fewer at once.`,
            { retryAfterSeconds },
          ),
        );
      }, waitMs);
      function begin(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#waiting.add(waiting);
    });
  }

  /** Whoever has waited longest and may run begins. */
  #next(): void {
    for (const waiting of this.#waiting) {
      if (!this.#mayRun(waiting.callerId)) continue;
      this.#waiting.delete(waiting);
      // Now: it goes on only after whoever comes meanwhile.
      this.#add(waiting.callerId, 1);
      waiting.begin();
      return;
    }
  }

  #add(callerId: string, change: number): void {
    this.#count += change;
    const running = (this.#running.get(callerId) ?? 0) + change;
    if (running === 0) this.#running.delete(callerId);
    else this.#running.set(callerId, running);
  }
}
