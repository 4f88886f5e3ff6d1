import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { Submission } from '../../../src/database/generated/client.ts';
import { createLogger } from '../../../src/logger.ts';
import { Leases } from '../../../src/submission/leases.ts';
import { UpstreamKey } from '../../../src/submission/request-budget.ts';
import { look, startTestApp, step, type TestApp, type TestAppOptions } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
const others: TestApp[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
  await app.stop();
});

const minute = 60_000;

/** A request that MiniMax has put off. */
async function queued(): Promise<string> {
  app.upstream.onSubmit(coded(1002));
  const { generation } = await app.create();
  expect(generation.status).toBe('QUEUED');
  return generation.id;
}

/** As a database holds it that has become another one since. */
async function fromElsewhere(...ids: string[]): Promise<void> {
  const { count } = await app.database.prisma.videoGeneration.updateMany({
    where: { id: { in: ids } },
    data: { incarnation: 'elsewhere' },
  });
  expect(count).toBe(ids.length);
}

async function held(): Promise<string> {
  const id = await queued();
  await fromElsewhere(id);
  await step(app, minute);
  expect((await row(id)).heldAt).not.toBeNull();
  return id;
}

async function row(id: string, of = app) {
  return await of.database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
}

/** Another server on the database, at the same time, which has the upstream. */
async function another(options: TestAppOptions = {}): Promise<TestApp> {
  const database = { ...app.database, close: () => Promise.resolve() };
  const started = await startTestApp({ fake: app.upstream, database, ...options });
  started.clock.advance(app.clock.now().getTime() - started.clock.now().getTime());
  others.push(started);
  return started;
}

