import type { Database } from '../database/database.ts';
import type { StoredObject } from '../database/generated/client.ts';
import type { Logger } from '../logger.ts';
import { leaseMs } from './archive-store.ts';
import type { DeleteOptions, MediaStorage } from './storage.ts';
import { keyOf, thumbnailKeyOf } from './stored-objects.ts';

export interface RemovalOptions {
  prisma: Database['prisma'];
  storage: MediaStorage;
  log: Logger;
  now: () => Date;
}

interface Left {
  id: string;
  /** No attempt can be storing it any more. */
  isOver: boolean;
  /** One of them has stored all of it. */
  isWhole: boolean;
  tokens: string[];
}

const atOnce = 100;
/** In one call; each may take a while when the storage does not answer. */
const mostFailures = 3;
/** When all were tried and some could not be removed. */
const restMs = 30_000;
const nil = '00000000-0000-0000-0000-000000000000';

/** Neither stored nor to be stored. */
const isEnded = { state: { in: ['EXPIRED', 'FAILED'] } };

const unfinishedMs = 24 * 3_600_000;

/** Removes the bytes of what is not to be had any more; its row stays until they are gone, so that none is forgotten. */
export class Removal {
  readonly #options: RemovalOptions;
  /** Behind which the next call goes on; null: from the beginning. */
  readonly #after: { marked: string | null; left: string | null } = { marked: null, left: null };
  #restsUntil = 0;
  /** Generations whose video an attempt may still be storing, and of which nothing else is left. */
  readonly #underWay = new Set<string>();

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

  /** Some of what is marked. What fails is tried again later, and keeps nothing else from being removed. */
  async run(): Promise<void> {
    const { log } = this.#options;
    if (performance.now() < this.#restsUntil) return;
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
      where: {
        ...{ deletedAt: { not: null }, storage: storage.id, uses: { none: {} } },
        ...(this.#after.marked !== null && { id: { gt: this.#after.marked } }),
      },
      ...{ orderBy: { id: 'asc' }, take: atOnce },
    });
    const { gone, next } = await this.#dropEach(objects, async (object) => {
      for (const key of keysOf(object)) await storage.delete(key);
      await prisma.storedObject.deleteMany({ where: { id: object.id } });
    });
    this.#after.marked = next?.id ?? null;
    if (gone > 0) log.info({ removed: gone }, 'stored media were removed');
  }

  /**
   * What attempts may have stored whose server died then, of videos that are not to be kept any more. One
   * may still be under way when its generation is redacted: what it has stored by the end of its lease
   * goes then.
   */
  async #dropLeft(): Promise<void> {
    const { prisma, now } = this.#options;
    const ended = new Date(now().getTime() - leaseMs);
    // Written out, so that the index for it is used.
    const attempts = await prisma.$queryRaw<Left[]>`
      SELECT generation_id::text AS id, is_over AS "isOver", sha256 IS NOT NULL AS "isWhole",
        array_remove(ARRAY[lease_token, previous_token], NULL)::text[] AS tokens
      FROM video_archive,
        LATERAL (SELECT coalesce(removed_at < ${ended} OR sha256 IS NOT NULL, TRUE) AS is_over) AS _
      WHERE lease_token IS NOT NULL AND (state = 'EXPIRED' OR state = 'FAILED')
        AND (is_over OR generation_id <> ALL (${[...this.#underWay]}::uuid[]))
        AND generation_id > ${this.#after.left ?? nil}::uuid
      ORDER BY generation_id LIMIT ${atOnce}`;
    const { next } = await this.#dropEach(attempts, async ({ id, isOver, isWhole, tokens }) => {
      await this.#dropBytes(tokens, { alsoBegun: !isWhole });
      if (isOver) {
        await this.#forget(id, tokens);
        this.#underWay.delete(id);
      } else this.#underWay.add(id);
    });
    this.#after.left = next?.id ?? null;
  }

  /** The same of one video that may then be kept after all; throws when the storage fails. */
  async dropLeftOf(generationId: string): Promise<void> {
    const { prisma } = this.#options;
    const left = await prisma.videoArchive.findUnique({
      where: { generationId, ...isEnded, removedAt: null },
    });
    const tokens = [left?.leaseToken, left?.previousToken].filter((token) => token != null);
    if (tokens.length === 0) return;
    await this.#dropBytes(tokens, { alsoBegun: true });
    await this.#forget(generationId, tokens);
  }

  async #dropBytes(tokens: readonly string[], options: DeleteOptions): Promise<void> {
    const { storage } = this.#options;
    for (const id of tokens) await storage.delete(keyOf({ kind: 'VIDEO', id }), options);
  }

  /** Unless it is to be kept again meanwhile: then another attempt has the lease. */
  async #forget(generationId: string, [leaseToken]: readonly string[]): Promise<void> {
    await this.#options.prisma.videoArchive.updateMany({
      where: { generationId, ...isEnded, leaseToken: leaseToken! },
      data: { leaseToken: null, previousToken: null },
    });
  }

  /**
   * Goes on where one fails, unless it seems that none can be removed. `next`: the last one of those that
   * were tried, when there may be more.
   */
  async #dropEach<T extends { id: string }>(all: readonly T[], drop: (each: T) => Promise<void>) {
    const failures: unknown[] = [];
    let tried = 0;
    for (const each of all) {
      tried += 1;
      await drop(each).catch((error: unknown) => failures.push(error));
      if (failures.length === mostFailures) break;
    }
    const next = tried < all.length || tried === atOnce ? all[tried - 1] : undefined;
    if (failures.length > 0) {
      const about = { failed: failures.length, error: failures[0] };
      this.#options.log.error(about, 'stored media could not be removed; trying again soon');
      if (!next) this.#restsUntil = performance.now() + restMs;
    }
    return { gone: tried - failures.length, next };
  }
}

function keysOf(object: StoredObject): string[] {
  return object.kind === 'VIDEO' ? [keyOf(object)] : [keyOf(object), thumbnailKeyOf(object)];
}
