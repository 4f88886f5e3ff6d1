import type { Database } from '../database/database.ts';
import type { VideoGeneration } from '../database/generated/client.ts';
import type { Logger } from '../logger.ts';

export type ImageRole = 'first_frame' | 'last_frame' | 'subject';

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
  async of(generation: VideoGeneration): Promise<InputImage[] | null> {
    const given: [ImageRole, string | null][] = [
      ['first_frame', generation.firstFrameImage],
      ['last_frame', generation.lastFrameImage],
      ['subject', generation.subjectImage],
    ];
    const images: InputImage[] = [];
    for (const [role, value] of given) {
      if (!value?.startsWith('urn:sha256:')) continue;
      const bytes = await this.#read(generation.id, role);
      if (bytes === null) return null;
      images.push({ role, bytes });
    }
    return images;
  }

  /** Whether all of them are still there; they are forgotten together. */
  async areStored(generation: VideoGeneration): Promise<boolean> {
    const { id: generationId, firstFrameImage, lastFrameImage, subjectImage } = generation;
    const given = [firstFrameImage, lastFrameImage, subjectImage];
    if (!given.some((value) => value?.startsWith('urn:sha256:'))) return true;
    const kept = await this.#options.work.prisma.inputImageChunk.findFirst({
      where: { generationId },
      select: { index: true },
    });
    return kept !== null;
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

  async #read(generationId: string, role: ImageRole): Promise<Buffer | null> {
    const chunks = await this.#options.work.prisma.inputImageChunk.findMany({
      where: { generationId, role },
      orderBy: { index: 'asc' },
    });
    return chunks.length === 0 ? null : Buffer.concat(chunks.map((chunk) => chunk.bytes));
  }
}

/** The rows of an image, but for the generation's id. */
export function toChunks({ role, bytes }: InputImage) {
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) => ({
    role,
    index,
    bytes: new Uint8Array(bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
  }));
}
