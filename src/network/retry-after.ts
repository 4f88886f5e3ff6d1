const longestRetryAfterMs = 24 * 60 * 60_000;

/** The wait that a `Retry-After` header asks for, in seconds or until a date; at most a day. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!text) return null;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? null : Math.round(Math.min(Math.max(wait, 0), longestRetryAfterMs));
}
