import type { Database } from '../../database/database.ts';
import type { Logger } from '../../logger.ts';
import type { StoredInputs } from './stored-inputs.ts';

export interface EndedUsesOptions {
  prisma: Database['prisma'];
  inputs: Pick<StoredInputs, 'dropOverdue'>;
  log: Logger;
  now: () => Date;
}

const atOnce = 1_000;

/** Takes their files from generations that ended as long ago as they were to be kept. */
export class EndedUses {
  readonly #options: EndedUsesOptions;

  constructor(options: EndedUsesOptions) {
    this.#options = options;
  }

  /** Removes those that nothing else uses and nobody has uploaded lately. */
  async dropOld(): Promise<void> {
    const { inputs, log } = this.#options;
    try {
      for (let ids = await this.#end(); ids.length > 0; ids = await this.#end())
        await inputs.dropOverdue(ids);
    } catch (error) {
      log.warn(
        { error },
        'inputs whose time is over could not be removed; trying again in an hour',
      );
    }
  }

  async #end(): Promise<string[]> {
    const { prisma, now } = this.#options;
    const ended = await prisma.$queryRaw<{ id: string }[]>`
      WITH ended AS (
        SELECT used.generation_id, used.object_id FROM video_generation AS generation
        JOIN media_use AS used ON used.generation_id = generation.id
        WHERE keep_for_days IS NOT NULL AND input_image_bytes > 0
          AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
          AND completed_at < ${now()}::timestamptz - make_interval(days => keep_for_days)
        LIMIT ${atOnce}
      )
      DELETE FROM media_use AS used USING ended
      WHERE used.generation_id = ended.generation_id AND used.object_id = ended.object_id
      RETURNING used.object_id::text AS id`;
    return ended.map(({ id }) => id);
  }
}
