import { ApiError } from './errors.ts';
import { levelsOf } from './nesting.ts';

/** Whether PostgreSQL can store a text: it has neither U+0000 nor half a character. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

export function notStorable(): ApiError {
  return new ApiError(
    'BAD_USER_INPUT',
    'A text contains U+0000 or half of a surrogate pair. Neither can be stored.',
    // Found before the operation begins.
    { http: { status: 400 } },
  );
}

/**
 * Throws OPERATION_TOO_DEEP for brackets within more brackets than `nesting`, and BAD_USER_INPUT for
 * a text that cannot be stored.
 *
 * graphql-js calls itself for each level of an input type that contains itself, so it must not see
 * variables that are too deep; this goes through them level by level.
 */
export function checkVariables(variables: unknown, nesting: number): void {
  let depth = 0;
  for (const level of levelsOf(variables)) {
    if (depth > nesting) {
      throw new ApiError(
        'OPERATION_TOO_DEEP',
        `The variables are nested more than ${nesting} levels deep.`,
      );
    }
    for (const value of level) {
      if (typeof value === 'string' && !isStorable(value)) throw notStorable();
    }
    depth += 1;
  }
}
