import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { watchPace } from '../../../src/graphql/pace.ts';

const pace = { graceMs: 100, bytesPerSecond: 1_000 };

test('what does not come is given up', async () => {
  let timer: NodeJS.Timeout | undefined;
  const error = await new Promise((resolve) => {
    timer = watchPace(pace, () => 0, resolve);
  });
  clearInterval(timer);
  expect(error).toMatchObject({ extensions: { code: 'BODY_TOO_SLOW' } });
});

test('a process that stood still reads first', async () => {
  const errors: Error[] = [];
  const timer = watchPace(
    pace,
    () => 0,
    (error) => errors.push(error),
  );
  const until = performance.now() + 500;
  while (performance.now() < until);
  await turn();
  clearInterval(timer);
  expect(errors).toEqual([]);
});
