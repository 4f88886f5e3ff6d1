import { describe, expect, test } from '@jest/globals';
import {
  queryDelayMs,
  queryErrorDelayMs,
  stalledAfterMs,
} from '../../../src/following/schedule.ts';

const middle = () => 0.5;
const minute = 60_000;

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
    [1, 0, 24 * 60 * minute, 60 * minute],
    [1, 24 * 60 * minute, null, 60 * minute],
  ])(
    'grows with errors in a row: %i errors at age %i, Retry-After %p',
    (errors, ageMs, retryAfterMs, expected) => {
      expect(queryErrorDelayMs(errors, ageMs, 10_000, retryAfterMs, middle)).toBe(expected);
    },
  );
});
