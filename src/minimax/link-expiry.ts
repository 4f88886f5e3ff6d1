import { parseUrl } from '../network/parse-url.ts';

const hourMs = 60 * 60_000;
const longestMs = 7 * 24 * hourMs;

/**
 * When a pre-signed link ends, by its own query parameters: `Expires` (Unix
 * seconds), or `X-Oss-Expires` and `X-Amz-Expires` (seconds after the matching
 * `-Date`). Without a readable one, or with one that has passed already, an
 * hour from now as the documentation says; never more than 7 days ahead
 * (wire contract §6).
 */
export function linkExpiry(url: string, now: Date): Date {
  const query = parseUrl(url)?.searchParams;
  const found = query ? signedUntilMs(query, now.getTime()) : null;
  const lifeMs = (found ?? NaN) - now.getTime();
  if (!(lifeMs > 0)) return new Date(now.getTime() + hourMs);
  return new Date(now.getTime() + Math.min(lifeMs, longestMs));
}

function signedUntilMs(query: URLSearchParams, nowMs: number): number | null {
  const values = new Map([...query].map(([key, value]) => [key.toLowerCase(), value]));
  const seconds = (key: string) => {
    const text = values.get(key);
    return text !== undefined && /^\d{1,13}$/.test(text) ? Number(text) : null;
  };
  for (const vendor of ['x-oss', 'x-amz']) {
    const life = seconds(`${vendor}-expires`);
    if (life !== null) return (signedAtMs(values.get(`${vendor}-date`)) ?? nowMs) + life * 1000;
  }
  const expires = seconds('expires');
  if (expires === null) return null;
  // 13 digits are milliseconds.
  return expires >= 1e12 ? expires : expires * 1000;
}

/** Reads `20261118T093000Z`. */
function signedAtMs(text: string | undefined): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? null : ms;
}
