import type { PoolClient } from 'pg';
import type { Database } from '../database/database.ts';
import { Prisma, type VideoGeneration } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import type { Logger } from '../logger.ts';
import { StoredImage } from '../minimax/images.ts';
import type { NewGeneration } from './generation.ts';

export type ImageRole = 'first_frame' | 'last_frame' | 'subject' | `reference_${number}`;

export interface InputImage {
  role: ImageRole;
  bytes: Buffer;
}

export interface InputImagesOptions {
  work: Database['work'];
  slow: Database['slow'];
  log: Logger;
  now: () => Date;
}

/** How long one that failed can be retried with the images that came with it, and one that is uncertain sent again. */
const keptMs = 7 * 24 * 3_600_000;

/** One MiB: a larger value would stall the embedded database, which runs on the main thread. */
const chunkBytes = 1024 * 1024;

/** The images that came as data URLs, in pieces beside their generation, as long as it may be sent. */
export class InputImages {
  readonly #options: InputImagesOptions;

  constructor(options: InputImagesOptions) {
    this.#options = options;
  }

  /** Those of a generation, without the ones that were given as URLs; null when some are no longer stored. */
  async of(generation: VideoGeneration): Promise<ReadonlyMap<ImageRole, StoredImage> | null> {
    const images = new Map<ImageRole, StoredImage>();
    for (const role of storedRoles(generation)) {
      const chunks = await this.#read(generation.id, role);
      if (chunks.length === 0) return null;
      images.set(role, new StoredImage(chunks));
    }
    return images;
  }

  /** Whether those that a generation came with are still stored. */
  async areStored(generation: VideoGeneration): Promise<boolean> {
    const first = await this.#options.work.prisma.inputImageChunk.findMany({
      where: { generationId: generation.id, index: 0 },
      select: { role: true },
    });
    return storedRoles(generation).every((role) => first.some((chunk) => chunk.role === role));
  }

  /** Forgets those of generations that failed, or became uncertain, a while ago; until then they can be sent again. */
  async dropOld(): Promise<void> {
    const { slow, log, now } = this.#options;
    const before = new Date(now().getTime() - keptMs);
    try {
      await slow.prisma.inputImageChunk.deleteMany({
        where: {
          generation: {
            OR: [
              { status: 'FAILED', completedAt: { lt: before } },
              { status: 'UNCERTAIN', updatedAt: { lt: before } },
            ],
          },
        },
      });
    } catch (error) {
      log.warn({ error }, 'old images could not be dropped; trying again in an hour');
    }
  }

  /** One after the other, since what `pg` gives for bytes is at first a text twice as long. */
  async #read(generationId: string, role: ImageRole): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    for (;;) {
      const [chunk] = await readRows<{ bytes: Buffer }>(
        this.#options.work.pool,
        Prisma.sql`
          SELECT bytes FROM input_image_chunk
          WHERE generation_id = ${generationId}::uuid AND role = ${role} AND index = ${chunks.length}`,
        'chunk of an image',
      );
      if (!chunk) return chunks;
      chunks.push(chunk.bytes);
    }
  }
}

/** The images whose bytes came with the request. */
export function storedRoles(
  generation: Pick<
    NewGeneration,
    'firstFrameImage' | 'lastFrameImage' | 'subjectImage' | 'referenceImages'
  >,
): ImageRole[] {
  const given: [ImageRole, string | null | undefined][] = [
    ['first_frame', generation.firstFrameImage],
    ['last_frame', generation.lastFrameImage],
    ['subject', generation.subjectImage],
    ...generation.referenceImages.map((image, index): [ImageRole, string] => [
      referenceRole(index),
      image,
    ]),
  ];
  return given.flatMap(([role, value]) => (value?.startsWith('urn:sha256:') ? [role] : []));
}

/** Of the reference image at this place, counted from 0. */
export function referenceRole(index: number): ImageRole {
  return `reference_${index + 1}`;
}

/** Stores an image of a generation, a chunk at a time: a statement with all of them would hold several copies. */
export async function storeImage(
  client: PoolClient,
  generationId: string,
  { role, bytes }: InputImage,
): Promise<void> {
  for (let index = 0; index * chunkBytes < bytes.length; index += 1) {
    const chunk = bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    await client.query({
      name: 'store a chunk of an image',
      text: 'INSERT INTO input_image_chunk (generation_id, role, index, bytes) VALUES ($1, $2, $3, $4)',
      values: [generationId, role, index, chunk],
    });
  }
}

/** Stores the images of one generation with another. */
export async function copyImages(client: PoolClient, from: string, to: string): Promise<void> {
  await client.query(
    `INSERT INTO input_image_chunk (generation_id, role, index, bytes)
     SELECT $2::uuid, role, index, bytes FROM input_image_chunk WHERE generation_id = $1::uuid`,
    [from, to],
  );
}
