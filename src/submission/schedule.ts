import { jittered } from '../network/jitter.ts';

const minute = 60_000;

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
