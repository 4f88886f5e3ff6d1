import type { LeasedGeneration, Move } from '../generation/generation.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type { Submissions } from './submissions.ts';

/**
 * The move itself, but where it would end a generation of which an earlier submission may have been
 * accepted: then that one counts again, and whoever decides is told what came of the later one.
 */
export async function unlessOpen(
  submissions: Pick<Submissions, 'openBefore'>,
  generation: LeasedGeneration,
  move: Move,
): Promise<Move> {
  if (move.to !== 'FAILED' || generation.attempts < 2) return move;
  const open = await submissions.openBefore(generation);
  if (open === null) return move;
  const said = move.patch.statusMessage ?? 'no reason was told';
  return {
    ...move,
    to: 'UNCERTAIN',
    patch: {
      ...move.patch,
      completedAt: null,
      ...{ submissionId: open.id, accountId: open.accountId, submittedAt: open.claimedAt },
      failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
      statusMessage: `What was sent again was refused: ${said}. Nobody knows whether MiniMax accepted what was sent before.`,
    },
  };
}
