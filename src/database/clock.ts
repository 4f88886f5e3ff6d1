import type { Database } from './database.ts';

const measureAgainMs = 60_000;

/** A busy process reads an answer late; the quickest of some exchanges tells the time best. */
const exchanges = 4;

/**
 * The database's time, so that leases and budgets mean the same on every
 * server, whatever the servers' own clocks say.
 *
 * Measured at the start and once a minute; in between the process's own clock
 * runs on.
 */
export class DatabaseClock {
  #offsetMs = 0;
  readonly #timer: NodeJS.Timeout;

  private constructor(prisma: Database['prisma']) {
    this.#timer = setInterval(() => {
      // Kept as it was while the database does not answer; the next measurement will do.
      this.#measure(prisma).catch(() => undefined);
    }, measureAgainMs).unref();
  }

  static async start(prisma: Database['prisma']): Promise<DatabaseClock> {
    const clock = new DatabaseClock(prisma);
    await clock.#measure(prisma);
    return clock;
  }

  readonly now = (): Date => new Date(Date.now() + this.#offsetMs);

  stop(): void {
    clearInterval(this.#timer);
  }

  async #measure(prisma: Database['prisma']): Promise<void> {
    let quickest = Infinity;
    let offsetMs = 0;
    for (let count = 0; count < exchanges; count++) {
      const before = Date.now();
      const [{ now }] = await prisma.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
      const after = Date.now();
      if (after - before >= quickest) continue;
      quickest = after - before;
      offsetMs = Math.round(now.getTime() - (before + after) / 2);
    }
    this.#offsetMs = offsetMs;
  }
}
