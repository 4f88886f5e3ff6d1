import { foreignId, parseAnswer, readTaskId, type AnswerBody } from '../answer-body.ts';
import type { BalanceAnswer, FileAnswer, SubmitAnswer, TaskAnswer } from '../answers.ts';
import { statusCodeEntry } from '../codes.ts';
import type { MinimaxError, MinimaxErrorKind } from '../errors.ts';
import { FailureKind } from '../failure-kind.ts';
import { linkExpiry } from '../link-expiry.ts';
import {
  failure,
  foreign,
  isOk,
  namedIn,
  notAccepted,
  readExchange,
  type Reading as AnyReading,
  type Redact,
} from '../reading.ts';
import { readTaskState, reasonInWord } from '../task-status.ts';
import type { RawAnswer } from '../transport.ts';
import { storable } from '../../network/storable.ts';
import { byHttpStatus } from '../http-status.ts';
import { readBalanceFields, readFileFields, readTaskFields } from './parse-answer.ts';
import type { Operation } from './wire.ts';

/** One whole HTTP answer and what could be read in it. */
interface Reading extends AnyReading {
  operation: Operation;
  body: AnswerBody | null;
  /** `base_resp.status_code` as it came; that of the exchange is what can be stored of it. */
  code: number | null;
}

/**
 * The task id of an accepted submission; otherwise throws what is known about
 * it (wire contract §4). Accepted needs a 2xx answer with a task id and code 0,
 * or a task id and no `base_resp` at all. Any other answer that names a task, be
 * it a refusal, contradicts itself: it is `uncertain`, never "send it again".
 */
export function readSubmitAnswer(raw: RawAnswer, redact: Redact): SubmitAnswer {
  const reading = read('submit', raw, redact);
  const { exchange, body, code } = reading;
  const taskId = body && readTaskId(body);
  const said = code === 0 || (code === null && body?.error === null);
  if (taskId && said && isOk(exchange)) return { ...exchange, taskId };
  // A bare `id` beside an error is that of the request.
  const named = namedIn(raw, body) ?? (code === null && !isOk(exchange) ? null : taskId);
  throw notAccepted(reading, named, raw, redact, explainFailure);
}

/**
 * How the task stands; throws when the answer does not say (wire contract §5).
 * A code of the content check ends the task whatever the status word is; any
 * other code tells of the query, not of the task. An answer about another task
 * tells nothing.
 */
export function readTaskAnswer(raw: RawAnswer, taskId: string, redact: Redact): TaskAnswer {
  const reading = read('query', raw, redact);
  const { exchange, body, code } = reading;
  if (body === null) throw explainFailure(reading);
  const other = foreignId(body.fields, 'task', taskId);
  if (other !== null) throw foreign(reading, `task ${redact(other)}`, taskId);

  const { failReason, ...fields } = readTaskFields(body.fields);
  const state = readTaskState(fields.statusWord);
  const statusWord = storable(redact(fields.statusWord), 64);
  const answer = { ...exchange, ...fields, statusWord, usage: null, enhancedPrompt: null };
  const coded = code !== null && code !== 0;

  if (coded && statusCodeEntry(code).onQuery === 'failed') return { ...answer, state: 'fail' };
  if (!isOk(exchange) || fields.statusWord === '') throw explainFailure(reading);
  if (state === 'fail') {
    const reason = failReason === null ? reasonInWord(statusWord) : redact(failReason);
    // "success" beside a failure is the message of the query, not the reason.
    const said = !coded && /^(success|ok)$/i.test(exchange.statusMessage ?? '');
    return { ...answer, state, statusMessage: (said ? null : exchange.statusMessage) ?? reason };
  }
  const finished = state === 'success' && (fields.fileId !== null || fields.downloadUrl !== null);
  if (coded && !finished) throw explainFailure(reading);
  return { ...answer, state };
}

/** Where to download the file and until when; throws when the answer does not say (wire contract §6). */
export function readFileAnswer(
  raw: RawAnswer,
  fileId: string,
  redact: Redact,
  now: Date,
): FileAnswer {
  const reading = read('retrieve', raw, redact);
  const { exchange, body, code } = reading;
  if (body === null || !isOk(exchange) || (code ?? 0) !== 0) {
    throw explainFailure(reading);
  }
  const other = foreignId(body.fields, 'file', fileId);
  if (other !== null) throw foreign(reading, `file ${redact(other)}`, fileId);
  const { downloadUrl, bytes, filename } = readFileFields(body.fields);
  if (downloadUrl === null) {
    throw failure(reading, 'uncertain', FailureKind.RESULT_MISSING, 'it has no download_url');
  }
  return { ...exchange, downloadUrl, expiresAt: linkExpiry(downloadUrl, now), bytes, filename };
}

/** What the account has left; throws when the answer does not say (wire contract §2). */
export function readBalanceAnswer(raw: RawAnswer, redact: Redact): BalanceAnswer {
  const reading = read('balance', raw, redact);
  const { exchange, body, code } = reading;
  const balance = body && readBalanceFields(body.fields, redact);
  if (balance?.available == null || !isOk(exchange) || (code ?? 0) !== 0) {
    throw explainFailure(reading);
  }
  return { ...exchange, ...balance, available: balance.available };
}

function read(operation: Operation, raw: RawAnswer, redact: Redact): Reading {
  const body = parseAnswer(raw.text);
  return {
    operation,
    body,
    code: body?.statusCode ?? null,
    ...readExchange(raw, body, redact),
  };
}

/** Any answer that is not the hoped-for one, by its status code or else by its HTTP status. */
function explainFailure(reading: Reading): MinimaxError {
  const { operation, exchange, code } = reading;
  const isSubmit = operation === 'submit';
  if (code !== null && code !== 0) {
    const entry = statusCodeEntry(code);
    const byHttp = entry.failureKind === FailureKind.UNKNOWN && !isOk(exchange);
    if (!byHttp) {
      const why = `status code ${code} (${entry.meaning})`;
      if (isSubmit) return failure(reading, entry.onSubmit, entry.failureKind, why);
      return failure(reading, kindOnLook(entry), lookFailureKind(operation, code), why);
    }
  }
  const [kind, failureKind, why] = byHttpStatus(exchange.httpStatus, reading.body);
  // A look that was refused says nothing about the task: look again, and let the caller count.
  return failure(reading, kind === 'refused' && !isSubmit ? 'uncertain' : kind, failureKind, why);
}

function kindOnLook(entry: ReturnType<typeof statusCodeEntry>): MinimaxErrorKind {
  if (entry.onQuery === 'unauthorized') return 'unauthorized';
  if (entry.onQuery === 'failed') return 'refused';
  return entry.onSubmit === 'throttled' ? 'throttled' : 'uncertain';
}

function lookFailureKind(operation: Operation, statusCode: number): FailureKind {
  if (statusCode !== 2013) return statusCodeEntry(statusCode).failureKind;
  return operation === 'query' ? FailureKind.TASK_UNKNOWN : FailureKind.RESULT_MISSING;
}
