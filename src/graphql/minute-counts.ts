import type pg from 'pg';

export const minuteMs = 60_000;

/** How much was taken of a key in the minute that is under way. */
export interface MinuteCount {
  taken: number;
  /** When the minute ends, on this process's monotonic clock. */
  endsAt: number;
}

/**
 * Counts by key, each for a minute that begins with the first.
 *
 * Servers that share a database count there together, in the database's time: no server's own clock
 * has a say, and one that was set changes nothing. While the database does not answer, or without
 * one, each counts for itself.
 */
export class MinuteCounts {
  readonly #prefix: string;
  readonly #pool: Pick<pg.ClientBase, 'query'> | undefined;
  readonly #own = new Map<string, MinuteCount>();

  constructor(prefix: string, pool: Pick<pg.ClientBase, 'query'> | undefined) {
    this.#prefix = prefix;
    this.#pool = pool;
  }

  /** Adds so many, or gives them back when they are negative; resolves to how it stands then. */
  async add(key: string, count: number): Promise<MinuteCount> {
    return (await this.#addShared(key, count)) ?? this.#addOwn(key, count);
  }

  /** Drops what belongs to minutes that have ended. */
  forget(): void {
    const now = performance.now();
    for (const [key, { endsAt }] of this.#own) if (endsAt <= now) this.#own.delete(key);
    // Rows that are left over do no harm; the next minute's attempt takes them too.
    this.#pool?.query(forgetRows).catch(() => undefined);
  }

  async #addShared(key: string, count: number): Promise<MinuteCount | null> {
    if (!this.#pool) return null;
    try {
      const { rows } = await this.#pool.query<{ taken: number; leftMs: number }>({
        name: 'count requests',
        text: addRow,
        values: [`${this.#prefix}:${key}`, count],
      });
      const { taken, leftMs } = rows[0]!;
      return { taken, endsAt: performance.now() + leftMs };
    } catch {
      return null;
    }
  }

  #addOwn(key: string, count: number): MinuteCount {
    const now = performance.now();
    const before = this.#own.get(key);
    const counted =
      before && before.endsAt > now
        ? { ...before, taken: before.taken + count }
        : { taken: Math.max(count, 0), endsAt: now + minuteMs };
    this.#own.set(key, counted);
    return counted;
  }
}

const nowMs = '(extract(epoch FROM now()) * 1000)::bigint';

/**
 * A minute that would end later than in two is of a clock that was wrong: a new one begins. Later
 * than in one it ends for a statement that began before another's and waited for it.
 */
const goesOn = `counted.expire > ${nowMs} AND counted.expire <= ${nowMs} + ${2 * minuteMs}`;

const addRow = `
  INSERT INTO rate_limit AS counted (key, points, expire)
  VALUES ($1, greatest($2::integer, 0), ${nowMs} + ${minuteMs})
  ON CONFLICT (key) DO UPDATE SET
    points = CASE WHEN ${goesOn} THEN counted.points + $2::integer ELSE excluded.points END,
    expire = CASE WHEN ${goesOn} THEN counted.expire ELSE excluded.expire END
  RETURNING points AS taken, least(expire - ${nowMs}, ${minuteMs})::integer AS "leftMs"`;

const forgetRows = `DELETE FROM rate_limit WHERE expire < ${nowMs}`;
