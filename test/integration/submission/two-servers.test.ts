import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidV7 } from 'uuid';
import { openDatabase } from '../../../src/database/database.ts';
import {
  keysOf,
  look,
  startTestApp,
  step,
  usualInput,
  type TestApp,
  type TestAppOptions,
} from '../../support/app.ts';
import { silent, type TestDatabase } from '../../support/database.ts';
import { startFakeUpstream, type FakeUpstream } from '../../support/fake-upstream.ts';
import { gate } from '../../support/gate.ts';

/** Two servers on one database, against one MiniMax, whose clocks agree. */
let a: TestApp;
let b: TestApp;
let upstream: FakeUpstream;
let stopped: Set<TestApp>;

beforeEach(async () => {
  upstream = await startFakeUpstream();
  stopped = new Set();
});
afterEach(async () => {
  await upstream.close();
  for (const app of [b, a]) if (!stopped.has(app)) await app.stop();
});

async function startBoth(
  env: Record<string, string> = {},
  ofA: TestAppOptions = {},
): Promise<TestApp[]> {
  a = await startTestApp({ fake: upstream, env, ...ofA });
  b = await startTestApp({ fake: upstream, env, database: await secondConnection() });
  b.clock.advance(a.clock.now().getTime() - b.clock.now().getTime());
  return [a, b];
}

let second: TestDatabase | undefined;
afterAll(() => second?.close());

/** On a server with a pool and a listener of its own, as another process has them, for all tests. */
async function secondConnection(): Promise<TestDatabase> {
  const { url } = a.database;
  if (url !== undefined) second ??= await openDatabase({ url, dataDir: '', logger: silent });
  return { ...(second ?? a.database), close: () => Promise.resolve() };
}

async function stop(app: TestApp): Promise<void> {
  stopped.add(app);
  await app.stop();
}

/** Moves both clocks, and has both workers look for what is due at the same moment. */
async function race(ms = 0): Promise<void> {
  a.clock.advance(ms);
  b.clock.advance(ms);
  await Promise.all([a.worker.runOnce(), b.worker.runOnce()]);
}

function createOnBoth(count: number): Promise<{ generation: { id: string } }[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      (index % 2 === 0 ? a : b).create({ prompt: `Boat ${index}` }),
    ),
  );
}

function submittedPrompts(): string[] {
  return upstream.submits.map(({ body }) => body.prompt as string);
}

/** Rows as requests of these callers would leave them, due now, one ms apart. */
async function enqueue(callerId: string, count: number): Promise<void> {
  const now = a.clock.now();
  await a.database.prisma.videoGeneration.createMany({
    data: Array.from({ length: count }, (_, index) => {
      const at = new Date(now.getTime() - count + index);
      return {
        ...usualInput,
        id: uuidV7({ msecs: at.getTime() }),
        prompt: `${callerId} ${index}`,
        callerId,
        inputHash: '',
        promptOptimizer: true,
        simulated: false,
        status: 'QUEUED',
        version: 1,
        createdAt: at,
        updatedAt: at,
        nextAttemptAt: at,
      };
    }),
  });
}

/** When a minute's budget is free again: a second more is for the way to MiniMax. */
const afterMinute = 61_001;

