import { describeConnectionError } from '../network/connection-error.ts';
import { retryAfterMs } from '../network/retry-after.ts';
import { storable, storableInteger } from '../network/storable.ts';
import { parseAnswer, type AnswerBody } from './answer-body.ts';
import { statusCodeEntry } from './codes.ts';
import { ForeignAnswer, MinimaxError, type MinimaxErrorKind } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { FailureKind } from './failure-kind.ts';
import { findTaskId } from './find-task-id.ts';
import type { RawAnswer, TransportError } from './transport.ts';
import { asId, asText } from './values.ts';

export type Redact = (text: string) => string;

/** What is asked of MiniMax, in either API generation. */
export type Operation = 'submit' | 'query' | 'retrieve' | 'balance' | 'list' | 'remove' | 'upload';

/** As far as is told of a failure. */
export interface Reading {
  operation: Operation;
  exchange: Exchange;
  retryAfterMs: number | null;
}

const names: Readonly<Record<Operation, string>> = {
  submit: 'the submission',
  query: 'the query',
  retrieve: 'the file retrieval',
  balance: 'the balance query',
  list: 'the list of tasks',
  remove: 'the removal of the task',
  upload: 'the upload',
};

/** What an exchange without a whole answer means. Callers read the message; whoever handles it has the cause logged. */
export function readTransportError(
  operation: Operation,
  error: TransportError,
  redact: Redact,
  sent: string,
): MinimaxError {
  const named = operation === 'submit' ? findTaskId(error.text, null, sent) : null;
  const isSurelyNot = error.nothingSent || (error.sentInPart && named === null);
  const kind: MinimaxErrorKind = isSurelyNot ? 'unreachable' : 'uncertain';
  const reason = describeConnectionError(error.cause);
  const sentences: Record<TransportError['fault'], string> = {
    timeout: error.nothingSent
      ? `No connection to MiniMax for ${names[operation]} within ${error.latencyMs} ms`
      : error.sentInPart
        ? `MiniMax took no more of ${names[operation]}, which was not sent as a whole`
        : `MiniMax gave no whole answer to ${names[operation]} within ${error.latencyMs} ms`,
    'too-large': `MiniMax’s answer to ${names[operation]} is larger than 1 MB`,
    broken: error.nothingSent
      ? `No connection to MiniMax for ${names[operation]}: ${reason}`
      : `The connection broke ${error.sentInPart ? 'while sending' : 'during'} ${names[operation]}: ${reason}`,
    closed: `The client was closed before ${names[operation]}`,
  };
  const begun = named === null ? '' : `; it had named task ${nameOf(redact(named))}`;
  return new MinimaxError(sentences[error.fault] + begun, {
    kind,
    taskId: asId(named),
    failureKind:
      operation === 'submit' && kind === 'uncertain'
        ? FailureKind.OUTCOME_UNKNOWN
        : FailureKind.UPSTREAM_ERROR,
    httpStatus: error.httpStatus,
    statusMessage: operation === 'submit' && !isSurelyNot ? excerptOf(error.text, redact) : null,
    traceId: traceIdOf(error.headers, null, redact),
    latencyMs: error.latencyMs,
    cause: error.cause,
  });
}

/** What an answer tells beside what it is about. */
export function readExchange(
  raw: RawAnswer,
  body: AnswerBody | null,
  redact: Redact,
): Pick<Reading, 'exchange' | 'retryAfterMs'> {
  const message = body?.statusMessage ?? null;
  return {
    retryAfterMs: retryAfterMs(raw.headers['retry-after'], Date.now()),
    exchange: {
      httpStatus: raw.httpStatus,
      latencyMs: raw.latencyMs,
      traceId: traceIdOf(raw.headers, body?.requestId ?? null, redact),
      statusCode: storableInteger(body?.statusCode ?? null),
      statusMessage: message === null ? null : redact(message),
    },
  };
}

/** The task that an answer names which accepts none. */
export function namedIn(raw: RawAnswer, body: AnswerBody | null): string | null {
  return findTaskId(raw.brokenOff ? raw.text : `${raw.text}\n`, body && body.fields, raw.sent);
}

/**
 * What the answer to a submission means that accepts none. One that names a task contradicts itself:
 * it is `uncertain`, never "send it again". One that came early, before the request had been sent as
 * a whole, accepted nothing, unless it is a success that broke off.
 */
