import { expect, test } from '@jest/globals';
import { maxAttempts, retryDelayMs } from '../../../src/webhooks/retry-schedule.ts';

const seconds = [5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400];

test.each(seconds.map((delay, index) => ({ attempts: index + 1, delay })))(
  'after attempt $attempts the next comes $delay s later, or up to a fifth more',
  ({ attempts, delay }) => {
    expect(retryDelayMs(attempts, null, () => 0)).toBe(delay * 1_000);
    expect(retryDelayMs(attempts, null, () => 1)).toBe(delay * 1_200);
  },
);

test('after the last attempt there is no next one', () => {
  expect(maxAttempts).toBe(10);
  expect(retryDelayMs(maxAttempts, null)).toBeNull();
  expect(retryDelayMs(maxAttempts, 1_000)).toBeNull();
});

test('a receiver may ask for more time, not for less', () => {
  expect(retryDelayMs(1, 60_000, () => 0)).toBe(60_000);
  expect(retryDelayMs(5, 60_000, () => 0)).toBe(3_600_000);
});
