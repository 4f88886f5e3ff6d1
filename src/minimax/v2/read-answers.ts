import { parseAnswer, type AnswerBody } from '../answer-body.ts';
import type {
  ListedTask,
  RemovalAnswer,
  SubmitAnswer,
  TaskAnswer,
  UploadAnswer,
} from '../answers.ts';
import { statusCodeEntry } from '../codes.ts';
import type { MinimaxError, MinimaxErrorKind } from '../errors.ts';
import { FailureKind } from '../failure-kind.ts';
import { asObject } from '../envelope.ts';
import {
  failure,
  foreign,
  isOk,
  nameOf,
  namedIn,
  notAccepted,
  readExchange,
  type Operation,
  type Reading as AnyReading,
  type Redact,
} from '../reading.ts';
import { byHttpStatus } from '../http-status.ts';
import { readTaskState, reasonInWord } from '../task-status.ts';
import type { RawAnswer } from '../transport.ts';
import { asId, asSize, asText, isNoId, isSameId } from '../values.ts';
import { storable, storableInteger } from '../../network/storable.ts';
import {
  acceptedTaskId,
  readListedTask,
  readRemoval,
  readTaskFields,
  taskOf,
} from './task-fields.ts';

/** One whole HTTP answer and what could be read in it. */
interface Reading extends AnyReading {
  body: AnswerBody | null;
  /** The inner code, MiniMax's own number for what went wrong (V2 §6). */
  code: number | null;
  /** What the answer says its HTTP status is, where a gateway sent it with 200. */
  status: number;
}

/** HTTP statuses of a submission after which there surely is no task, when the answer can be read (V2 §6). */
const surelyRefused = new Set([400, 401, 402, 403, 404, 405, 413, 422, 429]);

/** Those that need no reading: whoever answers so took nothing on. */
const refusedUnread = new Set([404, 405, 413, 429]);

/**
 * The task id of an accepted submission; otherwise throws what is known about it (V2 §6). Accepted
 * needs a 2xx answer with a task id and no error. Any other answer that names a task contradicts
 * itself: it is `uncertain`, never "send it again".
 */
export function readSubmitAnswer(raw: RawAnswer, redact: Redact): SubmitAnswer {
  const reading = read('submit', raw, redact);
  const { exchange, body } = reading;
  const taskId = body && acceptedTaskId(body.fields);
  if (taskId && !saysError(reading)) return { ...exchange, taskId };
  // A bare `id` beside an error is that of the request.
  const named = namedIn(raw, body);
  throw notAccepted(reading, named, raw, redact, explainFailure);
}

/** How the task stands; throws when the answer does not say, or is about another one (V2 §3). */
export function readTaskAnswer(raw: RawAnswer, taskId: string, redact: Redact): TaskAnswer {
  const reading = read('query', raw, redact);
  const { exchange, body } = reading;
  const task = body && taskOf(body.fields);
  if (body === null || task === null || saysError(reading)) throw explainFailure(reading);
  const named = task.id ?? task.task_id;
  if (!isNoId(named) && !isSameId(asId(named), taskId)) {
    throw foreign(reading, `task ${nameOf(redact(String(named)))}`, taskId);
  }
  const { errorCode, errorMessage, ...fields } = readTaskFields(task, redact);
  if (fields.statusWord === '') throw explainFailure(reading);
  const isCancelled = /^cancell?ed$/i.test(fields.statusWord);
  const state = isCancelled ? 'cancelled' : readTaskState(fields.statusWord);
  const statusWord = storable(redact(fields.statusWord), 64);
  const answer = { ...exchange, ...fields, statusWord, state, fileId: null };
  if (state !== 'fail') return answer;
  const said = errorMessage === null ? null : redact(errorMessage);
  return {
    ...answer,
    statusCode: storableInteger(errorCode),
    statusMessage: said ?? reasonInWord(statusWord),
  };
}

/** What became of a task that was to go; throws when the answer does not say, or is about another one (V2 §5). */
export function readRemovalAnswer(raw: RawAnswer, taskId: string, redact: Redact): RemovalAnswer {
  const reading = read('remove', raw, redact);
  const removal = reading.body && readRemoval(reading.body.fields);
  if (removal?.action == null || saysError(reading)) throw explainFailure(reading);
  if (removal.taskId !== null && !isSameId(removal.taskId, taskId)) {
    throw foreign(reading, `task ${nameOf(redact(removal.taskId))}`, taskId);
  }
  return { ...reading.exchange, action: removal.action };
}

/**
 * The tasks of a page of the list, and of how many, 0 where that is not said (V2 §4); throws when the
 * answer has none. What cannot be read of one is left out.
 */
export function readTaskList(
  raw: RawAnswer,
  redact: Redact,
): { tasks: ListedTask[]; total: number } {
  const reading = read('list', raw, redact);
  const { items, total } = reading.body?.fields ?? {};
  if (!Array.isArray(items) || saysError(reading)) throw explainFailure(reading);
  const tasks = items.flatMap((item: unknown) => readListedTask(item, redact) ?? []);
  return { tasks, total: asSize(total) ?? 0 };
}

