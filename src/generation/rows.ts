import type { Database } from '../database/database.ts';
import { Prisma, type VideoGeneration } from '../database/generated/client.ts';
import { readRows, toColumn } from '../database/read-rows.ts';

export type GenerationField = keyof VideoGeneration;

/** Every field of the table, as a column under its name. */
const columns = new Map<string, string>(
  Object.keys(Prisma.VideoGenerationScalarFieldEnum).map((field) => [
    field,
    `${toColumn(field)} AS "${field}"`,
  ]),
);
export const generationFields = [...columns.keys()] as readonly GenerationField[];

export function isGenerationField(name: string): name is GenerationField {
  return columns.has(name);
}

/** These fields as the columns of a SELECT or RETURNING. */
export function columnsOf(fields: readonly GenerationField[]): Prisma.Sql {
  return Prisma.raw(fields.map((field) => columns.get(field)).join(', '));
}

/** The whole row, as Prisma would give it. */
export const allColumns = columnsOf(generationFields);

/**
 * These fields of the rows that the end of a statement chooses among those of `generation`:
 * `WHERE … ORDER BY … LIMIT …`. The name is `readRows`'.
 */
export async function readGenerations<Field extends GenerationField>(
  pool: Pick<Database['pool'], 'query'>,
  fields: readonly Field[],
  choice: Prisma.Sql,
  name?: string,
): Promise<Pick<VideoGeneration, Field>[]> {
  const from = Prisma.sql`video_generation AS generation ${choice}`;
  return await readRows(pool, selectGenerations(fields, from), name);
}

/**
 * A statement for these fields of the rows of what is called `generation` and has every column, and
 * for one that is written (written-rows.ts).
 */
export function selectGenerations(
  fields: readonly GenerationField[],
  from: Prisma.Sql,
  written?: Prisma.Sql | null,
): Prisma.Sql {
  return written
    ? Prisma.sql`SELECT ${columnsOf(fields)}, ${written} FROM ${from}`
    : Prisma.sql`SELECT ${columnsOf(fields)} FROM ${from}`;
}
