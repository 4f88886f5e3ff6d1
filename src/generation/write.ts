import type { NewEvent } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma, type VideoGeneration } from '../database/generated/client.ts';
import { readRows, toColumn } from '../database/read-rows.ts';
import { traceWithoutPrompt, withoutEcho, withoutPrompt } from './prompt-echo.ts';
import { allColumns, type GenerationField } from './rows.ts';
import { tellOf } from './updates.ts';

/** Values by field; SQL is over the row as it was. What is undefined stays as it is. */
export type Changes = Partial<Record<GenerationField, unknown>>;

/** A change that others see: it has a version, an event and a notification. */
export interface Told {
  event: NewEvent;
  now: Date;
  /** Further parts of the statement; they find the row as it has become in `moved`. */
  parts: readonly Prisma.Sql[];
  /** What it must not be done twice under (recent-keys.ts). */
  keys?: readonly string[] | undefined;
}

/**
 * Changes a generation, if `guard` is true of it, in one statement: what tells of the change is
 * committed with it or not at all, in one round trip.
 *
 * Resolves to the row as it has become, or to null when nothing was changed.
 */
export async function writeGeneration(
  pool: Pick<Database['pool'], 'query'>,
  { id, prompt }: Pick<VideoGeneration, 'id' | 'prompt'>,
  guard: Prisma.Sql,
  changes: Changes,
  told?: Told,
): Promise<VideoGeneration | null> {
  const { statusMessage, traceId } = changes;
  const stored = {
    ...changes,
    // Webhooks tell them, and outlive the prompt.
    ...(typeof statusMessage === 'string' && {
      statusMessage: withoutPrompt(statusMessage, prompt),
    }),
    ...(typeof traceId === 'string' && { traceId: traceWithoutPrompt(traceId, prompt) }),
  };
  const set = assignments(told ? { ...stored, ...newVersion, updatedAt: told.now } : stored);
  const parts = told
    ? [insertEvent(withoutEcho(told.event, prompt), told.now, 'moved'), ...told.parts]
    : [];
  const statement = Prisma.sql`
    WITH moved AS (
      UPDATE video_generation AS generation SET ${set}
      WHERE generation.id = ${id}::uuid AND ${guard}
      RETURNING generation.*
    )${inWith(parts)}
    SELECT ${allColumns} FROM moved ${told ? tellOf('moved', told.keys) : Prisma.empty}`;
  const [row] = await readRows<VideoGeneration>(pool, statement, 'write');
  return row ?? null;
}

const newVersion = { version: Prisma.sql`generation.version + 1` };

function assignments(changes: Changes): Prisma.Sql {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Prisma.join(
    given.map(([field, value]) => Prisma.sql`${Prisma.raw(toColumn(field))} = ${value}`),
  );
}

/** Parts whose rows nobody reads, beside the first one of WITH. */
export function inWith(parts: readonly Prisma.Sql[]): Prisma.Sql {
  if (parts.length === 0) return Prisma.empty;
  const named = parts.map((part, index) => Prisma.sql`${Prisma.raw(`part_${index}`)} AS (${part})`);
  return Prisma.sql`, ${Prisma.join(named)}`;
}
