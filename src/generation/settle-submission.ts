import { v7 as uuidV7 } from 'uuid';
import { Prisma } from '../database/generated/client.ts';
import type { Settlement } from './generation.ts';
import type { Changes } from './write.ts';

/**
 * What a move consists of beside itself that stores what a person found out about the latest
 * submission of the generation, or about the one whose answer had named the task that was found. One
 * that the database lost is recorded anew.
 */
export function settleSubmission(
  { outcome, taskId, settledBy, account }: Settlement,
  settledAt: Date,
): { changes: Changes; parts: Prisma.Sql[] } {
  const settled = Prisma.sql`
    UPDATE submission SET outcome = ${outcome}::submission_outcome, task_id = ${taskId},
      settled_by = ${settledBy}, settled_at = ${settledAt}
    FROM moved
    WHERE submission.outcome = 'UNKNOWN' AND submission.id = coalesce((
      SELECT named.id FROM submission AS named
      WHERE named.generation_id = moved.id AND named.task_id = ${taskId} LIMIT 1
    ), moved.submission_id)`;
  if (!account) return { changes: {}, parts: [settled] };
  const id = uuidV7({ msecs: settledAt.getTime() });
  const orLost = Prisma.sql`
    CASE WHEN EXISTS (
      SELECT FROM submission WHERE submission.generation_id = generation.id AND (
        submission.task_id = ${taskId}
        OR submission.id = generation.submission_id AND submission.outcome = 'UNKNOWN'
      )
    ) THEN generation.submission_id ELSE ${id}::uuid END`;
  const recorded = Prisma.sql`
    INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation,
      simulated, caller_id, reason, list_price, currency, claimed_at, settled_at, settled_by, outcome,
      task_id)
    SELECT moved.submission_id, moved.id, coalesce(last.number, 0) + 1,
      coalesce(last.account_id, ${account.id}), coalesce(last.account_name, ${account.name}), 1,
      moved.simulated, moved.caller_id,
      CASE WHEN last.number IS NULL THEN 'FIRST' ELSE 'RETRY' END::submission_reason,
      moved.list_price_usd, 'USD', ${settledAt}, ${settledAt}, ${settledBy}, ${outcome}, ${taskId}
    FROM moved LEFT JOIN LATERAL (
      SELECT number, account_id, account_name FROM submission
      WHERE submission.generation_id = moved.id ORDER BY number DESC LIMIT 1
    ) AS last ON true
    WHERE moved.submission_id = ${id}::uuid`;
  return { changes: { submissionId: orLost }, parts: [settled, recorded] };
}
