import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { writeTogether } from '../database/write-together.ts';
import type { Logger } from '../logger.ts';
import type { VideoGeneration } from './generation.ts';
import { chunksOf, storedInputs, useInputs, type InputStore } from './input-images.ts';

export interface MoveChunksOptions {
  work: Database['work'];
  inputs: Pick<InputStore, 'adopt'>;
  log: Logger;
  now: () => Date;
  /** Left out: now. Servers of the version before, which know the table alone, have been replaced by then. */
  notBefore?: Date;
}

/** An image at a time, with pauses: what is asked for meanwhile does not wait. */
const pauseMs = 100;

/** Where an image lies in chunks. */
interface Place {
  generationId: string;
  role: string;
}

type Owner = Pick<
  VideoGeneration,
  | 'callerId'
  | 'tenant'
  | 'firstFrameImage'
  | 'lastFrameImage'
  | 'subjectImage'
  | 'referenceImages'
  | 'referenceVideos'
  | 'referenceAudios'
>;

/**
 * Moves what the version before stored in `input_image_chunk` to the storage. An image is to be had at
 * one of the two places all the time, and what is being sent is left alone, so that it may be ended and
 * begun again anywhere, at several servers, and beside servers of that version.
 */
export class MoveChunks {
  readonly #options: MoveChunksOptions;

  constructor(options: MoveChunksOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, now, notBefore } = this.#options;
    if (notBefore && now() < notBefore) return;
    let moved = 0;
    try {
      let place: Place | null = null;
      for (;;) {
        place = await this.#next(place);
        if (place === null || signal.aborted) break;
        if (await this.#move(place)) moved += 1;
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      log.error({ error }, 'images could not be moved to the storage; trying again in an hour');
    }
    if (moved > 0) log.info({ moved }, 'images were moved from the database to the storage');
  }

  async #next(after: Place | null): Promise<Place | null> {
    const [next] = await readRows<Place>(
      this.#options.work.pool,
      Prisma.sql`
        SELECT chunk.generation_id::text AS "generationId", chunk.role
        FROM input_image_chunk AS chunk JOIN video_generation AS generation ON generation.id = generation_id
        WHERE index = 0 AND ${movable}
          AND (${after?.generationId ?? null}::uuid IS NULL
            OR (generation_id, role) > (${after?.generationId ?? null}::uuid, ${after?.role ?? null}))
        ORDER BY generation_id, role LIMIT 1`,
      'next image to move',
    );
    return next ?? null;
  }

  /** Whether it was moved: not when it began to be sent, or was dropped, meanwhile. */
  async #move({ generationId, role }: Place): Promise<boolean> {
    const { work, inputs, log } = this.#options;
    const { callerId, tenant, ...given }: Owner =
      await work.prisma.videoGeneration.findUniqueOrThrow({ where: { id: generationId } });
    const wanted = storedInputs(given).find((input) => input.role === role);
    const owner = { id: callerId, tenant };
    const adopted = await inputs.adopt(chunksOf(work.pool, generationId, role), owner);
    if (adopted.sha256 !== wanted?.sha256) {
      log.error({ generationId, role }, 'an image in the database is not what its row says');
      return false;
    }
    return await writeTogether(work.pool, async (client) => {
      const { rowCount } = await client.query(
        `SELECT FROM video_generation AS generation WHERE id = $1 AND ${movable.sql} FOR UPDATE`,
        [generationId],
      );
      if (rowCount === 0) return false;
      const dropped = await client.query(
        'DELETE FROM input_image_chunk WHERE generation_id = $1 AND role = $2',
        [generationId, role],
      );
      if (dropped.rowCount === 0) return false;
      await useInputs(client, generationId, [{ id: adopted.id, sourceUrl: null }]);
      return true;
    });
  }
}

/** Whoever sends it reads it now. */
const movable = Prisma.sql`generation.status IN ('QUEUED', 'FAILED', 'UNCERTAIN')`;
