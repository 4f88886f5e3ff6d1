import { describe, expect, test } from '@jest/globals';
import { allowedMoves, isFinal } from '../../../src/generation/lifecycle.ts';

describe('a status', () => {
  test('is final for SUCCEEDED, FAILED and CANCELLED only', () => {
    const final = (Object.keys(allowedMoves) as (keyof typeof allowedMoves)[]).filter(isFinal);
    expect(final.toSorted()).toEqual(['CANCELLED', 'FAILED', 'SUCCEEDED']);
  });
});
