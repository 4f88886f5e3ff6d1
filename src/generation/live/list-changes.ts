import { isVisibleTo, visibleTo } from '../../access/permissions.ts';
import type { Database } from '../../database/database.ts';
import { Prisma } from '../../database/generated/client.ts';
import { toSql } from '../../database/where-sql.ts';
import type { Caller } from '../../graphql/caller.ts';
import {
  canChange,
  earlierMatcherOf,
  lastingPart,
  matcherOf,
} from '../finding/filter-in-memory.ts';
import { toWhere, type GenerationFilter } from '../finding/filter.ts';
import { allowedMoves, isFinal } from '../lifecycle.ts';
import type { VideoGeneration } from '../generation.ts';
import { generationFields, readGenerations } from '../rows.ts';
import { changedSince, commitDelayMs } from './feed.ts';
import { Inbox } from './inbox.ts';
import { watchLimits } from './watch-limits.ts';

const statuses = Object.keys(allowedMoves) as VideoGeneration['status'][];
const unfinished = statuses.filter((status) => !isFinal(status));

/** The changes of a list for one watcher. */
export class ListChanges {
  readonly inbox = new Inbox();
  readonly #caller: Caller;
  readonly #pool: Database['pool'];
  readonly #filter: GenerationFilter;
  readonly #startedAt: Date;
  readonly #matches: (row: VideoGeneration) => boolean;
  readonly #mayHaveMatched: (row: VideoGeneration) => boolean;
  readonly #canLeave: boolean;
  /** Versions sent of those that match and may leave the filter. */
  readonly #shown = new Map<string, number>();
  /** Versions sent from reads of the list, as long as the feed may still tell them. */
  readonly #read = new Map<string, number>();
  readonly #now: () => Date;
  /** Changes since then are to be read, not waited for. */
  #behindSince: Date | null;
  /** Whether the watcher may know generations that this object does not know of. */
  #isResumed: boolean;
  #needsSnapshot: boolean;

  constructor(
    filter: GenerationFilter | null,
    updatedAfter: Date | null,
    caller: Caller,
    pool: Database['pool'],
    now: () => Date,
  ) {
    this.#caller = caller;
    this.#pool = pool;
    this.#filter = filter ?? {};
    // Throws when the filter is nested too deep.
    toWhere(this.#filter);
    this.#matches = matcherOf(filter);
    this.#mayHaveMatched = earlierMatcherOf(filter);
    this.#canLeave = canChange(filter);
    this.#behindSince = updatedAfter && earlierBy(updatedAfter, commitDelayMs);
    this.#isResumed = updatedAfter !== null;
    this.#needsSnapshot = updatedAfter === null;
    this.#now = now;
    this.#startedAt = now();
  }

  offer(row: VideoGeneration): void {
    if (!isVisibleTo(this.#caller, row)) return;
    if (!this.inbox.has(row.id) && !this.#concerns(row)) return;
    this.inbox.offer(row);
    if (this.inbox.size <= watchLimits.unsent) return;
    this.#behindSince ??= earlierBy(this.inbox.take()!.updatedAt, commitDelayMs);
    this.#isResumed = true;
    this.inbox.clear();
  }

  async *follow(): AsyncGenerator<VideoGeneration, void, undefined> {
    if (this.#needsSnapshot) {
      for (const row of await this.#readUnfinished()) {
        if (this.#takeRead(row)) yield row;
      }
    }
    for (;;) {
      if (this.#behindSince) yield* this.#catchUp();
      if (!(await this.inbox.arrival())) return;
      const row = this.inbox.take();
      if (!row) continue;
      this.#note(row);
      yield row;
    }
  }

  async *#catchUp(): AsyncGenerator<VideoGeneration, void, undefined> {
    const since = this.#behindSince!;
    this.#behindSince = null;
    const where = { AND: [visibleTo(this.#caller), toWhere(lastingPart(this.#filter))] };
    for await (const page of changedSince(this.#pool, since, where)) {
      for (const row of page) {
        if (this.inbox.isClosed) return;
        if (this.#concerns(row) && this.#takeRead(row)) yield row;
      }
    }
  }

  async #readUnfinished(): Promise<VideoGeneration[]> {
    const conditions = [visibleTo(this.#caller), toWhere(this.#filter)];
    // Each status by itself, along its own index.
    const parts = await Promise.all(
      unfinished.map((status) =>
        readGenerations(
          this.#pool,
          generationFields,
          Prisma.sql`WHERE ${toSql({ AND: [...conditions, { status }] })}
            ORDER BY id DESC LIMIT ${watchLimits.snapshot}`,
        ),
      ),
    );
    const rows = parts.flat().sort((a, b) => (a.id > b.id ? -1 : 1));
    // Then some that match are not known here.
    if (rows.length >= watchLimits.snapshot) this.#isResumed = true;
    return rows
      .slice(0, watchLimits.snapshot)
      .sort((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime());
  }

  /** Whether a row is to be sent: it matches, or the watcher was or may have been shown that it did. */
  #concerns(row: VideoGeneration): boolean {
    if (row.version <= (this.#read.get(row.id) ?? 0)) return false;
    const shown = this.#shown.get(row.id);
    if (shown !== undefined) return row.version > shown;
    return (
      this.#matches(row) ||
      (this.#isResumed &&
        this.#canLeave &&
        isFinal(row.status) &&
        row.createdAt <= this.#startedAt &&
        this.#mayHaveMatched(row))
    );
  }

  /** Whether a row that was read is to be sent now: not when a later one waits already. */
  #takeRead(row: VideoGeneration): boolean {
    const waiting = this.inbox.versionOf(row.id);
    if (waiting > row.version) return false;
    this.inbox.remove(row.id);
    this.#note(row);
    if (row.updatedAt > earlierBy(this.#now(), 2 * commitDelayMs)) {
      // Forgetting costs a message that the client drops by its version.
      if (this.#read.size >= watchLimits.readRemembered) this.#read.clear();
      this.#read.set(row.id, row.version);
    }
    return true;
  }

  #note(row: VideoGeneration): void {
    if (!this.#canLeave) return;
    const mayMove = allowedMoves[row.status].length > 0;
    if (mayMove && this.#matches(row)) this.#shown.set(row.id, row.version);
    else this.#shown.delete(row.id);
  }
}

function earlierBy(date: Date, ms: number): Date {
  return new Date(date.getTime() - ms);
}
