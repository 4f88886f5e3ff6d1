import { randomUUID } from 'node:crypto';
import { may } from '../../access/permissions.ts';
import type { Database } from '../../database/database.ts';
import type { StoredObject } from '../../database/generated/client.ts';
import type { Caller } from '../../graphql/caller.ts';
import { isId } from '../../graphql/ids.ts';
import { Turns } from '../../graphql/turns.ts';
import type { Logger } from '../../logger.ts';
import type { ReadImage } from '../../minimax/images.ts';
import type { MeasuredMedia } from '../../minimax/measured-media.ts';
import type { GivenMedia } from '../../minimax/request-problems.ts';
import { NotAsStored, StoredMedia } from '../../minimax/stored-media.ts';
import { storedFile } from '../file-bytes.ts';
import type { MeasureProblem } from '../measure.ts';
import { measureApart } from '../read-apart.ts';
import { NotStoredError, type MediaStorage } from '../storage.ts';
import { keyOf, ownerOf, thumbnailKeyOf } from '../stored-objects.ts';
import { piecesOf } from './bytes.ts';
import { idOfReference, referenceOf } from './references.ts';

export interface StoredInputsOptions {
  database: Pick<Database, 'prisma'>;
  storage: MediaStorage;
  log: Logger;
  now: () => Date;
}

/** For whom something is stored. */
export type Owner = Pick<Caller, 'id' | 'tenant'>;

export type Keeping =
  { object: StoredObject; problem?: undefined } | { object?: undefined; problem: MeasureProblem };

/** What nothing uses goes after that; whoever sends it again, or uses it, has it for as long again. */
export const keptForMs = 7 * 24 * 3_600_000;

/** What comes with a request is used by it in a moment, and then stays with it; nothing else was promised. */
export const withRequestMs = 3_600_000;

/** The largest that MiniMax takes: a video (V2 §2.3). */
export const maxInputBytes = 50 * 1024 * 1024;

const unmeasured: MeasuredMedia = {
  ...{ kind: 'IMAGE', format: 'JPEG', mediaType: 'image/jpeg', bytes: 0 },
  ...{ width: null, height: null, seconds: null, framesPerSecond: null },
};

/**
 * The files that callers give, stored by their content: equal bytes once for each tenant, in the storage
 * of media and never in the database, whose rows refer to them.
 */
export class StoredInputs {
  readonly #options: StoredInputsOptions;
  /** Of an image all bytes are in memory meanwhile; and one caller's do not keep others waiting. */
  readonly #measuring = new Turns(2, 1);

  constructor(options: StoredInputsOptions) {
    this.#options = options;
  }

  /** Stores an image that was read already; the id of its object. */
  async keep({ bytes, mediaType, sha256, width, height }: ReadImage, owner: Owner) {
    const known = await this.#known(sha256, owner, withRequestMs);
    if (known !== null) return known.id;
    const id = randomUUID();
    const { storage } = this.#options;
    const options = { contentType: mediaType, maxBytes: bytes.length };
    await storage.put(keyOf({ kind: 'INPUT', id }), piecesOf(bytes), options);
    const format = mediaType.slice('image/'.length).toUpperCase();
    const media = {
      ...{ kind: 'IMAGE' as const, format, mediaType, bytes: bytes.length },
      ...{ width, height, seconds: null, framesPerSecond: null },
    };
    return (await this.#record(id, media, sha256, owner, withRequestMs)).id;
  }

  /**
   * Stores what comes, in constant memory, and measures it: what MiniMax takes in no field is removed
   * again and told. Rejects with a TooLargeError, or as the source or the signal does.
   */
  async take(
    source: AsyncIterable<Uint8Array>,
    owner: Owner,
    options: { forMs?: number; signal?: AbortSignal } = {},
  ): Promise<Keeping> {
    return await this.#take(source, owner, options);
  }

  /** Stores an image that was taken before there were measures, whatever they would say now. */
  async adopt(source: AsyncIterable<Uint8Array>, owner: Owner): Promise<StoredObject> {
    return (await this.#take(source, owner, { forMs: withRequestMs }, unmeasured)).object!;
  }

  async #take(
    source: AsyncIterable<Uint8Array>,
    owner: Owner,
    { forMs = keptForMs, signal }: { forMs?: number; signal?: AbortSignal },
    otherwise?: MeasuredMedia,
  ): Promise<Keeping> {
    const { storage, log } = this.#options;
    const id = randomUUID();
    const key = keyOf({ kind: 'INPUT', id });
    // What it is will be known when it is there: nobody is given it by this label.
    const options = { contentType: 'application/octet-stream', maxBytes: maxInputBytes, signal };
    const { bytes, sha256 } = await storage.put(key, source, options);
    let isKept = false;
    try {
      const known = await this.#known(sha256, owner, forMs);
      if (known !== null) return { object: known };
      const { media, problem } = await this.#measuring.run(owner.id, () =>
        measureApart(storedFile(storage, key, bytes)),
      );
      if (problem && !otherwise) return { problem };
      const measured = media ?? { ...otherwise!, bytes };
      const object = await this.#record(id, measured, sha256, owner, forMs);
      isKept = object.id === id;
      return { object };
    } finally {
      if (!isKept) {
        await storage.delete(key).catch((error: unknown) => {
          log.warn({ error }, 'what is not kept could not be removed; it is swept away later');
        });
      }
    }
  }

