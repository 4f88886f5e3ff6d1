import { randomUUID } from 'node:crypto';
import { actorOf, type Requester } from '../../audit/events.ts';
import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import type { MediaUpload, StoredObject } from '../../database/generated/client.ts';
import type { Caller } from '../../graphql/caller.ts';
import { isId } from '../../graphql/ids.ts';
import type { Logger } from '../../logger.ts';
import { TooLargeError, type MediaStorage } from '../storage.ts';
import { uploadFolderOf } from '../stored-objects.ts';
import type { Keeping, StoredInputs } from './stored-inputs.ts';

export interface UploadsOptions {
  database: Pick<Database, 'prisma'>;
  storage: MediaStorage;
  inputs: StoredInputs;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
}

/** What is begun and not finished after that is forgotten, with what came of it. */
export const unfinishedForMs = 24 * 3_600_000;

/** Of one caller, begun and not finished. */
export const mostUnfinished = 20;

/** Of one upload: whoever sends pieces of some kilobytes would have them read together for hours. */
const mostPieces = 1_000;

const presignedSeconds = 900;

/** Why a piece, or the end of an upload, is not taken. */
export type Unfit =
  'gone' | 'too many pieces' | { offset: number } | { announced: number; isTooLong: boolean };

export type Appended = { upload: MediaUpload; kept: Keeping | null } | { unfit: Unfit };

/** What callers upload, to refer to it later. */
export class Uploads {
  readonly #options: UploadsOptions;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Stores and measures a file, and records who sent it. */
  async take(
    source: AsyncIterable<Uint8Array>,
    requester: Requester,
    signal: AbortSignal,
  ): Promise<Keeping> {
    const { inputs, audit } = this.#options;
    const kept = await inputs.take(source, requester.caller, { signal });
    if (kept.object) {
      const { id: objectId, bytes, contentType, sha256 } = kept.object;
      const detail = { bytes, contentType, sha256 };
      await audit.record({ action: 'MEDIA_UPLOADED', objectId, actor: actorOf(requester), detail });
    }
    return kept;
  }

  /** Begins one of so many bytes that comes in pieces; null when the caller has begun too many. */
  async begin(bytes: number, { id: callerId, tenant }: Caller): Promise<MediaUpload | null> {
    const { database, now } = this.#options;
    const createdAt = now();
    const since = new Date(createdAt.getTime() - unfinishedForMs);
    const unfinished = { callerId, objectId: null, createdAt: { gt: since } };
    const data = { id: randomUUID(), callerId, tenant, createdAt, bytes };
    return await database.prisma.$transaction(async (tx) => {
      // One after the other, or several could each be the last one that is allowed.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`uploads of ${callerId}`}, 0))`;
      if ((await tx.mediaUpload.count({ where: unfinished })) >= mostUnfinished) return null;
      return await tx.mediaUpload.create({ data });
    });
  }

  /** One that the caller has begun, within a day. */
  async find(id: string, caller: Caller): Promise<MediaUpload | null> {
    if (!isId(id)) return null;
    const { database, now } = this.#options;
    const createdAt = { gt: new Date(now().getTime() - unfinishedForMs) };
    const where = { id, callerId: caller.id, createdAt };
    return await database.prisma.mediaUpload.findFirst({ where });
  }

