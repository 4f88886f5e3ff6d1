import type { Database } from '../database/database.ts';
import type { StoredObject } from '../database/generated/client.ts';
import type { Logger } from '../logger.ts';
import type { MediaStorage } from './storage.ts';
import { keyOf, thumbnailKeyOf } from './stored-objects.ts';

export interface RemovalOptions {
  prisma: Database['prisma'];
  storage: MediaStorage;
  log: Logger;
}

const atOnce = 100;

const unfinishedMs = 24 * 3_600_000;

/** Removes the bytes of what is not to be had any more; its row stays until they are gone, so that none is forgotten. */
export class Removal {
  readonly #options: RemovalOptions;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** Removes what killed servers had begun to store a day ago and longer. */
  async dropUnfinished(now: Date): Promise<void> {
    const { storage, log } = this.#options;
    try {
      await storage.dropUnfinished(new Date(now.getTime() - unfinishedMs));
    } catch (error) {
      log.warn(
        { error },
        'what was never stored to its end could not be removed; trying again in an hour',
      );
    }
  }

  /** Some of what is marked. What fails is tried again at the next call. */
  async run(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#dropMarked();
      await this.#dropLeft();
    } catch (error) {
      log.error({ error }, 'stored media could not be removed; trying again soon');
    }
  }

  async #dropMarked(): Promise<void> {
    const { prisma, storage, log } = this.#options;
    const objects = await prisma.storedObject.findMany({
      where: { deletedAt: { not: null }, storage: storage.id, uses: { none: {} } },
      take: atOnce,
    });
    for (const object of objects) {
      for (const key of keysOf(object)) await storage.delete(key);
      await prisma.storedObject.deleteMany({ where: { id: object.id } });
    }
    if (objects.length > 0) log.info({ removed: objects.length }, 'stored media were removed');
  }

  /** What attempts may have stored whose server died then, of videos that are not to be kept any more. */
  async #dropLeft(): Promise<void> {
    const { prisma, storage } = this.#options;
    // Written out, so that the index for it is used.
    const attempts = await prisma.$queryRaw<{ generationId: string; tokens: string[] }[]>`
      SELECT generation_id::text AS "generationId",
        array_remove(ARRAY[lease_token, previous_token], NULL)::text[] AS tokens
      FROM video_archive
      WHERE lease_token IS NOT NULL AND (state = 'EXPIRED' OR state = 'FAILED') LIMIT ${atOnce}`;
    for (const { generationId, tokens } of attempts) {
      for (const id of tokens) await storage.delete(keyOf({ kind: 'VIDEO', id }));
      await prisma.videoArchive.update({
        where: { generationId },
        data: { leaseToken: null, previousToken: null },
      });
    }
  }
}

function keysOf(object: StoredObject): string[] {
  return object.kind === 'VIDEO' ? [keyOf(object)] : [keyOf(object), thumbnailKeyOf(object)];
}
