import type { Database } from '../../database/database.ts';
import type { Prisma, VideoGenerationStatus } from '../../database/generated/client.ts';
import { ApiError } from '../../graphql/errors.ts';
import { firstIdAt, isId } from '../../graphql/ids.ts';
import {
  readOrdered,
  readSearched,
  windowEnd,
  type ListedGeneration,
  type PlaceInList,
} from './read-in-order.ts';
import type { GenerationField } from '../rows.ts';
import {
  decodeCursor,
  encodeCursor,
  readPage,
  toPage,
  type Page,
  type PagingArguments,
} from '../../graphql/paging.ts';

/** Conditions on generations; within a field any value may match, all fields must. */
export interface GenerationFilter {
  and?: GenerationFilter[] | null;
  or?: GenerationFilter[] | null;
  not?: GenerationFilter | null;
  id?: string[] | null;
  status?: VideoGenerationStatus[] | null;
  model?: string[] | null;
  createdAt?: { from?: Date | null; to?: Date | null } | null;
  promptContains?: string | null;
  taskId?: string[] | null;
  statusCode?: number[] | null;
  failureKind?: string[] | null;
  traceId?: string[] | null;
  /** Generations with such a trace id among their events: `findTraced` fills it in. */
  tracedId?: string[] | null;
  /** At least one of these. */
  tags?: string[] | null;
  /** Both ends included. */
  listPriceUsd?: { from?: string | null; to?: string | null } | null;
  callerId?: string[] | null;
  tenant?: string[] | null;
}

/** Which rows a caller may see: those that match one of the alternatives, or all. */
export interface Visibility {
  OR?: readonly Prisma.VideoGenerationWhereInput[];
}

export interface GenerationOrder {
  field: 'CREATED_AT' | 'UPDATED_AT';
  direction: 'ASC' | 'DESC';
}

export const newestFirst: GenerationOrder = { field: 'CREATED_AT', direction: 'DESC' };

/** Counting stops here, so that `totalCount` costs about a millisecond however many there are. */
export const countLimit = 10_000;

/** So many values of a field are read one by one; more are hardly rare all together. */
const maxSeparateValues = 7;

/** An answer has a trace id of its own; that more generations share one does not happen. */
const maxTraced = 1_000;

/** Filters may be nested this deep. */
const maxFilterDepth = 5;

/**
 * One page of generations by keyset: its cost does not grow with its distance from the first.
 *
 * `visible` limits it to what the caller may see; rows have `fields`. Ids sort by creation time, so "created at" is the order of the primary key.
 */
export async function listGenerations(
  { prisma, pool }: Pick<Database, 'prisma' | 'pool'>,
  filter: GenerationFilter | null | undefined,
  order: GenerationOrder,
  paging: PagingArguments,
  visible: Visibility,
  fields: readonly GenerationField[],
): Promise<Page<ListedGeneration>> {
  const request = readPage(paging, (cursor) =>
    decodeCursor(cursor, (parts) => isPosition(parts, order)),
  );
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
  const from = by.orderBy === 'id' ? toWhere({ createdAt: filter?.createdAt ?? null }) : {};
  const windowEnds = windowEnd(prisma, { AND: [from, ...bounds] }, by);
  const read = async ({ part, seen }: Part) => {
    const where = { AND: [seen, toWhere(part), ...bounds] };
    const reading = { ...by, where, take: size + 1, fields };
    return hasIndexInOrder(part, seen, order)
      ? await readOrdered(pool, reading)
      : await readSearched(pool, reading, windowEnds, (row) =>
          beyond(positionOf(row, order), !ascending),
        );
  };
  const parts = separate(filter).flatMap((part) =>
    (visible.OR ?? [{}]).map((seen) => ({ part, seen })),
  );
  const pages = await Promise.all(parts.map(read));
  return toPage(request, merge(pages, order, ascending).slice(0, size + 1));
}