  /** Those that the caller may see, among these. */
  async find(ids: readonly string[], caller: Caller): Promise<StoredObject[]> {
    return await this.#options.database.prisma.storedObject.findMany({
      where: {
        ...{ id: { in: ids.filter(isId) }, kind: 'INPUT', deletedAt: null },
        ...(may(caller, 'seeAll') ? {} : { owner: ownerOf(caller) }),
      },
    });
  }

  /** Those that a caller may have MiniMax sent, by what it writes for them. */
  async given(references: readonly string[], caller: Caller): Promise<Map<string, GivenMedia>> {
    const ids = references.flatMap((reference) => idOfReference(reference) ?? []);
    const { id: storage } = this.#options.storage;
    const found = ids.length === 0 ? [] : await this.find(ids, caller);
    return new Map(
      found
        .filter((object) => object.storage === storage)
        .map((object) => [
          referenceOf(object),
          { ...mediaOf(object), objectId: object.id, sha256: object.sha256 },
        ]),
    );
  }

  /** Those that a generation uses, and that this server can read. */
  async usedBy(generationId: string): Promise<StoredObject[]> {
    const { database, storage } = this.#options;
    const uses = await database.prisma.mediaUse.findMany({
      where: { generationId, object: { deletedAt: null, storage: storage.id } },
      include: { object: true },
    });
    return uses.map(({ object }) => object);
  }

  /** Removes, among these, what no generation uses any more, also what somebody has just uploaded. */
  async dropUnused(ids: readonly string[]): Promise<void> {
    await this.#drop(ids, true);
  }

  /** Removes, among these, what no generation uses any more and nobody has uploaded lately. */
  async dropOverdue(ids: readonly string[]): Promise<void> {
    await this.#drop(ids, false);
  }

  async #drop(ids: readonly string[], isErasure: boolean): Promise<void> {
    if (ids.length === 0) return;
    const { database, storage, log, now } = this.#options;
    const wanted = [...new Set(ids)];
    const dropped = await database.prisma.$transaction(async (tx) => {
      // Locked as `useInputs` locks them, and looked at when they are: who began to use one has
      // committed then, who begins later finds it removed.
      await tx.$queryRaw`SELECT id::text FROM stored_object WHERE id = ANY (${wanted}::uuid[])
        ORDER BY id FOR UPDATE`;
      return await tx.$queryRaw<{ id: string; storage: string }[]>`
        UPDATE stored_object AS object SET deleted_at = ${now()}::timestamptz
        WHERE id = ANY (${wanted}::uuid[]) AND kind = 'INPUT' AND deleted_at IS NULL
          AND (${isErasure} OR keep_until < ${now()}::timestamptz)
          AND NOT EXISTS (SELECT FROM media_use WHERE object_id = object.id)
        RETURNING object.id::text AS id, object.storage`;
    });
    // What lies elsewhere is left to a server that sees it (removal.ts).
    for (const { id } of dropped.filter((object) => object.storage === storage.id)) {
      try {
        await storage.delete(keyOf({ kind: 'INPUT', id }));
        await storage.delete(thumbnailKeyOf({ id }));
        await database.prisma.storedObject.delete({ where: { id } });
      } catch (error) {
        log.warn({ error }, 'a stored input could not be removed; it is removed later');
      }
    }
  }

  /** Removes what was sent or used last some days ago, and nothing uses. */
  async dropOld(): Promise<void> {
    const { database, storage, log, now } = this.#options;
    try {
      const old = await database.prisma.storedObject.findMany({
        where: {
          ...{ kind: 'INPUT', storage: storage.id, deletedAt: null },
          ...{ keepUntil: { lt: now() }, uses: { none: {} } },
        },
        ...{ select: { id: true }, take: 1_000 },
      });
      await this.dropOverdue(old.map(({ id }) => id));
    } catch (error) {
      log.warn({ error }, 'old inputs could not be removed; trying again in an hour');
    }
  }

  /** A stored file as it is sent. */
  open(
    object: Pick<StoredObject, 'id' | 'kind' | 'contentType' | 'bytes' | 'sha256'>,
  ): StoredMedia {
    const { storage } = this.#options;
    const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* (await storage.get(keyOf(object))) as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw error instanceof NotStoredError ? new NotAsStored('gone') : error;
      }
    };
    return new StoredMedia(object.contentType, object.bytes, open, {
      ...{ objectId: object.id, sha256: object.sha256 },
      giveUp: () => void this.#giveUp(object),
    });
  }

  /** What is sent again takes the place of one whose bytes are others now. */
  async #giveUp({ id }: Pick<StoredObject, 'id'>): Promise<void> {
    const { database, log, now } = this.#options;
    log.error(
      { id },
      'a stored input is not as it was stored: whoever needs it is to send it again',
    );
    const marked = { where: { id }, data: { deletedAt: now() } };
    await database.prisma.storedObject.updateMany(marked).catch((error: unknown) => {
      log.warn({ error, id }, 'a stored input that is of no use could not be marked');
    });
  }

  /** One with these bytes that is stored for the owner; it stays for so long at least. */
  async #known(sha256: string, owner: Owner, forMs: number): Promise<StoredObject | null> {
    const { database, storage, now } = this.#options;
    const where = { storage: storage.id, owner: ownerOf(owner), sha256, kind: 'INPUT' };
    const keepUntil = new Date(now().getTime() + forMs);
    await database.prisma.storedObject.updateMany({
      where: { ...where, deletedAt: null, keepUntil: { lt: keepUntil } },
      data: { keepUntil },
    });
    const known = await database.prisma.storedObject.findFirst({
      where: { ...where, deletedAt: null },
    });
    if (known === null || (await storage.stat(keyOf(known)))?.bytes === known.bytes) return known;
    await this.#giveUp(known);
    return null;
  }

  /** Of two that store the same at once, the first one's object. */
  async #record(
    id: string,
    media: MeasuredMedia,
    sha256: string,
    owner: Owner,
    forMs: number,
  ): Promise<StoredObject> {
    const { database, storage, now } = this.#options;
    const { mediaType: contentType, bytes, ...facts } = media;
    const createdAt = now();
    const [made] = await database.prisma.storedObject.createManyAndReturn({
      data: {
        ...{ id, kind: 'INPUT', storage: storage.id, owner: ownerOf(owner) },
        ...{ callerId: owner.id, tenant: owner.tenant, bytes, sha256, contentType, createdAt },
        facts: facts,
        keepUntil: new Date(createdAt.getTime() + forMs),
      },
      skipDuplicates: true,
    });
    if (made) return made;
    const known = await this.#known(sha256, owner, forMs);
    if (known === null) throw new Error('a stored input was removed while it was stored again');
    if (known.id !== id) await storage.delete(keyOf({ kind: 'INPUT', id }));
    return known;
  }
}

/** What was measured of a stored file. */
export function mediaOf({ facts, bytes, contentType }: StoredObject): MeasuredMedia {
  const measured = facts as unknown as Omit<MeasuredMedia, 'mediaType' | 'bytes'>;
  return { ...measured, mediaType: contentType, bytes };
}
