import { may, visibleTo } from '../access/permissions.ts';
import type { Database } from '../database/database.ts';
import type { AuditEvent, Prisma } from '../database/generated/client.ts';
import type { Caller } from '../graphql/caller.ts';
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
import type { AuditAction } from './events.ts';

/** Conditions on events; within a field any value may match, all fields must. */
export interface EventFilter {
  callerId?: string[] | null;
  action?: AuditAction[] | null;
  generationId?: string | null;
  occurredAt?: { from?: Date | null; to?: Date | null } | null;
  upstreamCode?: number[] | null;
  traceId?: string[] | null;
  /** What it is on: generations, by their own events and those of others about them, or keys. */
  objectId?: string[] | null;
  text?: string | null;
}

/** So many values of a field are read one by one, each from its index; for several at once PostgreSQL would walk along all ids. */
const maxSeparateValues = 30;

/** One page of events by keyset on the id, which sorts by time: its cost does not grow with its distance from the first. */
export async function listEvents(
  prisma: Database['prisma'],
  filter: EventFilter,
  direction: 'ASC' | 'DESC',
  paging: PagingArguments,
): Promise<Page<AuditEvent>> {
  const request = readPage(
    paging,
    (cursor) => decodeCursor(cursor, ([kind, id]) => kind === 'EVENT' && isId(id ?? ''))[1]!,
  );
  const { backward, size, after, before } = request;
  const ascending = (direction === 'ASC') !== backward;
  const [start, end] = backward ? [before, after] : [after, before];
  const [onward, back] = ascending ? (['gt', 'lt'] as const) : (['lt', 'gt'] as const);
  const read = (part: EventFilter) =>
    prisma.auditEvent.findMany({
      where: {
        AND: [
          toEventWhere(part),
          ...(start ? [{ id: { [onward]: start } }] : []),
          ...(end ? [{ id: { [back]: end } }] : []),
        ],
      },
      orderBy: { id: ascending ? 'asc' : 'desc' },
      take: size + 1,
    });
  const parts = separate(filter);
  const rows = (await Promise.all(parts.map(read))).flat();
  if (parts.length > 1) rows.sort((a, b) => (a.id < b.id === ascending ? -1 : 1));
  return toPage(request, rows.slice(0, size + 1));
}

/** Those of the ids that the caller may see: all, or those of generations that it sees, as it sees them. */
export async function findEvents(
  prisma: Database['prisma'],
  ids: readonly string[],
  caller: Caller,
): Promise<AuditEvent[]> {
  const ofSeen = may(caller, 'seeAll') ? {} : { generation: visibleTo(caller) };
  const events = await prisma.auditEvent.findMany({ where: { id: { in: [...ids] }, ...ofSeen } });
  return shownTo(caller, events);
}

/** Where others sit is no business of a client's. */
export function shownTo(caller: Caller, events: AuditEvent[]): AuditEvent[] {
  if (may(caller, 'seeAll')) return events;
  return events.map((event) =>
    event.callerId === caller.id ? event : { ...event, ip: null, userAgent: null },
  );
}

export function cursorOf({ id }: AuditEvent): string {
  return encodeCursor(['EVENT', id]);
}

/** Filters that match without overlap what the given one does, each for one value of a field with an index. */
function separate(filter: EventFilter): EventFilter[] {
  if (filter.generationId != null || filter.traceId || filter.objectId) return [filter];
  for (const field of ['callerId', 'upstreamCode', 'action'] as const) {
    const values = [...new Set<string | number>(filter[field] ?? [])];
    if (values.length === 1) return [filter];
    if (values.length > 1 && values.length <= maxSeparateValues)
      return values.map((value) => ({ ...filter, [field]: [value] }));
  }
  return [filter];
}

/** The filter as a condition; throws BAD_USER_INPUT for a text that no index can find. */
export function toEventWhere(filter: EventFilter): Prisma.AuditEventWhereInput {
  const { callerId, action, generationId, occurredAt, upstreamCode, traceId } = filter;
  const { objectId, text } = filter;
  if (text != null && (text.length < 3 || text.length > 200)) {
    throw new ApiError('BAD_USER_INPUT', 'A text to search for has 3 to 200 characters.');
  }
  return {
    ...(callerId && { callerId: { in: callerId } }),
    ...(action && { action: { in: action } }),
    ...(generationId != null && { generationId: isId(generationId) ? generationId : { in: [] } }),
    ...(upstreamCode && { upstreamCode: { in: upstreamCode } }),
    ...(traceId && { traceId: { in: traceId } }),
    ...(objectId && {
      OR: [{ objectId: { in: objectId } }, { generationId: { in: objectId.filter(isId) } }],
    }),
    ...(text && {
      searchText: { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const },
    }),
    AND: [
      ...(occurredAt?.from ? [{ id: { gte: firstIdAt(occurredAt.from) } }] : []),
      ...(occurredAt?.to ? [{ id: { lt: firstIdAt(occurredAt.to) } }] : []),
    ],
  };
}
