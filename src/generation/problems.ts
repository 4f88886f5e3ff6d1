import type { VideoGeneration } from './generation.ts';
import { userError, type UserError } from './user-errors.ts';

/** Said to whoever decides about a generation that a record tells to have been accepted. */
export const acceptedAfterAll =
  'MiniMax has accepted it, as one of its `submissions` tells since: it will be paid for, and is followed within a minute. Where it was retried or withdrawn meanwhile, attach that task.';

/** Why a generation cannot be retried, by its status; null when it can. */
export function retryProblem({ status }: VideoGeneration): UserError | null {
  if (['FAILED', 'UNCERTAIN', 'CANCELLED'].includes(status)) return null;
  const message = `Only a FAILED, CANCELLED or UNCERTAIN generation can be retried; this one is ${status}.`;
  return userError('id', 'WRONG_STATUS', message);
}

/** Why nothing can be made of a generation any more; null when it can. */
export function redactionProblem({ redactedAt }: VideoGeneration): UserError | null {
  const message =
    'Prompt and images of this generation were removed, so it cannot be sent again: create a new one.';
  return redactedAt === null ? null : userError('id', 'GENERATION_REDACTED', message);
}
