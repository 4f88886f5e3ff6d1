import type { LeasedGeneration, Move } from '../generation/generation.ts';
import { notCreated } from '../generation/lifecycle.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type { Submissions } from './submissions.ts';

/**
 * The move itself, but where it would end a generation, or have it sent again, of which this or another
 * submission may have been accepted: then that one counts again, and whoever decides is told what came of
 * this one. What is put off and was sent again since is not sent once more for that. It is for the
 * generation as it was when this was found out: a callback may tell of a task meanwhile.
 */
export async function unlessOpen(
  submissions: Pick<Submissions, 'look' | 'openBeside' | 'isLatest'>,
  generation: LeasedGeneration,
  move: Move,
  now: Date,
): Promise<Move> {
  if (move.to !== 'QUEUED' && move.to !== 'FAILED') return move;
  const seen = await submissions.look(generation);
  const isTold = seen?.outcome === 'UNKNOWN' && seen.taskId !== null;
  const made = isTold
    ? contradicted(move, seen.taskId!)
    : await unlessAnotherIs(submissions, generation, move, now);
  return { ...made, ...(seen && { version: seen.version }) };
}

async function unlessAnotherIs(
  submissions: Pick<Submissions, 'openBeside' | 'isLatest'>,
  generation: LeasedGeneration,
  move: Move,
  now: Date,
): Promise<Move> {
  const isOver = move.to === 'QUEUED' && !(await submissions.isLatest(generation));
  if (!isOver && (move.to !== 'FAILED' || generation.attempts < 2)) return move;
  const open = await submissions.openBeside(generation);
  if (open === null) return isOver ? notCreated(move, now) : move;
  const named = open.taskId === null ? '' : ` Task ${open.taskId} was named for that one.`;
  const message = `One of several submissions was refused: ${saidIn(move)}. Nobody knows whether MiniMax accepted another one.${named}`;
  const uncertain = toUncertain(move, message);
  const { id: submissionId, accountId, claimedAt: submittedAt } = open;
  return { ...uncertain, patch: { ...uncertain.patch, submissionId, accountId, submittedAt } };
}

function contradicted(move: Move, taskId: string): Move {
  const reason = `MiniMax refused it: ${saidIn(move)}. Yet a callback told of its task ${taskId}.`;
  return {
    ...toUncertain(move, reason),
    event: { ...move.event, action: 'SUBMISSION_UNCERTAIN', detail: { reason, taskId } },
  };
}

function toUncertain({ event, patch: { statusCode, traceId } }: Move, statusMessage: string): Move {
  return {
    to: 'UNCERTAIN',
    patch: {
      ...{ statusCode, traceId, statusMessage, nextAttemptAt: null },
      failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
    },
    event,
  };
}

function saidIn({ patch }: Move): string {
  return patch.statusMessage ?? 'no reason was told';
}
