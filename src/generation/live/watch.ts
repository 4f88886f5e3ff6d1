import type { Database } from '../../database/database.ts';
import type { Caller } from '../../graphql/caller.ts';
import type { Context } from '../../graphql/context.ts';
import { ApiError, retryAfterSeconds } from '../../graphql/errors.ts';
import type { GenerationFilter } from '../finding/filter.ts';
import { isFinal } from '../lifecycle.ts';
import type { VideoGeneration } from '../generation.ts';
import type { GenerationFeed } from './feed.ts';
import { closable, Inbox, type Watch } from './inbox.ts';
import { watchLimits } from './watch-limits.ts';
import { ListChanges } from './list-changes.ts';

/** The generation as it is in the database; throws NOT_FOUND. */
type Read = () => Promise<VideoGeneration>;

/** Watches generations for callers. */
export class Watches {
  readonly #pool: Database['pool'];
  readonly #feed: GenerationFeed;
  readonly #now: () => Date;
  readonly #waiting = new Map<string, number>();
  readonly #waits = new Set<Inbox>();
  #isClosing = false;

  constructor(options: { pool: Database['pool']; feed: GenerationFeed; now: () => Date }) {
    this.#pool = options.pool;
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
    const changes = new ListChanges(filter, updatedAfter, caller, this.#pool, this.#now);
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
        { retryAfterSeconds },
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
