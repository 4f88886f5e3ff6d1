import { ApiError } from './errors.ts';

/** After its first moments a body comes at this rate at least, on average. */
export interface Pace {
  graceMs: number;
  bytesPerSecond: number;
}

/**
 * Gives up what comes more slowly than it may, by what was `received` so far, until the timer is
 * cleared.
 *
 * Counted are looks at it and not time: a process that was suspended reads what has come meanwhile
 * before the next look.
 */
export function watchPace(
  { graceMs, bytesPerSecond }: Pace,
  received: () => number,
  giveUp: (error: ApiError) => void,
): NodeJS.Timeout {
  const lookMs = graceMs / 10;
  let looks = 0;
  return setInterval(() => {
    looks += 1;
    const seconds = (looks * lookMs - graceMs) / 1_000;
    if (received() >= seconds * bytesPerSecond) return;
    giveUp(new ApiError('BODY_TOO_SLOW', 'The body came too slowly: it was given up.'));
  }, lookMs);
}
