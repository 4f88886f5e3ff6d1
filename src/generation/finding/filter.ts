import type { Database } from '../../database/database.ts';
import type {
  GenerationKind,
  Prisma,
  VideoGenerationStatus,
} from '../../database/generated/client.ts';
import type { Condition } from '../../database/where-sql.ts';
import { ApiError } from '../../graphql/errors.ts';
import { firstIdAt, isId } from '../../graphql/ids.ts';
import { containing } from './letter-case.ts';

/** Conditions on generations; within a field any value may match, all fields must. */
export interface GenerationFilter {
  and?: GenerationFilter[] | null;
  or?: GenerationFilter[] | null;
  not?: GenerationFilter | null;
  id?: string[] | null;
  status?: VideoGenerationStatus[] | null;
  kind?: GenerationKind[] | null;
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
  held?: boolean | null;
}

/** Which rows a caller may see: those that match one of the alternatives, or all. */
export interface Visibility {
  OR?: readonly Prisma.VideoGenerationWhereInput[];
}

/** An answer has a trace id of its own; that more generations share one does not happen. */
const maxTraced = 1_000;

/** Filters may be nested this deep. */
const maxFilterDepth = 5;

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

/** What a caller may see as a condition. */
export function seenBy({ OR }: Visibility): Condition {
  return OR ? { OR: [...OR] } : {};
}

/** How many characters may be looked for in prompts: in one text, and in all of a filter. */
export const searchLimits = { text: 256, all: 1_000 };

/** The texts that are looked for in prompts, at any depth; throws BAD_USER_INPUT when they are too long. */
export function searchesOf(filter: GenerationFilter | null | undefined): string[] {
  const found: string[] = [];
  const parts = filter ? [filter] : [];
  for (const { and, or, not, promptContains } of parts) {
    if (promptContains) found.push(promptContains);
    parts.push(...(and ?? []), ...(or ?? []), ...(not ? [not] : []));
  }
  const { text, all } = searchLimits;
  const isTooLong = found.some((each) => each.length > text) || found.join('').length > all;
  if (!isTooLong) return found;
  throw new ApiError(
    'BAD_USER_INPUT',
    `\`promptContains\` may have ${text} characters, and all of a filter together ${all}.`,
  );
}

/**
 * The filter as a condition for `toSql`; throws BAD_USER_INPUT when it is nested too deep, or looks for
 * too much text. Trace ids
 * match all of a generation's answers only after `findTraced`.
 */
export function toWhere(
  filter: GenerationFilter | null | undefined,
  depth = 0,
  negated = false,
): Condition {
  if (!filter) return {};
  if (depth === 0) searchesOf(filter);
  if (depth > maxFilterDepth) {
    throw new ApiError(
      'BAD_USER_INPUT',
      `A filter may be nested ${maxFilterDepth} levels deep at most.`,
    );
  }
  const { and, or, not, id, status, model, createdAt, promptContains, taskId, statusCode } = filter;
  const { kind, failureKind, traceId, tracedId, tags, listPriceUsd, callerId, tenant, held } =
    filter;
  const nested = (list: GenerationFilter[]) =>
    list.map((part) => toWhere(part, depth + 1, negated));
  // What has no value does not match; without this SQL would not know whether its negation does.
  const known = negated ? { not: null } : {};
  return {
    ...(id && { id: { in: id.filter(isId) } }),
    ...(status && { status: { in: status } }),
    ...(kind && { kind: { in: kind } }),
    ...(model && { model: { in: model } }),
    ...(callerId && { callerId: { in: callerId } }),
    ...(tenant && { tenant: { in: tenant, ...known } }),
    ...(taskId && { taskId: { in: taskId, ...known } }),
    ...(statusCode && { statusCode: { in: statusCode, ...known } }),
    ...(failureKind && { failureKind: { in: failureKind, ...known } }),
    ...(tags && { tags: { hasSome: tags } }),
    ...(held != null && { heldAt: held ? { not: null } : null }),
    ...(listPriceUsd && {
      listPriceUsd: {
        ...(listPriceUsd.from != null && { gte: listPriceUsd.from }),
        ...(listPriceUsd.to != null && { lte: listPriceUsd.to }),
        not: null,
      },
    }),
    ...(promptContains && { prompt: { matches: containing(promptContains), ...known } }),
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

/**
 * What the index by latest change tells of when a generation was created, before its row is looked up.
 * Nothing changes before it was created, as far as clocks are right: further back few will be.
 */
export function changedSince(createdAt: GenerationFilter['createdAt']): Condition {
  const from = createdAt?.from;
  const since = from && new Date(from.getTime() - dayMs);
  return {
    AND: [toWhere({ createdAt: createdAt ?? null }), since ? { updatedAt: { gte: since } } : {}],
  };
}

const dayMs = 86_400_000;
