import { isVisibleTo, visibleTo } from '../../access/permissions.ts';
import type { Database } from '../../database/database.ts';
import type { Caller } from '../../graphql/caller.ts';
import type { Context } from '../../graphql/context.ts';
import { ApiError } from '../../graphql/errors.ts';
import { changedSince, commitDelayMs, type GenerationFeed } from './feed.ts';
import { canChange, earlierMatcherOf, lastingPart, matcherOf } from '../finding/filter-match.ts';
import { allowedMoves, isFinal } from '../lifecycle.ts';
import { toWhere, type GenerationFilter } from '../finding/list.ts';
import type { VideoGeneration } from '../store.ts';

export const watchLimits = {
  /** Generations that a new watcher of a list is shown when it does not say what it has seen. */
  snapshot: 1_000,
  /** Changes kept for a watcher that is slower than they come; then it reads them when it is ready. */
  unsent: 1_000,
  /** Generations of a first read that a later notification is compared with. */
  readRemembered: 10_000,
  waitMs: 30_000,
  /** Waiting at one time: in all, and of one caller. */
  waiting: 1_000,
  waitingPerCaller: 100,
};

const unfinished = Object.entries(allowedMoves)
  .filter(([, moves]) => moves.length > 0)
  .map(([status]) => status as VideoGeneration['status']);

/** The generation as it is in the database; throws NOT_FOUND. */
type Read = () => Promise<VideoGeneration>;

/** What a stream of changes is for the executor: `return` ends it even while it waits for the next one. */
export type Watch = AsyncIterableIterator<VideoGeneration, void, undefined>;

/** Watches generations for callers. */
export class Watches {
  readonly #prisma: Database['prisma'];
  readonly #feed: GenerationFeed;
  readonly #now: () => Date;
  readonly #waiting = new Map<string, number>();
  readonly #waits = new Set<Inbox>();
  #isClosing = false;

  constructor(options: { prisma: Database['prisma']; feed: GenerationFeed; now: () => Date }) {
    this.#prisma = options.prisma;
    this.#feed = options.feed;
    this.#now = options.now;
  }

  /**
   * One generation as it is, when that is later than `afterVersion`, and after each change; ends
   * after a final state, however early that came.
   */
  async one(id: string, afterVersion: number, read: Read): Promise<Watch> {
    const inbox = new Inbox();
    // Before it is read, so that no change can fall in between.
    inbox.onClose = this.#feed.follow(id, inbox);
    let first: VideoGeneration;
    try {
      first = await read();
    } catch (error) {
      inbox.close();
      throw error;
    }
    return closable(inbox, followOne(inbox, first, afterVersion));
  }

