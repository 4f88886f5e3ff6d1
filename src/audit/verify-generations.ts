import { Prisma } from '../database/generated/client.ts';
import { isOfData } from '../database/unavailable.ts';
import { broken, type Break, type Part } from './breaks.ts';
import type { Hashes } from './hashes.ts';
import { inTurn, type Look } from './look.ts';
import { end, isIn, lastWithoutPosition, partsOf, type Place, type Range } from './ranges.ts';

/** So many generations are looked at in one statement. */
const generationBatch = 1_000;

/** All of them, by their ids. */
export async function* allGenerations(look: Look, own: Hashes): AsyncGenerator<Part> {
  yield* inTurn(batchesOf(look), (which) => checkGenerations(look, own, which));
}

async function* batchesOf(look: Look): AsyncGenerator<Prisma.Sql> {
  let after: string | null = null;
  for (;;) {
    const isNext: Prisma.Sql =
      after === null ? Prisma.sql`true` : Prisma.sql`generation.id > ${after}::uuid`;
    const batch: { last: string | null } = await look.row(Prisma.sql`
      SELECT max(id::text) AS last FROM (
        SELECT id FROM ${look.table('video_generation')} AS generation
        WHERE ${isNext} ORDER BY id LIMIT ${generationBatch}
      ) AS part`);
    if (batch.last === null) return;
    yield Prisma.sql`${isNext} AND generation.id <= ${batch.last}::uuid`;
    after = batch.last;
  }
}

/** Those that have had events since. */
export async function* touchedGenerations(
  look: Look,
  own: Hashes,
  since: Place,
): AsyncGenerator<Part> {
  const ranges: Range[] = [{ after: since, upTo: end }];
  if (since.position === 0) ranges.unshift({ after: since, upTo: lastWithoutPosition });
  for (const range of ranges) {
    for await (const part of partsOf(look, range)) {
      yield await checkGenerations(
        look,
        own,
        Prisma.sql`generation.id IN (SELECT event.generation_id FROM ${look.table('audit_event')} AS event WHERE ${isIn(part)})`,
      );
    }
  }
}

/** One of which nothing can be computed, such as a time without end, is not what was written either. */
async function checkGenerations(look: Look, own: Hashes, which: Prisma.Sql): Promise<Part> {
  try {
    return await compareGenerations(look, own, which);
  } catch (error) {
    if (!isOfData(error)) throw error;
    const rows = await look.rows<{ id: string }>(Prisma.sql`
      SELECT generation.id::text AS id FROM ${look.table('video_generation')} AS generation
      WHERE ${which} ORDER BY generation.id`);
    for (const { id } of rows) {
      try {
        const part = await compareGenerations(look, own, Prisma.sql`generation.id = ${id}::uuid`);
        if (part.bad) return part;
      } catch (reason) {
        if (!isOfData(reason)) throw reason;
        const detail = 'it has what no hash can be made of';
        return { count: 0, bad: broken('GENERATION_CHANGED', { generationId: id, detail }) };
      }
    }
    throw error;
  }
}

/** Whether rows are what their events say: the first one of what never changes, the last one of where it stands. */
async function compareGenerations(look: Look, own: Hashes, which: Prisma.Sql): Promise<Part> {
  const found = await look.row<{ unbound: number; bad: Break | null }>(
    Prisma.sql`
    SELECT (count(*) FILTER (WHERE is_unbound))::int AS unbound,
      (array_agg(jsonb_build_object(
        'eventId', event_id, 'generationId', id, 'sequence', sequence,
        'reason', CASE WHEN detail IS NULL THEN reason ELSE 'GENERATION_CHANGED' END,
        'detail', detail
      ) ORDER BY id) FILTER (WHERE reason IS NOT NULL OR detail IS NOT NULL))[1] AS bad
    FROM (
      SELECT generation.id, created.facts_hash IS NULL AS is_unbound,
        CASE WHEN generation.version < latest.sequence THEN latest.id END AS event_id,
        CASE WHEN generation.version < latest.sequence THEN latest.sequence
          WHEN ${lacksEvents} THEN coalesce(latest.sequence, 0) + 1
        END AS sequence,
        CASE WHEN generation.version < latest.sequence THEN 'EVENT_ADDED'
          WHEN ${lacksEvents} THEN 'EVENTS_MISSING_AT_END'
        END AS reason,
        CASE WHEN generation.version IS NULL THEN 'its version'
          WHEN generation.version IS DISTINCT FROM latest.sequence THEN NULL
          WHEN ${differs('created', 'facts_hash', own.facts)}
            THEN 'what never changes: caller, tenant, key, model, parameters, price'
          WHEN generation.redacted_at IS NOT NULL AND generation.prompt IS NOT NULL
            OR generation.redacted_at IS NULL AND ${differs('created', 'content_hash', own.content)}
            THEN 'prompt, images or tags'
          WHEN ${differs('latest', 'state_hash', own.state)}
            THEN 'where it stands: status, task, account, times, result'
          WHEN records.action = 'VIDEO_STORED' OR ${hasMadeUpVideo(look)}
            THEN 'its kept video: the hash, the size, or that it is kept'
          WHEN records.action IS NOT NULL
            THEN 'the records of its submissions: one that was sent, its price, caller, time, account, or the task that it was given'
        END AS detail
      FROM ${look.table('video_generation')} AS generation
      LEFT JOIN LATERAL (
        SELECT event.id, event.sequence, event.state_hash, ${isBound} AS is_bound FROM ${look.table('audit_event')} AS event
        WHERE event.generation_id = generation.id ORDER BY event.sequence DESC LIMIT 1
      ) AS latest ON true
      LEFT JOIN LATERAL (
        SELECT event.facts_hash, event.content_hash, ${isBound} AS is_bound FROM ${look.table('audit_event')} AS event
        WHERE event.generation_id = generation.id AND event.sequence = 1 LIMIT 1
      ) AS created ON true
      LEFT JOIN LATERAL (${changedRecords(look)}) AS records ON true
      WHERE ${which}
    ) AS looked`,
  );
  return { count: 0, ...found };
}

