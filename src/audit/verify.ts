import type { Database } from '../database/database.ts';
import { Prisma, type AuditCheckpoint } from '../database/generated/client.ts';
import { broken, type Break, type BreakReason, type Part } from './breaks.ts';
import { judgeGuards, readGuards } from './guards.ts';
import { hashesOf, type Hashes } from './hashes.ts';
import {
  isSameHead,
  isUntrusted,
  judgeSignature,
  Signatures,
  trustNobody,
  type SignatureState,
  type Trust,
} from './head.ts';
import { inTurn, Look } from './look.ts';
import {
  beginning,
  end,
  findMisplaced,
  isIn,
  lastWithoutPosition,
  partsOf,
  placeOf,
  Seal,
  type Place,
  type Range,
} from './ranges.ts';
import { allGenerations, touchedGenerations } from './verify-generations.ts';

export interface Verification {
  ok: boolean;
  /** Events looked at, up to the first thing that is wrong. */
  checked: number;
  firstBad: Break | null;
  /** The latest one; compare its head with a copy that was kept elsewhere. */
  checkpoint: AuditCheckpoint | null;
  /** What its signature is worth; null without a checkpoint. */
  signature: SignatureState | null;
  /** Nothing up to this checkpoint was looked at; null: everything was. */
  since: number | null;
  /** Generations of a time when events did not yet say what their rows must hold. */
  unbound: number;
  /** What guards the log is other than this version knows it, by a migration that it lacks or by somebody; null: it is as it was made. */
  unjudged: string | null;
}

export interface VerifyOptions {
  trust?: Trust;
  /** Checkpoints that were kept elsewhere: the database must have each. */
  expected?: readonly AuditCheckpoint[];
  /** Only what came after this one is looked at. It is believed. */
  since?: AuditCheckpoint | null;
  /** Told of how many events were looked at so far. */
  onProgress?: (checked: number) => void;
  /** Ends the look early, by an error. */
  signal?: AbortSignal;
}

type Client = Database['prisma'];

/**
 * Looks at every event, every checkpoint and every generation's row, and tells the first thing that
 * is not as it was written.
 *
 * The database computes the hashes anew, by what each statement says and not by the functions that
 * made them. Events may be added meanwhile: each statement sees a generation together with all its
 * events.
 */
export async function verifyAuditLog(
  prisma: Client,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { trust = trustNobody, since = null, signal } = options;
  const look = await Look.into(prisma);
  const checkpoint = await look.ask(prisma.auditCheckpoint.findFirst({ orderBy: { id: 'desc' } }));
  let checked = 0;
  let unbound = 0;
  let unjudged: string | null = null;
  let firstBad: Break | null = null;
  for await (const part of parts(prisma, look, checkpoint, { ...options, trust })) {
    signal?.throwIfAborted();
    checked += part.count;
    unbound += part.unbound ?? 0;
    unjudged ??= part.unjudged ?? null;
    options.onProgress?.(checked);
    firstBad = part.bad;
    if (firstBad) break;
  }
  return {
    ok: firstBad === null,
    checked,
    firstBad,
    checkpoint,
    signature: checkpoint && judgeSignature(checkpoint, trust),
    since: since?.id ?? null,
    unbound,
    unjudged,
  };
}

async function* parts(
  prisma: Client,
  look: Look,
  last: AuditCheckpoint | null,
  { trust, expected = [], since = null }: VerifyOptions & { trust: Trust },
): AsyncGenerator<Part> {
  const guards = await readGuards();
  const { broken: detail, unjudged } = await judgeGuards(look, guards);
  const bad = detail === null ? null : broken('GUARD_CHANGED', { detail });
  yield { count: 0, unjudged, bad };
  const hashes = hashesOf(guards);
  const misplaced = await findMisplaced(look);
  if (misplaced) yield { count: 0, bad: broken('EVENT_CHANGED', misplaced) };
  yield* sealedEvents(prisma, look, hashes, { trust, since });
  yield* since ? touchedGenerations(look, hashes, placeOf(since)) : allGenerations(look, hashes);
  if (last && isUntrusted(last, trust)) {
    yield { count: 0, bad: ofCheckpoint('CHECKPOINT_NOT_SIGNED', last) };
  }
  for (const head of expected) {
    const found = await look.ask(prisma.auditCheckpoint.findUnique({ where: { id: head.id } }));
    if (found && isSameHead(found, head)) continue;
    yield { count: 0, bad: ofCheckpoint('HEAD_MISMATCH', head) };
  }
}

function ofCheckpoint(reason: BreakReason, { id, lastEventId }: AuditCheckpoint): Break {
  return broken(reason, { eventId: lastEventId, sequence: id });
}

const noCheckpoint = { id: 0, hash: '', totalCount: 0 };

/** Whether its total follows from that of the one before; earlier versions did not store it. */
function isTotal({ totalCount, eventCount }: AuditCheckpoint, before: number | null): boolean {
  return totalCount === null || before === null || totalCount === before + eventCount;
}

