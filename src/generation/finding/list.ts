import type { Database } from '../../database/database.ts';
import type { Prisma } from '../../database/generated/client.ts';
import { isId } from '../../graphql/ids.ts';
import {
  readOrdered,
  readSearched,
  windowEnd,
  type ListedGeneration,
  type PlaceInList,
} from './read-in-order.ts';
import type { GenerationField } from '../rows.ts';
import { seenBy, toWhere, type GenerationFilter, type Visibility } from './filter.ts';
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
