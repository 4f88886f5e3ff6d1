import type { Database } from '../database/database.ts';
import type { AuditCheckpoint } from '../database/generated/client.ts';
import { lowestId } from '../graphql/ids.ts';

export type BreakReason =
  'EVENT_CHANGED' | 'EVENT_MISSING' | 'EVENTS_MISSING_AT_END' | 'CHECKPOINT_MISMATCH';

/** Where the log is not what was written. */
export interface Break {
  eventId: string | null;
  generationId: string | null;
  /** Of the event that is altered or missing; for a checkpoint its number. */
  sequence: number | null;
  reason: BreakReason;
}

export interface Verification {
  ok: boolean;
  /** Events looked at, up to the first thing that is wrong. */
  checked: number;
  firstBad: Break | null;
  /** The latest one; compare it with a copy that was kept elsewhere. */
  checkpoint: AuditCheckpoint | null;
}

type Prisma = Database['prisma'];

/** So many generations, or events of none, are looked at in one statement: between statements others get their turn. */
const batch = 1_000;

/**
 * Looks at every event, then at every checkpoint, and tells the first thing that is not as it was written.
 *
 * The database computes the hashes anew, by the functions that made them. Events may be added
 * meanwhile: each statement sees a generation together with all its events.
 */
export async function verifyAuditLog(prisma: Prisma): Promise<Verification> {
  const checkpoint = await prisma.auditCheckpoint.findFirst({ orderBy: { id: 'desc' } });
  let checked = 0;
  for (const part of [serviceEvents, generationEvents, checkpoints]) {
    for await (const { count, bad } of part(prisma)) {
      checked += count;
      if (bad) return { ok: false, checked, firstBad: bad, checkpoint };
    }
  }
  return { ok: true, checked, firstBad: null, checkpoint };
}

interface CheckpointSum {
  count: number;
  hash: string | null;
}

interface Part {
  count: number;
  bad: Break | null;
}

/** Events that belong to no generation. */
async function* serviceEvents(prisma: Prisma): AsyncGenerator<Part> {
  let from = 0;
  for (;;) {
    const rows = await prisma.$queryRaw<EventCheck[]>`
      SELECT event.id::text AS "eventId", NULL AS "generationId", event.sequence,
        event.sequence > 1 AND previous.id IS NULL AS "isGap",
        event.hash = audit_event_hash(event, coalesce(previous.hash, '')) AS "isRight"
      FROM audit_event AS event LEFT JOIN audit_event AS previous
        ON previous.generation_id IS NULL AND previous.sequence = event.sequence - 1
      WHERE event.generation_id IS NULL AND event.sequence > ${from}
      ORDER BY event.sequence LIMIT ${batch}`;
    yield judge(rows);
    if (rows.length < batch) return;
    from = rows.at(-1)!.sequence!;
  }
}

async function* generationEvents(prisma: Prisma): AsyncGenerator<Part> {
  let after = lowestId;
  for (;;) {
    const generations = await prisma.videoGeneration.findMany({
      where: { id: { gt: after } },
      orderBy: { id: 'asc' },
      take: batch,
      select: { id: true },
    });
    const last = generations.at(-1)?.id;
    if (last === undefined) return;
    // What a generation lacks at its end comes as one more row after its events.
    const rows = await prisma.$queryRaw<EventCheck[]>`
      SELECT * FROM (
        SELECT event.id::text AS "eventId", event.generation_id::text AS "generationId",
          event.sequence, event.sequence > 1 AND previous.id IS NULL AS "isGap",
          event.hash = audit_event_hash(event,
            CASE WHEN event.sequence = 1 THEN event.generation_id::text
              ELSE coalesce(previous.hash, '') END) AS "isRight"
        FROM audit_event AS event LEFT JOIN audit_event AS previous
          ON previous.generation_id = event.generation_id
            AND previous.sequence = event.sequence - 1
        WHERE event.generation_id > ${after}::uuid AND event.generation_id <= ${last}::uuid
        UNION ALL
        SELECT NULL, generation.id::text, coalesce(ending.sequence, 0) + 1, false, false
        FROM video_generation AS generation LEFT JOIN LATERAL (
          SELECT event.sequence FROM audit_event AS event
          WHERE event.generation_id = generation.id ORDER BY event.sequence DESC LIMIT 1
        ) AS ending ON true
        WHERE generation.id > ${after}::uuid AND generation.id <= ${last}::uuid
          AND generation.version IS DISTINCT FROM ending.sequence
      ) AS found
      ORDER BY "generationId", sequence, "eventId" NULLS LAST`;
    yield judge(rows);
    after = last;
  }
}

interface EventCheck {
  /** Null for what is not there. */
  eventId: string | null;
  generationId: string | null;
  sequence: number | null;
  /** The one before is not there. */
  isGap: boolean;
  isRight: boolean;
}

function judge(rows: EventCheck[]): Part {
  const index = rows.findIndex(({ isRight, isGap }) => isGap || !isRight);
  if (index < 0) return { count: rows.length, bad: null };
  const { eventId, generationId, sequence, isGap } = rows[index]!;
  const at = { eventId, generationId };
  const bad: Break =
    eventId === null
      ? { ...at, sequence, reason: 'EVENTS_MISSING_AT_END' }
      : isGap
        ? { ...at, sequence: sequence! - 1, reason: 'EVENT_MISSING' }
        : { ...at, sequence, reason: 'EVENT_CHANGED' };
  return { count: index + (eventId === null ? 0 : 1), bad };
}

/** Their events have been counted above. */
async function* checkpoints(prisma: Prisma): AsyncGenerator<Part> {
  let previous = { id: 0, hash: '', lastEventId: lowestId };
  for (;;) {
    const checkpoint = await prisma.auditCheckpoint.findFirst({
      where: { id: { gt: previous.id } },
      orderBy: { id: 'asc' },
    });
    if (checkpoint === null) return;
    const [found] = await prisma.$queryRaw<CheckpointSum[]>`
      SELECT count(*)::int AS count,
        encode(sha256(convert_to(${previous.hash} || ' ' ||
          string_agg(event.hash, ' ' ORDER BY event.id), 'UTF8')), 'hex') AS hash
      FROM audit_event AS event
      WHERE event.id > ${previous.lastEventId}::uuid
        AND event.id <= ${checkpoint.lastEventId}::uuid`;
    const { id: sequence, lastEventId } = checkpoint;
    const isRight =
      sequence === previous.id + 1 &&
      found!.count === checkpoint.eventCount &&
      found!.hash === checkpoint.hash;
    yield {
      count: 0,
      bad: isRight
        ? null
        : { eventId: lastEventId, generationId: null, sequence, reason: 'CHECKPOINT_MISMATCH' },
    };
    previous = checkpoint;
  }
}