/** All events in their order, together with the checkpoints over them. */
async function* sealedEvents(
  prisma: Client,
  look: Look,
  own: Hashes,
  { trust, since }: { trust: Trust; since: AuditCheckpoint | null },
): AsyncGenerator<Part> {
  let place: Place = since ? placeOf(since) : beginning;
  let previous: Pick<AuditCheckpoint, 'id' | 'hash' | 'totalCount'> = since ?? noCheckpoint;
  const signatures = new Signatures(trust, since);
  for (;;) {
    const checkpoint = await look.ask(
      prisma.auditCheckpoint.findFirst({
        where: { id: { gt: previous.id } },
        orderBy: { id: 'asc' },
      }),
    );
    if (checkpoint === null) break;
    const upTo = placeOf(checkpoint);
    // Whatever has no position was sealed before anything that has one.
    if (place.position > 0 && upTo.position === 0) {
      yield { count: 0, bad: ofCheckpoint('CHECKPOINT_MISMATCH', checkpoint) };
    }
    if (place.position === 0 && upTo.position > 0) {
      yield* events(look, own, { after: place, upTo: lastWithoutPosition });
    }
    const seal = new Seal(previous.hash);
    yield* events(look, own, { after: place, upTo }, seal);
    const isRight =
      checkpoint.id === previous.id + 1 &&
      seal.count === checkpoint.eventCount &&
      seal.last?.id === checkpoint.lastEventId &&
      seal.last.position === upTo.position &&
      seal.digest() === checkpoint.hash &&
      isTotal(checkpoint, previous.totalCount);
    if (!isRight) yield { count: 0, bad: ofCheckpoint('CHECKPOINT_MISMATCH', checkpoint) };
    if (!signatures.goOnBy(checkpoint)) {
      yield { count: 0, bad: ofCheckpoint('CHECKPOINT_NOT_SIGNED', checkpoint) };
    }
    previous = checkpoint;
    place = upTo;
  }
  if (place.position === 0) yield* events(look, own, { after: place, upTo: lastWithoutPosition });
  yield* events(look, own, { after: place, upTo: end });
}

async function* events(look: Look, own: Hashes, range: Range, seal?: Seal): AsyncGenerator<Part> {
  const looked = inTurn(partsOf(look, range), async (part) => ({
    ...(await checkEvents(look, own, part)),
    part,
  }));
  for await (const { part, hashes, bad } of looked) {
    seal?.add(hashes, part);
    if (bad === null) yield { count: part.count, bad };
    else {
      const { position, ...at } = bad;
      const upTo = { id: at.eventId!, position };
      const { count } = await look.row<{ count: number }>(Prisma.sql`
        SELECT count(*)::int AS count FROM ${look.table('audit_event')} AS event
        WHERE ${isIn({ after: part.after, upTo })}`);
      yield { count, bad: at };
    }
  }
}

/** The hashes of some events and the first of them that is wrong. */
async function checkEvents(look: Look, own: Hashes, range: Range) {
  return await look.row<{ hashes: string; bad: (Break & { position: number }) | null }>(
    Prisma.sql`
    SELECT string_agg(coalesce(hash, ''), ' ' ORDER BY position, id) AS hashes,
      (array_agg(jsonb_build_object(
        'eventId', id, 'generationId', generation_id, 'detail', NULL,
        'position', coalesce(position, 0), 'reason', reason,
        'sequence', CASE reason WHEN 'EVENT_MISSING' THEN sequence - 1 ELSE sequence END
      ) ORDER BY generation_id NULLS FIRST, lane, sequence) FILTER (WHERE reason IS NOT NULL))[1] AS bad
    FROM (
      SELECT event.id, event.position, event.hash, event.generation_id, event.lane, event.sequence,
        CASE
          -- What is null is like nothing.
          WHEN (event.sequence >= 1 AND event.occurred_at BETWEEN '0001-01-02 00:00Z' AND '9999-12-30 00:00Z'
            AND floor(coalesce(event.position, 0)) = coalesce(event.position, 0)) IS NOT TRUE
            THEN 'EVENT_CHANGED'
          WHEN event.sequence > 1 AND before.previous IS NULL THEN 'EVENT_MISSING'
          WHEN (event.hash = ${own.event}) IS NOT TRUE THEN 'EVENT_CHANGED'
          WHEN event.sequence = 1 AND event.generation_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM ${look.table('video_generation')} AS generation
            WHERE generation.id = event.generation_id
          ) THEN 'GENERATION_MISSING'
        END AS reason
      FROM ${look.table('audit_event')} AS event CROSS JOIN LATERAL (
        -- As expressions, so that each is found by its index, whatever else would seem cheaper.
        SELECT CASE
          WHEN event.sequence = 1 THEN coalesce(event.generation_id::text, '')
          WHEN event.generation_id IS NULL THEN (
            SELECT other.hash FROM ${look.table('audit_event')} AS other
            WHERE other.generation_id IS NULL AND other.lane = event.lane
              AND other.sequence = event.sequence - 1
          )
          ELSE (
            SELECT other.hash FROM ${look.table('audit_event')} AS other
            WHERE other.generation_id = event.generation_id
              AND other.sequence = event.sequence - 1
          )
        END AS previous OFFSET 0
      ) AS before
      WHERE ${isIn(range)}
    ) AS looked`,
  );
}
