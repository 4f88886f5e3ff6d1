import { createHash } from 'node:crypto';
import { Prisma, type AuditCheckpoint } from '../database/generated/client.ts';
import { lowestId } from '../graphql/ids.ts';
import type { Break } from './breaks.ts';
import type { Look } from './look.ts';

/**
 * A place in the order of all events. Those of a time before positions have 0 and come first, in
 * the order of their ids; for the others the id says nothing.
 */
export interface Place {
  position: number;
  id: string;
}

/** What comes after one place, up to and with another of the same kind: by ids, or by positions. */
export interface Range {
  after: Place;
  upTo: Place;
}

/** A range up to its last event, and how many are in it. */
export interface Part extends Range {
  count: number;
}

/** Where an event was found that should not be there. */
type Misplaced = Pick<Break, 'eventId' | 'generationId' | 'sequence'>;

export const beginning: Place = { position: 0, id: lowestId };

const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** After every event that has no position. */
export const lastWithoutPosition: Place = { position: 0, id: highestId };

/** After every event: beyond, positions cannot be told apart any more. */
export const end: Place = { position: Number.MAX_SAFE_INTEGER, id: highestId };

/** So many events are read in one statement: between statements others get their turn. */
const batchSize = 4_000;

export function placeOf({ lastPosition, lastEventId }: AuditCheckpoint): Place {
  return { position: lastPosition ?? 0, id: lastEventId };
}

/** The condition that an event, named `event`, lies in the range. */
export function isIn({ after, upTo }: Range): Prisma.Sql {
  return upTo.position === 0
    ? Prisma.sql`event.position IS NULL AND event.id > ${after.id}::uuid AND event.id <= ${upTo.id}::uuid`
    : Prisma.sql`event.position > ${after.position}::float8 AND event.position <= ${upTo.position}::float8`;
}

/**
 * An event at a place that no checkpoint ever comes to, null when there is none: before the
 * first id, at a position that was not drawn or is beyond the end, or, once positions are sealed,
 * without one and after the last of those that were.
 */
export async function findMisplaced(look: Look): Promise<Misplaced | null> {
  const event = (where: Prisma.Sql) => Prisma.sql`
    SELECT event.id::text AS "eventId", event.generation_id::text AS "generationId", event.sequence
    FROM ${look.table('audit_event')} AS event WHERE ${where}`;
  // One by one, so that each is found by the index.
  const [found] = await look.rows<Misplaced>(
    Prisma.sql`
      ${event(Prisma.sql`event.position <= 0`)}
      UNION ALL ${event(Prisma.sql`event.id = ${lowestId}::uuid`)}
      UNION ALL ${event(Prisma.sql`event.position > (${drawn(look)})`)}
      UNION ALL ${event(Prisma.sql`event.position > ${end.position}::float8`)}
      UNION ALL ${event(Prisma.sql`event.position IS NULL AND event.id > (
        SELECT coalesce((
          SELECT last_event_id FROM ${look.table('audit_checkpoint')}
          WHERE last_position IS NULL OR last_position = 0 ORDER BY id DESC LIMIT 1
        ), ${lowestId}::uuid)
        WHERE EXISTS (SELECT FROM ${look.table('audit_checkpoint')} WHERE last_position > 0)
      )`)}
      LIMIT 1`,
  );
  return found ?? null;
}

/** The latest position that was drawn, as a statement. */
export const drawn = (look: Look) => Prisma.sql`
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END::float8 AS position
  FROM ${look.table('audit_event_position')}`;

/** The range in parts of some thousand events, oldest first; nothing for an empty one. */
export async function* partsOf(look: Look, { after, upTo }: Range): AsyncGenerator<Part> {
  for (;;) {
    const [last] = await look.rows<Place & { count: number }>(Prisma.sql`
      SELECT id::text AS id, coalesce(position, 0) AS position, (count(*) OVER ())::int AS count
      FROM (
        SELECT event.id, event.position FROM ${look.table('audit_event')} AS event
        WHERE ${isIn({ after, upTo })} ORDER BY event.position, event.id LIMIT ${batchSize}
      ) AS part ORDER BY part.position DESC, part.id DESC LIMIT 1`);
    if (last === undefined) return;
    const { count, ...place } = last;
    yield { after, upTo: place, count };
    if (count < batchSize) return;
    after = place;
  }
}

/** Computes the hash of a checkpoint piece by piece: as one text it could be larger than PostgreSQL allows. */
export class Seal {
  readonly #hash = createHash('sha256');
  #count = 0;
  #last: Place | null = null;

  constructor(previousHash: string) {
    this.#hash.update(`${previousHash} `);
  }

  get count(): number {
    return this.#count;
  }

  /** Where the last event is; null as long as there is none. */
  get last(): Place | null {
    return this.#last;
  }

  /** Hashes of further events, with blanks between them. */
  add(hashes: string, { count, upTo }: Part): void {
    this.#hash.update(this.#count === 0 ? hashes : ` ${hashes}`);
    this.#count += count;
    this.#last = upTo;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}
