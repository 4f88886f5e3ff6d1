import type { Database } from '../../database/database.ts';
import { Prisma, type VideoGeneration } from '../../database/generated/client.ts';
import { readRows } from '../../database/read-rows.ts';
import { toSql } from '../../database/where-sql.ts';
import { readGenerations, type GenerationField } from '../rows.ts';

/** So many rows in the order asked for are looked through at most, some 25 ms, before the matches are looked for by themselves. */
const windowRows = 50_000;

/** Of more matches than this, one is soon met along the order after all. */
const maxMatches = 30_000;

/** What tells where a generation stands in a list. */
export type PlaceInList = Pick<VideoGeneration, 'id' | 'updatedAt'>;

/** A row of a list: its place, and the other fields that were wanted. */
export type ListedGeneration = PlaceInList & Partial<VideoGeneration>;

export interface Reading {
  /** Which rows, within `from` and before whatever ends the page. */
  where: Prisma.VideoGenerationWhereInput;
  orderBy: 'id' | 'updatedAt';
  direction: 'asc' | 'desc';
  take: number;
  /** What is wanted of each row beside its place. */
  fields: readonly GenerationField[];
}

/** The rows that lie before a row in the reading direction. */
type Before = (row: PlaceInList) => Prisma.VideoGenerationWhereInput;

/** The row at which the window ends; null when the window reaches to the end. */
export type WindowEnd = () => Promise<PlaceInList | null>;

/** Looks up, once, where a window ends that begins with the first row of `where`. */
export function windowEnd(
  prisma: Database['prisma'],
  where: Prisma.VideoGenerationWhereInput,
  { orderBy, direction }: Pick<Reading, 'orderBy' | 'direction'>,
): WindowEnd {
  let found: ReturnType<WindowEnd> | undefined;
  return () =>
    (found ??= prisma.videoGeneration.findFirst({
      where,
      orderBy: orderBy === 'id' ? { id: direction } : [{ updatedAt: direction }, { id: direction }],
      skip: windowRows,
      select: { id: true, updatedAt: orderBy === 'updatedAt' },
    }) as ReturnType<WindowEnd>);
}

/** The first rows that match, straight along an index that has them in this order. */
export async function readOrdered(
  pool: Database['pool'],
  { where, orderBy, direction, take, fields }: Reading,
): Promise<ListedGeneration[]> {
  return await readGenerations(
    pool,
    [...new Set<GenerationField>(['id', 'updatedAt', ...fields])],
    Prisma.sql`WHERE ${toSql(where)} ORDER BY ${order('generation', orderBy, direction)} LIMIT ${take}`,
  );
}

/**
 * The first rows that match, where no index has them in this order.
 *
 * PostgreSQL takes what is searched for to be spread evenly, and walks along the order expecting to
 * meet it soon: across the whole table when it lies at the other end. So it walks a bounded way only;
 * what is not found there is rare, and all of it is looked up and then sorted.
 */
export async function readSearched(
  pool: Database['pool'],
  reading: Reading,
  end: WindowEnd,
  before: Before,
): Promise<ListedGeneration[]> {
  const last = await end();
  const near = last ? { AND: [reading.where, before(last)] } : reading.where;
  const rows = await readOrdered(pool, { ...reading, where: near });
  if (last === null || rows.length === reading.take) return rows;
  return (await readMatches(pool, reading)) ?? (await readOrdered(pool, reading));
}

/** Null when there are too many matches to sort them. */
async function readMatches(
  pool: Database['pool'],
  reading: Reading,
): Promise<ListedGeneration[] | null> {
  const { where: searched, orderBy, direction, take } = reading;
  const found = await readRows<{ id: string; matched: number }>(
    pool,
    Prisma.sql`
    WITH matching AS MATERIALIZED (
      SELECT id, updated_at FROM video_generation WHERE ${toSql(searched)} LIMIT ${maxMatches + 1}
    )
    SELECT matching.id::text AS "id", (SELECT count(*)::int FROM matching) AS matched
    FROM matching ORDER BY ${order('matching', orderBy, direction)} LIMIT ${take}`,
  );
  if (found.length === 0) return [];
  if (found[0]!.matched > maxMatches) return null;
  const where = { id: { in: found.map(({ id }) => id) } };
  return await readOrdered(pool, { ...reading, where });
}

function order(
  table: string,
  orderBy: Reading['orderBy'],
  direction: Reading['direction'],
): Prisma.Sql {
  const id = `${table}.id ${direction}`;
  return Prisma.raw(orderBy === 'id' ? id : `${table}.updated_at ${direction}, ${id}`);
}
