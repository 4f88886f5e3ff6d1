import { actorOf, type Requester } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { writeTogether } from '../database/write-together.ts';
import { isOutOfWindow } from '../following/window.ts';
import type { DecisionResult } from '../generation/decisions.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import { generationFields, readGenerations } from '../generation/rows.ts';
import { userError, type UserError } from '../generation/user-errors.ts';
import { writeGeneration } from '../generation/write.ts';
import { leaseMs } from './archive-store.ts';
import type { Removal } from './removal.ts';

export interface KeepingOptions {
  database: Pick<Database, 'pool'>;
  removal: Pick<Removal, 'dropLeftOf'>;
  now: () => Date;
}

interface ArchiveState {
  state: 'PENDING' | 'STORED' | 'FAILED' | 'EXPIRED';
  removedAt: Date | null;
  nextAttemptAt: Date | null;
  hasTokens: boolean;
}

/** What there is to decide by. */
interface Found {
  generation: VideoGeneration;
  archive: ArchiveState | undefined;
  /** Read after they were: an attempt that began while they were waited for has begun by then. */
  now: Date;
}

/** Has finished videos kept that were not to be, or could not be. */
export class Keeping {
  readonly #options: KeepingOptions;

  constructor(options: KeepingOptions) {
    this.#options = options;
  }

  /**
   * Has the video stored as if it had just been finished, or at once where it waits for its next attempt.
   * What is stored, or being stored, is answered as it is: whoever asks how often, there is one attempt.
   *
   * Throws a StorageError when what a former attempt may have left cannot be removed.
   */
  async request({ id }: VideoGeneration, requester: Requester): Promise<DecisionResult> {
    const { database, removal } = this.#options;
    const seen = await this.#find(database.pool, id);
    if (seen.archive?.state === 'FAILED' || seen.archive?.state === 'EXPIRED') {
      // So that the new attempt neither takes those bytes for its own nor has them forgotten.
      await removal.dropLeftOf(id);
    } else {
      // Who asks again and again waits for no lock, and keeps no connection from others.
      const answer = answerTo(seen);
      if (answer) return answer;
    }
    return await writeTogether(database.pool, async (client) => {
      const found = await this.#find(client, id, Prisma.sql`FOR UPDATE`);
      const answer = answerTo(found);
      if (answer) return answer;
      const { generation, archive, now } = found;
      const moved = await writeGeneration(
        client,
        generation,
        Prisma.sql`TRUE`,
        {},
        {
          event: {
            action: 'VIDEO_KEEPING_REQUESTED',
            actor: actorOf(requester),
            detail: { state: archive?.state ?? 'SKIPPED' },
          },
          now,
          parts: [archive?.state === 'PENDING' ? hasten(now) : begin(now)],
        },
      );
      return { generation: moved!, userErrors: [] };
    });
  }

  async #find(
    client: Pick<Database['pool'], 'query'>,
    id: string,
    lock = Prisma.empty,
  ): Promise<Found> {
    // The generation first, as in redaction.
    const own = Prisma.sql`WHERE id = ${id}::uuid ${lock}`;
    const generation = (await readGenerations(client, generationFields, own))[0]!;
    const [archive] = await readRows<ArchiveState>(
      client,
      Prisma.sql`SELECT state, removed_at AS "removedAt", next_attempt_at AS "nextAttemptAt",
          lease_token IS NOT NULL AS "hasTokens"
        FROM video_archive WHERE generation_id = ${id}::uuid ${lock}`,
    );
    return { generation, archive, now: this.#options.now() };
  }
}

/** What is answered where nothing is to be done; null where something is. */
function answerTo({ generation, archive, now }: Found): DecisionResult | null {
  const problem = problemOf(generation, archive);
  if (problem) return { generation, userErrors: [problem] };
  if (archive && isSettled(archive, now)) return { generation, userErrors: [] };
  if (archive?.state === 'PENDING' || !isLost(generation, now)) return null;
  return { generation, userErrors: [userError('id', 'SOURCE_NOT_AVAILABLE', lost)] };
}

/** Why the video is not to be kept; null when it may be, or is. */
function problemOf(
  { status, videoUrl, redactedAt }: VideoGeneration,
  archive: ArchiveState | undefined,
): UserError | null {
  if (redactedAt !== null) return userError('id', 'GENERATION_REDACTED', redacted);
  if (status !== 'SUCCEEDED') {
    const message = `Only the finished video of a SUCCEEDED generation can be kept; this one is ${status}.`;
    return userError('id', 'WRONG_STATUS', message);
  }
  if (videoUrl === null) return userError('id', 'WRONG_STATUS', noVideo);
  // Its event says which bytes were stored: others may not be taken for them.
  return archive?.removedAt ? userError('id', 'VIDEO_REMOVED', removed) : null;
}

/** Whether it is stored, or an attempt runs, is due, or will be as soon as one could be lost. */
function isSettled({ state, nextAttemptAt, hasTokens }: ArchiveState, now: Date): boolean {
  if (state === 'STORED') return true;
  // Only the next one waits for longer than the lease of one that runs; servers' clocks differ a little.
  if (state === 'PENDING') return nextAttemptAt!.getTime() <= now.getTime() + 1.25 * leaseMs;
  // It ended just now: what it left is not removed yet.
  return hasTokens;
}

/** Whether MiniMax neither shows the task nor has given a link that works still. */
function isLost(generation: VideoGeneration, now: Date): boolean {
  const { videoUrlExpiresAt } = generation;
  return isOutOfWindow(generation, now) && videoUrlExpiresAt !== null && videoUrlExpiresAt <= now;
}

const begin = (now: Date) => Prisma.sql`
  INSERT INTO video_archive (generation_id, state, created_at, next_attempt_at)
  SELECT moved.id, 'PENDING', ${now}::timestamptz, ${now}::timestamptz FROM moved
  ON CONFLICT (generation_id) DO UPDATE SET state = 'PENDING', created_at = excluded.created_at,
    next_attempt_at = excluded.next_attempt_at, attempts = 0, error = NULL`;

const hasten = (now: Date) => Prisma.sql`
  UPDATE video_archive AS archive SET next_attempt_at = ${now}::timestamptz
  FROM moved WHERE archive.generation_id = moved.id`;

const redacted =
  'Prompt, images and video of this generation were removed for good: its video is not kept again.';

const noVideo = 'Only a finished video can be kept; this generation made a better prompt.';

const removed =
  'This video was kept, and removed when its time was over or there was no room: it is not kept a second time. As long as MiniMax has it, `minimaxVideoUrl` leads to it.';

const lost =
  'MiniMax shows tasks for seven days, this one is older and its last link has ended: the video cannot be had any more.';
