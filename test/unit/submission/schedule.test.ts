import { describe, expect, test } from '@jest/globals';
import { submissionDelayMs } from '../../../src/submission/schedule.ts';

const middle = () => 0.5;
const minute = 60_000;

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
