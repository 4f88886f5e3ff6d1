import type { NewEvent } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { readRows, toColumn } from '../database/read-rows.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import { writeTogether } from '../database/write-together.ts';
import type { NewGeneration, VideoGeneration } from './generation.ts';
import { copyImages, storedRoles, storeImage, type InputImage } from './input-images.ts';
import { keysOf } from './recent-keys.ts';
import { allColumns, type GenerationField } from './rows.ts';
import { tellOf } from './updates.ts';

/**
 * Stores a new request with its images, or those of the one that it repeats, and its first event: due at once, or held with a second
 * event that says why. In one statement where there are no images.
 *
 * Resolves to null when the caller has a generation with this idempotency key already, or when the
 * one that it repeats has a successor or goes on itself.
 */
export async function insertGeneration(
  pool: Database['pool'],
  now: Date,
  request: NewGeneration,
  images: readonly InputImage[],
  event: NewEvent,
  held?: NewEvent,
): Promise<VideoGeneration | null> {
  const statement = creation(now, request, event, held);
  try {
    if (storedRoles(request).length === 0) {
      const [row] = await readRows<VideoGeneration>(pool, statement, 'insert generation');
      return row ?? null;
    }
    return await writeTogether(pool, async (client) => {
      const [row] = await readRows<VideoGeneration>(client, statement);
      if (!row) return null;
      if (row.retryOfId !== null) await copyImages(client, row.retryOfId, row.id);
      else for (const image of images) await storeImage(client, row.id, image);
      return row;
    });
  } catch (error) {
    // The ids and tokens beside it are random: only the key can be there twice.
    if (request.idempotencyKey != null && isUniqueViolation(error)) return null;
    throw error;
  }
}

function creation(
  now: Date,
  request: NewGeneration,
  event: NewEvent,
  held: NewEvent | undefined,
): Prisma.Sql {
  const { id, callerId, idempotencyKey = null, retryOfId = null, listPriceUsd } = request;
  const row: Partial<Record<GenerationField, unknown>> = {
    ...request,
    // `pg` would write a `Decimal` as JSON.
    listPriceUsd: listPriceUsd?.toString(),
    inputImageBytes: request.inputImageBytes ?? 0,
    createdAt: now,
    updatedAt: now,
    status: 'QUEUED',
    version: held ? 2 : 1,
    ...(held ? { heldAt: now } : { nextAttemptAt: now }),
  };
  const columns = Prisma.raw(fields.map(toColumn).join(', '));
  const values = Prisma.join(fields.map((field) => row[field] ?? null));
  const isRetry = retryOfId !== null;
  // Taken before the new row refers to it, or two at once would wait for each other.
  const original = Prisma.sql`original AS (
      UPDATE video_generation SET successor_id = ${id}::uuid
      WHERE id = ${retryOfId}::uuid AND successor_id IS NULL AND status IN ('FAILED', 'UNCERTAIN')
      RETURNING id
    ),`;
  return Prisma.sql`
    WITH ${isRetry ? original : Prisma.empty} created AS (
      INSERT INTO video_generation (${columns})
      SELECT ${values} ${isRetry ? Prisma.sql`FROM original` : Prisma.empty}
      RETURNING *
    ), recorded AS (
      ${insertEvent({ ...event, toStatus: 'QUEUED' }, now, 'created', { sequence: first })}
      RETURNING generation_id AS id, sequence + 1 AS version
    )${held ? Prisma.sql`, held AS (${insertEvent(held, now, 'recorded')})` : Prisma.empty}
    SELECT ${allColumns} FROM created
    ${tellOf('created', keysOf({ callerId, idempotencyKey, retryOfId }))}`;
}

const first = Prisma.sql`1`;

/** What a new generation is given. */
const fields = [
  ...(['id', 'createdAt', 'updatedAt', 'callerId', 'tenant', 'idempotencyKey'] as const),
  ...(['inputHash', 'requestSalt', 'retryOfId', 'callbackToken', 'simulated', 'model'] as const),
  ...(['prompt', 'duration', 'resolution', 'promptOptimizer', 'fastPretreatment'] as const),
  ...(['aigcWatermark', 'firstFrameImage', 'lastFrameImage', 'subjectImage', 'tags'] as const),
  ...(['apiGeneration', 'aspectRatio', 'promptExpansion', 'referenceImages'] as const),
  ...(['referenceVideos', 'referenceAudios', 'inputImageBytes'] as const),
  ...(['listPriceUsd', 'webhookUrl', 'status', 'version', 'nextAttemptAt', 'heldAt'] as const),
] satisfies (keyof NewGeneration | GenerationField)[];
