import { v7 as uuidV7 } from 'uuid';
import type { AuditAction } from '../audit/events.ts';
import { Prisma } from '../database/generated/client.ts';
import type { FoundTask, Settlement } from './generation.ts';
import type { Changes } from './write.ts';

interface Settling {
  changes: Changes;
  /** They find the generation as it has become in `moved`. */
  parts: Prisma.Sql[];
}

/**
 * What a move consists of beside itself that stores what a person found out about what was sent for
 * the generation.
 *
 * A task that was found has then one record that says so, of the account that it is followed with:
 * the database has no other of this account and task, or refuses the whole.
 */
export function settleSubmissions(settlement: Settlement, settledAt: Date): Settling {
  return settlement.found
    ? settleFound(settlement.found, settlement.settledBy, settledAt)
    : { changes: {}, parts: [settleRefused(settlement.settledBy, settledAt)] };
}

/** Of a submission: that no more is known of what came of it than a person has said. */
export const isOpen = Prisma.sql`(outcome = 'UNKNOWN' OR outcome = 'REFUSED' AND settled_by IS NOT NULL)`;

/** Of a row of submissions: that MiniMax accepted it, and none that was sent for the generation later. */
export function wasAcceptedLast(submission: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`${submission}.outcome = 'ACCEPTED' AND NOT EXISTS (
    SELECT FROM submission AS later
    WHERE later.generation_id = ${submission}.generation_id AND later.number > ${submission}.number
      AND later.outcome NOT IN ('PREPARED', 'NOT_SENT', 'REFUSED')
  )`;
}

/**
 * Of a generation without a task: that no record tells of a task of it, but of this one, which is to be
 * followed then (submission/left-behind.ts). Counted, since for NOT EXISTS PostgreSQL may read all that was ever accepted.
 */
export function isNotAccepted(generation: Prisma.Sql, but: string | null = null): Prisma.Sql {
  return Prisma.sql`0 = (
    SELECT count(*) FROM submission AS accepted
    WHERE accepted.generation_id = ${generation}.id AND ${wasAcceptedLast(Prisma.sql`accepted`)}
      AND accepted.task_id IS DISTINCT FROM ${but})`;
}

/** Why what is needless is held, as its event says. */
export const needlessReason =
  'the one that it repeats, or what was sent for it before, goes on after all: two would be paid';

/**
 * Of an event: that it tells of a callback which named a task that no answer had told. As an expression, or all
 * callbacks might be read for those of one generation.
 */
export function isToldBy(event: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(${event}.action || '' = 'CALLBACK_RECEIVED' AND ${event}.detail ? 'taskId')`;
}

/**
 * Of a generation: that a callback told of a task of it which no answer has told anybody, and nobody has
 * decided since, by one of these actions.
 */
function isTold(generation: Prisma.Sql, decisions: readonly AuditAction[]): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT FROM audit_event AS told
    WHERE told.generation_id = ${generation}.id AND ${isToldBy(Prisma.sql`told`)} AND NOT EXISTS (
        SELECT FROM audit_event AS decided
        WHERE decided.generation_id = told.generation_id AND decided.sequence > told.sequence
          AND decided.action = ANY (${decisions}::text[])
      ) AND NOT EXISTS (
        SELECT FROM submission
        WHERE submission.task_id = told.detail->>'taskId' AND outcome = 'ACCEPTED'
      ))`;
}

/** Of one that was withdrawn while it was held: it may have been sent by what the database forgot. */
const wasWithdrawnHeld = Prisma.sql`(original.status = 'CANCELLED' AND EXISTS (
  SELECT FROM audit_event AS held
  WHERE held.generation_id = original.id AND held.action = 'GENERATION_HELD'
    AND held.detail->>'reason' <> ${needlessReason} AND NOT EXISTS (
      SELECT FROM audit_event AS released
      WHERE released.generation_id = held.generation_id AND released.sequence > held.sequence
        AND released.action = 'GENERATION_RELEASED'
    )))`;

/**
 * Of a generation that waits to be sent: that one that it repeats, directly or not, goes on after all, or will
 * by its record, or that a callback told of a task of it, or of this one: two would be paid. What was made anew
 * of the same video before counts as repeated. Not once somebody has released it although it was held for that.
 */
export function isNeedless(generation: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`((${generation}.retry_of_id IS NOT NULL OR ${generation}.source_id IS NOT NULL)
    AND EXISTS (
      WITH RECURSIVE original AS (
        SELECT id, retry_of_id, status, task_id FROM video_generation
        WHERE id = ${generation}.retry_of_id
          OR source_id = ${generation}.source_id AND id <> ${generation}.id
        UNION
        SELECT earlier.id, earlier.retry_of_id, earlier.status, earlier.task_id
        FROM original JOIN video_generation AS earlier ON earlier.id = original.retry_of_id
      )
      SELECT FROM original WHERE status IN ('PROCESSING', 'SUCCEEDED')
        OR task_id IS NULL AND NOT ${isNotAccepted(Prisma.sql`original`)}
        OR ${isTold(Prisma.sql`original`, ['DECLARED_NOT_CREATED'])} OR ${wasWithdrawnHeld}
    ) AND NOT EXISTS (
      SELECT FROM audit_event AS held JOIN audit_event AS released USING (generation_id)
      WHERE generation_id = ${generation}.id AND held.action = 'GENERATION_HELD'
        AND held.detail->>'reason' = ${needlessReason}
        AND released.action = 'GENERATION_RELEASED' AND released.sequence > held.sequence
    ) OR ${generation}.attempts > 0
      AND ${isTold(generation, ['RESUBMISSION_ORDERED', 'GENERATION_RELEASED'])})`;
}