async function ask(query: string) {
  const answer = await app.graphql(query);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

async function release(...ids: string[]) {
  const { releaseVideoGenerations } = await ask(`mutation {
    releaseVideoGenerations(ids: ${JSON.stringify(ids)}) {
      generations { id status heldAt nextAttemptAt version } userErrors { field code message } } }`);
  return releaseVideoGenerations;
}

async function attach(id: string, taskId: string, version: number) {
  const { attachVideoGenerationTask } = await ask(`mutation {
    attachVideoGenerationTask(id: "${id}", taskId: "${taskId}", version: ${version}) {
      generation { id status taskId heldAt attempts
        submissions { number outcome taskId reason account { name } } }
      userErrors { field code } } }`);
  return attachVideoGenerationTask;
}

async function heldAtReadyz(): Promise<number> {
  const { body } = await request(`${app.url}/readyz`);
  return ((await body.json()) as { generationsHeld: number }).generationsHeld;
}

async function listed(filter: string): Promise<string[]> {
  const { generations } = await ask(`{ generations(filter: ${filter}) { nodes { id } } }`);
  return generations.nodes.map(({ id }: { id: string }) => id);
}

function actions({ events }: { events: { action: string }[] }): string[] {
  return events.map(({ action }) => action);
}

describe('what was queued in another incarnation of the database', () => {
  test('is held, and everybody can see it, until an admin releases it', async () => {
    app = await startTestApp();
    const id = await queued();
    const other = await queued();
    await fromElsewhere(id);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(3);
    expect((await look(app, other)).status).toBe('PROCESSING');
    const seen = await look(app, id);
    expect(seen).toMatchObject({ status: 'QUEUED', nextAttemptAt: null });
    expect(actions(seen).at(-1)).toBe('GENERATION_HELD');
    expect(await heldAtReadyz()).toBe(1);
    expect(await listed('{ held: true }')).toEqual([id]);
    expect(await listed('{ held: false }')).toEqual([other]);
    const lines = app.logLines.filter((line) => line.includes('held until an admin'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      count: 1,
      queuedIn: 'elsewhere',
      generationIds: [id],
    });

    expect(await release(id)).toMatchObject({
      generations: [{ id, status: 'QUEUED', heldAt: null }],
      userErrors: [],
    });
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(4);
    const sent = await look(app, id);
    expect(sent.status).toBe('PROCESSING');
    expect(actions(sent)).toEqual([
      ...['GENERATION_CREATED', 'SUBMISSION_SENT', 'SUBMISSION_POSTPONED', 'GENERATION_HELD'],
      ...['GENERATION_RELEASED', 'SUBMISSION_SENT', 'SUBMISSION_ACCEPTED', 'TASK_STATUS_CHANGED'],
    ]);
    expect(await heldAtReadyz()).toBe(0);

    const again = await release(id);
    expect(again.generations).toMatchObject([{ id, version: sent.version }]);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(4);
  });

  test('is left alone by the claim itself, whoever has noticed or not', async () => {
    app = await startTestApp();
    const ours = await queued();
    const id = await queued();
    await fromElsewhere(id);
    const { prisma } = app.database;
    const now = () => new Date(app.clock.now().getTime() + minute);
    const { id: keyId } = await prisma.upstreamKey.findFirstOrThrow();
    const leases = new Leases({
      storageId: '',
      ...{ database: app.database, now, leaseMs: 10_000, simulated: false, holdQueued: 'changed' },
      key: new UpstreamKey({
        ...{ prisma, now, keyId, name: 'main', log: createLogger('silent') },
        limits: {
          1: { requestsPerMinute: 600, inFlight: null },
          2: { requestsPerMinute: 600, inFlight: null },
        },
        longestPauseMs: Infinity,
      }),
      holds: { notice: () => Promise.resolve() },
    });
    const room = { requests: 10, imageBytes: 0, sendsNoImages: true };
    const claimed = await leases.claimSubmissions(room);
    expect(claimed.map((generation) => generation.id)).toEqual([ours]);
    expect(await leases.claimSubmissions(room)).toEqual([]);
    expect(await row(id)).toMatchObject({ status: 'QUEUED', heldAt: null });
  });

  test('is held at the start of a server, before it is due', async () => {
    app = await startTestApp();
    const id = await queued();
    await fromElsewhere(id);
    await another();
    expect(await row(id)).toMatchObject({ status: 'QUEUED', nextAttemptAt: null });
    expect(await heldAtReadyz()).toBe(1);
  });

  test('is sent where nothing is to be held', async () => {
    app = await startTestApp({ env: { HOLD_QUEUED: 'off' } });
    const id = await queued();
    await fromElsewhere(id);
    await step(app, minute);
    expect((await row(id)).status).toBe('PROCESSING');
    expect(app.upstream.submits).toHaveLength(2);
  });

  const onServer = globalThis.databaseUrl === undefined ? test.skip : test;

  onServer('is held when the connection to the database comes back', async () => {
    app = await startTestApp();
    const id = await queued();
    await fromElsewhere(id);
    await app.database.prisma.$queryRaw`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query ILIKE 'LISTEN %'`;
    await until(async () => (await row(id)).heldAt !== null);
    expect(app.upstream.submits).toHaveLength(1);
  });
});

test('with HOLD_QUEUED=all whatever is queued at the start is held, and nothing later', async () => {
  app = await startTestApp();
  const id = await queued();
  const server = await another({ env: { HOLD_QUEUED: 'all' } });
  expect((await row(id)).heldAt).not.toBeNull();
  const [life] = await app.database.prisma.databaseLife.findMany();
  expect(life!.noticedAt.getTime()).toBeGreaterThan(app.clock.now().getTime() - minute);
  const later = await queued();
  server.clock.advance(minute);
  await server.worker.runOnce();
  expect((await row(later)).status).toBe('PROCESSING');
  expect(app.upstream.submits).toHaveLength(3);
});

test('what was queued before a dump was restored into the same database is held', async () => {
  app = await startTestApp();
  const id = await queued();
  // As whatever restores a dump does it.
  await app.database.pool.query(
    'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
  );
  await step(app, minute);
  expect((await row(id)).heldAt).not.toBeNull();
  const later = await queued();
  await step(app, minute);
  expect((await row(later)).status).toBe('PROCESSING');
});

test('a request that went back to the queue after the database had changed is held', async () => {
  app = await startTestApp();
  app.upstream.onSubmit(async () => {
    await app.database.prisma.videoGeneration.updateMany({ data: { incarnation: 'elsewhere' } });
    return coded(1002);
  });
  const { generation } = await app.create();
  expect(generation.status).toBe('QUEUED');
  await step(app, minute);
  expect((await row(generation.id)).heldAt).not.toBeNull();
  expect(app.upstream.submits).toHaveLength(1);
});

describe('what was being submitted in another incarnation', () => {
  /** As a dead server left it, and the database fell back to. */
  async function abandoned(
    outcome: Submission['outcome'],
    taskId: string | null = null,
  ): Promise<string> {
    app = await startTestApp();
    app.upstream.onSubmit(coded(1002));
    const { generation } = await app.create();
    const { prisma } = app.database;
    const [submission] = await prisma.submission.findMany({
      where: { generationId: generation.id },
    });
    await withoutTriggers(
      prisma,
      `UPDATE submission SET outcome = '${outcome}', task_id = ${taskId === null ? 'NULL' : `'${taskId}'`}
       WHERE id = '${submission!.id}'`,
    );
    const where = { id: generation.id };
    await prisma.videoGeneration.update({
      where,
      data: {
        ...{ status: 'SUBMITTING', taskId: null, leaseToken: submission!.id },
        leasedUntil: new Date(app.clock.now().getTime() - 1),
      },
    });
    await prisma.videoGeneration.update({ where, data: { incarnation: 'elsewhere' } });
    await app.worker.runOnce();
    return generation.id;
  }

  test.each(['PREPARED', 'NOT_SENT', 'REFUSED', 'SENT'] as const)(
    'is uncertain and not sent when its record says %s; a task that is found is recorded',
    async (outcome) => {
      const id = await abandoned(outcome);
      await step(app, minute);
      const { version } = await row(id);
      expect((await row(id)).status).toBe('UNCERTAIN');
      expect(app.upstream.submits).toHaveLength(1);
      const { generation } = await attach(id, '106916112212032', version);
      expect(generation.status).toBe('PROCESSING');
      const wasSettled = outcome === 'NOT_SENT' || outcome === 'REFUSED';
      expect(generation.submissions).toMatchObject([
        ...(wasSettled ? [{ number: 1, outcome }] : []),
        { number: wasSettled ? 2 : 1, outcome: 'ACCEPTED', taskId: '106916112212032' },
      ]);
    },
  );

  test('is followed when its record says that it was accepted', async () => {
    const id = await abandoned('ACCEPTED', '106916112212031');
    expect(await row(id)).toMatchObject({ status: 'PROCESSING', taskId: '106916112212031' });
    expect(app.upstream.submits).toHaveLength(1);
  });
});

describe('a held generation', () => {
  test('whose task was found is followed, and what was paid has a record', async () => {
    app = await startTestApp();
    const id = await held();
    const { version } = await row(id);
    const answer = await attach(id, '106916112212032', version);
    expect(answer).toEqual({
      userErrors: [],
      generation: {
        ...{ id, status: 'PROCESSING', taskId: '106916112212032', heldAt: null, attempts: 2 },
        submissions: [
          expect.objectContaining({ number: 1, outcome: 'REFUSED', reason: 'FIRST' }),
          {
            ...{ number: 2, outcome: 'ACCEPTED', reason: 'RETRY', taskId: '106916112212032' },
            account: { name: 'main' },
          },
        ],
      },
    });
    const { submissionId } = await row(id);
    const record = await app.database.prisma.submission.findUniqueOrThrow({
      where: { id: submissionId! },
    });
    expect(record).toMatchObject({ number: 2, settledBy: 'local' });
    expect((await attach(id, '106916112212032', version)).userErrors).toEqual([
      { field: ['version'], code: 'SETTLED_ALREADY' },
    ]);
    await step(app, minute);
    expect(app.upstream.queries.length).toBeGreaterThan(0);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('that was never sent before gets its first record from the task that was found', async () => {
    app = await startTestApp({ env: { CREATE_WAIT_MS: '0' } });
    const first = await app.create({ idempotencyKey: 'k' });
    await app.worker.runOnce();
    await lose(first.generation.id);
    const { generation } = await app.create({ idempotencyKey: 'k' });
    const answer = await attach(generation.id, '106916112212032', generation.version);
    expect(answer.generation.submissions).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', reason: 'FIRST', account: { name: 'main' } },
    ]);
  });

  test('that was released since is not taken for the task of the old decision', async () => {
    app = await startTestApp();
    const id = await held();
    const { version } = await row(id);
    await release(id);
    await step(app, minute);
    expect((await attach(id, '106916112212032', version)).userErrors).toEqual([
      { field: ['version'], code: 'SETTLED_ALREADY' },
    ]);
  });

  test('can be cancelled, and is not released then', async () => {
    app = await startTestApp();
    const id = await held();
    await ask(`mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`);
    expect(await row(id)).toMatchObject({ status: 'CANCELLED', heldAt: null });
    expect((await release(id)).generations).toMatchObject([{ id, status: 'CANCELLED' }]);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is not released together with a wrong id, with none, or with too many', async () => {
    app = await startTestApp();
    const id = await held();
    for (const ids of [[], [id, 'x'], [id, crypto.randomUUID()], hundredAndOne()]) {
      expect(await release(...ids)).toEqual({
        generations: [],
        userErrors: [{ field: ['ids'], code: 'IDS_INVALID', message: expect.any(String) }],
      });
    }
    expect((await row(id)).heldAt).not.toBeNull();
    // In any spelling, and once.
    expect((await release(id.toUpperCase(), id)).generations).toMatchObject([{ id, heldAt: null }]);
  });
});

function hundredAndOne(): string[] {
  return Array.from({ length: 101 }, () => crypto.randomUUID());
}

/** As a failover does to what was not copied yet. */
async function lose(id: string): Promise<void> {
  await withoutTriggers(
    app.database.prisma,
    `DELETE FROM audit_event WHERE generation_id = '${id}'`,
    `DELETE FROM submission WHERE generation_id = '${id}'`,
    `UPDATE video_generation SET successor_id = NULL WHERE successor_id = '${id}'`,
    `DELETE FROM video_generation WHERE id = '${id}'`,
  );
}

describe('a request whose generation the database lost', () => {
  test('is stored again under its key, and held', async () => {
    app = await startTestApp();
    const first = await app.create({ idempotencyKey: 'k' });
    await lose(first.generation.id);
    const again = await app.create({ idempotencyKey: 'k' });
    expect(again).toMatchObject({ replayed: false, userErrors: [] });
    expect(again.generation).toMatchObject({ status: 'QUEUED', version: 2, nextAttemptAt: null });
    expect(actions(again.generation)).toEqual(['GENERATION_CREATED', 'GENERATION_HELD']);
    const event = await app.database.prisma.auditEvent.findFirstOrThrow({
      where: { action: 'GENERATION_HELD' },
    });
    expect(event.detail).toMatchObject({ lostGenerationId: first.generation.id });
    // Known from now on: the same one, still held.
    const third = await app.create({ idempotencyKey: 'k' });
    expect(third).toMatchObject({ replayed: true, generation: { id: again.generation.id } });
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(1);
    expect(await heldAtReadyz()).toBe(1);
    await release(again.generation.id);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is held by a server that only heard of it', async () => {
    app = await startTestApp();
    const server = await another();
    const first = await app.create({ idempotencyKey: 'k' });
    // Told in the order of the commits: whoever knows of this one knows of the first.
    await lose(first.generation.id);
    const again = await server.create({ idempotencyKey: 'k' });
    expect((await row(again.generation.id)).heldAt).not.toBeNull();
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is held when it is retried once more', async () => {
    app = await startTestApp();
    app.upstream.onSubmit(coded(1026));
    const { generation } = await app.create();
    const retry = async () =>
      (
        await ask(`mutation { retryVideoGeneration(id: "${generation.id}") {
          generation { id status heldAt } } }`)
      ).retryVideoGeneration.generation;
    const successor = await retry();
    expect(successor.status).toBe('PROCESSING');
    await lose(successor.id);
    const again = await retry();
    expect(again).toMatchObject({ status: 'QUEUED', heldAt: expect.any(String) });
    expect((await retry()).id).toBe(again.id);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is held by a server that was started later', async () => {
    app = await startTestApp();
    const first = await app.create({ idempotencyKey: 'k' });
    const told = new Promise<string>((resolve) => {
      void app.database.listen(
        'recent_keys',
        (lines) => lines !== '' && resolve(lines),
        () => undefined,
      );
    });
    const server = await another();
    // Both hear it over one connection, the server first.
    expect(await told).toContain(first.generation.id);
    await lose(first.generation.id);
    const again = await server.create({ idempotencyKey: 'k' });
    expect((await row(again.generation.id)).heldAt).not.toBeNull();
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('of another caller under the same key is sent', async () => {
    app = await startTestApp();
    const first = await app.create({ idempotencyKey: 'k' });
    await lose(first.generation.id);
    expect((await app.create({ idempotencyKey: 'l' })).generation.status).toBe('PROCESSING');
  });
});

describe('an uncertain generation of which the database lost what was ordered', () => {
  /** What was done is lost, as by a restored backup; what it made is gone. */
  async function lost(id: string, done: () => Promise<unknown>): Promise<void> {
    const { prisma } = app.database;
    const restoring: string[] = [];
    for (const table of ['video_generation', 'submission', 'audit_event']) {
      const column = table === 'video_generation' ? 'id' : 'generation_id';
      const [{ rows, columns }] = await prisma.$queryRawUnsafe<[{ rows: string; columns: string }]>(
        `SELECT quote_literal(json_agg(t)) AS rows, (
           SELECT string_agg(column_name, ', ') FROM information_schema.columns
           WHERE table_name = '${table}' AND is_generated = 'NEVER'
         ) AS columns
         FROM ${table} AS t WHERE ${column} = '${id}'`,
      );
      restoring.push(`INSERT INTO ${table} (${columns})
        SELECT ${columns} FROM json_populate_recordset(NULL::${table}, ${rows})`);
    }
    await done();
    const { successorId } = await row(id);
    await lose(id);
    if (successorId !== null) await lose(successorId);
    await withoutTriggers(prisma, ...restoring);
  }

  const resubmit = async (id: string) => {
    const { version } = await row(id);
    await ask(
      `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { userErrors { code } } }`,
    );
  };
  const retry = async (id: string) => {
    await ask(`mutation { retryVideoGeneration(id: "${id}") { userErrors { code } } }`);
  };
  const callBack = async (id: string) => {
    await app.database.prisma.videoGeneration.update({
      where: { id },
      data: { version: { increment: 1 } },
    });
  };

  test.each([
    ['is sent again', [resubmit], resubmit],
    ['was sent again at a later version', [callBack, resubmit], resubmit],
    ['was retried', [retry], resubmit],
    ['was sent again, and is retried', [resubmit], retry],
    ['was retried, and is retried', [retry], retry],
  ])('is held when it %s once more', async (_what, before, again) => {
    app = await startTestApp();
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const { id } = (await app.create()).generation;
    expect((await row(id)).status).toBe('UNCERTAIN');
    await lost(id, async () => {
      for (const act of before) await act(id);
      await until(() => app.upstream.submits.length === 2);
    });
    await again(id);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(2);
    const { heldAt, successorId } = await row(id);
    expect(heldAt ?? (await row(successorId!)).heldAt).not.toBeNull();
  });

  test('is sent again each time that it is ordered, when nothing was lost', async () => {
    app = await startTestApp();
    app.upstream.onSubmit(({ number }) => (number < 3 ? { fault: 'resetAfterRead' } : undefined));
    const { id } = (await app.create()).generation;
    await resubmit(id);
    await until(
      async () => (await row(id)).status === 'UNCERTAIN' && app.upstream.submits.length === 2,
    );
    await resubmit(id);
    await until(async () => (await row(id)).status === 'PROCESSING');
    expect(app.upstream.submits).toHaveLength(3);
  });
});
