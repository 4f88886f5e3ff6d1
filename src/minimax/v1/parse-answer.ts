import { parseUrl } from '../../network/parse-url.ts';
import { isStorable, storable, storableInteger } from '../../network/storable.ts';
import { asObject, envelopeCode, layersOf, type AnswerError, type Fields } from './envelope.ts';

const longestId = 256;
const longestUrl = 8_192;

/** Of the clouds that keep files for MiniMax and for proxies of it. */
const storageHosts =
  /\.(aliyuncs\.com|amazonaws\.com(\.cn)?|volces\.com|myqcloud\.com|googleapis\.com|windows\.net|minimaxi?\.(io|com)|hailuoai\.(com|video))$/;

/** An answer of any operation, as far as it has the shape of one. */
export interface AnswerBody {
  fields: Fields;
  /**
   * Null when there is no readable `base_resp.status_code`, which is not the same as 0 (wire contract
   * §4); any number, also one that cannot be stored.
   */
  statusCode: number | null;
  statusMessage: string | null;
  /** As proxies give it: `{ error: { message, type, code } }`, or `{ code, message }` with a code that is no success. */
  error: AnswerError | null;
  requestId: string | null;
}

/** The answer that `text` holds, or null when it is not a JSON object. */
export function parseAnswer(text: string): AnswerBody | null {
  let fields: Fields | null;
  try {
    fields = asObject(JSON.parse(quoteLongIntegers(text)));
  } catch {
    // The parser's message quotes the text, which may hold a signed URL: it is not kept.
    return null;
  }
  if (fields === null) return null;
  const layers = layersOf(fields);
  const baseResp = firstOf(layers, ({ base_resp }) => asObject(base_resp));
  const error = firstOf(layers, readError);
  // MiniMax's own code, which some gateways lift out of its answer.
  const lifted = /^[12]\d{3}$/.test(error?.code ?? '') ? Number(error!.code) : null;
  const statusCode = asNumber(baseResp?.status_code) ?? lifted;
  return {
    fields,
    statusCode,
    statusMessage: asText(baseResp?.status_msg) ?? error?.message ?? null,
    error,
    requestId: asText(fields.request_id),
  };
}

/** The task id of a submit answer: `task_id`, else `id` as the seed's schema has it; null when there is none. */
export function readTaskId(fields: Fields): string | null {
  return firstOf(layersOf(fields), ({ task_id, id }) => asId(task_id) ?? asId(id));
}

/**
 * The id of another task or file that an answer is about; null when it names the one that was asked
 * for, or none. Proxies may give ids of their own beside it.
 */
export function foreignId(
  fields: Fields,
  key: 'task_id' | 'file_id',
  asked: string,
): string | null {
  const places = layersOf(fields).flatMap((layer) => [layer, asObject(layer.file)]);
  const named = places.map((place) => place?.[key]).filter((value) => !isNoId(value));
  if (named.length === 0 || named.some((value) => isSameId(asId(value), asked))) return null;
  return storable(String(named[0]), longestId);
}

export interface TaskFields {
  /** Empty when the answer has none. */
  statusWord: string;
  fileId: string | null;
  videoWidth: number | null;
  videoHeight: number | null;
  downloadUrl: string | null;
  /** A reason outside `base_resp`, as some proxies give it. */
  failReason: string | null;
}

export function readTaskFields(fields: Fields): TaskFields {
  const layers = layersOf(fields);
  const pick = <T>(read: (value: unknown) => T | null, key: string) =>
    firstOf(layers, (layer) => read(layer[key]));
  // Beside the task's own word a gateway may have one for the query.
  const ofTask = layers.filter((layer) => asId(layer.task_id) !== null);
  return {
    statusWord: firstOf([...ofTask, ...layers], ({ status }) => asText(status)) ?? '',
    fileId: pick(asId, 'file_id'),
    videoWidth: pick(asSize, 'video_width'),
    videoHeight: pick(asSize, 'video_height'),
    downloadUrl: readFileFields(fields).downloadUrl,
    failReason: pick(asText, 'fail_reason'),
  };
}

export interface FileFields {
  downloadUrl: string | null;
  bytes: number | null;
  filename: string | null;
}

/** The file of an answer, at `file` or, as proxies nest it, within `data`. */
export function readFileFields(fields: Fields): FileFields {
  const file = firstOf(layersOf(fields), (layer) => asObject(layer.file)) ?? {};
  return {
    downloadUrl: asHttpUrl(file.download_url) ?? asHttpUrl(file.backup_download_url),
    bytes: asSize(file.bytes),
    filename: asText(file.filename),
  };
}

/** The amounts of a balance answer, as MiniMax writes them (wire contract §2). */
export function readBalanceFields(fields: Fields) {
  return {
    available: asText(fields.available_amount),
    cash: asText(fields.cash_balance),
    voucher: asText(fields.voucher_balance),
    credit: asText(fields.credit_balance),
    owed: asText(fields.owed_amount),
  };
}

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

function readError(layer: Fields): AnswerError | null {
  const text = asText(layer.error);
  if (text !== null) return { message: text, type: null, code: null };
  const error = asObject(layer.error);
  if (error === null) {
    const code = envelopeCode(layer);
    if (code === null) return null;
    return { message: asText(layer.message) ?? asText(layer.msg), type: null, code };
  }
  const code = asInteger(error.code)?.toString() ?? asText(error.code);
  return { message: asText(error.message), type: asText(error.type), code };
}

function firstOf<T>(layers: readonly Fields[], read: (layer: Fields) => T | null): T | null {
  for (const layer of layers) {
    const found = read(layer);
    if (found !== null) return found;
  }
  return null;
}

function asText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = storable(value.trim());
  return text === '' ? null : text;
}

function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' ? number : null;
}

function asInteger(value: unknown): number | null {
  return storableInteger(asNumber(value));
}

/** A positive number: MiniMax writes 0 for "unknown" (wire contract §6). */
function asSize(value: unknown): number | null {
  const size = asInteger(value);
  return size !== null && size > 0 ? size : null;
}

/** Digits beyond 2^53 may have been rounded by a proxy that read them as a number. */
function isSameId(id: string | null, asked: string): boolean {
  return id === asked || (id !== null && /^\d{16,}$/.test(asked) && Number(id) === Number(asked));
}

function isNoId(value: unknown): boolean {
  return !['string', 'number'].includes(typeof value) || /^\s*0?\s*$/.test(String(value));
}

/** One that can be stored and asked for as it is: with another character in it, it names nothing. */
export function asId(value: unknown): string | null {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const id = typeof text === 'string' ? text.trim() : '';
  return id === '' || id === '0' || !isStorable(id, longestId) ? null : id;
}

function asHttpUrl(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  const url = isStorable(text, longestUrl) ? parseUrl(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  // They serve both, and no signature holds the scheme.
  return storageHosts.test(url.hostname) ? text.replace(/^http:/i, 'https:') : text;
}
