/** Why a generation did not give a video, in one word that a client program can act on. */
export const FailureKind = {
  INPUT_INVALID: 'INPUT_INVALID',
  INPUT_FLAGGED: 'INPUT_FLAGGED',
  OUTPUT_FLAGGED: 'OUTPUT_FLAGGED',
  UNAUTHORIZED: 'UNAUTHORIZED',
  BALANCE_EXHAUSTED: 'BALANCE_EXHAUSTED',
  QUOTA_EXHAUSTED: 'QUOTA_EXHAUSTED',
  ACCOUNT_NOT_ENTITLED: 'ACCOUNT_NOT_ENTITLED',
  THROTTLED: 'THROTTLED',
  UPSTREAM_ERROR: 'UPSTREAM_ERROR',
  TASK_UNKNOWN: 'TASK_UNKNOWN',
  TASK_FAILED: 'TASK_FAILED',
  RESULT_MISSING: 'RESULT_MISSING',
  OUTCOME_UNKNOWN: 'OUTCOME_UNKNOWN',
  NOT_CREATED: 'NOT_CREATED',
  ACCOUNT_UNKNOWN: 'ACCOUNT_UNKNOWN',
  UNKNOWN: 'UNKNOWN',
} as const;
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind];

/** What to do about a failure of each kind, in one sentence for a person. */
export const failureAdvice: Readonly<Record<FailureKind, string>> = {
  INPUT_INVALID: 'Correct the request as the message says and create a new generation.',
  INPUT_FLAGGED:
    'MiniMax’s content check refused the prompt or an image: change it and create a new generation.',
  OUTPUT_FLAGGED:
    'MiniMax’s content check withheld the finished video: change the prompt or image and create a new generation.',
  UNAUTHORIZED:
    'Check MINIMAX_API_KEY, and that MINIMAX_BASE_URL is the host of the same region as the key.',
  BALANCE_EXHAUSTED: 'Top up the balance of the MiniMax account, then create the generation again.',
  QUOTA_EXHAUSTED:
    'The quota of the MiniMax account is used up: wait until it renews, or extend the plan.',
  ACCOUNT_NOT_ENTITLED:
    'The MiniMax account may not use this: complete its verification or choose a model of its plan.',
  THROTTLED: 'MiniMax limits the rate of requests: try again later, or lower the request rate.',
  UPSTREAM_ERROR: 'MiniMax had a problem of its own: try again later.',
  TASK_UNKNOWN:
    'MiniMax does not know the task: check that the key belongs to the account that submitted it.',
  TASK_FAILED:
    'MiniMax did not make this video: create the generation again, perhaps with another prompt.',
  RESULT_MISSING:
    'MiniMax reported success but handed out no file, or no better prompt: ask its support, with the task id.',
  OUTCOME_UNKNOWN:
    'Nobody knows whether MiniMax accepted the request: look at the account’s console or billing before sending it again.',
  NOT_CREATED:
    'MiniMax never accepted the request, as an admin found or its records say: create the generation again.',
  ACCOUNT_UNKNOWN:
    'The service no longer has the key of the MiniMax account that accepted this: its operator can add it to MINIMAX_FORMER_ACCOUNTS, and it goes on.',
  UNKNOWN:
    'Look the status code up at MiniMax where there is one, or ask its support with the trace id.',
};
