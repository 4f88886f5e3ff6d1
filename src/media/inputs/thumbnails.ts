import { buffer } from 'node:stream/consumers';
import type { Express } from 'express';
import type { Database } from '../../database/database.ts';
import type { StoredObject } from '../../database/generated/client.ts';
import { isId } from '../../graphql/ids.ts';
import type { Logger } from '../../logger.ts';
import type { SignedUrls } from '../signed-urls.ts';
import { NotStoredError, StorageError, type MediaStorage } from '../storage.ts';
import { keyOf, thumbnailKeyOf } from '../stored-objects.ts';
import { tellProblem } from './answers.ts';
import { OneByOne } from './places.ts';

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

/** HEIC is not among them: its decoders are not free. */
const formats = ['JPEG', 'PNG', 'WEBP'];

/** Small pictures of the images that are stored, made when the first one asks, and kept beside them. */
export class Thumbnails {
  readonly #options: ThumbnailsOptions;
  /** The whole picture is decoded, as far as it has not a smaller one in it. */
  readonly #making = new OneByOne();

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
      const bytes = left ? await this.#read(id) : null;
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

  async #read(id: string): Promise<Buffer | null> {
    const { storage } = this.#options;
    const object = await this.#find(id);
    if (object === null || !hasThumbnail(object)) return null;
    try {
      return await buffer(await storage.get(thumbnailKeyOf(object)));
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
    }
    return await this.#making.run(() => this.#make(object));
  }

  /** Null when the picture cannot be decoded: nobody has looked so far whether it can. */
  async #make(object: StoredObject): Promise<Buffer | null> {
    const { storage, log } = this.#options;
    let broken: Error | undefined;
    try {
      // Loaded when it is needed first: it takes a tenth of a second.
      const { default: sharp } = await import('sharp');
      sharp.cache(false);
      sharp.concurrency(1);
      const decoder = sharp({ limitInputPixels: mostPixels, sequentialRead: true });
      const source = await storage.get(keyOf(object));
      source.on('error', (error) => {
        broken = error;
        decoder.destroy(error);
      });
      source.pipe(decoder);
      const options = { fit: 'inside', withoutEnlargement: true } as const;
      const bytes = await decoder
        .rotate()
        .resize(side, side, options)
        .webp({ quality: 70 })
        .toBuffer();
      const given = (async function* () {
        yield await Promise.resolve(bytes);
      })();
      const contentType = 'image/webp';
      const key = thumbnailKeyOf(object);
      await storage.put(key, given, { contentType, maxBytes: mostBytes });
      if ((await this.#find(object.id)) !== null) return bytes;
      // Removed while its picture was made.
      await storage.delete(key);
      return null;
    } catch (error) {
      if (broken !== undefined || error instanceof StorageError) throw broken ?? error;
      log.warn({ error, mediaId: object.id }, 'no small picture could be made of an image');
      return null;
    }
  }
}

function hasThumbnail({ facts }: StoredObject): boolean {
  return formats.includes((facts as { format: string }).format);
}
