import type { VideoGenerationStatus as Status } from '../database/generated/client.ts';

/** The statuses a generation may move to from each; see docs/generations.md for the picture. */
export const allowedMoves: Readonly<Record<Status, readonly Status[]>> = {
  QUEUED: ['SUBMITTING', 'CANCELLED'],
  SUBMITTING: ['PROCESSING', 'QUEUED', 'FAILED', 'UNCERTAIN'],
  PROCESSING: ['SUCCEEDED', 'FAILED'],
  // A late answer may still settle what was called uncertain.
  UNCERTAIN: ['PROCESSING', 'FAILED', 'QUEUED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};

/** True when nothing will happen to the generation any more. */
export function isFinal(status: Status): boolean {
  return allowedMoves[status].length === 0;
}
