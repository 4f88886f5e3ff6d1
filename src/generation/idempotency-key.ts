import { userError, type UserError } from './user-errors.ts';

const pattern = /^[\x21-\x7e]{1,255}$/;

/** Why something is no idempotency key; null when it is one. */
export function idempotencyKeyProblem(key: string): UserError | null {
  const message = 'An idempotency key has 1 to 255 printable ASCII characters without spaces.';
  return pattern.test(key) ? null : userError('idempotencyKey', 'IDEMPOTENCY_KEY_INVALID', message);
}

/** Of one that another request was made with. */
export const reusedKeyProblem = userError(
  'idempotencyKey',
  'IDEMPOTENCY_KEY_REUSED',
  'This idempotency key was used for a different request. Use a new key for a new request, and the old one only to repeat the old request exactly.',
);
