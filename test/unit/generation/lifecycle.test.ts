import { describe, expect, test } from '@jest/globals';
import type { VideoGeneration } from '../../../src/generation/generation.ts';
import { allowedMoves, isFinal, isLost } from '../../../src/generation/lifecycle.ts';

describe('a status', () => {
  test('is final for SUCCEEDED, FAILED and CANCELLED only', () => {
    const final = (Object.keys(allowedMoves) as (keyof typeof allowedMoves)[]).filter(isFinal);
    expect(final.toSorted()).toEqual(['CANCELLED', 'FAILED', 'SUCCEEDED']);
  });
});

test.each([
  ['FAILED', 'TASK_UNKNOWN', true],
  ['FAILED', 'RESULT_MISSING', true],
  ['FAILED', 'NOT_CREATED', true],
  ['FAILED', 'TASK_FAILED', false],
  ['FAILED', 'OUTPUT_FLAGGED', false],
  ['FAILED', null, false],
  // While it is still looked at.
  ['PROCESSING', 'TASK_UNKNOWN', false],
] as const)(
  'a generation that is %s with %s may have a video after all: %s',
  (status, failureKind, lost) => {
    expect(isLost({ status, failureKind } as VideoGeneration)).toBe(lost);
  },
);
