import type { NewEvent } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { readRows, toColumn } from '../database/read-rows.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import { writeTogether } from '../database/write-together.ts';
import type { NewGeneration, VideoGeneration } from './generation.ts';
import { copyInputs, storedInputs, useInputs, type UsedInput } from './input-images.ts';
import { keysOf } from './recent-keys.ts';
import { isNotAccepted } from './settle-submission.ts';
import { allColumns, type GenerationField } from './rows.ts';
import { tellOf } from './updates.ts';

export interface InsertOptions {
  /** Why it is held; left out: it is not. */
  held?: NewEvent | undefined;
  /** What had been made anew of its source before, and is of no use; left out: nothing. */
  replaced?: string | null;
}

/**
 * Stores a new request, which uses these stored inputs, or those of the one that it
 * repeats or makes anew, and its first event: due at once, or held with a second event that says why. In one
 * statement where there are no inputs.
 *
 * Resolves to null when the caller has a generation with this idempotency key already, or when the
 * one that it repeats has a successor, goes on itself, or was accepted as its record tells, or the one
 * that it makes anew has been made anew since, or redacted.
 */
export async function insertGeneration(
  pool: Database['pool'],
  now: Date,
  request: NewGeneration,
  inputs: readonly UsedInput[],
  event: NewEvent,
  options: InsertOptions = {},
): Promise<VideoGeneration | null> {
  const statement = creation(now, request, event, options);
  try {
    if (storedInputs(request).length === 0) {
      const [row] = await readRows<VideoGeneration>(pool, statement, 'insert generation');
      return row ?? null;
    }
    return await writeTogether(pool, async (client) => {
      const [row] = await readRows<VideoGeneration>(client, statement);
      if (!row) return null;
      const origin = row.retryOfId ?? row.sourceId;
      if (origin !== null) await copyInputs(client, origin, row.id);
      else await useInputs(client, row.id, inputs);
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
  { held, replaced = null }: InsertOptions,
): Prisma.Sql {
  const { id, callerId, idempotencyKey = null, retryOfId = null, sourceId = null } = request;
  const row: Partial<Record<GenerationField, unknown>> = {
    ...request,
    // `pg` would write a `Decimal` as JSON.
    listPriceUsd: request.listPriceUsd?.toString(),
    kind: request.kind ?? 'GENERATION',
    inputImageBytes: request.inputImageBytes ?? 0,
    createdAt: now,
    updatedAt: now,
    status: 'QUEUED',
    version: held ? 2 : 1,
    ...(held ? { heldAt: now } : { nextAttemptAt: now }),
  };
  const columns = Prisma.raw(fields.map(toColumn).join(', '));
  const values = Prisma.join(fields.map((field) => row[field] ?? null));
  const original = originOf(id, retryOfId, sourceId, replaced);
  return Prisma.sql`
    WITH ${original ? Prisma.sql`${original},` : Prisma.empty} created AS (
      INSERT INTO video_generation (${columns})
      SELECT ${values} ${original ? Prisma.sql`FROM original` : Prisma.empty}
      RETURNING *
    ), recorded AS (
      ${insertEvent({ ...event, toStatus: 'QUEUED' }, now, 'created', { sequence: first })}
      RETURNING generation_id AS id, sequence + 1 AS version
    )${held ? Prisma.sql`, held AS (${insertEvent(held, now, 'recorded')})` : Prisma.empty}
    SELECT ${allColumns} FROM created
    ${tellOf('created', keysOf({ callerId, idempotencyKey, retryOfId, sourceId }))}`;
}

/*
 * What a new row is linked to is taken before the row refers to it, or two at once would wait for
 * each other.
 */

/** The part `original` of the statement: empty when nothing may be made of it; null where there is none. */
function originOf(
  id: string,
  retryOfId: string | null,
  sourceId: string | null,
  replaced: string | null,
): Prisma.Sql | null {
  if (retryOfId !== null && sourceId !== null) return retriedAnew(id, retryOfId, sourceId);
  if (retryOfId !== null) return retried(id, retryOfId);
  return sourceId === null ? null : madeAnew(id, sourceId, replaced);
}

function retried(id: string, retryOfId: string): Prisma.Sql {
  return Prisma.sql`original AS (
    UPDATE video_generation SET successor_id = ${id}::uuid
    WHERE id = ${retryOfId}::uuid AND ${mayBeRepeated(Prisma.sql`video_generation`)}
    RETURNING id)`;
}

function madeAnew(id: string, sourceId: string, replaced: string | null): Prisma.Sql {
  return Prisma.sql`original AS (
    UPDATE video_generation SET regeneration_id = ${id}::uuid
    WHERE id = ${sourceId}::uuid AND status = 'SUCCEEDED' AND redacted_at IS NULL
      AND regeneration_id IS NOT DISTINCT FROM ${replaced}::uuid
    RETURNING id)`;
}

/** Of what was made anew only the latest is repeated, and what repeats it is the latest then: one is paid. */
function retriedAnew(id: string, retryOfId: string, sourceId: string): Prisma.Sql {
  return Prisma.sql`latest AS MATERIALIZED (
    SELECT failed.id, source.id AS source_id
    FROM video_generation AS source JOIN video_generation AS failed ON failed.id = ${retryOfId}::uuid
    WHERE source.id = ${sourceId}::uuid AND source.regeneration_id = failed.id
      AND ${mayBeRepeated(Prisma.sql`failed`)}
    FOR UPDATE
  ), anew AS (
    UPDATE video_generation AS source SET regeneration_id = ${id}::uuid
    FROM latest WHERE source.id = latest.source_id
  ), original AS (
    UPDATE video_generation AS failed SET successor_id = ${id}::uuid
    FROM latest WHERE failed.id = latest.id
    RETURNING failed.id)`;
}

function mayBeRepeated(original: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${original}.successor_id IS NULL AND ${original}.status IN ('FAILED', 'CANCELLED', 'UNCERTAIN')
    AND (${original}.task_id IS NOT NULL OR ${isNotAccepted(original)})`;
}

const first = Prisma.sql`1`;

/** What a new generation is given. */
const fields = [
  ...(['id', 'createdAt', 'updatedAt', 'callerId', 'tenant', 'idempotencyKey'] as const),
  ...(['inputHash', 'requestSalt', 'retryOfId', 'callbackToken', 'simulated', 'model'] as const),
  ...(['kind', 'sourceId', 'sourceTaskId', 'baseVideo'] as const),
  ...(['prompt', 'duration', 'resolution', 'promptOptimizer', 'fastPretreatment'] as const),
  ...(['aigcWatermark', 'firstFrameImage', 'lastFrameImage', 'subjectImage', 'tags'] as const),
  ...(['apiGeneration', 'aspectRatio', 'promptExpansion', 'referenceImages'] as const),
  ...(['referenceVideos', 'referenceAudios', 'inputImageBytes'] as const),
  ...(['listPriceUsd', 'webhookUrl', 'keepForDays', 'status', 'version'] as const),
  ...(['nextAttemptAt', 'heldAt'] as const),
] satisfies (keyof NewGeneration | GenerationField)[];
