import { setImmediate as oneTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Due } from '../../../src/generation/decisions.ts';
import { GenerationWorker, type WorkerOptions } from '../../../src/submission/worker.ts';
import { silent } from '../../support/database.ts';

/** What a worker looks for, one look after the other; each lasts until the next one is let go. */
function watched() {
  const looks: string[][] = [];
  const waiting: (() => void)[] = [];
  const leases = {
    claimSubmissions: async () => {
      const look = looks.at(-1);
      if (look?.includes('submissions') === false) look.push('submissions');
      else looks.push(['submissions']);
      await new Promise<void>((done) => waiting.push(done));
      return [];
    },
    claimFollowUps: () => {
      looks.at(-1)!.push('looks');
      return Promise.resolve([]);
    },
  };
  const worker = new GenerationWorker({
    leases,
    settleAbandoned: () => {
      looks.push(['abandoned']);
      return Promise.resolve();
    },
    ...{ log: silent, concurrency: 10, imageBytes: 0, leaseMs: 1_000, tickMs: 1_000 },
  } as unknown as WorkerOptions);
  const goOn = async () => {
    waiting.shift()!();
    // As many turns as promises are chained in it.
    for (let turns = 0; turns < 5; turns++) await oneTurn();
  };
  return { looks, worker, goOn };
}

const everything = ['abandoned', 'submissions', 'looks'];

test('what was just stored is looked for alone', async () => {
  const { looks, worker, goOn } = watched();
  worker.wake('submissions');
  await goOn();
  expect(looks).toEqual([['submissions']]);
  worker.wake();
  await oneTurn();
  await goOn();
  expect(looks).toEqual([['submissions'], everything]);
});

test.each<[wishes: Due[], next: string[]]>([
  [['submissions', 'submissions'], ['submissions']],
  [['submissions', 'anything'], everything],
  [['anything', 'submissions'], everything],
])('who wakes it while it looks (%j) finds all looked for next', async (wishes, next) => {
  const { looks, worker, goOn } = watched();
  worker.wake('submissions');
  for (const due of wishes) worker.wake(due);
  await goOn();
  await goOn();
  expect(looks).toEqual([['submissions'], next]);
});
