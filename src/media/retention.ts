import { newEventId } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { tellOf } from '../generation/updates.ts';
import type { Logger } from '../logger.ts';
import type { MediaConfig } from './config.ts';

export interface RetentionOptions {
  prisma: Database['prisma'];
  media: Pick<MediaConfig, 'keepDays' | 'tenantBytes'>;
  log: Logger;
  now: () => Date;
}

/** Why a video is not kept any longer, as its event tells. */
type Reason = 'age' | 'size' | 'keepForDays';

const dayMs = 24 * 3_600_000;

/** One transaction each: others get their turn in between. */
const batchSize = 200;

/**
 * Ends the keeping of videos: when the time is over that their request asked for, or else by their age,
 * and by how much is kept for one tenant.
 */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Marks what is to go; removal.ts removes the bytes. Ends early when `signal` says so. */
  async apply(signal: AbortSignal): Promise<void> {
    const { media, log, now } = this.#options;
    const { keepDays, tenantBytes } = media;
    try {
      const overdue = Prisma.sql`SELECT id, created_at FROM stored_object
        WHERE kind = 'VIDEO' AND deleted_at IS NULL AND keep_until < ${now()}`;
      await this.#end(overdue, 'keepForDays', signal);
      if (keepDays !== undefined) {
        const before = new Date(now().getTime() - keepDays * dayMs);
        const tooOld = Prisma.sql`SELECT id, created_at FROM stored_object
          WHERE kind = 'VIDEO' AND deleted_at IS NULL AND keep_until IS NULL
            AND created_at < ${before}`;
        await this.#end(tooOld, 'age', signal);
      }
      if (tenantBytes !== undefined) {
        const tooMuch = Prisma.sql`SELECT id, created_at FROM (
            SELECT id, created_at,
              sum(bytes) OVER (PARTITION BY owner ORDER BY created_at DESC, id DESC) AS total
            FROM stored_object WHERE kind = 'VIDEO' AND deleted_at IS NULL
          ) AS kept WHERE total > ${tenantBytes}`;
        await this.#end(tooMuch, 'size', signal);
      }
    } catch (error) {
      log.error({ error }, 'old media could not be looked for; trying again in an hour');
    }
  }

  /** Ends the keeping of all these, oldest first. */
  async #end(chosen: Prisma.Sql, reason: Reason, signal: AbortSignal): Promise<void> {
    const { prisma, log } = this.#options;
    let ended = 0;
    while (!signal.aborted) {
      const found = await prisma.$queryRaw<{ id: string }[]>`
        SELECT archive.generation_id::text AS id FROM (${chosen}) AS chosen
        JOIN video_archive AS archive ON archive.object_id = chosen.id AND archive.state = 'STORED'
        ORDER BY chosen.created_at LIMIT ${batchSize}`;
      if (found.length === 0) break;
      ended += await this.#endBatch(
        found.map(({ id }) => id),
        reason,
      );
    }
    if (ended > 0) log.info({ ended, reason }, 'videos are not kept any longer');
  }

  /** Those of these generations that are still kept, with their events, in one transaction. */
  async #endBatch(ids: readonly string[], reason: Reason): Promise<number> {
    const { prisma, now: clock } = this.#options;
    const now = clock();
    const eventIds = ids.map(() => newEventId(now));
    const detail = Prisma.sql`json_build_object('reason', ${reason}::text,
      'sha256', moved.sha256, 'bytes', moved.bytes)::jsonb`;
    return await prisma.$transaction(async (tx) => {
      // The generations first, as in redaction.
      await tx.$queryRaw`SELECT id::text FROM video_generation WHERE id = ANY (${ids}::uuid[])
        ORDER BY id FOR UPDATE`;
      const moved = await tx.$queryRaw<unknown[]>`
        WITH ended AS (
          UPDATE video_archive SET state = 'EXPIRED', removed_at = ${now}
          WHERE generation_id = ANY (${ids}::uuid[]) AND state = 'STORED'
          RETURNING generation_id, object_id, bytes, sha256
        ), unkept AS (
          UPDATE stored_object AS object SET deleted_at = ${now}
          FROM ended WHERE object.id = ended.object_id
        ), moved AS (
          UPDATE video_generation AS generation SET version = version + 1, updated_at = ${now}
          FROM ended JOIN unnest(${ids}::uuid[], ${eventIds}::uuid[]) AS event (generation_id, id)
            ON event.generation_id = ended.generation_id
          WHERE generation.id = ended.generation_id
          RETURNING generation.id, generation.version, generation.status, ended.bytes,
            ended.sha256, event.id AS event_id
        ), recorded AS (
          ${insertEvent({ action: 'VIDEO_REMOVED' }, now, 'moved', {
            ...{ id: Prisma.sql`moved.event_id`, detail },
          })}
        )
        SELECT id::text FROM moved ${tellOf('moved')}`;
      return moved.length;
    });
  }
}