/** Of a generation: that none of what was sent for its successors, if it has any, can have become a task. */
export const hasNoneInItsPlace = Prisma.sql`NOT EXISTS (
  WITH RECURSIVE successor AS (
    SELECT id, successor_id FROM video_generation WHERE id = generation.successor_id
    UNION
    SELECT later.id, later.successor_id
    FROM successor JOIN video_generation AS later ON later.id = successor.successor_id
  )
  SELECT FROM successor JOIN submission AS other ON other.generation_id = successor.id
  WHERE other.outcome NOT IN ('PREPARED', 'NOT_SENT', 'REFUSED'))`;

/**
 * Of a generation that is uncertain, waits, or failed: that this submission was given this task, and
 * nobody has decided more than that it is to be sent again, or was not created.
 */
export function wasAccepted(submissionId: string, taskId: string): Prisma.Sql {
  return Prisma.sql`(generation.status = 'UNCERTAIN' OR ${hasNoneInItsPlace}
      AND generation.redacted_at IS NULL
      AND (generation.status = 'QUEUED' OR generation.failure_kind = 'NOT_CREATED')
    ) AND generation.task_id IS NULL AND EXISTS (
      SELECT FROM submission WHERE id = ${submissionId}::uuid AND submission.task_id = ${taskId}
        AND ${wasAcceptedLast(Prisma.sql`submission`)}
    )`;
}

/**
 * The submission that counts is the one that the person named, or whose answer, or a callback, named the
 * task, or else the latest that is open of an uncertain generation, or the latest, if it is open, or has a task
 * that somebody had named and MiniMax does not know. Otherwise there was one that the database does not know.
 */
function settleFound(
  { taskId, submissionId, account }: FoundTask,
  settledBy: string,
  settledAt: Date,
): Settling {
  const newId = uuidV7({ msecs: settledAt.getTime() });
  const named = Prisma.sql`FROM submission AS named
    WHERE named.generation_id = generation.id AND ${
      submissionId === null
        ? Prisma.sql`named.task_id = ${taskId}`
        : Prisma.sql`named.id = ${submissionId}::uuid`
    }
    ORDER BY named.number DESC LIMIT 1`;
  const latest = Prisma.sql`FROM submission AS latest
    WHERE latest.generation_id = generation.id AND (
      ${isOpen} AND (latest.id = generation.submission_id OR generation.status = 'UNCERTAIN'
        OR generation.status = 'FAILED' AND outcome = 'UNKNOWN')
      -- What somebody said of it before was not so.
      OR latest.id = generation.submission_id AND settled_by IS NOT NULL AND outcome = 'ACCEPTED'
        AND generation.failure_kind = 'TASK_UNKNOWN'
    )
    ORDER BY latest.number DESC LIMIT 1`;
  const settled = Prisma.sql`
    UPDATE submission SET outcome = 'ACCEPTED', task_id = ${taskId}, account_id = moved.account_id,
      settled_by = ${settledBy}, settled_at = ${settledAt}
    FROM moved WHERE submission.id = moved.submission_id
      AND (submission.outcome <> 'ACCEPTED' OR submission.task_id <> ${taskId})`;
  const recorded = Prisma.sql`
    INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation,
      simulated, caller_id, reason, list_price, currency, claimed_at, settled_at, settled_by, outcome,
      task_id)
    SELECT moved.submission_id, moved.id, last.number + 1, moved.account_id, coalesce((
        SELECT account_name FROM submission
        WHERE submission.account_id = moved.account_id ORDER BY submission.id DESC LIMIT 1
      ), ${account.name}), moved.api_generation, moved.simulated, moved.caller_id,
      CASE WHEN last.number = 0 THEN 'FIRST' ELSE 'RETRY' END::submission_reason,
      moved.list_price_usd, 'USD', ${settledAt}, ${settledAt}, ${settledBy}, 'ACCEPTED', ${taskId}
    FROM moved CROSS JOIN LATERAL (
      SELECT coalesce(max(number), 0) AS number FROM submission
      WHERE submission.generation_id = moved.id
    ) AS last
    WHERE moved.submission_id = ${newId}::uuid`;
  return {
    changes: {
      submissionId: Prisma.sql`
        coalesce((SELECT named.id ${named}), (SELECT latest.id ${latest}), ${newId}::uuid)`,
      // Of what was sent before accounts were stored some is of an unknown one, and followed with the one that sends.
      accountId: Prisma.sql`coalesce(
        (SELECT nullif(named.account_id, 'unknown') ${named}),
        (SELECT nullif(latest.account_id, 'unknown') ${latest}), generation.account_id, ${account.id})`,
      // One of which no record tells was sent, too, where it waited.
      attempts: Prisma.sql`generation.attempts + (generation.held_at IS NOT NULL AND NOT EXISTS
        (SELECT named.id ${named}) AND NOT EXISTS (SELECT latest.id ${latest}))::int`,
    },
    parts: [settled, recorded],
  };
}

/** MiniMax accepted none of what was sent: the tasks that answers named are given free. */
function settleRefused(settledBy: string, settledAt: Date): Prisma.Sql {
  return Prisma.sql`
    UPDATE submission SET outcome = 'REFUSED', task_id = NULL, settled_by = ${settledBy},
      settled_at = ${settledAt}
    FROM moved WHERE submission.generation_id = moved.id AND submission.outcome = 'UNKNOWN'`;
}
