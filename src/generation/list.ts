import type { Database } from '../database/database.ts';
import type {
  Prisma,
  VideoGeneration,
  VideoGenerationStatus,
} from '../database/generated/client.ts';
import { ApiError } from '../graphql/errors.ts';
import { firstIdAt, isId } from '../graphql/ids.ts';
import {
  decodeCursor,
  encodeCursor,
  readPage,
  toPage,
  type Page,
  type PagingArguments,
} from '../graphql/paging.ts';

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
}

export interface GenerationOrder {
  field: 'CREATED_AT' | 'UPDATED_AT';
  direction: 'ASC' | 'DESC';
}

/** Counting stops here, so that `totalCount` costs about a millisecond however many there are. */
export const countLimit = 10_000;

/** So many values of a field are read one by one; more are hardly rare all together. */
const maxSeparateValues = 7;

/** Filters may be nested this deep. */
const maxFilterDepth = 5;

/**
 * One page of generations by keyset: its cost does not grow with its distance from the first.
 *
 * `visible` limits it to what the caller may see. Ids sort by creation time, so "created at" is the order of the primary key.
 */
export async function listGenerations(
  prisma: Database['prisma'],
  filter: GenerationFilter | null | undefined,
  order: GenerationOrder,
  paging: PagingArguments,
  visible: Prisma.VideoGenerationWhereInput,
): Promise<Page<VideoGeneration>> {
  const request = readPage(paging, (cursor) =>
    decodeCursor(cursor, (parts) => isPosition(parts, order)),
  );
  const { backward, size, after, before } = request;
  const ascending = (order.direction === 'ASC') !== backward;
  const [start, end] = backward ? [before, after] : [after, before];
  const direction = ascending ? 'asc' : 'desc';
  const read = (part: GenerationFilter | null | undefined) =>
    prisma.videoGeneration.findMany({
      where: {
        AND: [
          visible,
          toWhere(part),
          ...(start ? [beyond(start, order, ascending)] : []),
          ...(end ? [beyond(end, order, !ascending)] : []),
        ],
      },
      orderBy:
        order.field === 'CREATED_AT'
          ? { id: direction }
          : [{ updatedAt: direction }, { id: direction }],
      take: size + 1,
    });
  const parts = order.field === 'CREATED_AT' ? separate(filter) : [filter];
  const rows = (await Promise.all(parts.map(read))).flat();
  if (parts.length > 1) rows.sort((a, b) => (a.id < b.id === ascending ? -1 : 1));
  return toPage(request, rows.slice(0, size + 1));
}

/**
 * Filters that match without overlap what the given one does, each for one value of a field whose
 * index has the rows of a value in order of id.
 *
 * For several values at once PostgreSQL walks along all ids, expecting to meet one soon: across the
 * whole table when all of them are at the other end.
 */
function separate(
  filter: GenerationFilter | null | undefined,
): (GenerationFilter | null | undefined)[] {
  if (!filter || filter.id || filter.taskId) return [filter];
  for (const field of ['status', 'model', 'statusCode'] as const) {
    const values = [...new Set<string | number>(filter[field] ?? [])];
    if (values.length > 1 && values.length <= maxSeparateValues)
      return values.map((value) => ({ ...filter, [field]: [value] }));
  }
  return [filter];
}

/** How many generations match, counted up to `countLimit`. */
export async function countGenerations(
  prisma: Database['prisma'],
  filter: GenerationFilter | null | undefined,
  visible: Prisma.VideoGenerationWhereInput,
): Promise<{ count: number; isExact: boolean }> {
  const count = await prisma.videoGeneration.count({
    where: { AND: [visible, toWhere(filter)] },
    take: countLimit + 1,
  });
  return { count: Math.min(count, countLimit), isExact: count <= countLimit };
}

export function cursorOf(generation: VideoGeneration, order: GenerationOrder): string {
  return encodeCursor(
    order.field === 'CREATED_AT'
      ? [order.field, generation.id]
      : [order.field, generation.id, generation.updatedAt.toISOString()],
  );
}

function isPosition([field, id, at]: string[], order: GenerationOrder): boolean {
  return (
    field === order.field &&
    isId(id ?? '') &&
    (field === 'CREATED_AT' || !Number.isNaN(Date.parse(at ?? '')))
  );
}

function beyond(
  [field, id, at]: string[],
  _order: GenerationOrder,
  ascending: boolean,
): Prisma.VideoGenerationWhereInput {
  const than = ascending ? 'gt' : 'lt';
  if (field === 'CREATED_AT') return { id: { [than]: id } };
  // The first condition, implied by the second, is what lets PostgreSQL use the index.
  const updatedAt = new Date(at!);
  return {
    updatedAt: { [`${than}e`]: updatedAt },
    OR: [{ updatedAt: { [than]: updatedAt } }, { updatedAt, id: { [than]: id } }],
  };
}

function toWhere(
  filter: GenerationFilter | null | undefined,
  depth = 0,
): Prisma.VideoGenerationWhereInput {
  if (!filter) return {};
  if (depth > maxFilterDepth) {
    throw new ApiError(
      'BAD_USER_INPUT',
      `A filter may be nested ${maxFilterDepth} levels deep at most.`,
    );
  }
  const { and, or, not, id, status, model, createdAt, promptContains, taskId, statusCode } = filter;
  const nested = (list: GenerationFilter[]) => list.map((part) => toWhere(part, depth + 1));
  return {
    ...(id && { id: { in: id.filter(isId) } }),
    ...(status && { status: { in: status } }),
    ...(model && { model: { in: model } }),
    ...(taskId && { taskId: { in: taskId } }),
    ...(statusCode && { statusCode: { in: statusCode } }),
    ...(promptContains && {
      prompt: { contains: promptContains.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const },
    }),
    AND: [
      ...(and ? nested(and) : []),
      ...(createdAt?.from ? [{ id: { gte: firstIdAt(createdAt.from) } }] : []),
      ...(createdAt?.to ? [{ id: { lt: firstIdAt(createdAt.to) } }] : []),
    ],
    ...(or && { OR: nested(or) }),
    ...(not && { NOT: toWhere(not, depth + 1) }),
  };
}
