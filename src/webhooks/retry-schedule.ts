const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits between the attempts; after the last of them no more is made. docs/webhooks.md has the table. */
const delaysMs = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
];

export const maxAttempts = delaysMs.length + 1;

/** An endpoint that has answered nothing but errors for so long is disabled. */
export const givesUpAfterMs = 5 * 24 * hour;

/** How long a delivery is shown, and can be sent again. */
export const keptForMs = 30 * 24 * hour;

/**
 * When to try again after so many attempts, in ms from now; null: never.
 *
 * With up to 20 % more, so that what failed together does not come back
 * together, and never earlier than the receiver's `Retry-After`.
 */
export function retryDelayMs(
  attempts: number,
  retryAfterMs: number | null,
  random = Math.random,
): number | null {
  const delay = delaysMs[attempts - 1];
  if (delay === undefined) return null;
  return Math.max(Math.round(delay * (1 + 0.2 * random())), retryAfterMs ?? 0);
}
