import type { Database } from '../../database/database.ts';
import { Prisma, type VideoGeneration } from '../../database/generated/client.ts';
import { readRows } from '../../database/read-rows.ts';
import { statementNames } from '../../database/statement-names.ts';
import { toSql, type Condition } from '../../database/where-sql.ts';
import { generationFields, selectGenerations, type GenerationField } from '../rows.ts';

export const readingLimits = {
  /**
   * So many rows in the order asked for are looked through at most before the matches are looked for
   * by themselves: some 10 ms along the table's own order, along the latest change, whose rows lie all over
   * the table, and along an index whose rows are looked up by their ids.
   */
  ...{ all: 20_000, byChange: 10_000, ofIndex: 2_500 },
  /** Prompts that match a search: fewer are looked up by its trigrams at once, more are soon met. */
  fewMatches: 10_000,
};

/** Of more matches than this, one is soon met along the order after all. */
const maxMatches = 30_000;

/** What tells where a generation stands in a list: the instant only in one by latest change. */
export type PlaceInList = Pick<VideoGeneration, 'id'> & Partial<Pick<VideoGeneration, 'updatedAt'>>;

/** What is wanted of each row beside its place. */
export interface Wanted {
  fields: readonly GenerationField[];
  /** A column `written`. */
  written?: Prisma.Sql | null;
}

/** A row of a list: its place, and what else was wanted. */
export type ListedGeneration = PlaceInList & Partial<VideoGeneration> & { written?: string };

export interface Reading {
  /** Single values of fields of which an index has the rows in the order asked for; empty: all rows. */
  ofIndex: Condition;
  /** Where the page may begin and has to end, in the order asked for. */
  bounds: Condition;
  /** Everything else. */
  rest: Condition;
  /** What of it the index tells, and how far it is followed at most: further on few will be found. */
  onTheWay: Condition;
  orderBy: 'id' | 'updatedAt';
  direction: 'asc' | 'desc';
  take: number;
  wanted: Wanted;
}

/** By the text, since what an index orders is best read in one way, whatever the values. */
const nameOf = statementNames('list');

/**
 * The first rows that match.
 *
 * PostgreSQL takes what is searched for to be spread evenly, and walks along the order expecting to
 * meet it soon: across the whole table when it lies at the other end. So it walks a bounded way only,
 * and stops by itself as soon as the page is full; what is not found there is rare, and all of it is
 * looked up and then sorted.
 */
export async function readInOrder(
  pool: Database['pool'],
  reading: Reading,
  limits = readingLimits,
): Promise<ListedGeneration[]> {
  return (await readAlong(pool, reading, limits)) ?? (await readApart(pool, reading));
}

/** Those that are met on a bounded way along the order; null when they fill no page. */
export async function readAlong(
  pool: Database['pool'],
  reading: Reading,
  limits = readingLimits,
): Promise<ListedGeneration[] | null> {
  if (isNothing(reading.rest))
    return await read(pool, reading, alongIndex(reading, reading.take), true);
  const ofAll = reading.orderBy === 'id' ? limits.all : limits.byChange;
  const far = isNothing(told(reading)) ? ofAll : limits.ofIndex;
  const rows = await read(pool, reading, alongIndex(reading, far));
  return rows.length === reading.take ? rows : null;
}

/** All matches looked up and sorted, or, of very many, met along the order after all. */
export async function readApart(
  pool: Database['pool'],
  reading: Reading,
): Promise<ListedGeneration[]> {
  return (await readMatches(pool, reading)) ?? (await readAny(pool, reading));
}

/** The same as PostgreSQL thinks best, for what is a handful or can only be found by walking. */
export async function readAny(
  pool: Database['pool'],
  reading: Reading,
): Promise<ListedGeneration[]> {
  const { ofIndex, bounds, rest } = reading;
  return await read(pool, reading, straight(reading, { AND: [ofIndex, bounds, rest] }));
}

async function read(
  pool: Database['pool'],
  reading: Reading,
  statement: Prisma.Sql,
  isNamed = false,
): Promise<ListedGeneration[]> {
  const name = isNamed ? nameOf({ sql: statement.text, args: statement.values }) : '';
  if (!isOneText(reading)) return await readRows(pool, statement, name);
  const [row] = await readRows<{ page: string | null }>(pool, statement, name);
  return rowsOf(row!.page);
}

function rowsOf(page: string | null): ListedGeneration[] {
  const lines = page?.split('\n') ?? [];
  return lines.map((line) => ({ id: line.slice(0, idLength), written: line.slice(idLength) }));
}

const idLength = 36;

