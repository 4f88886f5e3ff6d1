import type { LeasedGeneration, Move } from '../generation/generation.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import { NotAsStored } from '../minimax/stored-media.ts';

/** So often is a stored file asked for that is not there, or not as it was: it may have been away with its disk. */
const mostReads = 5;

/** The end of a request whose files are not stored as they were given; null while they may be had again. */
export function endOfLostInput(
  error: unknown,
  { attempts }: LeasedGeneration,
  now: Date,
): Move | null {
  if (!(error instanceof NotAsStored) || attempts < mostReads) return null;
  const failureKind = 'INPUT_INVALID' satisfies FailureKind;
  const reason = `Nothing was sent: ${error.message}. Upload it again and create a new generation.`;
  return {
    to: 'FAILED',
    patch: { failureKind, statusMessage: reason, nextAttemptAt: null, completedAt: now },
    event: { action: 'GENERATION_FAILED', detail: { reason, failureKind } },
  };
}
