import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/database/database.ts';
import { createLogger } from '../../../src/logger.ts';
import { Leases } from '../../../src/submission/leases.ts';
import { UpstreamKey, type UpstreamKeyOptions } from '../../../src/submission/request-budget.ts';
import { usualInput } from '../../support/app.ts';
import {
  emptyTables,
  openKeptDatabase,
  silent,
  type TestDatabase,
} from '../../support/database.ts';

let database: TestDatabase;
const undo: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  database = await openKeptDatabase();
});
beforeEach(() => emptyTables(database));
afterAll(() => database.close());
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A server with connections of its own, where there is a server of the database. */
async function server(
  limits: UpstreamKeyOptions['limits'],
  now = () => new Date(),
): Promise<Leases> {
  const { url } = database;
  const own =
    url === undefined ? database : await openDatabase({ url, dataDir: '', logger: silent });
  if (own !== database) undo.push(() => own.close());
  const key = new UpstreamKey({
    ...{ prisma: own.prisma, now, keyId: 'key', name: 'main', log: createLogger('silent') },
    limits,
    longestPauseMs: Infinity,
  });
  await key.register();
  return new Leases({
    storageId: '',
    ...{ database: own, key, now, leaseMs: 60_000, simulated: false, holdQueued: 'off' },
    holds: { notice: () => Promise.resolve(), holdNeedless: () => Promise.resolve() },
  });
}

const room = { requests: 3, imageBytes: 0, sendsNoImages: true };
/** Longer than a claim may wait for another one. */
const aMomentMs = 10_000;

test('servers that claim in the same moment, again and again, take each request once and no more than the budget', async () => {
  // Five servers that take three at a time meet eight times and more on the way to it.
  const budget = 40;
  const at = new Date();
  await database.prisma.videoGeneration.createMany({
    data: Array.from({ length: 60 }, (_, index) => ({
      ...{ ...usualInput, id: randomUUID(), callerId: `caller ${index % 3}`, inputHash: '' },
      ...{ promptOptimizer: true, simulated: false, status: 'QUEUED' as const, version: 1 },
      ...{ createdAt: at, updatedAt: at, nextAttemptAt: at },
    })),
  });
  const limit = { requestsPerMinute: budget, inFlight: null };
  const limits = { 1: limit, 2: limit };
  const servers = await Promise.all(Array.from({ length: 5 }, () => server(limits)));
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

test('servers that claim in the same moment never have more in flight than is allowed, of either API generation', async () => {
  const allowed = { 1: 7, 2: 4 };
  // Several times as many as may run at once, so that places are taken again and again.
  const requests = { 1: 30, 2: 20 };
  let at = Date.now();
  // In real time servers' clocks differ, and the claims of one round are not made at one time.
  const now = () => new Date(at + (ticks++ % 5) * 400);
  let ticks = 0;
  const queue = (apiGeneration: 1 | 2) =>
    Array.from({ length: requests[apiGeneration] }, (_, index) => ({
      ...{ ...usualInput, id: randomUUID(), callerId: `caller ${index % 3}`, inputHash: '' },
      ...{ promptOptimizer: true, simulated: false, status: 'QUEUED' as const, version: 1 },
      ...{ createdAt: new Date(at), updatedAt: new Date(at), nextAttemptAt: new Date(at) },
      apiGeneration,
    }));
  await database.prisma.videoGeneration.createMany({ data: [...queue(1), ...queue(2)] });
  const limits = {
    1: { requestsPerMinute: null, inFlight: allowed[1] },
    2: { requestsPerMinute: null, inFlight: allowed[2] },
  };
  const servers = await Promise.all(Array.from({ length: 4 }, () => server(limits, now)));

  const seen = { 1: [0], 2: [0] };
  const look = async () => {
    const counts = await database.pool.query<{ spoken: 1 | 2; count: number }>(
      `SELECT api_generation AS spoken, count(*)::integer FROM video_generation
       WHERE status IN ('SUBMITTING', 'PROCESSING') GROUP BY 1`,
    );
    for (const { spoken, count } of counts.rows) seen[spoken].push(count);
  };
  const claimed: string[] = [];
  const running: string[] = [];
  for (let round = 0; claimed.length < requests[1] + requests[2] && round < 60; round += 1) {
    // Some end while others are claimed: their places may be taken at once, or later.
    const ended = running.splice(0, Math.ceil(running.length / 2));
    const end = database.prisma.videoGeneration.updateMany({
      where: { id: { in: ended } },
      data: { status: 'SUCCEEDED' },
    });
    const claims = [...servers, ...servers].map((leases) => leases.claimSubmissions(room));
    const [taken] = await Promise.all([Promise.all(claims), end, look(), look(), look()]);
    const ids = taken.flat().map(({ id }) => id);
    claimed.push(...ids);
    running.push(...ids);
    await look();
    at += aMomentMs;
  }
  expect(claimed).toHaveLength(requests[1] + requests[2]);
  expect(new Set(claimed).size).toBe(claimed.length);
  for (const spoken of [1, 2] as const) expect(Math.max(...seen[spoken])).toBe(allowed[spoken]);
});

test('a lease is held while a quarter of it is to come, by the server that has it', async () => {
  let at = new Date();
  await database.prisma.videoGeneration.create({
    data: {
      ...{ ...usualInput, id: randomUUID(), callerId: 'caller', inputHash: '' },
      ...{ promptOptimizer: true, simulated: false, status: 'QUEUED', version: 1 },
      ...{ createdAt: at, updatedAt: at, nextAttemptAt: at },
    },
  });
  const limit = { requestsPerMinute: 10, inFlight: null };
  const leases = await server({ 1: limit, 2: limit }, () => at);
  const [claimed] = await leases.claimSubmissions(room);
  expect(await leases.isHeld(claimed!)).toBe(true);
  expect(await leases.isHeld({ ...claimed!, leaseToken: randomUUID() })).toBe(false);
  at = new Date(at.getTime() + 45_000);
  expect(await leases.isHeld(claimed!)).toBe(false);
  await leases.renew([claimed!]);
  expect(await leases.isHeld(claimed!)).toBe(true);
  await database.prisma.videoGeneration.updateMany({ data: { status: 'UNCERTAIN' } });
  expect(await leases.isHeld(claimed!)).toBe(false);
});
