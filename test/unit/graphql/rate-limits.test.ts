import { afterEach, describe, expect, test } from '@jest/globals';
import type { Caller } from '../../../src/graphql/caller.ts';
import { RateLimits } from '../../../src/graphql/rate-limits.ts';
import { randomFrom } from '../../support/random-operations.ts';

const caller: Caller = { id: 'a', kind: 'API_KEY', role: 'CLIENT', tenant: null };
let limits: RateLimits;
afterEach(() => limits.close());

const start = (perMinute: number) => (limits = new RateLimits({ perMinute, pool: undefined }));

describe('several requests at a time', () => {
  test.each([1, 5, 60, 600])('are counted all or none, of %i a minute', async (perMinute) => {
    start(perMinute);
    const random = randomFrom(perMinute);
    let left = perMinute;
    for (let times = 0; times < 300; times += 1) {
      const count = 1 + Math.floor(random() * 20);
      const budget = await limits.take(caller, null, count);
      const exhausted = count > left;
      if (!exhausted) left -= count;
      expect(budget).toMatchObject({ limit: perMinute, remaining: left, exhausted });
    }
  });

  test('that come together are never granted more than there is, nor less than fits', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      start(100);
      const random = randomFrom(seed);
      const counts = Array.from({ length: 60 }, () => 1 + Math.floor(random() * 20));
      const budgets = await Promise.all(counts.map((count) => limits.take(caller, null, count)));
      const granted = counts.filter((_, index) => !budgets[index]!.exhausted);
      const used = granted.reduce((sum, count) => sum + count, 0);
      expect(used).toBeLessThanOrEqual(100);
      // What was not granted is still there.
      expect(await limits.take(caller, null, 100 - used)).toMatchObject({ exhausted: false });
      limits.close();
    }
  });

  test('that can never be had take nothing away', async () => {
    start(10);
    expect(await limits.take(caller, null, 11)).toMatchObject({ exhausted: true, remaining: 10 });
    expect(await limits.take(caller, null, 10)).toMatchObject({ exhausted: false, remaining: 0 });
  });
});

test('a refusal of several says how many are left and what to do', async () => {
  start(10);
  await limits.take(caller, null);
  const refused = (count: number) =>
    limits.takeMore(caller, count).catch((error: unknown) => error);
  expect(await refused(4)).toBeUndefined();
  expect(await refused(6)).toMatchObject({
    message: expect.stringMatching(/requests 7 videos.* 5 of 10 .*ask again in \d+ seconds/),
    extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
  });
  expect(await refused(19)).toMatchObject({
    message: expect.stringMatching(/requests 20 videos.*Request at most 10 at a time/),
  });
});
