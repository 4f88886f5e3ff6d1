import DataLoader from 'dataloader';
import type { Database } from '../database/database.ts';
import type { StoredObject, VideoArchive } from '../database/generated/client.ts';
import type { VideoLink } from '../following/video-links.ts';
import type { Context } from '../graphql/context.ts';
import type { SignedUrls } from './signed-urls.ts';

/** A video that this server can give out. */
export interface KeptVideo {
  generationId: string;
  objectId: string;
  bytes: number;
  sha256: string;
  contentType: string;
  storedAt: Date;
}

/** What is known of the keeping of a video, with what is stored while it is. */
export type ArchiveRow = VideoArchive & { object: StoredObject | null };

export interface KeptVideosOptions {
  prisma: Database['prisma'];
  urls: SignedUrls;
  /** Of this server: what others keep elsewhere cannot be given out here. */
  storageId: string;
}

/** The videos that are kept, as callers see them. */
export class KeptVideos {
  readonly #options: KeptVideosOptions;

  constructor(options: KeptVideosOptions) {
    this.#options = options;
  }

  async find(generationId: string): Promise<KeptVideo | null> {
    const [row] = await this.#read([generationId]);
    return row === undefined ? null : this.#keptOf(row);
  }

  /** Our address of the video; null while it is not stored here. */
  async linkOf(generationId: string, context?: Context): Promise<VideoLink | null> {
    const row = context
      ? await this.archiveOf(generationId, context)
      : (await this.#read([generationId]))[0];
    return row && this.#keptOf(row) ? await this.#options.urls.of(generationId) : null;
  }

  /** Of those that are stored here, our addresses, by the ids of their generations. */
  async linksOf(generationIds: readonly string[]): Promise<ReadonlyMap<string, VideoLink>> {
    const kept = (await this.#read(generationIds)).flatMap((row) => this.#keptOf(row) ?? []);
    const links = kept.map(
      async ({ generationId }) =>
        [generationId, await this.#options.urls.of(generationId)] as const,
    );
    return new Map(await Promise.all(links));
  }

  /** Those asked for together are read together. */
  async archiveOf(generationId: string, context: Context): Promise<ArchiveRow | null> {
    const loader = context.once(
      'archives',
      () =>
        new DataLoader<string, ArchiveRow | null>(
          async (ids) => {
            const rows = new Map((await this.#read(ids)).map((row) => [row.generationId, row]));
            return ids.map((id) => rows.get(id) ?? null);
          },
          // A subscription is one request that asks again after each change.
          { cache: false },
        ),
    );
    return await loader.load(generationId);
  }

  async #read(generationIds: readonly string[]): Promise<ArchiveRow[]> {
    return await this.#options.prisma.videoArchive.findMany({
      where: { generationId: { in: [...new Set(generationIds)] } },
      include: { object: true },
    });
  }

  #keptOf({ generationId, state, storedAt, object }: ArchiveRow): KeptVideo | null {
    if (state !== 'STORED' || object === null || object.deletedAt !== null) return null;
    if (object.storage !== this.#options.storageId) return null;
    const { id: objectId, bytes, sha256, contentType } = object;
    return { generationId, objectId, bytes, sha256, contentType, storedAt: storedAt! };
  }
}
