import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { request } from 'undici';
import { nameOf } from './faults.ts';
import type { Target } from './targets.ts';

const everyMs = 5_000;

interface Sample {
  at: number;
  rssMb: number;
  heapMb: number;
}

/** Memory of each server, and what the database has to do with them. */
export class Samples {
  readonly #memory = new Map<Target, Sample[]>();
  readonly #connections: number[] = [];
  #transactions = 0;
  #startedAt = 0;
  #endedAt = 0;
  readonly #client: pg.Client;
  readonly #name: string;

  private constructor(client: pg.Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Asks the server's own database, which no fault touches. */
  static async start(databaseUrl: string): Promise<Samples> {
    const url = new URL(databaseUrl);
    url.pathname = '/postgres';
    const client = new pg.Client(url.href);
    await client.connect();
    return new Samples(client, nameOf(databaseUrl));
  }

  /** Every five seconds, until the signal. */
  async take(targets: readonly Target[], signal: AbortSignal): Promise<void> {
    this.#startedAt = Date.now();
    const before = await this.#countTransactions();
    while (await sleep(everyMs, true, { signal }).catch(() => false)) {
      const { rows } = await this.#client.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = $1',
        [this.#name],
      );
      this.#connections.push(rows[0]!.count);
      await Promise.all(targets.map((target) => this.#measure(target)));
    }
    this.#transactions = (await this.#countTransactions()) - before;
    this.#endedAt = Date.now();
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  /** Medians of the last two thirds of the run; null where there were too few. */
  thirds(target: Target, what: 'rssMb' | 'heapMb'): { middle: number; last: number } | null {
    const all = this.#memory.get(target) ?? [];
    const length = (this.#endedAt - this.#startedAt) / 3;
    const third = (index: number) =>
      median(
        all
          .filter(({ at }) => Math.floor((at - this.#startedAt) / length) === index)
          .map((sample) => sample[what]),
      );
    const [middle, last] = [third(1), third(2)];
    return middle === undefined || last === undefined ? null : { middle, last };
  }

  /** All of one server, for whoever wants to see how it came. */
  perMinute(target: Target, what: 'rssMb' | 'heapMb'): string {
    const minutes = new Map<number, number[]>();
    for (const sample of this.#memory.get(target) ?? []) {
      const minute = Math.floor((sample.at - this.#startedAt) / 60_000);
      minutes.set(minute, [...(minutes.get(minute) ?? []), sample[what]]);
    }
    return [...minutes.values()].map((list) => Math.round(median(list)!)).join(' ');
  }

  get figures(): Record<string, string> {
    const seconds = (this.#endedAt - this.#startedAt) / 1_000;
    return {
      'connections to the database': `median ${median(this.#connections)}, at most ${Math.max(...this.#connections)}`,
      'transactions of the database': `${this.#transactions}, ${Math.round(this.#transactions / seconds)} a second`,
    };
  }

  async #measure(target: Target): Promise<void> {
    if (!target.isUp) return;
    try {
      const { body } = await request(`${target.server.url}/metrics`, {
        signal: AbortSignal.timeout(4_000),
      });
      const text = await body.text();
      const metric = (name: string) =>
        Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1]) / 1024 / 1024;
      const samples = this.#memory.get(target) ?? [];
      samples.push({
        at: Date.now(),
        rssMb: metric('process_resident_memory_bytes'),
        heapMb: metric('nodejs_heap_size_used_bytes'),
      });
      this.#memory.set(target, samples);
    } catch {
      // It is being frozen, or killed.
    }
  }

  async #countTransactions(): Promise<number> {
    const { rows } = await this.#client.query<{ count: number }>(
      'SELECT (xact_commit + xact_rollback)::int AS count FROM pg_stat_database WHERE datname = $1',
      [this.#name],
    );
    return rows[0]!.count;
  }
}

function median(list: readonly number[]): number | undefined {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}
