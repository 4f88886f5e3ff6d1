import { ProblemCode } from '../upstream/check-request.ts';

/** Why a mutation did nothing: what is wrong with the request itself, or with when it came. */
export const UserErrorCode = {
  ...ProblemCode,
  IDEMPOTENCY_KEY_INVALID: 'IDEMPOTENCY_KEY_INVALID',
  IDEMPOTENCY_KEY_REUSED: 'IDEMPOTENCY_KEY_REUSED',
  TAGS_INVALID: 'TAGS_INVALID',
  KEEP_FOR_INVALID: 'KEEP_FOR_INVALID',
  FILE_NOT_FOUND: 'FILE_NOT_FOUND',
  WEBHOOK_URL_INVALID: 'WEBHOOK_URL_INVALID',
  WEBHOOK_URL_NOT_PUBLIC: 'WEBHOOK_URL_NOT_PUBLIC',
  WEBHOOK_URL_NOT_REGISTERED: 'WEBHOOK_URL_NOT_REGISTERED',
  WRONG_STATUS: 'WRONG_STATUS',
  WRONG_VERSION: 'WRONG_VERSION',
  SETTLED_ALREADY: 'SETTLED_ALREADY',
  TASK_ID_INVALID: 'TASK_ID_INVALID',
  TASK_ATTACHED_ELSEWHERE: 'TASK_ATTACHED_ELSEWHERE',
  SUBMISSION_NOT_OPEN: 'SUBMISSION_NOT_OPEN',
  IMAGES_NO_LONGER_STORED: 'IMAGES_NO_LONGER_STORED',
  REGENERATION_NOT_SUPPORTED: 'REGENERATION_NOT_SUPPORTED',
  PROMPT_ENHANCEMENT_NOT_SUPPORTED: 'PROMPT_ENHANCEMENT_NOT_SUPPORTED',
  SOURCE_NOT_AVAILABLE: 'SOURCE_NOT_AVAILABLE',
  VIDEO_REMOVED: 'VIDEO_REMOVED',
  TASK_RUNNING: 'TASK_RUNNING',
  TASK_NOT_REMOVED: 'TASK_NOT_REMOVED',
  GENERATION_REDACTED: 'GENERATION_REDACTED',
  REASON_INVALID: 'REASON_INVALID',
  DAYS_INVALID: 'DAYS_INVALID',
  IDS_INVALID: 'IDS_INVALID',
} as const;
export type UserErrorCode = (typeof UserErrorCode)[keyof typeof UserErrorCode];

export interface UserError {
  /** Path of the input at fault. */
  field: string[];
  code: UserErrorCode;
  /** What to do, for a person. */
  message: string;
}

export function userError(field: string, code: UserErrorCode, message: string): UserError {
  return { field: [field], code, message };
}
