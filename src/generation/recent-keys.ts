import { createHash } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { Trail } from './trail.ts';
import type { Change, GenerationUpdates } from './updates.ts';

const remembered = 10_000;

/** NOTIFY channel by which servers ask each other what they remember, and tell it, some lines at a time. */
const channel = 'recent_keys';

/** A notification of PostgreSQL's is shorter than 8,000 bytes. */
const linesTold = 90;

export interface RecentKeysOptions {
  updates: GenerationUpdates;
  trail: Trail;
  database: Pick<Database, 'listen' | 'pool'>;
  log: Logger;
  now: () => Date;
}

type Made = Pick<Change, 'id' | 'version'>;

/** `at`: when it was made, in milliseconds since 1970, as far as the clocks of servers agree. */
type Remembered = Made & { at: number };

/**
 * The latest requests and orders to send that were stored under a name which must not be used twice,
 * at any server of the database, as long as one lives that heard of them.
 *
 * For the day on which the database comes back older: what it forgot may have been paid, and its
 * repetition finds nothing that says so but this.
 */
export class RecentKeys {
  readonly #options: RecentKeysOptions;
  /** What was made under each name, the latest at the end: a generation, at the version that this gave it. */
  #made = new Map<string, Remembered>();
  #stop: (() => Promise<void>) | undefined;

  constructor(options: RecentKeysOptions) {
    this.#options = options;
    options.updates.listen({
      onChange: (change) => this.note(change.keys ?? [], change),
      onGap: () => undefined,
    });
  }

  /** Asks the others what they remember, now and whenever something may have been missed. */
  async start(): Promise<void> {
    const { database } = this.#options;
    const ask = () => void this.#notify('');
    this.#stop = await database.listen(channel, (told) => this.#hear(told), ask);
    ask();
  }

  async close(): Promise<void> {
    await this.#stop?.();
  }

  note(keys: readonly string[], { id, version }: Made): void {
    const at = this.#options.now().getTime();
    for (const key of keys) {
      this.#made.delete(key);
      this.#made.set(key, { id, version, at });
      if (this.#made.size > remembered) this.#made.delete(this.#made.keys().next().value!);
    }
  }

  /** The generation that was made, or ordered to be sent again, under one of these names, if the database has lost that. */
  async findLost(keys: readonly string[]): Promise<string | undefined> {
    for (const key of keys) {
      const made = this.#made.get(key);
      if (made && !(await this.#isKept(made))) return made.id;
    }
    return undefined;
  }

  async #isKept({ id, version }: Made): Promise<boolean> {
    const event = await this.#options.trail.eventAt(id, version);
    // A request has its first version by itself, or with what holds it.
    return event !== null && (version <= 2 || event.action === 'RESUBMISSION_ORDERED');
  }

  #hear(told: string): void {
    if (told === '') return this.#tell();
    const missing = told
      .split('\n')
      .map((line) => line.split(' ') as [string, string, string, string])
      .filter(([key]) => !this.#made.has(key))
      .map(([key, id, ...numbers]): [string, Remembered] => {
        const [version, at] = numbers.map(Number) as [number, number];
        return [key, { id, version, at }];
      });
    if (missing.length === 0) return;
    const all = [...this.#made, ...missing].sort(([, a], [, b]) => a.at - b.at);
    this.#made = new Map(all.slice(-remembered));
  }

  #tell(): void {
    const lines = Array.from(
      this.#made,
      ([key, { id, version, at }]) => `${key} ${id} ${version} ${at}`,
    );
    for (let at = 0; at < lines.length; at += linesTold)
      void this.#notify(lines.slice(at, at + linesTold).join('\n'));
  }

  async #notify(payload: string): Promise<void> {
    const { database, log } = this.#options;
    try {
      await database.pool.query('SELECT pg_notify($1, $2)', [channel, payload]);
    } catch (error) {
      log.warn({ error }, 'what other servers remember of requests could not be asked for or told');
    }
  }
}

/** The names under which a request is made once: its caller's key, and the generation that it repeats or makes anew. */
export function keysOf(request: {
  callerId: string;
  idempotencyKey: string | null;
  retryOfId: string | null;
  sourceId: string | null;
}): string[] {
  const { callerId, idempotencyKey, retryOfId, sourceId } = request;
  return [
    ...(idempotencyKey === null ? [] : [short('key', callerId, idempotencyKey)]),
    ...(retryOfId === null ? [] : [retryKeyOf(retryOfId)]),
    ...(retryOfId !== null || sourceId === null ? [] : [short('regeneration', sourceId)]),
  ];
}

export function retryKeyOf(id: string): string {
  return short('retry', id);
}

/** The name of the latest order to send an uncertain one again. */
export function orderKeyOf(id: string): string {
  return short('resubmission', id);
}

/** Told to all servers with each change: no secret of the caller's, and a few bytes. */
function short(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
