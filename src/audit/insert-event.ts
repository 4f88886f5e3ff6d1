import { Prisma } from '../database/generated/client.ts';
import { toColumn } from '../database/read-rows.ts';
import { eventRow, type NewEvent } from './events.ts';

/** What an event of a generation tells. */
const fields = [
  ...['id', 'occurredAt', 'action', 'fromStatus', 'toStatus', 'httpStatus', 'latencyMs'],
  ...['upstreamCode', 'upstreamMessage', 'traceId', 'requestId', 'detail', 'objectId', 'callerId'],
  ...['callerKind', 'ip', 'userAgent'],
];

const columns = Prisma.raw(fields.map(toColumn).join(', '));

/**
 * The part of a statement that adds an event, which happens now, to each generation that another
 * part, `changed`, has just changed: numbered by the new version. `instead` are expressions over
 * those rows, for what differs among them.
 */
export function insertEvent(
  event: NewEvent,
  now: Date,
  changed: string,
  { sequence, ...instead }: { id?: Prisma.Sql; detail?: Prisma.Sql; sequence?: Prisma.Sql } = {},
): Prisma.Sql {
  const { detail, ...row } = eventRow(event, now);
  const told: Record<string, unknown> = {
    ...row,
    detail: detail && JSON.stringify(detail),
    ...instead,
  };
  const values = Prisma.join(fields.map((field) => told[field] ?? null));
  return Prisma.sql`
    INSERT INTO audit_event (${columns}, generation_id, sequence)
    SELECT ${values}, ${Prisma.raw(`${changed}.id`)},
      ${sequence ?? Prisma.raw(`${changed}.version`)}
    FROM ${Prisma.raw(changed)}`;
}
