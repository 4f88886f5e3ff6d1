import { describe, expect, test } from '@jest/globals';
import {
  allowedMoves,
  isFinal,
  queryDelayMs,
  queryErrorDelayMs,
  stalledAfterMs,
  submissionDelayMs,
} from '../../../src/generation/lifecycle.ts';

const middle = () => 0.5;
const minute = 60_000;

describe('a status', () => {
  test('is final for SUCCEEDED, FAILED and CANCELLED only', () => {
    const final = (Object.keys(allowedMoves) as (keyof typeof allowedMoves)[]).filter(isFinal);
    expect(final.toSorted()).toEqual(['CANCELLED', 'FAILED', 'SUCCEEDED']);
  });
});

describe('the time until a submission is tried again', () => {
  test.each([
    [1, null, 2_000],
    [2, null, 4_000],
    [5, null, 32_000],
    [50, null, 5 * minute],
    [1, 30_000, 30_000],
    [10, 1_000, 5 * minute],
  ])('after %i tries and Retry-After %p is %i ms', (attempts, retryAfterMs, expected) => {
    expect(submissionDelayMs(attempts, retryAfterMs, middle)).toBe(expected);
  });

  test('differs from request to request by a fifth at most, and never undercuts Retry-After', () => {
    expect(submissionDelayMs(1, null, () => 0)).toBe(1_600);
    expect(submissionDelayMs(1, null, () => 1)).toBe(2_400);
    expect(submissionDelayMs(1, 10_000, () => 0)).toBe(10_000);
  });
});

describe('the time until a task is looked at again', () => {
  test.each([
    ['fresh', 0, 10_000],
    ['two minutes old', 2 * minute, 20_000],
    ['ten minutes old', 10 * minute, 60_000],
    ['just before its deadline', stalledAfterMs - 1, 60_000],
    ['past its deadline', stalledAfterMs, 3 * minute],
    ['a day old', 24 * 60 * minute, 60 * minute],
  ])('for one that is %s', (_name, ageMs, expected) => {
    expect(queryDelayMs(ageMs, 10_000, middle)).toBe(expected);
  });

  test('never shrinks as a task grows older', () => {
    let last = 0;
    for (let age = 0; age < 48 * 60 * minute; age += minute) {
      const delay = queryDelayMs(age, 10_000, middle);
      expect(delay).toBeGreaterThanOrEqual(last);
      last = delay;
    }
  });

  test.each([
    [1, 0, null, 10_000],
    [3, 0, null, 40_000],
    [20, 0, null, 5 * minute],
    [1, 0, 90_000, 90_000],
    [1, 24 * 60 * minute, null, 60 * minute],
  ])(
    'grows with errors in a row: %i errors at age %i, Retry-After %p',
    (errors, ageMs, retryAfterMs, expected) => {
      expect(queryErrorDelayMs(errors, ageMs, 10_000, retryAfterMs, middle)).toBe(expected);
    },
  );
});