  /**
   * What matches as it is, and then each change of what matches or did when it was shown last.
   *
   * First come the changes since `updatedAfter`, or what is not final yet; then, for ever, what
   * changes. A watcher that says `updatedAfter` may have been shown before what matched then, so
   * it is also told of those that became final and may have matched earlier.
   */
  many(filter: GenerationFilter | null, updatedAfter: Date | null, caller: Caller): Watch {
    const changes = new ListChanges(filter, updatedAfter, caller, this.#prisma, this.#now);
    changes.inbox.onClose = this.#feed.followAll(changes);
    return closable(changes.inbox, changes.follow());
  }

  /**
   * The generation as soon as it is later than `sinceVersion` or final, or as it is after `waitMs`,
   * at shutdown, or when who asked is gone.
   */
  async wait(
    id: string,
    { waitMs, sinceVersion }: { waitMs: number; sinceVersion: number | null },
    read: Read,
    { caller, onGone }: Pick<Context, 'caller' | 'onGone'>,
  ): Promise<VideoGeneration> {
    if (waitMs < 0 || waitMs > watchLimits.waitMs) {
      throw new ApiError('BAD_USER_INPUT', `\`waitMs\` lies between 0 and ${watchLimits.waitMs}.`);
    }
    if (waitMs === 0 || this.#isClosing) return await read();
    const ofCaller = this.#waiting.get(caller.id) ?? 0;
    if (this.#waits.size >= watchLimits.waiting || ofCaller >= watchLimits.waitingPerCaller) {
      throw new ApiError(
        'TOO_MANY_WAITING',
        'Too many requests wait for changes already. Ask with a smaller number of them, or subscribe.',
      );
    }
    const inbox = new Inbox();
    const unfollow = this.#feed.follow(id, inbox);
    const timer = setTimeout(() => inbox.close(), waitMs);
    const stay = onGone(() => inbox.close());
    this.#waits.add(inbox);
    this.#waiting.set(caller.id, ofCaller + 1);
    try {
      let row = await read();
      const since = sinceVersion ?? row.version;
      while (row.version <= since && !isFinal(row.status)) {
        if (!(await inbox.arrival())) return row;
        const later = inbox.take()!;
        if (later.version > row.version) row = later;
      }
      return row;
    } finally {
      clearTimeout(timer);
      stay();
      unfollow();
      this.#waits.delete(inbox);
      const left = this.#waiting.get(caller.id)! - 1;
      if (left > 0) this.#waiting.set(caller.id, left);
      else this.#waiting.delete(caller.id);
    }
  }

  /** Ends the waits, so that their requests are answered; streams end with their connections. */
  close(): void {
    this.#isClosing = true;
    for (const inbox of this.#waits) inbox.close();
  }
}

async function* followOne(
  inbox: Inbox,
  first: VideoGeneration,
  afterVersion: number,
): AsyncGenerator<VideoGeneration, void, undefined> {
  let row = first;
  let shown = afterVersion;
  for (;;) {
    if (row.version > shown) {
      shown = row.version;
      yield row;
    }
    if (isFinal(row.status)) return;
    if (!(await inbox.arrival())) return;
    row = inbox.take()!;
  }
}

/** The changes of a list for one watcher. */
class ListChanges {
  readonly inbox = new Inbox();
  readonly #caller: Caller;
  readonly #prisma: Database['prisma'];
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
    prisma: Database['prisma'],
    now: () => Date,
  ) {
    this.#caller = caller;
    this.#prisma = prisma;
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
    for await (const page of changedSince(this.#prisma, since, where)) {
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
        this.#prisma.videoGeneration.findMany({
          where: { AND: [...conditions, { status }] },
          orderBy: { id: 'desc' },
          take: watchLimits.snapshot,
        }),
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
    if (!isFinal(row.status) && this.#matches(row)) this.#shown.set(row.id, row.version);
    else this.#shown.delete(row.id);
  }
}

/** The latest state of each generation that a watcher has not been sent yet, in the order of the changes. */
class Inbox {
  readonly #rows = new Map<string, VideoGeneration>();
  #wake: (() => void) | undefined;
  onClose: (() => void) | undefined;
  isClosed = false;

  get size(): number {
    return this.#rows.size;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  /** 0 when there is none. */
  versionOf(id: string): number {
    return this.#rows.get(id)?.version ?? 0;
  }

  offer(row: VideoGeneration): void {
    if (this.isClosed) return;
    this.#rows.delete(row.id);
    this.#rows.set(row.id, row);
    this.#wake?.();
  }

  take(): VideoGeneration | undefined {
    const row = this.#rows.values().next().value;
    if (row) this.#rows.delete(row.id);
    return row;
  }

  remove(id: string): void {
    this.#rows.delete(id);
  }

  clear(): void {
    this.#rows.clear();
  }

  /** True as soon as there is something; false when it is closed. */
  async arrival(): Promise<boolean> {
    if (this.#rows.size === 0 && !this.isClosed) {
      await new Promise<void>((wake) => (this.#wake = wake));
      this.#wake = undefined;
    }
    return !this.isClosed;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onClose?.();
    this.#rows.clear();
    this.#wake?.();
  }
}

/** An async generator's own `return` waits for whatever it waits for. */
function closable(inbox: Inbox, rows: AsyncGenerator<VideoGeneration, void, undefined>): Watch {
  return {
    async next() {
      try {
        const result = await rows.next();
        if (result.done) inbox.close();
        return result;
      } catch (error) {
        inbox.close();
        throw error;
      }
    },
    async return() {
      inbox.close();
      return await rows.return();
    },
    async throw(error) {
      inbox.close();
      return await rows.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function earlierBy(date: Date, ms: number): Date {
  return new Date(date.getTime() - ms);
}
