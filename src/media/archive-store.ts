import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma, type VideoGenerationStatus } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { writeTogether } from '../database/write-together.ts';
import { tellOf } from '../generation/updates.ts';
import type { VideoFacts } from './archive-facts.ts';
import type { MediaConfig } from './config.ts';
import type { StoredBytes } from './storage.ts';

/** A video that this server is to store. */
export interface ArchiveJob {
  generationId: string;
  leaseToken: string;
  /** Of the attempt before, which may have stored all of it and then died. */
  previousToken: string | null;
  /** Of the one before that: whatever it has stored is wanted no more. */
  forgottenToken: string | null;
  /** With this one. */
  attempts: number;
  createdAt: Date;
}

export interface ArchiveStoreOptions {
  database: Database['slow'];
  now: () => Date;
  keepVideos: MediaConfig['keepVideos'];
}

/** An attempt that has not shown life for so long was lost with its server. */
export const leaseMs = 60_000;

/** What is to be stored of finished generations, is being stored, or was. */
export class ArchiveStore {
  readonly #options: ArchiveStoreOptions;

  constructor(options: ArchiveStoreOptions) {
    this.#options = options;
  }

  /** Notes in the statement by which a generation succeeds that its video is to be kept. */
  readonly enqueue = (to: VideoGenerationStatus): Prisma.Sql | null => {
    const { keepVideos, now } = this.#options;
    if (to !== 'SUCCEEDED' || keepVideos === 'off') return null;
    const isWanted =
      keepVideos === 'all'
        ? Prisma.sql`TRUE`
        : Prisma.sql`moved.tags && ${[...keepVideos.tags]}::text[]`;
    return Prisma.sql`
      INSERT INTO video_archive (generation_id, state, created_at, next_attempt_at)
      SELECT moved.id, 'PENDING', ${now()}::timestamptz, ${now()}::timestamptz FROM moved
      WHERE moved.video_url IS NOT NULL AND ${isWanted} ON CONFLICT DO NOTHING`;
  };

  /** Takes up to `limit` of what is due. */
  async claim(limit: number): Promise<ArchiveJob[]> {
    const { database, now } = this.#options;
    const until = new Date(now().getTime() + leaseMs);
    return await readRows<ArchiveJob>(
      database.pool,
      Prisma.sql`
        WITH due AS (
          SELECT generation_id, previous_token FROM video_archive
          WHERE state = 'PENDING' AND next_attempt_at <= ${now()}
          ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
        )
        UPDATE video_archive AS archive
        SET previous_token = lease_token, lease_token = gen_random_uuid(),
          next_attempt_at = ${until}, attempts = attempts + 1
        FROM due WHERE archive.generation_id = due.generation_id
        RETURNING archive.generation_id::text AS "generationId", archive.attempts,
          archive.lease_token::text AS "leaseToken", archive.previous_token::text AS "previousToken",
          nullif(due.previous_token, archive.previous_token)::text AS "forgottenToken",
          archive.created_at AS "createdAt"`,
    );
  }

  /** Whether it is still this server's; then for longer. */
  async renew({ generationId, leaseToken }: ArchiveJob): Promise<boolean> {
    const { database, now } = this.#options;
    const { count } = await database.prisma.videoArchive.updateMany({
      where: { generationId, leaseToken, state: 'PENDING' },
      data: { nextAttemptAt: new Date(now().getTime() + leaseMs) },
    });
    return count === 1;
  }

  /**
   * Records that the bytes are stored, as object `objectId`, in the audit trail of the generation too.
   * For whoever is too late: whether the attempt that runs now may be taking them over, or nobody
   * will ever want them.
   */
  async stored(
    job: ArchiveJob,
    objectId: string,
    storage: string,
    { bytes, sha256 }: StoredBytes,
    facts: VideoFacts,
  ): Promise<'stored' | 'taken over' | 'unwanted'> {
    const { database, now: clock } = this.#options;
    const now = clock();
    const { generationId, leaseToken } = job;
    return await writeTogether(database.pool, async (client) => {
      // The generation first, as in redaction, which waits for this or is waited for.
      const [generation] = await readRows<{ redactedAt: Date | null }>(
        client,
        Prisma.sql`SELECT redacted_at AS "redactedAt" FROM video_generation
          WHERE id = ${generationId}::uuid FOR UPDATE`,
      );
      const [archive] = await readRows<{ isOurs: boolean; isWanted: boolean }>(
        client,
        Prisma.sql`SELECT
            state = 'PENDING' AND lease_token = ${leaseToken}::uuid AS "isOurs",
            state = 'PENDING' AND ${objectId}::uuid IN (lease_token, previous_token) AS "isWanted"
          FROM video_archive WHERE generation_id = ${generationId}::uuid FOR UPDATE`,
      );
      if (generation?.redactedAt !== null) return 'unwanted';
      if (!archive?.isOurs) return archive?.isWanted ? 'taken over' : 'unwanted';
      const detail = { sha256, bytes, contentType: videoType };
      await readRows(
        client,
        Prisma.sql`
          WITH moved AS (
            UPDATE video_generation AS generation
            SET version = generation.version + 1, updated_at = ${now}
            WHERE generation.id = ${generationId}::uuid RETURNING generation.*
          ), object AS (
            INSERT INTO stored_object
              (id, kind, storage, owner, caller_id, tenant, bytes, sha256, content_type, facts, created_at,
               keep_until)
            SELECT ${objectId}::uuid, 'VIDEO', ${storage},
              coalesce('tenant:' || moved.tenant, 'caller:' || moved.caller_id),
              moved.caller_id, moved.tenant, ${bytes}::int, ${sha256}, ${videoType},
              ${JSON.stringify(facts)}::jsonb, ${now},
              ${now}::timestamptz + make_interval(days => moved.keep_for_days)
            FROM moved
          ), event AS (
            ${insertEvent({ action: 'VIDEO_STORED', detail }, now, 'moved')}
          )
          SELECT moved.id FROM moved ${tellOf('moved')}`,
      );
      await readRows(
        client,
        Prisma.sql`UPDATE video_archive SET state = 'STORED', object_id = ${objectId}::uuid,
          stored_at = ${now}, bytes = ${bytes}::int, sha256 = ${sha256}, error = NULL,
          next_attempt_at = NULL
          WHERE generation_id = ${generationId}::uuid`,
      );
      return 'stored';
    });
  }

  /**
   * Records that an attempt failed; with a time for the next one it stays PENDING, and `storedAs` is its
   * `previousToken`. False when it is another's by now, or nobody's.
   */
  async failed(
    { generationId, leaseToken, storedAs }: ArchiveJob & { storedAs: string | null },
    outcome: { state: 'FAILED' | 'EXPIRED' } | { nextAttemptAt: Date },
    error: string | null,
  ): Promise<boolean> {
    const { count } = await this.#options.database.prisma.videoArchive.updateMany({
      where: { generationId, leaseToken, state: 'PENDING' },
      data: {
        ...{ nextAttemptAt: null, ...outcome },
        ...(storedAs !== null && { leaseToken: storedAs }),
        ...(error !== null && { error }),
      },
    });
    return count === 1;
  }

  /** How many wait, and how many of them have since before then. */
  async waiting(before: Date): Promise<{ pending: number; overdue: number }> {
    const [row] = await readRows<{ pending: number; overdue: number }>(
      this.#options.database.pool,
      Prisma.sql`SELECT count(*)::int AS pending,
          (count(*) FILTER (WHERE created_at < ${before}))::int AS overdue
        FROM video_archive WHERE state = 'PENDING'`,
    );
    return row!;
  }
}

export const videoType = 'video/mp4';
