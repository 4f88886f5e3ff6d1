import { buffer } from 'node:stream/consumers';
import type { Express, Response } from 'express';
import type { Metadata } from 'sharp';
import type { Database } from '../../database/database.ts';
import type { StoredObject } from '../../database/generated/client.ts';
import { isId } from '../../graphql/ids.ts';
import { Turns } from '../../graphql/turns.ts';
import type { Logger } from '../../logger.ts';
import type { SignedUrls } from '../signed-urls.ts';
import { NotStoredError, type MediaStorage } from '../storage.ts';
import { keyOf, thumbnailKeyOf } from '../stored-objects.ts';
import { tellProblem } from './answers.ts';

export interface ThumbnailsOptions {
  database: Pick<Database, 'prisma'>;
  storage: MediaStorage;
  urls: SignedUrls;
  log: Logger;
}

export const thumbnailPath = '/media/thumbnails';

/** In pixels, of the longer side. */
const side = 256;
const mostBytes = 256 * 1024;
/** As many as an image may have that is stored. */
const mostPixels = 120_000_000;
const mostImageBytes = 30 * 1024 * 1024;
/** In memory at one time, of a picture that cannot be decoded row by row. */
const mostDecodedBytes = 128 * 1024 * 1024;
/** Of pictures that cannot be decoded; of more, the first ones are tried again. */
const mostFailed = 10_000;

/** HEIC is not among them: its decoders are not free. */
const formats = ['JPEG', 'PNG', 'WEBP'];

interface Making {
  done: Promise<Buffer | null>;
  /** How many still wait for it. */
  asking: number;
}

/** Small pictures of the images that are stored, made when the first one asks, and kept beside them. */
export class Thumbnails {
  readonly #options: ThumbnailsOptions;
  /** The whole picture is decoded, as far as it has not a smaller one in it. */
  readonly #oneByOne = new Turns(1, 1);
  /** By the ids of the images: each is made once for all who ask meanwhile. */
  readonly #making = new Map<string, Making>();
  /** Of images that cannot be decoded, the one that failed last at the end. */
  readonly #failed = new Set<string>();

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  /** An address that ends; null of what has none. */
  async urlOf(object: StoredObject): Promise<string | null> {
    return hasThumbnail(object) ? (await this.#options.urls.of(object.id)).url : null;
  }

  mount(app: Express): void {
    app.get(`${thumbnailPath}/:name`, async (request, response) => {
      const id = request.params.name.replace(/\.webp$/, '');
      const { expires, signature } = request.query;
      const left = isId(id) ? await this.#options.urls.check(id, expires, signature) : null;
      const bytes = left ? await this.#read(id, response) : null;
      if (bytes === null) {
        const message =
          'There is no picture under this address, or it has ended: ask for a new one.';
        return tellProblem(response, left === 0 ? 410 : 404, { code: 'NOT_FOUND', message });
      }
      response.set({
        'Content-Type': 'image/webp',
        'Cache-Control': `private, max-age=${left}, immutable`,
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
      response.send(bytes);
    });
  }

  async #find(id: string): Promise<StoredObject | null> {
    const { database, storage } = this.#options;
    return await database.prisma.storedObject.findFirst({
      where: { id, kind: 'INPUT', deletedAt: null, storage: storage.id },
    });
  }

  async #read(id: string, response: Response): Promise<Buffer | null> {
    if (this.#failed.has(id)) return null;
    const object = await this.#find(id);
    if (object === null || !hasThumbnail(object)) return null;
    return (await this.#bytesOf(thumbnailKeyOf(object))) ?? (await this.#made(object, response));
  }

  async #bytesOf(key: string): Promise<Buffer | null> {
    try {
      return await buffer(await this.#options.storage.get(key));
    } catch (error) {
      if (error instanceof NotStoredError) return null;
      throw error;
    }
  }

  /** Null also when nobody waits for it any more. */
  async #made(object: StoredObject, response: Response): Promise<Buffer | null> {
    if (response.closed) return null;
    const making = this.#making.get(object.id) ?? this.#begin(object);
    making.asking += 1;
    response.once('close', () => (making.asking -= 1));
    return await making.done;
  }

  #begin(object: StoredObject): Making {
    const { id } = object;
    const done = this.#oneByOne.run(object.callerId, async () => {
      try {
        if (making.asking === 0) return null;
        return (await this.#bytesOf(thumbnailKeyOf(object))) ?? (await this.#make(object));
      } finally {
        this.#making.delete(id);
      }
    });
    const making: Making = { done, asking: 0 };
    this.#making.set(id, making);
    return making;
  }

  /** Null when the picture cannot be decoded: nobody has looked so far whether it can. */
  async #make(object: StoredObject): Promise<Buffer | null> {
    const { storage, log } = this.#options;
    const whole = await this.#bytesOf(keyOf(object));
    if (whole === null) return null;
    let bytes: Buffer;
    try {
      bytes = await shrink(whole);
    } catch (error) {
      log.warn({ error, mediaId: object.id }, 'no small picture could be made of an image');
      this.#fail(object.id);
      return null;
    }
    const given = (async function* () {
      yield await Promise.resolve(bytes);
    })();
    const key = thumbnailKeyOf(object);
    await storage.put(key, given, { contentType: 'image/webp', maxBytes: mostBytes });
    if ((await this.#find(object.id)) !== null) return bytes;
    // Removed while its picture was made.
    await storage.delete(key);
    return null;
  }

  #fail(id: string): void {
    this.#failed.add(id);
    const [first] = this.#failed;
    if (this.#failed.size > mostFailed) this.#failed.delete(first!);
  }
}

/** Throws when it cannot be decoded, or not with the memory that there is for it. */
async function shrink(whole: Buffer): Promise<Buffer> {
  // Loaded when it is needed first: it takes a tenth of a second.
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  const picture = sharp(whole, { limitInputPixels: mostPixels, sequentialRead: true });
  const decoded = decodedBytesOf(await picture.metadata());
  if (decoded > mostDecodedBytes) throw new Error(`decoding it takes ${decoded} bytes at once`);
  return await picture
    .rotate()
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 70 })
    .toBuffer();
}

/** How many bytes decoding takes as a whole; 0 where it goes row by row. */
function decodedBytesOf({ format, width, height, channels, depth, isProgressive }: Metadata) {
  const pixels = width * height;
  // Of an animation, the picture and what it is laid on, each with 4 channels.
  if (format === 'webp') return pixels * 4 * 2;
  if (!isProgressive) return 0;
  // Also of a JPEG with a scan for each channel; what is kept of it has 16 bits.
  const bytes = format === 'jpeg' || depth !== 'uchar' ? 2 : 1;
  return pixels * channels * bytes;
}

function hasThumbnail({ facts, bytes }: StoredObject): boolean {
  return formats.includes((facts as { format: string }).format) && bytes <= mostImageBytes;
}
