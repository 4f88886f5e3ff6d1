import { Prisma, type SubmissionOutcome } from '../database/generated/client.ts';
import type { Answer } from '../generation/outcomes.ts';
import { MinimaxError } from '../minimax/errors.ts';

export type SettledAnswer = Answer & { taskId?: string | null };

/** What came of a submission, by its id. */
export interface Settled {
  id: string;
  answer: SettledAnswer;
}

/** That a callback told of a task of what was refused, or not answered. */
const isToldOtherwise = Prisma.sql`(submission.task_id IS NOT NULL AND submission.settled_by IS NULL
  AND given.task_id IS NULL AND given.outcome IN ('REFUSED', 'UNKNOWN'))`;

/**
 * Stores what came of submissions, and gives the ids of those that it could settle: not one that a
 * person has said has another task, nor, where an answer tells nothing, one that was found out about.
 * They are locked first: what a callback tells in the same moment would not be seen otherwise.
 */
export function settling(settled: readonly Settled[], at: Date): Prisma.Sql {
  const each = <Value>(value: (answer: SettledAnswer) => Value) =>
    settled.map(({ answer }) => value(answer));
  return Prisma.sql`
    WITH before AS MATERIALIZED (
      SELECT id, task_id, settled_by FROM submission
      WHERE id = ANY (${settled.map(({ id }) => id)}::uuid[]) ORDER BY id FOR UPDATE
    )
    UPDATE submission SET
      outcome = CASE WHEN ${isToldOtherwise} THEN 'UNKNOWN' ELSE given.outcome END,
      task_id = CASE WHEN ${isToldOtherwise} THEN submission.task_id ELSE given.task_id END,
      answered_at = given.answered_at, settled_at = ${at}, settled_by = NULL,
      http_status = given.http_status, status_code = given.status_code,
      status_message = given.status_message, trace_id = given.trace_id, latency_ms = given.latency_ms
    FROM unnest(
      ${settled.map(({ id }) => id)}::uuid[], ${each(outcomeOf)}::submission_outcome[],
      ${each(({ httpStatus }) => (httpStatus === null ? null : at))}::timestamptz[],
      ${each(({ httpStatus }) => httpStatus)}::integer[],
      ${each(({ statusCode }) => statusCode)}::integer[],
      ${each(({ statusMessage }) => statusMessage)}::text[],
      ${each(({ traceId }) => traceId)}::text[],
      ${each(({ latencyMs }) => Math.round(latencyMs))}::integer[],
      ${each(({ taskId }) => taskId ?? null)}::text[]
    ) AS given (id, outcome, answered_at, http_status, status_code, status_message, trace_id,
      latency_ms, task_id)
    JOIN before ON before.id = given.id
    WHERE submission.id = given.id
      AND (submission.outcome IN ('PREPARED', 'SENT', 'UNKNOWN') OR submission.settled_by IS NOT NULL)
      AND (submission.settled_by IS NULL OR submission.task_id IS NULL
        OR submission.task_id IS NOT DISTINCT FROM given.task_id)
      AND (submission.settled_by IS NULL OR given.outcome <> 'UNKNOWN'
        OR submission.task_id IS NULL AND given.task_id IS NOT NULL)
    RETURNING submission.id::text, submission.generation_id::text AS "generationId",
      CASE WHEN submission.task_id IS DISTINCT FROM before.task_id AND before.settled_by IS NULL
        THEN before.task_id END AS told`;
}

export const tellsNothing = (answer: SettledAnswer): boolean =>
  outcomeOf(answer) === 'UNKNOWN' && answer.taskId == null;

export function outcomeOf(answer: Answer): SubmissionOutcome {
  if (!(answer instanceof MinimaxError)) return 'ACCEPTED';
  switch (answer.kind) {
    case 'refused':
    case 'throttled':
    case 'unauthorized':
      return 'REFUSED';
    case 'unreachable':
      return 'NOT_SENT';
    case 'uncertain':
      return 'UNKNOWN';
  }
}
