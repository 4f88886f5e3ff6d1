import { expect, test } from '@jest/globals';
import { readClocks } from '../../../src/network/clocks.ts';
import { whileLeased } from '../../../src/submission/while-leased.ts';

const withinMs = 60_000;
const now = readClocks();
const longAgo = { monotonic: now.monotonic - withinMs, wall: now.wall - withinMs };

test('what was confirmed a short time ago goes on without asking', async () => {
  const leave = whileLeased(now, withinMs, () => Promise.reject(new Error('asked')));
  expect(leave.mayLeave()).toBe(true);
  expect(await leave.mayGoOn()).toBe(true);
});

test.each([
  ['by a clock that never jumps', { ...now, monotonic: longAgo.monotonic }],
  ['by a clock that goes on while the machine sleeps', { ...now, wall: longAgo.wall }],
])('later, %s, it goes on when the lease is confirmed anew, once', async (_clock, confirmedAt) => {
  let asked = 0;
  const leave = whileLeased(confirmedAt, withinMs, () => Promise.resolve(++asked > 0));
  expect(leave.mayLeave()).toBe(false);
  expect([await leave.mayGoOn(), await leave.mayGoOn()]).toEqual([true, true]);
  expect(asked).toBe(1);
});

test('later it waits for a lease that is renewed in a moment', async () => {
  let asked = 0;
  const leave = whileLeased(longAgo, withinMs, () => Promise.resolve(++asked === 2));
  expect(await leave.mayGoOn()).toBe(true);
});

test('later it ends when the lease is not confirmed', async () => {
  const lost = whileLeased(longAgo, withinMs, () => Promise.resolve(false));
  expect(await lost.mayGoOn()).toBe(false);
  const frozenAgain = whileLeased(longAgo, -1, () => Promise.resolve(true));
  expect(await frozenAgain.mayGoOn()).toBe(false);
});
