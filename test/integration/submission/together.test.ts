import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LeasedGeneration } from '../../../src/generation/generation.ts';
import { MinimaxError } from '../../../src/minimax/errors.ts';
import { Submissions, TaskTaken } from '../../../src/submission/submissions.ts';
import { emptyTables, openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { randomFrom } from '../../support/random-operations.ts';

/**
 * What leaves, or is answered, in the same turn of the event loop goes in one statement: nothing else
 * may come of it than of one after the other.
 */
const random = randomFrom(Number(process.env['RANDOM_SEED'] || 11));
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

const outcomes = ['PREPARED', 'SENT', 'UNKNOWN', 'NOT_SENT', 'ACCEPTED', 'REFUSED'] as const;
const now = new Date('2026-06-01T12:00:00Z');
const marginMs = 5_000;

let database: TestDatabase;
let submissions: Submissions;
beforeAll(async () => {
  database = await openTestDatabase();
  submissions = new Submissions({ database, now: () => now, marginMs });
});
afterAll(async () => {
  await database.close();
});

/** Two sets of submissions in the same random states; those of the second set are named `…-b`. */
async function twins(count: number, states: readonly (typeof outcomes)[number][]) {
  await emptyTables(database);
  const drawn = Array.from({ length: count }, () => ({
    outcome: pick(states),
    status: pick(['SUBMITTING', 'SUBMITTING', 'SUBMITTING', 'UNCERTAIN'] as const),
    hasItsLease: random() < 0.8,
    leftMs: pick([60_000, 60_000, marginMs, marginMs - 1, -1]),
    settledBy: random() < 0.2 ? 'ann' : null,
  }));
  const set = async (name: string) => {
    const made = drawn.map((state) => ({ ...state, id: randomUUID(), generationId: randomUUID() }));
    await database.prisma.videoGeneration.createMany({
      data: made.map(({ id, generationId, status, hasItsLease, leftMs }) => ({
        ...{ id: generationId, createdAt: now, updatedAt: now, callerId: 'ann', inputHash: 'hash' },
        ...{ model: 'T2V-01', prompt: 'x', promptOptimizer: true, simulated: false, version: 1 },
        ...{ status, leaseToken: hasItsLease ? id : randomUUID() },
        leasedUntil: status === 'SUBMITTING' ? new Date(now.getTime() + leftMs) : null,
      })),
    });
    await database.prisma.submission.createMany({
      data: made.map(({ id, generationId, outcome, settledBy }, index) => ({
        ...{ id, generationId, number: 1, accountId: name, accountName: name, apiGeneration: 1 },
        ...{ simulated: false, callerId: 'ann', reason: 'FIRST' as const, currency: 'USD' },
        ...{ claimedAt: now, outcome, ...(outcome === 'ACCEPTED' && { taskId: `had-${index}` }) },
        ...(outcome === 'UNKNOWN' && { settledBy, settledAt: now }),
      })),
    });
    return made;
  };
  return { together: await set('together'), apart: await set('apart') };
}

/** What is stored of a set, without what differs by its ids. */
async function stored(accountId: string) {
  const rows = await database.prisma.submission.findMany({ where: { accountId } });
  const told = rows.map(({ id, generationId: _, accountId: _a, accountName: _n, ...row }) => ({
    id,
    row,
  }));
  return new Map(told.map(({ id, row }) => [id, row]));
}

async function expectAlike({ together, apart }: Awaited<ReturnType<typeof twins>>) {
  const [one, other] = [await stored('together'), await stored('apart')];
  for (const [index, { id }] of together.entries())
    expect(one.get(id)).toEqual(other.get(apart[index]!.id));
}

/** The name of what it failed with, else what it gave. */
async function resultOf(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    return error instanceof TaskTaken ? 'taken' : 'refused';
  }
}

test('requests that leave together are confirmed as one by one', async () => {
  const sets = await twins(150, ['PREPARED', 'PREPARED', ...outcomes]);
  const confirm = (row: { id: string }, index: number) =>
    submissions.confirm({ leaseToken: row.id } as LeasedGeneration, `hash-${index}`);
  const together = await Promise.all(sets.together.map(confirm));
  const apart: boolean[] = [];
  for (const [index, row] of sets.apart.entries()) apart.push(await confirm(row, index));
  expect(together).toEqual(apart);
  const mayLeave = sets.apart.map(
    ({ outcome, status, hasItsLease, leftMs }) =>
      outcome === 'PREPARED' && status === 'SUBMITTING' && hasItsLease && leftMs > marginMs,
  );
  expect(together).toEqual(mayLeave);
  expect(new Set(together)).toEqual(new Set([true, false]));
  await expectAlike(sets);
});

test.each([
  ['all of which can be stored', () => null, [undefined]],
  ['some with another one’s task', () => (random() < 0.2 ? 'taken' : null), ['taken', undefined]],
  ['some unstorable', () => (random() < 0.2 ? 'unstorable' : null), ['refused', undefined]],
])('answers that come together, %s, are stored as one by one', async (_what, fault, results) => {
  const sets = await twins(120, ['SENT', 'SENT', 'SENT', 'UNKNOWN', 'PREPARED', 'ACCEPTED']);
  const [holder] = sets.together.filter(({ outcome }) => outcome === 'ACCEPTED');
  const held = `had-${sets.together.indexOf(holder!)}`;
  const answers = sets.together.map((_row, index) => {
    const drawn = fault();
    const told = {
      ...{ httpStatus: 200, latencyMs: index, statusCode: 0, traceId: `trace-${index}` },
      statusMessage: drawn === 'unstorable' ? 'a\u0000b' : pick(['success', 'ok', null]),
    };
    return random() < 0.7 || drawn === 'taken'
      ? { ...told, taskId: drawn === 'taken' ? held : `task-${index}` }
      : new MinimaxError('No.', {
          ...told,
          kind: pick(['refused', 'uncertain']),
          failureKind: 'OUTCOME_UNKNOWN',
        });
  });
  const settle = (row: { id: string }, index: number) =>
    resultOf(submissions.settle(row.id, answers[index]!));
  const together = await Promise.all(sets.together.map(settle));
  const apart: unknown[] = [];
  for (const [index, row] of sets.apart.entries()) apart.push(await settle(row, index));
  expect(together).toEqual(apart);
  expect(new Set(together)).toEqual(new Set(results));
  await expectAlike(sets);
});
