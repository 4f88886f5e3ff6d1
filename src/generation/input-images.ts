import type { PoolClient } from 'pg';
import type { Database } from '../database/database.ts';
import {
  Prisma,
  type VideoGeneration,
  type VideoGenerationStatus as Status,
} from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import type { Caller } from '../graphql/caller.ts';
import { ApiError } from '../graphql/errors.ts';
import type { Logger } from '../logger.ts';
import { sniffImage, type ReadImage } from '../minimax/images.ts';
import { StoredMedia } from '../minimax/stored-media.ts';
import type { Problem, RequestInput, Uploads } from '../upstream/check-request.ts';
import type { NewGeneration } from './generation.ts';

export type InputRole =
  | 'first_frame'
  | 'last_frame'
  | 'subject'
  | `reference_${number}`
  | `video_${number}`
  | `audio_${number}`;

/** Where the bytes of inputs are kept (src/media/inputs). */
export interface InputStore {
  /** Stores an image for a caller, once for all of its tenant; the id under which a generation uses it. */
  keep(image: ReadImage, owner: Pick<Caller, 'id' | 'tenant'>): Promise<string>;
  /** Stores what was accepted before, whatever would be said of it now. */
  adopt(
    source: AsyncIterable<Uint8Array>,
    owner: Pick<Caller, 'id' | 'tenant'>,
  ): Promise<{ id: string; sha256: string }>;
  /** Those that a generation uses and that are still to be had, by the SHA-256 of their bytes. */
  of(generationId: string): Promise<ReadonlyMap<string, StoredMedia>>;
  /** The uploads that an input names, as far as the caller may. */
  uploadsOf(input: RequestInput, caller: Caller): Promise<Uploads>;
  /**
   * The files at the URLs that an input gives, fetched and stored; null when there are none to fetch, or
   * they are left to MiniMax. What this generation was made with is not fetched again.
   */
  fetched(
    input: RequestInput,
    caller: Caller,
    findFirst: () => Promise<string | null>,
  ): Promise<{ uploads: Uploads; problems: Problem[] } | null>;
  /** Removes those that nothing uses any more, among what these generations used. */
  dropUnused(objectIds: readonly string[]): Promise<void>;
}

/** A stored file that a generation is given. */
export interface UsedInput {
  id: string;
  /** From which it was fetched; null: it came from the caller. */
  sourceUrl: string | null;
}

export interface InputImagesOptions {
  work: Database['work'];
  slow: Database['slow'];
  log: Logger;
  now: () => Date;
  inputs: InputStore;
}

/** How long one that failed can be retried with the images that came with it, and one that is uncertain sent again. */
const keptMs = 7 * 24 * 3_600_000;

const urn = 'urn:sha256:';

/**
 * The files that came with a request, or were uploaded before. Until this version their bytes were in the
 * table `input_image_chunk`, and of what is older they may be there still.
 */
export class InputImages {
  readonly #options: InputImagesOptions;

  constructor(options: InputImagesOptions) {
    this.#options = options;
  }

  /** Those of a generation, without the ones that were given as URLs; null when some are no longer stored. */
  async of(generation: VideoGeneration): Promise<ReadonlyMap<InputRole, StoredMedia> | null> {
    const wanted = storedInputs(generation);
    const found = new Map<InputRole, StoredMedia>();
    if (wanted.length === 0) return found;
    const stored = await this.#options.inputs.of(generation.id);
    for (const { role, sha256 } of wanted) {
      const media = stored.get(sha256) ?? (await this.#chunked(generation.id, role));
      if (media === null) return null;
      found.set(role, media);
    }
    return found;
  }

  /** Whether those that a generation came with are still stored. */
  async areStored(generation: VideoGeneration): Promise<boolean> {
    return (await this.of(generation)) !== null;
  }

  /** Forgets those in the table of generations that failed, or became uncertain, a while ago; until then they can be sent again. */
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

  async #chunked(generationId: string, role: InputRole): Promise<StoredMedia | null> {
    const { pool } = this.#options.work;
    const [size] = await readRows<{ start: Buffer | null; length: number | null }>(
      pool,
      Prisma.sql`
        SELECT (array_agg(substring(bytes FOR 12) ORDER BY index))[1] AS start,
          sum(length(bytes))::int AS length
        FROM input_image_chunk WHERE generation_id = ${generationId}::uuid AND role = ${role}`,
      'size of an image in chunks',
    );
    const mediaType = size?.start ? sniffImage(size.start) : null;
    if (mediaType === null) return null;
    return new StoredMedia(mediaType, size!.length!, () => chunksOf(pool, generationId, role));
  }
}

