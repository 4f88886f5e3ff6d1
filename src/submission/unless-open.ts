import type { LeasedGeneration, Move } from '../generation/generation.ts';
import { notCreated } from '../generation/lifecycle.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type { Submissions } from './submissions.ts';

/**
 * The move itself, but where it would end a generation of which another submission may have been
 * accepted: then that one counts again, and whoever decides is told what came of this one. What is
 * put off and was sent again since is not sent once more for that. What MiniMax refused, yet told of a
 * task while it was being sent, is uncertain.
 */
export async function unlessOpen(
  submissions: Pick<Submissions, 'openBeside' | 'isLatest' | 'taskToldOf'>,
  generation: LeasedGeneration,
  move: Move,
  now: Date,
): Promise<Move> {
  const wasRefused = move.event.httpStatus != null && ['QUEUED', 'FAILED'].includes(move.to);
  const taskId = wasRefused ? await submissions.taskToldOf(generation) : null;
  if (taskId !== null) return contradicted(move, taskId);
  const isOver = move.to === 'QUEUED' && !(await submissions.isLatest(generation));
  if (!isOver && (move.to !== 'FAILED' || generation.attempts < 2)) return move;
  const open = await submissions.openBeside(generation);
  if (open === null) return isOver ? notCreated(move, now) : move;
  const said = move.patch.statusMessage ?? 'no reason was told';
  return {
    ...move,
    to: 'UNCERTAIN',
    patch: {
      ...move.patch,
      ...{ nextAttemptAt: null, completedAt: null },
      ...{ submissionId: open.id, accountId: open.accountId, submittedAt: open.claimedAt },
      failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
      statusMessage: `One of several submissions was refused: ${said}. Nobody knows whether MiniMax accepted another one.`,
    },
  };
}

function contradicted(move: Move, taskId: string): Move {
  const said = move.patch.statusMessage ?? 'no reason was told';
  const reason = `MiniMax refused it: ${said}. Yet a callback told of its task ${taskId}.`;
  return {
    to: 'UNCERTAIN',
    patch: {
      ...move.patch,
      ...{ nextAttemptAt: null, completedAt: null, statusMessage: reason },
      failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
    },
    event: { ...move.event, action: 'SUBMISSION_UNCERTAIN', detail: { reason, taskId } },
  };
}
