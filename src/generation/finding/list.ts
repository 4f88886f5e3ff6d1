import type { Database } from '../../database/database.ts';
import { Prisma } from '../../database/generated/client.ts';
import { readRows } from '../../database/read-rows.ts';
import { toSql, type Condition } from '../../database/where-sql.ts';
import { isId } from '../../graphql/ids.ts';
import {
  isNothing,
  readAlong,
  readAny,
  readApart,
  readInOrder,
  readMatches,
  readingLimits,
  type ListedGeneration,
  type PlaceInList,
  type Reading,
  type Wanted,
} from './read-in-order.ts';
import { expectedMatches } from './expected-matches.ts';
import { containing } from './letter-case.ts';
import { changedSince, seenBy, toWhere, type GenerationFilter, type Visibility } from './filter.ts';
import {
  decodeCursor,
  encodeCursor,
  readPage,
  toPage,
  type Page,
  type PagingArguments,
} from '../../graphql/paging.ts';

export interface GenerationOrder {
  field: 'CREATED_AT' | 'UPDATED_AT';
  direction: 'ASC' | 'DESC';
}

export const newestFirst: GenerationOrder = { field: 'CREATED_AT', direction: 'DESC' };

/** Counting stops here, so that `totalCount` costs about a millisecond however many there are. */
export const countLimit = 10_000;

/** So many values of a field are read one by one; more are hardly rare all together. */
const maxSeparateValues = 7;

/**
 * One page of generations by keyset: its cost does not grow with its distance from the first.
 *
 * `visible` limits it to what the caller may see; rows have what is `wanted`, and are not read when that
 * is null. Ids sort by creation time, so "created at" is the order of the primary key.
 */
export async function listGenerations(
  { pool }: Pick<Database, 'pool'>,
  filter: GenerationFilter | null | undefined,
  order: GenerationOrder,
  paging: PagingArguments,
  visible: Visibility,
  wanted: Wanted | null,
  limits = readingLimits,
): Promise<Page<ListedGeneration>> {
  const request = readPage(paging, (cursor) =>
    decodeCursor(cursor, (parts) => isPosition(parts, order)),
  );
  if (wanted === null) return toPage(request, []);
  const { backward, size, after, before } = request;
  const ascending = (order.direction === 'ASC') !== backward;
  const [start, end] = backward ? [before, after] : [after, before];
  const by = {
    orderBy: order.field === 'CREATED_AT' ? 'id' : 'updatedAt',
    direction: ascending ? 'asc' : 'desc',
  } as const;
  const bounds = [
    ...(start ? [beyond(start, ascending)] : []),
    ...(end ? [beyond(end, !ascending)] : []),
  ];
  const readingOf = ({ part, seen }: Part): Reading => {
    const conditions = conditionsOf(part, seen, order);
    const isLatestFirst = order.field === 'UPDATED_AT' && !ascending;
    return {
      ...{ ...by, ...conditions, take: size + 1, wanted },
      onTheWay: isLatestFirst ? changedSince(part?.createdAt) : {},
      bounds: { AND: [conditions.bounds, ...bounds] },
    };
  };
  const seen = (visible.OR ?? [{}]).filter((each) => mayMatch(filter, each));
  if (seen.length === 0) return toPage(request, []);
  const whole = { part: filter, seen: seenBy({ OR: seen }) };
  if (isReadAnyhow(filter)) return toPage(request, await readAny(pool, readingOf(whole)));
  // A search for what is known to be rare begins with what the others end with.
  const search = searchOf(filter);
  const isRare = search !== null && (await expectedMatches(pool, search)) < limits.fewMatches;
  const found = isRare ? await readMatches(pool, readingOf(whole)) : null;
  if (found) return toPage(request, found);
  const isByChange = order.field === 'UPDATED_AT';
  // Along the latest change one way leads past all that is seen.
  const along = isByChange ? await readAlong(pool, readingOf(whole), limits) : null;
  if (along) return toPage(request, along);
  const parts = separate(isByChange ? [filter] : byValue(filter), seen);
  const read = isByChange ? readApart : readInOrder;
  const pages = await Promise.all(parts.map((part) => read(pool, readingOf(part), limits)));
  return toPage(request, merge(pages, order, ascending).slice(0, size + 1));
}

interface Part {
  part: GenerationFilter | null | undefined;
  seen: Condition;
}

/**
 * What matches in parts, each for one value of a field whose index has the rows of a value in order
 * of id.
 *
 * For several values at once PostgreSQL walks along all ids, expecting to meet one soon: across the
 * whole table when all of them are at the other end. That is also why what a caller may see is read
 * for the caller and the tenant by themselves.
 */
function separate(filters: Part['part'][], alternatives: readonly Condition[]): Part[] {
  return filters.flatMap((part) =>
    alternatives.filter((seen) => mayMatch(part, seen)).map((seen) => ({ part, seen })),
  );
}

function byValue(filter: Part['part']): Part['part'][] {
  if (!filter) return [filter];
  for (const field of ordered) {
    const values = [...new Set<string | number>(filter[field] ?? [])];
    if (values.length > 1 && values.length <= maxSeparateValues)
      return values.map((value) => ({ ...filter, [field]: [value] }));
  }
  return [filter];
}

/** Not what asks for callers or tenants among what is seen of another: that would be walked for. */
function mayMatch(part: Part['part'], seen: Condition): boolean {
  return (['callerId', 'tenant'] as const).every(
    (name) => !(name in seen && part?.[name]) || part[name].includes(seen[name] as string),
  );
}

/** Fields with an index that has the rows of each value in order of id. */
const ordered = [
  'status',
  'callerId',
  'tenant',
  'failureKind',
  'model',
  'statusCode',
] as const satisfies (keyof GenerationFilter)[];

