import { jittered } from '../network/jitter.ts';

/** A task that has not ended by then is called stalled: MiniMax's clips take minutes at most (wire contract §5). */
export const stalledAfterMs = 30 * 60_000;

/** Answers of one kind after which we stop believing that MiniMax will ever hand out the result. */
export const maxUnusableAnswers = 5;

const minute = 60_000;
const hour = 60 * minute;

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

/** When to look again whether the key of a task's account is there, in ms from now. */
export function unknownAccountDelayMs(
  ageMs: number,
  pollIntervalMs: number,
  random = Math.random,
): number {
  return Math.max(jittered(5 * minute, random), queryDelayMs(ageMs, pollIntervalMs, random));
}

/** When to look again after upstream's `errors`-th failure in a row, in ms from now; in an hour at the latest, whatever it asks for. */
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
    Math.min(retryAfterMs ?? 0, hour),
  );
}
