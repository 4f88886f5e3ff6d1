import { uptime } from 'node:os';
import type { Database } from './database.ts';

const measureAgainMs = 10_000;

/** A busy process reads an answer late; the quickest of some exchanges tells the time best. */
const exchanges = 4;

/** Of the machine's uptime, which some systems tell in whole seconds. */
const coarsenessMs = 2_000;

/** A wall clock that goes so much ahead of the others, or behind them, was set; or all of them stood still. */
const jumpMs = 1_000;

/** What a process has to tell the time by, in milliseconds. */
export interface Readings {
  /** Never jumps, and stands still while the machine sleeps. */
  monotonic: number;
  /** Of the machine: goes on while it sleeps. */
  uptime: number;
  /** Is set by whoever may. */
  wall: number;
}

type ClockSource = Pick<Database, 'kind'> & {
  work: { prisma: Pick<Database['prisma'], '$queryRaw'> };
};

/** The uptime comes out of a file: it is not read again so soon, if no clock says that the machine slept. */
const uptimeForMs = 5;

/** What reads these clocks, one of them no more often than it must. */
export function readingsOf(clocks: Record<keyof Readings, () => number>): () => Readings {
  let latest: Readings = { monotonic: -Infinity, uptime: 0, wall: 0 };
  return () => {
    const monotonic = clocks.monotonic();
    const wall = clocks.wall();
    const elapsed = monotonic - latest.monotonic;
    if (elapsed < uptimeForMs && Math.abs(wall - latest.wall - elapsed) < jumpMs)
      return { monotonic, wall, uptime: latest.uptime };
    latest = { monotonic, wall, uptime: clocks.uptime() };
    return latest;
  };
}

const readProcess = readingsOf({
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1_000,
  wall: () => Date.now(),
});

/**
 * The database's time, so that leases, budgets and the order of events mean the same on every
 * server, whatever the servers' own clocks say.
 *
 * Measured at the start, every ten seconds, and when the process's wall clock was set. In between
 * the time that has passed is counted by clocks that nobody sets. A database within the process
 * has its wall clock, so there only the measurement at the start counts.
 */
export class DatabaseClock {
  readonly #prisma: Pick<Database['prisma'], '$queryRaw'>;
  readonly #read: () => Readings;
  readonly #isInProcess: boolean;
  readonly #timer: NodeJS.Timeout;
  /** What the clocks said when it was this time in the database. */
  #measured: Readings & { at: number };
  #isMeasuring = false;

  private constructor(
    prisma: Pick<Database['prisma'], '$queryRaw'>,
    read: () => Readings,
    isInProcess: boolean,
  ) {
    this.#prisma = prisma;
    this.#read = read;
    this.#isInProcess = isInProcess;
    this.#measured = { ...read(), at: 0 };
    this.#timer = setInterval(() => this.#measureAgain(), measureAgainMs).unref();
  }

  static async start(
    { kind, work: { prisma } }: ClockSource,
    read = readProcess,
  ): Promise<DatabaseClock> {
    const clock = new DatabaseClock(prisma, read, kind === 'embedded');
    await clock.#measure();
    return clock;
  }

  readonly now = (): Date => {
    const readings = this.#read();
    const { at, wall } = this.#measured;
    const elapsed = elapsedMs(this.#measured, readings);
    // Not believed, but a reason to ask: a virtual machine that was stopped has missed it on every clock.
    if (Math.abs(readings.wall - wall - elapsed) > jumpMs) this.#measureAgain();
    return new Date(at + elapsed);
  };

  stop(): void {
    clearInterval(this.#timer);
  }

  #measureAgain(): void {
    // Kept as it was while the database does not answer; the next measurement will do.
    if (this.#isInProcess || this.#isMeasuring) return;
    this.#isMeasuring = true;
    this.#measure()
      .catch(() => undefined)
      .finally(() => (this.#isMeasuring = false));
  }

  async #measure(): Promise<void> {
    let quickest = Infinity;
    let measured = this.#measured;
    for (let count = 0; count < exchanges; count++) {
      const before = this.#read();
      const [{ now }] = await this.#prisma.$queryRaw<
        [{ now: Date }]
      >`SELECT clock_timestamp() AS now`;
      const after = this.#read();
      const tookMs = elapsedMs(before, after);
      if (tookMs >= quickest) continue;
      quickest = tookMs;
      measured = { ...after, at: Math.round(now.getTime() + tookMs / 2) };
    }
    this.#measured = measured;
  }
}

/** The machine's uptime says only whether it has slept, and how long. */
function elapsedMs(from: Readings, to: Readings): number {
  const monotonic = to.monotonic - from.monotonic;
  const up = to.uptime - from.uptime;
  return up - monotonic > coarsenessMs ? up : monotonic;
}
