import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { MediaStorage } from './storage.ts';
import { keyOf } from './stored-objects.ts';

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
    const { prisma, storage, log } = this.#options;
    try {
      const objects = await prisma.storedObject.findMany({
        where: { deletedAt: { not: null }, storage: storage.id, uses: { none: {} } },
        take: atOnce,
      });
      for (const object of objects) {
        await storage.delete(keyOf(object));
        await prisma.storedObject.deleteMany({ where: { id: object.id } });
      }
      if (objects.length > 0) log.info({ removed: objects.length }, 'stored media were removed');
    } catch (error) {
      log.error({ error }, 'stored media could not be removed; trying again soon');
    }
  }
}