describe('two servers that race', () => {
  test('submit each of forty requests once', async () => {
    await startBoth({ CREATE_WAIT_MS: '0' });
    await createOnBoth(40);
    await race();
    expect(submittedPrompts()).toHaveLength(40);
    expect(new Set(submittedPrompts()).size).toBe(40);
    const { prisma } = a.database;
    expect(await prisma.videoGeneration.count({ where: { status: 'PROCESSING' } })).toBe(40);
    expect(await prisma.auditEvent.count({ where: { action: 'SUBMISSION_SENT' } })).toBe(40);
  });

  test('ask for each task once when it is due, and finish it once', async () => {
    upstream.processingAnswers = 2;
    await startBoth();
    await createOnBoth(20);
    for (let steps = 1; steps <= 3; steps++) {
      await race(20_000);
      const counts = new Map<string, number>();
      for (const { query } of upstream.queries)
        counts.set(query.task_id!, (counts.get(query.task_id!) ?? 0) + 1);
      expect([...counts.values()]).toEqual(Array<number>(20).fill(steps));
    }
    expect(upstream.retrieves).toHaveLength(20);
    const { prisma } = a.database;
    expect(await prisma.videoGeneration.count({ where: { status: 'SUCCEEDED' } })).toBe(20);
    expect(await prisma.auditEvent.count({ where: { action: 'GENERATION_SUCCEEDED' } })).toBe(20);
  });

  test('stay within the budget of requests per minute together', async () => {
    await startBoth({ CREATE_WAIT_MS: '0', MINIMAX_RPM: '5' });
    await createOnBoth(12);
    await race();
    expect(upstream.submits).toHaveLength(5);
    await race(30_000);
    expect(upstream.submits).toHaveLength(5);
    const { data } = await b.graphql('{ providerStatus { usedInLastMinute } }');
    expect(data.providerStatus.usedInLastMinute).toBe(5);
    await race(afterMinute - 30_000);
    expect(upstream.submits).toHaveLength(10);
    await race(afterMinute);
    expect(new Set(submittedPrompts()).size).toBe(12);
    expect(upstream.submits).toHaveLength(12);
  });

  // Oldest first would have the second caller wait for more than eight hours.
  test('serve a caller who comes later beside one with a thousand requests', async () => {
    await startBoth({ MINIMAX_RPM: '2' });
    await enqueue('many', 1_000);
    await race();
    expect(submittedPrompts().sort()).toEqual(['many 0', 'many 1']);
    await enqueue('few', 2);
    const sentNext = async () => {
      const before = upstream.submits.length;
      await race(afterMinute);
      return submittedPrompts().slice(before).sort();
    };
    expect(await sentNext()).toEqual(['few 0', 'many 2']);
    expect(await sentNext()).toEqual(['few 1', 'many 3']);
    expect(await sentNext()).toEqual(['many 4', 'many 5']);
    await enqueue('few', 1);
    expect(await sentNext()).toContain('few 0');
  });

  test('make identical requests with a key one row, one submission and equal answers', async () => {
    const apps = await startBoth();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        apps[index % 2]!.create({ idempotencyKey: 'order-1' }),
      ),
    );
    expect(upstream.submits).toHaveLength(1);
    expect(await a.database.prisma.videoGeneration.count()).toBe(1);
    expect(new Set(answers.map(({ generation }) => JSON.stringify(generation))).size).toBe(1);
    expect(answers[0].generation.status).toBe('PROCESSING');
    expect(answers.filter(({ replayed }) => replayed)).toHaveLength(11);
  });

  // The time for waiting may be over before the first generation was even found.
  test('answer a repetition that has no time to wait', async () => {
    await startBoth({ CREATE_WAIT_MS: '0' });
    const first = await a.create({ idempotencyKey: 'order-1' });
    const again = await b.create({ idempotencyKey: 'order-1' });
    expect(again.replayed).toBe(true);
    expect(again.generation.id).toBe(first.generation.id);
  });
});

