import { userError, type UserError } from './user-errors.ts';

/** What is wrong with the number of days that a request is to be kept for. */
export function keepForProblems(days: number | null | undefined, most: number): UserError[] {
  if (days == null || (days >= 1 && days <= most)) return [];
  const message = `A video can be kept for 1 to ${most} days here, not ${days}.`;
  return [userError('keepForDays', 'KEEP_FOR_INVALID', message)];
}
