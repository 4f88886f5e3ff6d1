import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/database/database.ts';
import { createLogger } from '../../../src/logger.ts';
import { Leases } from '../../../src/submission/leases.ts';
import { UpstreamKey } from '../../../src/submission/request-budget.ts';
import { usualInput } from '../../support/app.ts';
import { openTestDatabase, silent, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
const undo: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  database = await openTestDatabase();
  undo.push(() => database.close());
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A server with connections of its own, where there is a server of the database. */
async function server(requestsPerMinute: number): Promise<Leases> {
  const { url } = database;
  const own =
    url === undefined ? database : await openDatabase({ url, dataDir: '', logger: silent });
  if (own !== database) undo.push(() => own.close());
  const now = () => new Date();
  const key = new UpstreamKey({
    ...{ prisma: own.prisma, now, keyId: 'key', name: 'main', log: createLogger('silent') },
    limits: { 1: { requestsPerMinute, inFlight: null }, 2: { requestsPerMinute, inFlight: null } },
    longestPauseMs: Infinity,
  });
  await key.register();
  return new Leases({
    ...{ database: own, key, now, leaseMs: 60_000, simulated: false, holdQueued: 'off' },
    holds: { notice: () => Promise.resolve() },
  });
}

test('servers that claim in the same moment, again and again, take each request once and no more than the budget', async () => {
  const budget = 100;
  const at = new Date();
  await database.prisma.videoGeneration.createMany({
    data: Array.from({ length: 150 }, (_, index) => ({
      ...{ ...usualInput, id: randomUUID(), callerId: `caller ${index % 3}`, inputHash: '' },
      ...{ promptOptimizer: true, simulated: false, status: 'QUEUED' as const, version: 1 },
      ...{ createdAt: at, updatedAt: at, nextAttemptAt: at },
    })),
  });
  const servers = await Promise.all(Array.from({ length: 5 }, () => server(budget)));
  const room = { requests: 3, imageBytes: 0, sendsNoImages: true };
  const rounds = await Promise.all(
    servers.map(async (leases) => {
      const ids: string[] = [];
      for (;;) {
        const claimed = await leases.claimSubmissions(room);
        if (claimed.length === 0) return ids;
        ids.push(...claimed.map(({ id }) => id));
      }
    }),
  );
  const claimed = rounds.flat();
  expect(claimed).toHaveLength(budget);
  expect(new Set(claimed).size).toBe(budget);
  const { recentSubmissions } = await database.prisma.upstreamKey.findFirstOrThrow();
  expect(recentSubmissions).toHaveLength(budget);
  expect(await database.prisma.submission.count()).toBe(budget);
});