/** What is null is like nothing; only an event of before there were positions may say nothing. */
function differs(event: 'created' | 'latest', hash: string, own: Prisma.Sql): Prisma.Sql {
  const told = Prisma.raw(`${event}.${hash}`);
  return Prisma.sql`(${told} IS NOT NULL OR ${Prisma.raw(event)}.is_bound IS NOT FALSE)
            AND (${told} = ${own}) IS NOT TRUE`;
}

/** Also when it never had any: a generation is made together with its first event. */
const lacksEvents = Prisma.sql`(generation.version > latest.sequence OR latest.sequence IS NULL)`;

/** Since there are positions, each event says what its generation's row must hold. */
const isBound = Prisma.sql`event.position IS NOT NULL`;

/** Whether a video counts as kept that no event tells of. */
const hasMadeUpVideo = (look: Look) => Prisma.sql`EXISTS (
    SELECT FROM ${look.table('video_archive')} AS archive
    WHERE archive.generation_id = generation.id AND archive.state = 'STORED' AND NOT EXISTS (
      SELECT FROM ${look.table('audit_event')} AS told
      WHERE told.generation_id = generation.id AND told.action = 'VIDEO_STORED'
    )
  )`;

/**
 * The action of an event of the generation that tells of a submission, or of a kept video, which the
 * record of that does not bear out. Those
 * of before there were records say nothing of which it is. What was settled otherwise than by an
 * answer may be settled anew, so what tells of that is not compared.
 */
const changedRecords = (look: Look) => Prisma.sql`
  SELECT told.action::text AS action FROM ${look.table('audit_event')} AS told
  WHERE told.generation_id = generation.id AND CASE told.action
    -- As expressions, so that each is found by its index.
    WHEN 'SUBMISSION_SENT' THEN told.detail ->> 'submissionId' IS NOT NULL AND (
      SELECT submission.number FROM ${look.table('submission')} AS submission
      WHERE submission.generation_id = told.generation_id
        AND submission.id::text = told.detail ->> 'submissionId'
        AND submission.claimed_at = told.occurred_at
        AND submission.api_generation = generation.api_generation
        AND submission.simulated = generation.simulated AND submission.currency = 'USD'
        AND submission.list_price IS NOT DISTINCT FROM generation.list_price_usd
        AND submission.caller_id = coalesce((
          SELECT ordered.caller_id FROM ${look.table('audit_event')} AS ordered
          WHERE submission.reason = 'RESUBMIT' AND ordered.generation_id = told.generation_id
            AND ordered.action = 'RESUBMISSION_ORDERED' AND ordered.sequence < told.sequence
          ORDER BY ordered.sequence DESC LIMIT 1
        ), generation.caller_id)
      LIMIT 1
    ) IS NULL
    WHEN 'SUBMISSION_ACCEPTED' THEN (
      SELECT submission.number FROM ${look.table('submission')} AS submission
      WHERE submission.generation_id = told.generation_id AND submission.outcome = 'ACCEPTED'
        AND submission.task_id = told.detail ->> 'taskId'
        -- The generation's own columns are covered by its hash; of an earlier record nothing tells.
        AND (submission.id IS DISTINCT FROM generation.submission_id
          OR submission.account_id = generation.account_id)
      LIMIT 1
    ) IS NULL AND (
      SELECT sent.detail ->> 'submissionId' FROM ${look.table('audit_event')} AS sent
      WHERE sent.generation_id = told.generation_id AND sent.action = 'SUBMISSION_SENT'
        AND sent.sequence < told.sequence
      ORDER BY sent.sequence DESC LIMIT 1
    ) IS NOT NULL
    WHEN 'VIDEO_STORED' THEN generation.redacted_at IS NULL AND (
      SELECT archive.attempts FROM ${look.table('video_archive')} AS archive
      LEFT JOIN ${look.table('stored_object')} AS object ON object.id = archive.object_id
      WHERE archive.generation_id = told.generation_id
        AND archive.sha256 = told.detail ->> 'sha256'
        AND archive.bytes::text = told.detail ->> 'bytes'
        AND CASE archive.state
          WHEN 'STORED' THEN object.sha256 = archive.sha256 AND object.bytes = archive.bytes
          ELSE archive.state = 'EXPIRED' AND archive.removed_at IS NOT NULL
        END
      LIMIT 1
    ) IS NULL
  END
  LIMIT 1`;
