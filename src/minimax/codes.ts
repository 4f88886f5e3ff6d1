import { failureAdvice, FailureKind } from './failure-kind.ts';

/** What a status code in the answer to a submission says about that submission. */
export type SubmitReading = 'refused' | 'throttled' | 'uncertain' | 'unauthorized';

/** What a status code in the answer to a query or a retrieval says about the task. */
export type QueryReading = 'retry' | 'failed' | 'unauthorized';

export interface StatusCodeEntry {
  code: number;
  /** MiniMax's meaning, in a few words. */
  meaning: string;
  failureKind: FailureKind;
  /** One sentence for the person who sees the failure: what to do. */
  advice: string;
  /** Whether the same request, made anew later, can succeed. */
  retryable: boolean;
  onSubmit: SubmitReading;
  onQuery: QueryReading;
  /** Whether every other request with this key would meet the same answer. */
  pausesKey: boolean;
  /** How long to wait at least before the next try, when the code itself says so. */
  retryAfterMs: number | null;
}

const halfAnHourMs = 30 * 60_000;

type Row = readonly [
  code: number,
  meaning: string,
  failureKind: FailureKind,
  onSubmit: SubmitReading,
  onQuery: QueryReading,
  retryable: boolean,
  more?: Partial<Pick<StatusCodeEntry, 'advice' | 'pausesKey' | 'retryAfterMs'>>,
];

/**
 * The status codes of the first API generation (wire contract §4.1). A failed
 * query is not a failed task, so all but the content checks mean "look again"
 * there; 2013 too, since it is what an unknown task id plausibly gives.
 */
const rows: readonly Row[] = [
  [1000, 'unknown error', 'UPSTREAM_ERROR', 'uncertain', 'retry', true],
  [1001, 'timeout inside MiniMax', 'UPSTREAM_ERROR', 'uncertain', 'retry', true],
  [1002, 'rate limit', 'THROTTLED', 'throttled', 'retry', true],
  [
    1004,
    'not authorised, or key and group do not match',
    'UNAUTHORIZED',
    'unauthorized',
    'unauthorized',
    true,
    { pausesKey: true },
  ],
  [
    1008,
    'insufficient balance',
    'BALANCE_EXHAUSTED',
    'refused',
    'retry',
    true,
    { pausesKey: true },
  ],
  [1013, 'internal service error', 'UPSTREAM_ERROR', 'uncertain', 'retry', true],
  [1024, 'internal error', 'UPSTREAM_ERROR', 'uncertain', 'retry', true],
  [1026, 'input flagged by the content check', 'INPUT_FLAGGED', 'refused', 'failed', false],
  [1027, 'output flagged by the content check', 'OUTPUT_FLAGGED', 'refused', 'failed', false],
  [1028, 'quota exhausted', 'QUOTA_EXHAUSTED', 'refused', 'retry', true],
  [1030, 'quota exhausted', 'QUOTA_EXHAUSTED', 'refused', 'retry', true],
  [1033, 'system or database error', 'UPSTREAM_ERROR', 'uncertain', 'retry', true],
  [1039, 'token rate limit', 'THROTTLED', 'throttled', 'retry', true],
  [
    1041,
    'connection limit',
    'THROTTLED',
    'throttled',
    'retry',
    true,
    { advice: 'MiniMax limits the connections: try again later; if it persists, ask its support.' },
  ],
  [
    1042,
    'too many invisible characters',
    'INPUT_INVALID',
    'refused',
    'retry',
    false,
    {
      advice: 'Remove invisible or control characters from the prompt and create a new generation.',
    },
  ],
  [2013, 'invalid parameters', 'INPUT_INVALID', 'refused', 'retry', false],
  [
    2038,
    'real-name verification missing',
    'ACCOUNT_NOT_ENTITLED',
    'refused',
    'retry',
    true,
    { advice: 'Complete the real-name verification of the MiniMax account, then try again.' },
  ],
  [
    2045,
    'request rate grew too fast',
    'THROTTLED',
    'throttled',
    'retry',
    true,
    { advice: 'MiniMax asks for a slower ramp: raise the request rate gradually.' },
  ],
  [
    2049,
    'invalid API key',
    'UNAUTHORIZED',
    'unauthorized',
    'unauthorized',
    true,
    { pausesKey: true },
  ],
  [
    2056,
    'usage limit of the subscription’s 5-hour window',
    'QUOTA_EXHAUSTED',
    'throttled',
    'retry',
    true,
    {
      pausesKey: true,
      retryAfterMs: halfAnHourMs,
      advice: 'The subscription’s 5-hour window is used up: wait for the next one.',
    },
  ],
  [
    2061,
    'model not in the plan',
    'ACCOUNT_NOT_ENTITLED',
    'refused',
    'retry',
    true,
    { advice: 'Choose a model that the plan of the MiniMax account includes, or change the plan.' },
  ],
];

/** Every status code that the wire contract knows, other than 0. */
export const statusCodes: readonly StatusCodeEntry[] = rows.map(
  ([code, meaning, failureKind, onSubmit, onQuery, retryable, more]) => ({
    code,
    meaning,
    failureKind,
    onSubmit,
    onQuery,
    retryable,
    advice: failureAdvice[failureKind],
    pausesKey: false,
    retryAfterMs: null,
    ...more,
  }),
);

const byCode = new Map(statusCodes.map((entry) => [entry.code, entry]));

/**
 * What is known about a non-zero status code. A code that nobody documented is
 * a refusal of kind `UNKNOWN` on submit and "look again" on query; its number
 * and message are kept by whoever met it.
 */
export function statusCodeEntry(code: number): StatusCodeEntry {
  return (
    byCode.get(code) ?? {
      code,
      meaning: 'not documented',
      failureKind: FailureKind.UNKNOWN,
      advice: failureAdvice.UNKNOWN,
      retryable: true,
      onSubmit: 'refused',
      onQuery: 'retry',
      pausesKey: false,
      retryAfterMs: null,
    }
  );
}

/** The kind of failure of a task that ended in `Fail`: `TASK_FAILED` when no code gives a reason. */
export function taskFailureKind(statusCode: number | null): FailureKind {
  return statusCode === null || statusCode === 0
    ? FailureKind.TASK_FAILED
    : statusCodeEntry(statusCode).failureKind;
}
