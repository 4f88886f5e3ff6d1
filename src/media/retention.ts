import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import type { Logger } from '../logger.ts';
import type { MediaConfig } from './config.ts';

export interface RetentionOptions {
  prisma: Database['prisma'];
  media: Pick<MediaConfig, 'keepDays' | 'tenantBytes'>;
  log: Logger;
  now: () => Date;
}

const dayMs = 24 * 3_600_000;

/** Ends the keeping of videos by the operator's limits: their age, and how much is kept for one tenant. */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Marks what is to go; removal.ts removes the bytes. */
  async apply(): Promise<void> {
    const { media, log, now } = this.#options;
    const { keepDays, tenantBytes } = media;
    try {
      if (keepDays !== undefined) {
        const before = new Date(now().getTime() - keepDays * dayMs);
        await this.#end(Prisma.sql`SELECT id FROM stored_object
          WHERE kind = 'VIDEO' AND deleted_at IS NULL AND created_at < ${before}`);
      }
      if (tenantBytes !== undefined) {
        await this.#end(Prisma.sql`SELECT id FROM (
            SELECT id, sum(bytes) OVER (PARTITION BY owner ORDER BY created_at DESC, id DESC) AS total
            FROM stored_object WHERE kind = 'VIDEO' AND deleted_at IS NULL
          ) AS kept WHERE total > ${tenantBytes}`);
      }
    } catch (error) {
      log.error({ error }, 'old media could not be looked for; trying again in an hour');
    }
  }

  async #end(chosen: Prisma.Sql): Promise<void> {
    const { prisma, log, now: clock } = this.#options;
    const now = clock();
    const ended = await prisma.$queryRaw<{ id: string }[]>`
      WITH removed AS (
        UPDATE stored_object SET deleted_at = ${now}
        WHERE id IN (${chosen}) AND deleted_at IS NULL RETURNING id
      )
      UPDATE video_archive AS archive SET state = 'EXPIRED', removed_at = ${now}
      FROM removed WHERE archive.object_id = removed.id RETURNING archive.generation_id::text AS id`;
    if (ended.length > 0) log.info({ ended: ended.length }, 'videos are not kept any longer');
  }
}