/** One after the other, since what `pg` gives for bytes is at first a text twice as long. */
export async function* chunksOf(
  pool: Database['pool'],
  generationId: string,
  role: string,
): AsyncGenerator<Buffer, void, undefined> {
  for (let index = 0; ; index += 1) {
    const [chunk] = await readRows<{ bytes: Buffer }>(
      pool,
      Prisma.sql`
        SELECT bytes FROM input_image_chunk
        WHERE generation_id = ${generationId}::uuid AND role = ${role} AND index = ${index}`,
      'chunk of an image',
    );
    if (!chunk) return;
    yield chunk.bytes;
  }
}

type GivenFiles = Pick<
  NewGeneration,
  | 'firstFrameImage'
  | 'lastFrameImage'
  | 'subjectImage'
  | 'referenceImages'
  | 'referenceVideos'
  | 'referenceAudios'
>;

/** What the row keeps of a file whose bytes are stored. */
export function nameOfStored(sha256: string): string {
  return `${urn}${sha256}`;
}

/** The files of a row whose bytes are stored. */
export function storedInputs(given: GivenFiles): { role: InputRole; sha256: string }[] {
  const listed = (
    values: readonly string[],
    roleAt: (index: number) => InputRole,
  ): [InputRole, string][] => values.map((value, index) => [roleAt(index), value]);
  const all: [InputRole, string | null | undefined][] = [
    ['first_frame', given.firstFrameImage],
    ['last_frame', given.lastFrameImage],
    ['subject', given.subjectImage],
    ...listed(given.referenceImages, referenceRole),
    ...listed(given.referenceVideos, videoRole),
    ...listed(given.referenceAudios, audioRole),
  ];
  return all.flatMap(([role, value]) =>
    value?.startsWith(urn) ? [{ role, sha256: value.slice(urn.length) }] : [],
  );
}

/** Of the reference image at this place, counted from 0. */
export function referenceRole(index: number): InputRole {
  return `reference_${index + 1}`;
}

export function videoRole(index: number): InputRole {
  return `video_${index + 1}`;
}

export function audioRole(index: number): InputRole {
  return `audio_${index + 1}`;
}

/**
 * Has a generation use these stored inputs. Throws when one is not there any more: its row is not to be
 * without it.
 */
export async function useInputs(
  client: PoolClient,
  generationId: string,
  inputs: readonly UsedInput[],
): Promise<void> {
  const wanted = [...new Set(inputs.map(({ id }) => id))];
  // Whoever removes what is not used locks the same rows, and looks again.
  const { rowCount } = await client.query(
    `SELECT FROM stored_object WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL
     ORDER BY id FOR NO KEY UPDATE`,
    [wanted],
  );
  if (rowCount !== wanted.length) {
    const message =
      'A file of this request was being removed with another generation: nothing was stored or sent. Ask again.';
    throw new ApiError('SERVICE_BUSY', message, { retryAfterSeconds: 1 });
  }
  await client.query(
    `INSERT INTO media_use (generation_id, object_id, source_urls)
     SELECT $1::uuid, object_id, coalesce(array_agg(DISTINCT url) FILTER (WHERE url IS NOT NULL), '{}')
     FROM unnest($2::uuid[], $3::text[]) AS given (object_id, url) GROUP BY object_id
     ON CONFLICT DO NOTHING`,
    [generationId, inputs.map(({ id }) => id), inputs.map(({ sourceUrl }) => sourceUrl)],
  );
}

/** Has a generation use what another one uses, also what is still in chunks. */
export async function copyInputs(client: PoolClient, from: string, to: string): Promise<void> {
  await client.query(
    `INSERT INTO media_use (generation_id, object_id, source_urls)
     SELECT $2::uuid, object_id, source_urls FROM media_use WHERE generation_id = $1::uuid
     ON CONFLICT DO NOTHING`,
    [from, to],
  );
  await client.query(
    `INSERT INTO input_image_chunk (generation_id, role, index, bytes)
     SELECT $2::uuid, role, index, bytes FROM input_image_chunk WHERE generation_id = $1::uuid`,
    [from, to],
  );
}

/** The part of a move to this status that removes what the version before stored: nobody needs it again; null where somebody may. */
export function dropChunks(to: Status): Prisma.Sql | null {
  // Any other may still be retried.
  if (to !== 'SUCCEEDED') return null;
  return Prisma.sql`
    DELETE FROM input_image_chunk AS chunk USING moved WHERE chunk.generation_id = moved.id`;
}
