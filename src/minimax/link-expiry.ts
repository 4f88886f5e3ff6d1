import { parseUrl } from '../network/parse-url.ts';

const longestMs = 7 * 24 * 60 * 60_000;

/** Clouds that sign for so many seconds after a date: Alibaba, Amazon, Volcengine, Google. */
const vendors = ['x-oss', 'x-amz', 'x-tos', 'x-goog'];

/**
 * When a pre-signed link ends, by its own query parameters: `Expires` (Unix seconds),
 * `X-Oss-Expires`, `X-Amz-Expires`, `X-Tos-Expires` and `X-Goog-Expires` (seconds after the matching
 * `-Date`), Azure's `se`, Tencent's `q-sign-time`. Never more than 7 days ahead; it may have passed
 * already. Null where none of them can be read (wire contract §6).
 */
export function linkExpiry(url: string, now: Date): Date | null {
  const query = parseUrl(url)?.searchParams;
  const endMs = query ? signedUntilMs(query, now.getTime()) : null;
  return endMs === null ? null : new Date(Math.min(endMs, now.getTime() + longestMs));
}

function signedUntilMs(query: URLSearchParams, nowMs: number): number | null {
  const values = new Map([...query].map(([key, value]) => [key.toLowerCase(), value]));
  for (const vendor of vendors) {
    const life = wholeNumber(values.get(`${vendor}-expires`));
    if (life === null) continue;
    const date = values.get(`${vendor}-date`);
    const sinceMs = date === undefined ? nowMs : signedAtMs(date);
    return sinceMs === null ? null : sinceMs + life * 1000;
  }
  const seconds =
    wholeNumber(values.get('expires')) ??
    wholeNumber(/^\d+;(\d+)$/.exec(values.get('q-sign-time') ?? '')?.[1]);
  // 13 digits are milliseconds.
  if (seconds !== null) return seconds >= 1e12 ? seconds : seconds * 1000;
  // A "+" that was not encoded reads as a blank.
  const azure = values.get('se')?.replace(' ', '+') ?? '';
  const isDate = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(azure);
  const endMs = isDate ? Date.parse(azure) : NaN;
  return Number.isNaN(endMs) ? null : endMs;
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,13}$/.test(text) ? Number(text) : null;
}

/** Reads `20261118T093000Z`. */
function signedAtMs(text: string | undefined): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? null : ms;
}
