import { storable } from '../network/storable.ts';
import {
  asObject,
  envelopeCode,
  isFine,
  layersOf,
  type AnswerError,
  type Fields,
} from './envelope.ts';
import { readTaskState } from './task-status.ts';
import {
  asId,
  asInteger,
  asNumber,
  asText,
  firstOf,
  isNoId,
  isSameId,
  longestId,
  quoteLongIntegers,
} from './values.ts';

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
  // MiniMax's own code, which some gateways lift out of its answer, and the second generation writes last.
  const inWords =
    fields.type === 'error' ? /\((\d{3,5})\)\s*$/.exec(error?.message ?? '')?.[1] : null;
  const own = /^[12]\d{3}$/.test(error?.code ?? '') ? error!.code : (inWords ?? null);
  const lifted = own === null ? null : Number(own);
  const statusCode = asNumber(baseResp?.status_code) ?? lifted;
  return {
    fields,
    statusCode,
    statusMessage: asText(baseResp?.status_msg) ?? error?.message ?? null,
    error,
    requestId: asText(fields.request_id),
  };
}

/**
 * The task id of a submit answer: `task_id`, else `id` as the seed's schema has it; null when there is
 * none. A bare `id` beside what tells of an error is that of the request, unless MiniMax's own code
 * says that all is well; beside a code that says otherwise it must look like MiniMax's ids.
 */
export function readTaskId({ fields, statusCode }: AnswerBody): string | null {
  const layers = layersOf(fields);
  const taskId = firstOf(layers, ({ task_id }) => asId(task_id));
  if (taskId !== null || (statusCode !== 0 && layers.some(tellsOfError))) return taskId;
  const id = firstOf(layers, ({ id }) => asId(id));
  return (statusCode ?? 0) === 0 || /^\d{14,}$/.test(id ?? '') ? id : null;
}

function tellsOfError(layer: Fields): boolean {
  const { success, ok, code, status, message, msg } = layer;
  const state = typeof status === 'string' ? readTaskState(status) : 'unknown';
  if (readError(layer) !== null || state === 'fail') return true;
  if ([success, ok].some((told) => told === false || told === 'false')) return true;
  if (Object.entries(layer).some(([key, value]) => /^err/i.test(key) && !isFine(value)))
    return true;
  // Words that are no error stand beside the status of a task, or what says that all is well.
  const isSaidFine = success === true || (code !== undefined && isFine(code));
  return state === 'unknown' && !isSaidFine && !isFine(asText(message) ?? asText(msg));
}

/**
 * The id of another task or file that an answer is about; null when it names the one that was asked
 * for, or none. Proxies may give ids of their own beside it.
 */
export function foreignId(fields: Fields, what: 'task' | 'file', asked: string): string | null {
  const named = layersOf(fields)
    .flatMap((layer) => {
      const inner = asObject(layer[what]);
      const ids = [layer, inner].flatMap((place) => [place?.[`${what}_id`], place?.[`${what}Id`]]);
      return [...ids.flat(), inner?.['id'], isLikeIt(layer['id'], asked) ? layer['id'] : null];
    })
    .filter((value) => !isNoId(value));
  if (named.length === 0 || named.some((value) => isSameId(asId(value), asked))) return null;
  return storable(String(named[0]), longestId);
}

/** A bare `id` may be that of a request of a proxy's: one of a task or file looks like the one that was asked for. */
function isLikeIt(id: unknown, asked: string): boolean {
  const isNumber = /^\d{12,}$/;
  return isNumber.test(asked) && isNumber.test(String(id).trim());
}

function readError(layer: Fields): AnswerError | null {
  const text = asText(layer.error);
  if (text !== null && !isFine(text)) {
    return { message: text, type: null, code: null, httpCode: null };
  }
  const error = asObject(layer.error);
  if (error === null || Object.values(error).every(isFine)) {
    const code = envelopeCode(layer);
    if (code === null) return null;
    const message = asText(layer.message) ?? asText(layer.msg);
    return { message, type: null, code, httpCode: null };
  }
  const code = asInteger(error.code)?.toString() ?? asText(error.code);
  const httpCode = asInteger(asNumber(error.http_code));
  return { message: asText(error.message), type: asText(error.type), code, httpCode };
}