export function notAccepted<Read extends Reading & { body: object | null }>(
  reading: Read,
  named: string | null,
  raw: RawAnswer,
  redact: Redact,
  explain: (reading: Read) => MinimaxError,
): MinimaxError {
  const { httpStatus } = reading.exchange;
  if (named !== null) {
    const why = `HTTP ${httpStatus}, yet it names task ${nameOf(redact(named))}`;
    return failure(reading, 'uncertain', FailureKind.OUTCOME_UNKNOWN, why, asId(named));
  }
  const error = explain(reading);
  if (error.kind !== 'uncertain') return error;
  const told = withExcerpt(reading, raw.text, redact);
  // Nobody can say what task would have been named.
  const mayName = raw.brokenOff && isOk(reading.exchange);
  if (!raw.early || mayName) return explain(told);
  const inPart = `HTTP ${httpStatus} before it had been sent as a whole`;
  return failure(told, 'unreachable', FailureKind.UPSTREAM_ERROR, inPart);
}

/**
 * The same error of a submission, or, when a task is named in the answer's head or behind it, one that
 * is `uncertain`: over a connection that is used once nothing else can be meant.
 */
export function inDoubtBy(
  beside: string[],
  error: MinimaxError,
  redact: Redact,
  sent: string,
): MinimaxError {
  const [named] = beside.flatMap(
    (text) => findTaskId(text, parseAnswer(text)?.fields ?? null, sent) ?? [],
  );
  if (named === undefined) return error;
  const message = `${error.message}; beside that answer stands task ${nameOf(redact(named))}`;
  return new MinimaxError(message, {
    ...error,
    ...{ kind: 'uncertain', failureKind: FailureKind.OUTCOME_UNKNOWN },
    ...{ taskId: asId(named), retryAfterMs: null, cause: error.cause },
  });
}

function withExcerpt<Read extends Reading & { body: object | null }>(
  reading: Read,
  text: string,
  redact: Redact,
): Read {
  const { exchange, body } = reading;
  if (exchange.statusMessage !== null) return reading;
  const statusMessage = body === null ? excerptOf(text, redact) : redact(text);
  return { ...reading, exchange: { ...exchange, statusMessage } };
}

/**
 * So that a person can find in the record what could not be read: a task may have been made and paid.
 * Null where nothing was said.
 */
function excerptOf(text: string, redact: Redact): string | null {
  const said = text
    .replace(/<[^<>]*>/g, ' ')
    // What is no text must do nothing where it is shown.
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return said === '' ? null : redact(said);
}

export function foreign(
  { operation, exchange, retryAfterMs }: Reading,
  what: string,
  asked: string,
): ForeignAnswer {
  const message = `MiniMax’s answer to ${names[operation]} is about ${what}, not ${asked}`;
  return new ForeignAnswer(message, {
    ...{ ...exchange, statusMessage: null, retryAfterMs },
    ...{ kind: 'uncertain', failureKind: FailureKind.UNKNOWN },
  });
}

export function failure(
  { operation, exchange, retryAfterMs }: Reading,
  kind: MinimaxErrorKind,
  failureKind: FailureKind,
  why: string,
  taskId: string | null = null,
): MinimaxError {
  const { statusCode, statusMessage } = exchange;
  const verbs: Record<MinimaxErrorKind, string> = {
    refused: 'refused',
    throttled: 'put off',
    unauthorized: 'did not authorise',
    unreachable: 'did not receive',
    uncertain: 'gave no usable answer to',
  };
  const said = statusMessage === null ? '' : `: ${statusMessage}`;
  return new MinimaxError(`MiniMax ${verbs[kind]} ${names[operation]}, ${why}${said}`, {
    ...exchange,
    kind,
    taskId,
    failureKind:
      operation === 'submit' && kind === 'uncertain' ? FailureKind.OUTCOME_UNKNOWN : failureKind,
    retryAfterMs:
      retryAfterMs ?? (statusCode === null ? null : statusCodeEntry(statusCode).retryAfterMs),
  });
}

/** A text of an answer, fit to be shown; null where there is none. */
export function shownText(value: unknown, redact: Redact): string | null {
  const text = asText(value);
  return text === null ? null : redact(text);
}

export const isOk = ({ httpStatus }: Exchange) => httpStatus >= 200 && httpStatus < 300;

/** Also one that is no usable id is told to whoever looks for the task. */
export const nameOf = (id: string) => storable(id, 128);

export function traceIdOf(
  headers: RawAnswer['headers'],
  requestId: string | null,
  redact: Redact,
): string | null {
  const header = headers['trace-id'] ?? headers['x-trace-id'];
  const value = (Array.isArray(header) ? header[0] : header)?.trim() || requestId;
  return value ? storable(redact(value), 128) : null;
}
