import { parseUrl } from '../../network/parse-url.ts';
import { isStorable, storable, storableInteger } from '../../network/storable.ts';
import type { SubmitRequest } from './answers.ts';

/** Where each operation of the first API generation lives, below the base URL (wire contract §3, §5, §6). */
export const paths = {
  submit: '/v1/video_generation',
  query: '/v1/query/video_generation',
  retrieve: '/v1/files/retrieve',
  balance: '/account/query_balance',
} as const;
export type Operation = keyof typeof paths;

/** The body of a submission (wire contract §3.1). A key that is not set is left out. */
export interface SubmitBody {
  model: string;
  prompt?: string;
  first_frame_image?: string;
  last_frame_image?: string;
  subject_reference?: [{ type: 'character'; image: [string] }];
  prompt_optimizer?: boolean;
  fast_pretreatment?: boolean;
  /** In seconds; a number, not "6s". */
  duration?: number;
  resolution?: string;
  callback_url?: string;
  aigc_watermark?: boolean;
}

export interface BaseResp {
  status_code: number;
  status_msg: string;
}

export const success: Readonly<BaseResp> = { status_code: 0, status_msg: 'success' };

/** The one code MiniMax has for everything wrong with a request; the text says what (wire contract §4.1). */
export function invalidParams(what: string): BaseResp {
  return { status_code: 2013, status_msg: `invalid params, ${what}` };
}

export interface SubmitAnswerBody {
  task_id: string;
  base_resp: BaseResp;
}

export interface QueryAnswerBody {
  task_id: string;
  status: string;
  file_id?: string;
  video_width?: number;
  video_height?: number;
  base_resp: BaseResp;
}

export interface RetrieveAnswerBody {
  file: {
    /** A number here, although the query answer has it as a string; text where a number cannot hold it. */
    file_id: number | string;
    bytes: number;
    /** Unix seconds. */
    created_at: number;
    filename: string;
    purpose: string;
    download_url?: string;
  };
  base_resp: BaseResp;
}

/** The body that MiniMax expects for a submission, in the order of its documentation. */
export function toSubmitBody(request: SubmitRequest): SubmitBody {
  const body: Record<string, unknown> = {
    model: request.model,
    prompt: request.prompt,
    first_frame_image: request.firstFrameImage,
    last_frame_image: request.lastFrameImage,
    subject_reference:
      request.subjectImage == null
        ? undefined
        : [{ type: 'character', image: [request.subjectImage] }],
    prompt_optimizer: request.promptOptimizer,
    fast_pretreatment: request.fastPretreatment,
    duration: request.duration,
    resolution: request.resolution,
    callback_url: request.callbackUrl,
    aigc_watermark: request.aigcWatermark,
  };
  const set = Object.entries(body).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(set) as unknown as SubmitBody;
}

type Fields = Readonly<Record<string, unknown>>;

const longestId = 256;
const longestUrl = 8_192;

/** An answer of any operation, as far as it has the shape of one. */
export interface AnswerBody {
  fields: Fields;
  /**
   * Null when there is no readable `base_resp.status_code`, which is not the same as 0 (wire contract
   * §4); any number, also one that cannot be stored.
   */
  statusCode: number | null;
  statusMessage: string | null;
  /** An OpenAI-style `{ error: { message, type, code } }`, as proxies give it. */
  error: { message: string | null; type: string | null; code: string | null } | null;
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
  const baseResp = asObject(fields.base_resp);
  const statusCode = asNumber(baseResp?.status_code);
  const error = readError(fields.error);
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
  const data = asObject(fields.data);
  return asId(fields.task_id) ?? asId(fields.id) ?? asId(data?.task_id) ?? asId(data?.id);
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
  const data = asObject(fields.data);
  const places = [fields, data, asObject(fields.file), asObject(data?.file)];
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
  const data = asObject(fields.data) ?? {};
  const pick = <T>(read: (value: unknown) => T | null, key: string) =>
    read(fields[key]) ?? read(data[key]);
  return {
    statusWord: pick(asText, 'status') ?? '',
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

/** The file of an answer, at `file` or, as proxies nest it, at `data.file`. */
export function readFileFields(fields: Fields): FileFields {
  const file = asObject(fields.file) ?? asObject(asObject(fields.data)?.file) ?? {};
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

function readError(value: unknown): AnswerBody['error'] {
  const text = asText(value);
  if (text !== null) return { message: text, type: null, code: null };
  const error = asObject(value);
  if (error === null) return null;
  const code = asInteger(error.code)?.toString() ?? asText(error.code);
  return { message: asText(error.message), type: asText(error.type), code };
}

function asObject(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : null;
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
  return url && /^https?:$/.test(url.protocol) ? text : null;
}