/** Whether nothing is wanted of the rows but what is written: `pg` then reads one text instead of 50 rows. */
function isOneText({ wanted, orderBy }: Reading): boolean {
  return Boolean(wanted.written) && wanted.fields.length === 0 && orderBy === 'id';
}

function straight(reading: Reading, where: Condition): Prisma.Sql {
  const { take } = reading;
  return select(
    reading,
    Prisma.sql`video_generation AS generation WHERE ${toSql(where)}
    ORDER BY ${order('generation', reading)} ${first(take)}`,
  );
}

/**
 * In the text itself: PostgreSQL takes a parameter for a tenth of all rows, and would plan a statement with a
 * name anew each time, since that for whatever values then looks so much dearer.
 */
function first(rows: number): Prisma.Sql {
  return Prisma.raw(`LIMIT ${rows}`);
}

/** The matches among the first `walked` rows that an index has. */
function alongIndex(reading: Reading, walked: number): Prisma.Sql {
  const { bounds, rest, take, orderBy, direction } = reading;
  if (isNothing(told(reading))) {
    if (isNothing(rest)) return straight(reading, bounds);
    return select(
      reading,
      Prisma.sql`(
        SELECT * FROM video_generation AS walked WHERE ${toSql(bounds)}
        ORDER BY ${order('walked', reading)} ${first(walked)}
      ) AS generation WHERE ${toSql(rest)} ORDER BY ${order('generation', reading)} ${first(take)}`,
    );
  }
  // The ids by themselves come from the index alone, which makes it the cheapest way under any plan:
  // the rows beside them PostgreSQL would rather meet along the primary key. OFFSET keeps it from
  // joining in another order.
  const places = orderBy === 'id' ? ['id AS place'] : ['updated_at AS changed', 'id AS place'];
  const placed = places.map((place) => `${place.split(' AS ')[1]} ${direction}`);
  return select(
    reading,
    Prisma.sql`(
      SELECT ${Prisma.raw(places.join())} FROM video_generation AS walked
      WHERE ${toSql({ AND: [told(reading), bounds] })}
      ORDER BY ${order('walked', reading)} ${first(walked)}
    ) AS placed CROSS JOIN LATERAL (
      SELECT * FROM video_generation WHERE id = place AND ${toSql(rest)} OFFSET 0
    ) AS generation ORDER BY ${Prisma.raw(placed.join())} ${first(take)}`,
  );
}

/** All matches looked up, and the first of them; null when there are too many to sort them. */
export async function readMatches(
  pool: Database['pool'],
  reading: Reading,
): Promise<ListedGeneration[] | null> {
  const { ofIndex, bounds, rest, take } = reading;
  const page = select(
    reading,
    Prisma.sql`video_generation AS generation WHERE id IN (
      SELECT matching.id FROM matching ORDER BY ${order('matching', reading)} ${first(take)}
    ) ORDER BY ${order('generation', reading)}`,
  );
  const found = await readRows<ListedGeneration & { page: string | null; matched: number }>(
    pool,
    Prisma.sql`
    WITH matching AS MATERIALIZED (
      SELECT id, updated_at FROM video_generation
      WHERE ${toSql({ AND: [ofIndex, rest, bounds] })} ${first(maxMatches + 1)}
    )
    SELECT found.*, (SELECT count(*)::int FROM matching) AS matched FROM (${page}) AS found`,
  );
  if (found.length > 0 && found[0]!.matched > maxMatches) return null;
  return isOneText(reading) ? rowsOf(found[0]!.page) : found;
}

/** What is wanted of the rows of what is called `generation`. */
function select(reading: Reading, from: Prisma.Sql): Prisma.Sql {
  const { fields, written } = reading.wanted;
  const { orderBy } = reading;
  const asked = new Set<GenerationField>(['id', orderBy, ...fields]);
  // In one order, so that one text serves whoever asks for the same.
  const columns = generationFields.filter((field) => asked.has(field));
  const selected = selectGenerations(columns, from, written);
  if (!isOneText(reading)) return selected;
  // In JSON there is no end of a line.
  return Prisma.sql`SELECT string_agg(id::text || written, E'\\n') AS page FROM (${selected}) AS listed`;
}

/** What of a row the index tells, which is all that is read of those that are left out. */
function told({ ofIndex, onTheWay }: Reading): Condition {
  return { AND: [ofIndex, onTheWay] };
}

export function isNothing(where: Condition): boolean {
  return toSql(where).text === 'TRUE';
}

function order(table: string, { orderBy, direction }: Reading): Prisma.Sql {
  const id = `${table}.id ${direction}`;
  return Prisma.raw(orderBy === 'id' ? id : `${table}.updated_at ${direction}, ${id}`);
}