  /**
   * Stores what comes of a piece, also of one that breaks off, behind those before it; with the last one
   * the file is taken. Rejects as the source does, when what came of it is stored.
   */
  async append(
    upload: MediaUpload,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    requester: Requester,
    signal: AbortSignal,
  ): Promise<Appended> {
    const { database, storage, now } = this.#options;
    if (upload.objectId !== null) return await this.#again(upload, requester);
    if (offset !== upload.received) return { unfit: { offset: upload.received } };
    if (upload.pieces.length >= mostPieces) return { unfit: 'too many pieces' };
    const key = `${uploadFolderOf(upload)}/${randomUUID()}`;
    const gathered = whatComes(source);
    const options = {
      contentType: 'application/octet-stream',
      maxBytes: upload.bytes - upload.received,
      signal,
    };
    const put = await storage.put(key, gathered.pieces, options).catch((error: unknown) => {
      if (error instanceof TooLargeError) return null;
      throw error;
    });
    if (put === null) return { unfit: { announced: upload.bytes, isTooLong: true } };
    const { bytes } = put;
    // Of two that send the same piece at once one is the first.
    const [next] = await database.prisma.mediaUpload.updateManyAndReturn({
      where: { id: upload.id, received: offset, objectId: null },
      data: {
        received: { increment: bytes },
        ...(bytes > 0 && { pieces: { push: key } }),
        createdAt: now(),
      },
    });
    if (!next || bytes === 0) await storage.delete(key);
    if (gathered.failure !== undefined) throw gathered.failure;
    if (!next) return { unfit: await this.#overtaken(upload) };
    if (next.received < next.bytes) return { upload: next, kept: null };
    return { upload: next, kept: await this.#finish(next, this.#whole(next), requester, signal) };
  }

  /** Where one stands that another request went on with, or ended, meanwhile. */
  async #overtaken({ id }: MediaUpload): Promise<Unfit> {
    const found = await this.#options.database.prisma.mediaUpload.findUnique({ where: { id } });
    return found === null ? 'gone' : { offset: found.received };
  }

  /** Where the caller may put a file by itself; null where that is not to be had. */
  async presign(upload: MediaUpload, contentType: string) {
    const { storage, now } = this.#options;
    const { bytes } = upload;
    const signedAt = now();
    const options = { contentType, bytes, signedAt, expiresInSeconds: presignedSeconds };
    const url = await storage.presignPut(directKeyOf(upload), options);
    const expiresAt = new Date(signedAt.getTime() + presignedSeconds * 1_000);
    return url === null ? null : { url, expiresAt };
  }

  /**
   * Takes what was put there, or has come in pieces, and tells again what it became; what is put there
   * later changes nothing any more.
   */
  async complete(
    upload: MediaUpload,
    requester: Requester,
    signal: AbortSignal,
  ): Promise<Keeping | { unfit: Unfit }> {
    const { storage } = this.#options;
    if (upload.objectId !== null) {
      const again = await this.#again(upload, requester);
      return 'unfit' in again ? again : again.kept!;
    }
    if (hasAll(upload)) return await this.#finish(upload, this.#whole(upload), requester, signal);
    // What comes in pieces goes on so.
    if (upload.received > 0) return { unfit: { offset: upload.received } };
    const key = directKeyOf(upload);
    const found = await storage.stat(key);
    if (found === null) return { unfit: 'gone' };
    if (found.bytes !== upload.bytes)
      return { unfit: { announced: upload.bytes, isTooLong: found.bytes > upload.bytes } };
    const source = (await storage.get(key)) as AsyncIterable<Uint8Array>;
    return await this.#finish({ ...upload, pieces: [key] }, source, requester, signal);
  }

  /** What it became: whoever lost the answer asks again. */
  async #again(upload: MediaUpload, requester: Requester): Promise<Appended> {
    const object = await this.#madeOf(upload, requester);
    return object ? { upload, kept: { object } } : { unfit: 'gone' };
  }

  async #madeOf({ id }: MediaUpload, { caller }: Requester): Promise<StoredObject | undefined> {
    const { database, inputs } = this.#options;
    const upload = await database.prisma.mediaUpload.findUnique({ where: { id } });
    if (!upload?.objectId) return undefined;
    return (await inputs.find([upload.objectId], caller))[0];
  }

  /** Forgets one, with what came of it. */
  async drop({ id, pieces, ...upload }: MediaUpload): Promise<void> {
    const { database } = this.#options;
    await this.#dropPieces([...pieces, directKeyOf({ id, ...upload })]);
    await database.prisma.mediaUpload.deleteMany({ where: { id } });
  }

  /** Forgets those that were begun a day ago. */
  async dropOld(): Promise<void> {
    const { database, log, now } = this.#options;
    const createdAt = { lte: new Date(now().getTime() - unfinishedForMs) };
    try {
      const old = await database.prisma.mediaUpload.findMany({ where: { createdAt }, take: 1_000 });
      for (const upload of old) await this.drop(upload);
    } catch (error) {
      log.warn({ error }, 'old uploads could not be forgotten; trying again in an hour');
    }
  }

  async *#whole({ pieces }: MediaUpload): AsyncGenerator<Uint8Array, void, undefined> {
    const { storage } = this.#options;
    for (const key of pieces) yield* (await storage.get(key)) as AsyncIterable<Uint8Array>;
  }

  async #finish(
    upload: MediaUpload,
    source: AsyncIterable<Uint8Array>,
    requester: Requester,
    signal: AbortSignal,
  ): Promise<Keeping> {
    const { database } = this.#options;
    const kept = await this.take(source, requester, signal).catch(async (error: unknown) => {
      const object = await this.#madeOf(upload, requester);
      // Of two requests that finish it, the first one removes the pieces.
      if (object) return { object };
      throw error;
    });
    if (kept.object) {
      await database.prisma.mediaUpload.updateMany({
        where: { id: upload.id },
        data: { objectId: kept.object.id, pieces: [] },
      });
      await this.#dropPieces(upload.pieces);
    } else await this.drop(upload);
    return kept;
  }

  async #dropPieces(keys: readonly string[]): Promise<void> {
    const { storage, log } = this.#options;
    for (const key of keys) {
      await storage.delete(key).catch((error: unknown) => {
        log.warn({ error }, 'a piece of an upload could not be removed; it is swept away later');
      });
    }
  }
}

/** Whether all of it came in pieces, and nothing was made of it yet: who was to do so died, or failed. */
export function hasAll({ received, bytes, objectId }: MediaUpload): boolean {
  return received === bytes && objectId === null;
}

function directKeyOf(upload: Pick<MediaUpload, 'id'>): string {
  return `${uploadFolderOf(upload)}/direct`;
}

/** A source that ends where it fails, so that what came before is kept. */
function whatComes(source: AsyncIterable<Uint8Array>) {
  const gathered: { pieces: AsyncIterable<Uint8Array>; failure: Error | undefined } = {
    pieces: read(),
    failure: undefined,
  };
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of source) yield piece;
    } catch (error) {
      gathered.failure = error as Error;
    }
  }
  return gathered;
}
