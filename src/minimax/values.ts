import { parseUrl } from '../network/parse-url.ts';
import { isStorable, storable, storableInteger } from '../network/storable.ts';
import type { Fields } from './envelope.ts';

export const longestId = 256;
const longestUrl = 8_192;

/** Of the clouds that keep files for MiniMax and for proxies of it. */
const storageHosts =
  /\.(aliyuncs\.com|amazonaws\.com(\.cn)?|volces\.com|myqcloud\.com|googleapis\.com|windows\.net|minimaxi?\.(io|com)|hailuoai\.(com|video))$/;

/**
 * The same JSON with integers of 16 and more digits as strings, so that ids
 * beyond 2^53 keep their digits. Digits inside strings are left alone.
 */
export function quoteLongIntegers(json: string): string {
  if (!/\d{16}/.test(json)) return json;
  const parts: string[] = [];
  let copied = 0;
  let at = 0;
  while (at < json.length) {
    const char = json[at]!;
    if (char === '"') {
      at = endOfString(json, at);
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      let end = at + 1;
      while (end < json.length && /[\d.eE+-]/.test(json[end]!)) end += 1;
      const number = json.slice(at, end);
      if (/^-?\d{16,}$/.test(number)) {
        parts.push(json.slice(copied, at), '"', number, '"');
        copied = end;
      }
      at = end;
    } else {
      at += 1;
    }
  }
  parts.push(json.slice(copied));
  return parts.join('');
}

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

export function firstOf<T>(layers: readonly Fields[], read: (layer: Fields) => T | null): T | null {
  for (const layer of layers) {
    const found = read(layer);
    if (found !== null) return found;
  }
  return null;
}

export function asText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = storable(value.trim());
  return text === '' ? null : text;
}

export function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' ? number : null;
}

export function asInteger(value: unknown): number | null {
  return storableInteger(asNumber(value));
}

/** A positive number: MiniMax writes 0 for "unknown" (wire contract §6). */
export function asSize(value: unknown): number | null {
  const size = asInteger(value);
  return size !== null && size > 0 ? size : null;
}

/** Digits beyond 2^53 may have been rounded by a proxy that read them as a number. */
export function isSameId(id: string | null, asked: string): boolean {
  return id === asked || (id !== null && /^\d{16,}$/.test(asked) && Number(id) === Number(asked));
}

/** What some write where there is no id: words, signs, zeros. */
const none =
  /^(?:(?:0x)?[^a-z1-9]*|0+e0+|(?:task|job)_0+|n\/?a|null|nil|none|undefined|nan|true|false|unknown|empty|invalid|failed|error|pending)$/i;

export function isNoId(value: unknown): boolean {
  return !['string', 'number'].includes(typeof value) || none.test(String(value).trim());
}

/**
 * One that can be stored and asked for as it is: with another character in it, it names nothing, as
 * no negative number does, dots alone would name another path, and what ends in `…` was cut.
 */
export function asId(value: unknown): string | null {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const id = typeof text === 'string' ? text.trim() : '';
  return isNoId(id) || /^(\.+|-\d+|.*…)$/.test(id) || !isStorable(id, longestId) ? null : id;
}

export function asHttpUrl(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  const url = isStorable(text, longestUrl) ? parseUrl(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  // A secret, which is not handed out, and nothing fetches from such an address.
  if (url.username !== '' || url.password !== '') return null;
  // They serve both at their own ports, and no signature holds the scheme.
  return url.port === '' && storageHosts.test(url.hostname)
    ? text.replace(/^http:(\/\/[^/?#]*?)(:80)?(?=[/?#]|$)/i, 'https:$1')
    : text;
}