interface Part {
  part: GenerationFilter | null | undefined;
  seen: Prisma.VideoGenerationWhereInput;
}

/**
 * Filters that together match what the given one does, each for one value of a field whose index
 * has the rows of a value in order of id.
 *
 * For several values at once PostgreSQL walks along all ids, expecting to meet one soon: across the
 * whole table when all of them are at the other end. That is also why what a caller may see is read
 * for the caller and the tenant by themselves.
 */
function separate(
  filter: GenerationFilter | null | undefined,
): (GenerationFilter | null | undefined)[] {
  if (!filter || filter.id || filter.taskId || filter.traceId) return [filter];
  for (const field of ordered) {
    const values = [...new Set<string | number>(filter[field] ?? [])];
    if (values.length > 1 && values.length <= maxSeparateValues)
      return values.map((value) => ({ ...filter, [field]: [value] }));
  }
  return [filter];
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

/** Whether the matches come in order from an index, or are a handful. */
function hasIndexInOrder(
  filter: GenerationFilter | null | undefined,
  seen: Prisma.VideoGenerationWhereInput,
  { field }: GenerationOrder,
): boolean {
  if (filter?.id || filter?.taskId || filter?.traceId) return true;
  // Without a trigram there is nothing to look up: the walk is the quicker way.
  if (filter?.promptContains && filter.promptContains.length < 3) return true;
  // A span of creation time is a span of ids, which every index in order has.
  const used = Object.entries(filter ?? {}).filter(
    ([name, value]) => name !== 'createdAt' && value != null,
  );
  const conditions = used.length + Object.keys(seen).length;
  if (field === 'UPDATED_AT') return conditions === 0;
  const [name, values] = used[0] ?? [];
  const isIndexed = name === undefined || (ordered as readonly string[]).includes(name);
  return conditions <= 1 && isIndexed && ((values as unknown[] | undefined) ?? []).length <= 1;
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
    field === 'CREATED_AT' ? id : `${updatedAt.toISOString()} ${id}`;
  return rows.sort((a, b) => (position(a) < position(b) === ascending ? -1 : 1));
}

/**
 * The filter with the generations found for each of its trace ids: a row has the id of the latest
 * answer only, its events those of the others. Two steps, since PostgreSQL reads the whole table
 * for a condition on the row or on another table.
 */
export async function findTraced(
  prisma: Database['prisma'],
  filter: GenerationFilter | null | undefined,
  depth = 0,
): Promise<GenerationFilter | null> {
  // What is nested too deep is refused by `toWhere`.
  if (!filter || depth > maxFilterDepth) return filter ?? null;
  const nested = (list: GenerationFilter[]) =>
    Promise.all(list.map((part) => findTraced(prisma, part, depth + 1) as Promise<typeof part>));
  return {
    ...filter,
    ...(filter.and && { and: await nested(filter.and) }),
    ...(filter.or && { or: await nested(filter.or) }),
    ...(filter.not && { not: await findTraced(prisma, filter.not, depth + 1) }),
    ...(filter.traceId && { tracedId: await generationsWithTrace(prisma, filter.traceId) }),
  };
}

async function generationsWithTrace(
  prisma: Database['prisma'],
  traceIds: string[],
): Promise<string[]> {
  const events = await prisma.auditEvent.findMany({
    where: { traceId: { in: traceIds }, generationId: { not: null } },
    select: { generationId: true },
    take: maxTraced,
  });
  return [...new Set(events.map(({ generationId }) => generationId!))];
}

/** How many generations match, counted up to `countLimit`. */
export async function countGenerations(
  prisma: Database['prisma'],
  filter: GenerationFilter | null | undefined,
  visible: Visibility,
): Promise<{ count: number; isExact: boolean }> {
  const count = await prisma.videoGeneration.count({
    where: { AND: [seenBy(visible), toWhere(filter)] },
    take: countLimit + 1,
  });
  return { count: Math.min(count, countLimit), isExact: count <= countLimit };
}

export function cursorOf(generation: PlaceInList, order: GenerationOrder): string {
  return encodeCursor(positionOf(generation, order));
}

function positionOf({ id, updatedAt }: PlaceInList, { field }: GenerationOrder): string[] {
  return field === 'CREATED_AT' ? [field, id] : [field, id, updatedAt.toISOString()];
}

function isPosition([field, id, at]: string[], order: GenerationOrder): boolean {
  return (
    field === order.field &&
    isId(id ?? '') &&
    (field === 'CREATED_AT' || !Number.isNaN(Date.parse(at ?? '')))
  );
}

function beyond([field, id, at]: string[], ascending: boolean): Prisma.VideoGenerationWhereInput {
  const than = ascending ? 'gt' : 'lt';
  if (field === 'CREATED_AT') return { id: { [than]: id } };
  // The first condition, implied by the second, is what lets PostgreSQL use the index.
  const updatedAt = new Date(at!);
  return {
    updatedAt: { [`${than}e`]: updatedAt },
    OR: [{ updatedAt: { [than]: updatedAt } }, { updatedAt, id: { [than]: id } }],
  };
}

/** What a caller may see as a condition. */
export function seenBy({ OR }: Visibility): Prisma.VideoGenerationWhereInput {
  return OR ? { OR: [...OR] } : {};
}

/**
 * The filter as a condition; throws BAD_USER_INPUT when it is nested too deep. Trace ids match all
 * of a generation's answers only after `findTraced`.
 *
 * database/where-sql.ts knows just the forms that are used here.
 */
export function toWhere(
  filter: GenerationFilter | null | undefined,
  depth = 0,
  negated = false,
): Prisma.VideoGenerationWhereInput {
  if (!filter) return {};
  if (depth > maxFilterDepth) {
    throw new ApiError(
      'BAD_USER_INPUT',
      `A filter may be nested ${maxFilterDepth} levels deep at most.`,
    );
  }
  const { and, or, not, id, status, model, createdAt, promptContains, taskId, statusCode } = filter;
  const { failureKind, traceId, tracedId, tags, listPriceUsd, callerId, tenant } = filter;
  const nested = (list: GenerationFilter[]) =>
    list.map((part) => toWhere(part, depth + 1, negated));
  // What has no value does not match; without this SQL would not know whether its negation does.
  const known = negated ? { not: null } : {};
  return {
    ...(id && { id: { in: id.filter(isId) } }),
    ...(status && { status: { in: status } }),
    ...(model && { model: { in: model } }),
    ...(callerId && { callerId: { in: callerId } }),
    ...(tenant && { tenant: { in: tenant, ...known } }),
    ...(taskId && { taskId: { in: taskId, ...known } }),
    ...(statusCode && { statusCode: { in: statusCode, ...known } }),
    ...(failureKind && { failureKind: { in: failureKind, ...known } }),
    ...(tags && { tags: { hasSome: tags } }),
    ...(listPriceUsd && {
      listPriceUsd: {
        ...(listPriceUsd.from != null && { gte: listPriceUsd.from }),
        ...(listPriceUsd.to != null && { lte: listPriceUsd.to }),
        not: null,
      },
    }),
    ...(promptContains && {
      prompt: {
        contains: promptContains.replace(/[\\%_]/g, '\\$&'),
        mode: 'insensitive' as const,
        ...known,
      },
    }),
    AND: [
      ...(and ? nested(and) : []),
      ...(traceId
        ? [{ OR: [{ traceId: { in: traceId, ...known } }, { id: { in: tracedId ?? [] } }] }]
        : []),
      ...(createdAt?.from ? [{ id: { gte: firstIdAt(createdAt.from) } }] : []),
      ...(createdAt?.to ? [{ id: { lt: firstIdAt(createdAt.to) } }] : []),
    ],
    ...(or && or.length > 0 && { OR: nested(or) }),
    ...(not && { NOT: toWhere(not, depth + 1, true) }),
  };
}
