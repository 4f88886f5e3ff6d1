import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../database/database.ts';
import { Prisma } from '../../database/generated/client.ts';
import { toSql, type Condition } from '../../database/where-sql.ts';
import type { VideoGeneration } from '../generation.ts';
import { generationFields, readGenerations } from '../rows.ts';
import type { GenerationUpdates } from '../updates.ts';

/** Takes the rows that changed; must return quickly. */
export interface Follower {
  offer(row: VideoGeneration): void;
}

export interface FeedOptions {
  pool: Database['pool'];
  updates: GenerationUpdates;
  now: () => Date;
  log: { warn(details: object, message: string): void };
}

/**
 * A change is committed this long after its `updatedAt` at most: a transaction may wait 10 s and
 * take 10 s, and the clocks of servers differ a little.
 */
export const commitDelayMs = 30_000;

const limits = {
  /** Rows of one read. */
  page: 500,
  /** Generations whose latest told version is remembered, so that it is not told twice. */
  remembered: 20_000,
  /** Followers told before other work has its turn. */
  followersAtOnce: 500,
  retryMs: 500,
};

/**
 * The rows that changed, read once for all who follow them in this process.
 *
 * The notification says which to read. Those that come while a read is under way are read
 * together with the next one, so changes in quick succession may be seen as one. Rows are told in
 * the order of their `updatedAt`, give or take `commitDelayMs`, and no version of a generation
 * after a later one. What a failed read or a lost connection held back is told later.
 */
export class GenerationFeed {
  readonly #options: FeedOptions;
  readonly #byId = new Map<string, Set<Follower>>();
  readonly #ofAll = new Set<Follower>();
  readonly #changed = new Set<string>();
  /** Everything since then is to be read again. */
  #missedSince: Date | undefined;
  /** Versions told, those told last at the end. */
  readonly #told = new Map<string, number>();
  #isReading = false;
  readonly #closing = new AbortController();
  readonly #stopListening: () => void;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#stopListening = options.updates.listen({
      onChange: ({ id, version }) => {
        const isFollowed = this.#ofAll.size > 0 || this.#byId.has(id);
        if (!isFollowed || (this.#told.get(id) ?? 0) >= version) return;
        this.#changed.add(id);
        this.#read();
      },
      onGap: (deafMs) => {
        const since = new Date(options.now().getTime() - deafMs - commitDelayMs);
        if (!this.#missedSince || since < this.#missedSince) this.#missedSince = since;
        this.#read();
      },
    });
  }

  /** Tells of one generation from this call on, until the function that this gives is called. */
  follow(id: string, follower: Follower): () => void {
    const followers = this.#byId.get(id) ?? new Set();
    this.#byId.set(id, followers.add(follower));
    return () => {
      if (followers.delete(follower) && followers.size === 0) this.#byId.delete(id);
    };
  }

  /** Tells of every generation. */
  followAll(follower: Follower): () => void {
    this.#ofAll.add(follower);
    return () => this.#ofAll.delete(follower);
  }

  close(): void {
    this.#stopListening();
    this.#closing.abort();
  }

  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#readAll().finally(() => (this.#isReading = false));
  }

  async #readAll(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // The other notifications of the same message come first.
      await nextTurn();
      const ids = [...this.#changed];
      const since = this.#missedSince;
      if (ids.length === 0 && !since) return;
      this.#changed.clear();
      this.#missedSince = undefined;
      try {
        if (since) await this.#tellMissed(since);
        await this.#tellChanged(ids);
      } catch (error) {
        for (const id of ids) this.#changed.add(id);
        this.#missedSince ??= since;
        if (signal.aborted) return;
        this.#options.log.warn({ error }, 'could not read what changed; trying again');
        await pause(limits.retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #tellMissed(since: Date): Promise<void> {
    if (this.#ofAll.size === 0 && this.#byId.size === 0) return;
    for await (const page of changedSince(this.#options.pool, since, {})) {
      for (const row of page) await this.#tell(row);
    }
  }

  async #tellChanged(ids: string[]): Promise<void> {
    const rows: VideoGeneration[] = [];
    for (let start = 0; start < ids.length; start += limits.page) {
      const some = ids.slice(start, start + limits.page);
      const choice = Prisma.sql`WHERE id = ANY (${some}::uuid[])`;
      rows.push(
        ...(await readGenerations(this.#options.pool, generationFields, choice, 'changed')),
      );
    }
    // Who comes back with the `updatedAt` it saw last must not have left out an earlier one.
    rows.sort((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime());
    for (const row of rows) await this.#tell(row);
  }

  async #tell(row: VideoGeneration): Promise<void> {
    if ((this.#told.get(row.id) ?? 0) >= row.version) return;
    this.#told.delete(row.id);
    this.#told.set(row.id, row.version);
    if (this.#told.size > limits.remembered) {
      this.#told.delete(this.#told.keys().next().value!);
    }
    for (const follower of this.#byId.get(row.id) ?? []) follower.offer(row);
    let offered = 0;
    for (const follower of this.#ofAll) {
      follower.offer(row);
      offered += 1;
      if (offered % limits.followersAtOnce === 0) await nextTurn();
    }
  }
}

/** The rows that match and were changed at `since` or later, oldest change first, page by page. */
export async function* changedSince(
  pool: Database['pool'],
  since: Date,
  where: Condition,
): AsyncGenerator<VideoGeneration[]> {
  let beyond: Condition = { updatedAt: { gte: since } };
  for (;;) {
    const rows = await readGenerations(
      pool,
      generationFields,
      Prisma.sql`WHERE ${toSql({ AND: [where, beyond] })} ORDER BY updated_at, id LIMIT ${limits.page}`,
    );
    if (rows.length > 0) yield rows;
    if (rows.length < limits.page) return;
    const { updatedAt, id } = rows.at(-1)!;
    beyond = {
      // Implied by the second condition; it is what lets PostgreSQL use the index.
      updatedAt: { gte: updatedAt },
      OR: [{ updatedAt: { gt: updatedAt } }, { id: { gt: id } }],
    };
  }
}
