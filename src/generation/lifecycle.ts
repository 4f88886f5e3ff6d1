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

/** A task that has not ended by then is called stalled: MiniMax's clips take minutes at most (wire contract §5). */
export const stalledAfterMs = 30 * 60_000;

/** Answers of one kind after which we stop believing that MiniMax will ever hand out the result. */
export const maxUnusableAnswers = 5;

const minute = 60_000;
const hour = 60 * minute;

/**
 * When to try a submission again that MiniMax surely did not accept, in ms from now.
 *
 * Doubles from 2 s to 5 min with ±20 % jitter, never earlier than upstream's `Retry-After`.
 */
export function submissionDelayMs(
  attempts: number,
  retryAfterMs: number | null,
  random = Math.random,
): number {
  const backoff = Math.min(2_000 * 2 ** Math.min(attempts - 1, 20), 5 * minute);
  return Math.max(jittered(backoff, random), retryAfterMs ?? 0);
}

/**
 * When to look at a running task again, in ms from now.
 *
 * One poll interval while the task is young, growing to six after ten minutes;
 * past the deadline a tenth of its age, up to an hour.
 */
export function queryDelayMs(ageMs: number, pollIntervalMs: number, random = Math.random): number {
  const young = pollIntervalMs * (1 + Math.min(ageMs / (2 * minute), 5));
  return jittered(
    ageMs < stalledAfterMs ? young : Math.min(Math.max(ageMs / 10, young), hour),
    random,
  );
}

/** When to look again after upstream's `errors`-th failure in a row, in ms from now. */
export function queryErrorDelayMs(
  errors: number,
  ageMs: number,
  pollIntervalMs: number,
  retryAfterMs: number | null,
  random = Math.random,
): number {
  const backoff = Math.min(
    pollIntervalMs * 2 ** Math.min(errors - 1, 20),
    Math.max(5 * minute, pollIntervalMs),
  );
  return Math.max(
    jittered(backoff, random),
    ageMs < stalledAfterMs ? 0 : queryDelayMs(ageMs, pollIntervalMs, random),
    retryAfterMs ?? 0,
  );
}

function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.8 + 0.4 * random()));
}