/** The file that MiniMax took (V2 §2.4); throws when the answer has none. */
export function readUploadAnswer(raw: RawAnswer, redact: Redact): UploadAnswer {
  const reading = read('upload', raw, redact);
  const file = asObject(reading.body?.fields['file']);
  const fileId = asId(file?.file_id);
  if (file === null || fileId === null || saysError(reading)) throw explainFailure(reading);
  return {
    ...{ ...reading.exchange, fileId, bytes: asSize(file.bytes) },
    createdAt: asSize(file.created_at),
    filename: asText(file.filename),
  };
}

function read(operation: Operation, raw: RawAnswer, redact: Redact): Reading {
  const body = parseAnswer(raw.text);
  const claimed = body?.error?.httpCode ?? null;
  const isOkOutside = raw.httpStatus >= 200 && raw.httpStatus < 300;
  return {
    operation,
    body,
    code: body?.statusCode ?? null,
    status: isOkOutside && claimed !== null ? claimed : raw.httpStatus,
    ...readExchange(raw, body, redact),
  };
}

/** Also with HTTP 200: an error object, or a `base_resp` that is no success. */
function saysError({ exchange, body, code, status }: Reading): boolean {
  return !isOk(exchange) || status >= 300 || body?.error != null || (code ?? 0) !== 0;
}

function explainFailure(reading: Reading): MinimaxError {
  return reading.operation === 'submit' ? submitFailure(reading) : lookFailure(reading);
}

function submitFailure(reading: Reading): MinimaxError {
  const { body, code, status } = reading;
  const why = reasonOf(reading);
  if (status >= 300 && status < 400) {
    const redirect = `a redirect (HTTP ${status}), not followed: check MINIMAX_BASE_URL`;
    return failure(reading, 'refused', FailureKind.UNKNOWN, redirect);
  }
  const isReadable =
    asObject(body?.fields['error']) !== null || body?.error != null || code !== null;
  // Whoever says 200 and an error without a status of its own says it by the code alone.
  const isCoded = status >= 200 && status < 300 && code !== null && code !== 0;
  const isSure = surelyRefused.has(status) && (isReadable || refusedUnread.has(status));
  if (!isSure && !isCoded) return failure(reading, 'uncertain', FailureKind.OUTCOME_UNKNOWN, why);
  const [kind, failureKind] = refusalOf(reading);
  return failure(reading, kind, failureKind, why);
}

function refusalOf({ body, code, status, exchange }: Reading): [MinimaxErrorKind, FailureKind] {
  // The plan of the key, not the prompt, is what does not fit (V2 §1).
  if (/token ?plan|credit .*不支持|套餐/i.test(exchange.statusMessage ?? '') && status === 400) {
    return ['refused', FailureKind.ACCOUNT_NOT_ENTITLED];
  }
  if (status === 429) return ['throttled', FailureKind.THROTTLED];
  const entry = code === null ? null : statusCodeEntry(code);
  if (entry && entry.failureKind !== FailureKind.UNKNOWN)
    return [entry.onSubmit, entry.failureKind];
  switch (status) {
    case 401:
    case 403: {
      const [kind, failureKind] = byHttpStatus(status, body);
      return [kind, failureKind];
    }
    case 402:
      return ['refused', FailureKind.BALANCE_EXHAUSTED];
    case 422:
      return ['refused', FailureKind.INPUT_FLAGGED];
    case 400:
    case 413:
      return ['refused', FailureKind.INPUT_INVALID];
    default:
      return ['refused', FailureKind.UNKNOWN];
  }
}

/** A look that was refused says nothing about the task, but that MiniMax does not know it, or the key. */
function lookFailure(reading: Reading): MinimaxError {
  const { code, status, exchange, body } = reading;
  const why = reasonOf(reading);
  // HTTP 500 for an id that never was, 400 for one of another account or older than seven days (V2 §3).
  const isUnknown =
    /record not found/i.test(exchange.statusMessage ?? '') ||
    (code === 2013 && /task_?id/i.test(exchange.statusMessage ?? ''));
  if (isUnknown) return failure(reading, 'uncertain', FailureKind.TASK_UNKNOWN, why);
  const entry = code === null || code === 0 ? null : statusCodeEntry(code);
  const isUnauthorized = entry?.onQuery === 'unauthorized' || (status === 401 && body !== null);
  if (isUnauthorized) return failure(reading, 'unauthorized', FailureKind.UNAUTHORIZED, why);
  const isThrottled = status === 429 || entry?.onSubmit === 'throttled';
  if (isThrottled) return failure(reading, 'throttled', FailureKind.THROTTLED, why);
  return failure(reading, 'uncertain', FailureKind.UPSTREAM_ERROR, why);
}

function reasonOf({ code, status, body, exchange }: Reading): string {
  if (code !== null && code !== 0) {
    return `HTTP ${status}, status code ${code} (${statusCodeEntry(code).meaning})`;
  }
  if (isOk(exchange) && body?.error == null) {
    return `HTTP ${status} with ${body === null ? 'no readable JSON' : 'no task'}`;
  }
  return status === 404 ? `HTTP ${status}: check MINIMAX_BASE_URL` : `HTTP ${status}`;
}
