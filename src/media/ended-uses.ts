import { newEventId } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { tellOf } from '../generation/updates.ts';
import type { Logger } from '../logger.ts';

export interface EndedUsesOptions {
  prisma: Database['prisma'];
  /** Removes those of these inputs that nothing uses and nobody has uploaded lately. */
  dropOverdue: (ids: readonly string[]) => Promise<void>;
  log: Logger;
  now: () => Date;
}

/** One transaction each: others get their turn in between. */
const atOnce = 200;

/** Takes their files from generations that ended as long ago as they were to be kept. */
export class EndedUses {
  readonly #options: EndedUsesOptions;

  constructor(options: EndedUsesOptions) {
    this.#options = options;
  }

  /** Removes those that nothing else uses and nobody has uploaded lately. */
  async dropOld(): Promise<void> {
    const { dropOverdue, log } = this.#options;
    try {
      for (let ids = await this.#end(); ids.length > 0; ids = await this.#end())
        await dropOverdue(ids);
    } catch (error) {
      log.warn(
        { error },
        'inputs whose time is over could not be removed; trying again in an hour',
      );
    }
  }

  /** One file of each of some generations; the others of them at the next call. */
  async #end(): Promise<string[]> {
    const { prisma, now: clock } = this.#options;
    const now = clock();
    const found = await prisma.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM video_generation AS generation
      WHERE keep_for_days IS NOT NULL AND input_image_bytes > 0
        AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
        AND completed_at < ${now}::timestamptz - make_interval(days => keep_for_days)
        AND EXISTS (SELECT FROM media_use WHERE generation_id = generation.id)
      LIMIT ${atOnce}`;
    if (found.length === 0) return [];
    const ids = found.map(({ id }) => id);
    const eventIds = ids.map(() => newEventId(now));
    const detail = Prisma.sql`json_build_object('reason', 'keepForDays',
      'sha256', moved.sha256, 'bytes', moved.bytes)::jsonb`;
    const ended = await prisma.$transaction(async (tx) => {
      // The generations first, as in redaction.
      await tx.$queryRaw`SELECT id::text FROM video_generation WHERE id = ANY (${ids}::uuid[])
        ORDER BY id FOR UPDATE`;
      return await tx.$queryRaw<{ id: string }[]>`
        WITH ended AS (
          DELETE FROM media_use AS used USING (
            SELECT DISTINCT ON (generation_id) generation_id, object_id FROM media_use
            WHERE generation_id = ANY (${ids}::uuid[]) ORDER BY generation_id, object_id
          ) AS first
          WHERE used.generation_id = first.generation_id AND used.object_id = first.object_id
          RETURNING used.generation_id, used.object_id
        ), moved AS (
          UPDATE video_generation AS generation SET version = version + 1, updated_at = ${now}
          FROM ended JOIN stored_object AS object ON object.id = ended.object_id
            JOIN unnest(${ids}::uuid[], ${eventIds}::uuid[]) AS event (generation_id, id)
              ON event.generation_id = ended.generation_id
          WHERE generation.id = ended.generation_id
          RETURNING generation.id, generation.version, generation.status, ended.object_id,
            object.sha256, object.bytes, event.id AS event_id
        ), recorded AS (
          ${insertEvent({ action: 'INPUT_REMOVED' }, now, 'moved', {
            ...{ id: Prisma.sql`moved.event_id`, detail },
          })}
        )
        SELECT moved.object_id::text AS id FROM moved ${tellOf('moved')}`;
    });
    return ended.map(({ id }) => id);
  }
}
