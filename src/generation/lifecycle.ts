import type { VideoGenerationStatus as Status } from '../database/generated/client.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type { Move, Patch, VideoGeneration } from './generation.ts';

/** The statuses a generation may move to from each; see docs/generations.md for the picture. */
export const allowedMoves: Readonly<Record<Status, readonly Status[]>> = {
  // PROCESSING: a person found the task of one that is held, or an answer told it that came late.
  QUEUED: ['SUBMITTING', 'CANCELLED', 'PROCESSING'],
  SUBMITTING: ['PROCESSING', 'QUEUED', 'FAILED', 'UNCERTAIN'],
  // CANCELLED: MiniMax had it queued still.
  PROCESSING: ['SUCCEEDED', 'FAILED', 'CANCELLED'],
  // A late answer may still settle what was called uncertain, or leave an earlier submission that is.
  UNCERTAIN: ['PROCESSING', 'FAILED', 'QUEUED', 'UNCERTAIN'],
  SUCCEEDED: [],
  // A person may have a lost task looked for again, or an answer comes late.
  FAILED: ['PROCESSING'],
  // It had been sent before it was withdrawn, and its task was found.
  CANCELLED: ['PROCESSING'],
};

/** True when nothing will happen to the generation any more by itself. */
export function isFinal(status: Status): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'CANCELLED';
}

const lost: readonly string[] = [
  'TASK_UNKNOWN',
  'RESULT_MISSING',
  'NOT_CREATED',
] satisfies FailureKind[];

/** True when there may be a paid video all the same: MiniMax did not say that there is none, it or a person did not find it. */
export function isLost({ status, failureKind }: VideoGeneration): boolean {
  return status === 'FAILED' && failureKind !== null && lost.includes(failureKind);
}

/** As before the first look at a task. */
export const unseen = {
  failureKind: null,
  queryErrors: 0,
  upstreamStatus: null,
  callbackStatus: null,
  fileId: null,
  videoWidth: null,
  videoHeight: null,
  completedAt: null,
} satisfies Patch;

/** The end, at this time, of what was put off and is not sent again. */
export function notCreated(move: Move, completedAt: Date): Move {
  const failureKind = 'NOT_CREATED' satisfies FailureKind;
  const patch = { ...move.patch, failureKind, nextAttemptAt: null, completedAt };
  return { ...move, to: 'FAILED', patch };
}