/** Without a trigram there is nothing to look up. */
const hasTrigram = (promptContains: string) => promptContains.length >= 3;

/** The expression for prompts, where there is one that the trigram index helps with. */
function searchOf(filter: Part['part']): string | null {
  const asked = filter?.promptContains;
  return asked && hasTrigram(asked) ? containing(asked) : null;
}

/** Whether the matches are a handful, or nothing leads to them but a walk, which is the quicker way then. */
function isReadAnyhow(filter: GenerationFilter | null | undefined): boolean {
  if (!filter) return false;
  const { id, taskId, traceId, promptContains } = filter;
  return (
    Boolean(id ?? taskId ?? traceId) || (promptContains != null && !hasTrigram(promptContains))
  );
}

/** The fields of each index that has the rows of one value of each in order of id, the best first. */
const indexes: (typeof ordered)[number][][] = [
  ['callerId', 'status'],
  ['tenant', 'status'],
  ['callerId'],
  ['tenant'],
  ['status'],
  ['failureKind'],
  ['statusCode'],
  ['model'],
];

/** What of a filter an index has in order, what bounds the way along it, and the rest. */
function conditionsOf(
  filter: GenerationFilter | null | undefined,
  seen: Condition,
  { field }: GenerationOrder,
): Pick<Reading, 'ofIndex' | 'bounds' | 'rest'> {
  if (field === 'UPDATED_AT')
    return { ofIndex: {}, bounds: {}, rest: { AND: [seen, toWhere(filter)] } };
  // A span of creation time is a span of ids, which every index in order has.
  const { createdAt, ...rest } = filter ?? {};
  const single = (name: (typeof ordered)[number]) => name in seen || rest[name]?.length === 1;
  const index = indexes.find((names) => names.every(single)) ?? [];
  const ofIndex: GenerationFilter = {};
  const visible = { ...seen };
  for (const name of index) {
    if (name in visible) {
      Object.assign(ofIndex, { [name]: [visible[name]] });
      delete visible[name];
    } else {
      Object.assign(ofIndex, { [name]: rest[name] });
      delete rest[name];
    }
  }
  return {
    ofIndex: toWhere(ofIndex),
    bounds: toWhere({ createdAt: createdAt ?? null }),
    rest: { AND: [visible, toWhere(rest)] },
  };
}

/** All rows of the pages in order, each once. */
function merge(
  pages: ListedGeneration[][],
  { field }: GenerationOrder,
  ascending: boolean,
): ListedGeneration[] {
  if (pages.length === 1) return pages[0]!;
  const rows = [...new Map(pages.flat().map((row) => [row.id, row])).values()];
  const position = ({ id, updatedAt }: PlaceInList) =>
    field === 'CREATED_AT' ? id : `${updatedAt!.toISOString()} ${id}`;
  return rows.sort((a, b) => (position(a) < position(b) === ascending ? -1 : 1));
}

/** Whether all that is counted lies beside each other in an index, so that it costs a millisecond. */
export function isCountedQuickly(
  filter: GenerationFilter | null | undefined,
  visible: Visibility,
): boolean {
  return inIndex(filter, visible) !== null;
}

/** The condition of what lies beside each other in an index; null when it is more than that. */
function inIndex(
  filter: GenerationFilter | null | undefined,
  { OR = [{}] }: Visibility,
): Condition | null {
  const [seen, ...others] = OR;
  const { ofIndex, bounds, rest } = conditionsOf(filter, seen!, newestFirst);
  return others.length === 0 && isNothing(rest) ? { AND: [ofIndex, bounds] } : null;
}

/**
 * How many generations match, counted up to `countLimit`. What lies in an index is counted along it,
 * in its order, which makes it the cheapest way under any plan: that is planned once per connection.
 */
export async function countGenerations(
  { pool }: Pick<Database, 'pool'>,
  filter: GenerationFilter | null | undefined,
  visible: Visibility,
): Promise<{ count: number; isExact: boolean }> {
  const quick = inIndex(filter, visible);
  const where = quick ?? { AND: [seenBy(visible), toWhere(filter)] };
  const [row] = await readRows<{ count: number }>(
    pool,
    Prisma.sql`
    SELECT count(*)::int AS count FROM (
      SELECT id FROM video_generation WHERE ${toSql(where)}
      ${quick ? Prisma.sql`ORDER BY id DESC` : Prisma.empty} LIMIT ${Prisma.raw(String(countLimit + 1))}
    ) AS found`,
    quick ? 'count generations' : '',
  );
  const { count } = row!;
  return { count: Math.min(count, countLimit), isExact: count <= countLimit };
}

export function cursorOf(generation: PlaceInList, order: GenerationOrder): string {
  return encodeCursor(positionOf(generation, order));
}

function positionOf({ id, updatedAt }: PlaceInList, { field }: GenerationOrder): string[] {
  return field === 'CREATED_AT' ? [field, id] : [field, id, updatedAt!.toISOString()];
}

function isPosition([field, id, at]: string[], order: GenerationOrder): boolean {
  return (
    field === order.field &&
    isId(id ?? '') &&
    (field === 'CREATED_AT' || !Number.isNaN(Date.parse(at ?? '')))
  );
}

function beyond([field, id, at]: string[], ascending: boolean): Condition {
  const than = ascending ? 'gt' : 'lt';
  if (field === 'CREATED_AT') return { id: { [than]: id } };
  // The first condition, implied by the second, is what lets PostgreSQL use the index.
  const updatedAt = new Date(at!);
  return {
    updatedAt: { [`${than}e`]: updatedAt },
    OR: [{ updatedAt: { [than]: updatedAt } }, { updatedAt, id: { [than]: id } }],
  };
}