describe('what one server does', () => {
  test('is seen by who subscribed at the other', async () => {
    await startBoth();
    const { id } = (await a.create()).generation;
    const updates = b.subscriber().iterate<{ generationUpdated: { status: string } }>({
      query: `subscription { generationUpdated(id: "${id}") { status version } }`,
    });
    const next = async () => (await updates.next()).value?.data?.generationUpdated;
    expect(await next()).toEqual({ status: 'PROCESSING', version: 3 });
    await step(a);
    expect(await next()).toEqual({ status: 'PROCESSING', version: 4 });
    await step(a);
    expect(await next()).toEqual({ status: 'SUCCEEDED', version: 5 });
    expect((await updates.next()).done).toBe(true);
  });

  test('is finished before it stops: a request in flight is not uncertain', async () => {
    await startBoth();
    const answer = gate();
    upstream.onSubmit(async () => {
      await answer.opened;
      return undefined;
    });
    const creating = a.create();
    await upstream.received('submit');
    let isStopped = false;
    const stopping = stop(a).then(() => (isStopped = true));
    await b.worker.runOnce();
    const [row] = await b.database.prisma.videoGeneration.findMany();
    expect(row!.status).toBe('SUBMITTING');
    expect(isStopped).toBe(false);
    answer.open();
    await stopping;
    const { generation } = await creating;
    expect(generation).toMatchObject({ status: 'PROCESSING', taskId: expect.any(String) });
    await step(b);
    await step(b);
    expect((await look(b, generation.id)).status).toBe('SUCCEEDED');
    expect(upstream.submits).toHaveLength(1);
  });

  test('is taken over when it dies: the lease ends, and a late answer changes nothing', async () => {
    upstream.processingAnswers = 0;
    await startBoth({ MINIMAX_TIMEOUT_MS: '60000', LEASE_MS: '10000' });
    const { id } = (await a.create()).generation;
    upstream.onQuery({ fault: 'hang' });
    a.clock.advance(20_000);
    b.clock.advance(20_000);
    // Nobody renews this lease: the worker of a test is not started.
    const neverDone = a.worker.runOnce();
    await upstream.received('query');
    b.clock.advance(9_999);
    await b.worker.runOnce();
    expect(upstream.queries).toHaveLength(1);
    b.clock.advance(1);
    await b.worker.runOnce();
    expect(upstream.queries).toHaveLength(2);
    const done = await look(b, id);
    expect(done.status).toBe('SUCCEEDED');
    await upstream.close();
    await neverDone;
    expect(await look(b, id)).toEqual(done);
  });

  // Else the trail would claim that a person had decided otherwise about a paid task.
  test('is told once when the confirmation of a stored answer is lost', async () => {
    let isCut = false;
    const first = await startTestApp({ fake: upstream });
    const database = {
      ...first.database,
      work: {
        ...first.database.work,
        pool: new Proxy(first.database.work.pool, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (name !== 'query') return value;
            return async (...args: Parameters<typeof target.query>) => {
              const result = await (target.query(...args) as unknown as Promise<unknown>);
              const { name: statement = '' } = args[0] as { name?: string };
              if (!isCut || !statement.startsWith('write')) return result;
              isCut = false;
              throw new Error('Connection terminated unexpectedly');
            };
          },
        }),
      },
    };
    await first.stop();
    await startBoth({}, { database });
    upstream.onSubmit(() => {
      isCut = true;
      return undefined;
    });
    const { id } = (await a.create()).generation;
    await a.worker.runOnce();
    const { status, events } = await look(b, id);
    expect(status).toBe('PROCESSING');
    expect(events.map(({ action }: { action: string }) => action)).toEqual([
      'GENERATION_CREATED',
      'SUBMISSION_SENT',
      'SUBMISSION_ACCEPTED',
    ]);
    expect(isCut).toBe(false);
  });
});

describe('the requests of a caller', () => {
  // On the embedded database there is one server only; it counts in memory.
  const isShared = globalThis.databaseUrl !== undefined;

  test('are counted by both servers together where they share a server', async () => {
    await startBoth({ OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: '100' });
    const named = { callerId: 'shop', name: 'shop', role: 'CLIENT' as const };
    const { secret } = await keysOf(a).create({ ...named, tenant: null, expiresAt: null }, null);
    const headers = { authorization: `Bearer ${secret}` };
    const ask = (app: TestApp) => app.graphql('{ me { rateLimit { remaining } } }', {}, headers);
    const statuses: number[] = [];
    for (let count = 0; count < 120; count += 1) {
      statuses.push((await ask(count % 2 === 0 ? a : b)).status);
    }
    const passed = statuses.filter((status) => status === 200).length;
    expect(passed).toBe(isShared ? 100 : 120);
    if (!isShared) return;
    const refused = await ask(b);
    expect(refused.errors![0].extensions.code).toBe('RATE_LIMITED');
    expect(refused.headers['ratelimit-remaining']).toBe('0');
  });

  test('are counted by each server alone while the database cannot be asked', async () => {
    await startBoth({ OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: '3' });
    const { prisma } = a.database;
    const statusesOf = async (app: TestApp) => {
      const answers = Array.from({ length: 4 }, () => app.graphql('{ __typename }'));
      return (await Promise.all(answers)).map(({ status }) => status).sort();
    };
    await prisma.$executeRaw`ALTER TABLE rate_limit RENAME TO rate_limit_away`;
    try {
      expect(await statusesOf(a)).toEqual([401, 401, 401, 429]);
      expect(await statusesOf(b)).toEqual([401, 401, 401, 429]);
    } finally {
      await prisma.$executeRaw`ALTER TABLE rate_limit_away RENAME TO rate_limit`;
    }
  });
});
