import { afterEach, describe, expect, test } from '@jest/globals';
import type { Submission } from '../../../src/database/generated/client.ts';
import { createLogger } from '../../../src/logger.ts';
import { Leases } from '../../../src/submission/leases.ts';
import { UpstreamKey } from '../../../src/submission/request-budget.ts';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';
import {
  actionsOf,
  another,
  ask,
  heldAtReadyz,
  lose,
  release,
  rowOf,
} from '../../support/holds.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
afterEach(() => app.stop());

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
  expect((await rowOf(app, id)).heldAt).not.toBeNull();
  return id;
}

async function attach(id: string, taskId: string, version: number) {
  const { attachVideoGenerationTask } = await ask(
    app,
    `mutation {
    attachVideoGenerationTask(id: "${id}", taskId: "${taskId}", version: ${version}) {
      generation { id status taskId heldAt attempts
        submissions { number outcome taskId reason account { name } } }
      userErrors { field code } } }`,
  );
  return attachVideoGenerationTask;
}

async function listed(filter: string): Promise<string[]> {
  const { generations } = await ask(app, `{ generations(filter: ${filter}) { nodes { id } } }`);
  return generations.nodes.map(({ id }: { id: string }) => id);
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
    expect(actionsOf(seen).at(-1)).toBe('GENERATION_HELD');
    expect(await heldAtReadyz(app)).toBe(1);
    expect(await listed('{ held: true }')).toEqual([id]);
    expect(await listed('{ held: false }')).toEqual([other]);
    const lines = app.logLines.filter((line) => line.includes('held until an admin'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      count: 1,
      queuedIn: 'elsewhere',
      generationIds: [id],
    });

    expect(await release(app, id)).toMatchObject({
      generations: [{ id, status: 'QUEUED', heldAt: null }],
      userErrors: [],
    });
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(4);
    const sent = await look(app, id);
    expect(sent.status).toBe('PROCESSING');
    expect(actionsOf(sent)).toEqual([
      ...['GENERATION_CREATED', 'SUBMISSION_SENT', 'SUBMISSION_POSTPONED', 'GENERATION_HELD'],
      ...['GENERATION_RELEASED', 'SUBMISSION_SENT', 'SUBMISSION_ACCEPTED', 'TASK_STATUS_CHANGED'],
    ]);
    expect(await heldAtReadyz(app)).toBe(0);

    const again = await release(app, id);
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
      holds: { notice: () => Promise.resolve(), holdNeedless: () => Promise.resolve() },
    });
    const room = { requests: 10, imageBytes: 0, sendsNoImages: true };
    const claimed = await leases.claimSubmissions(room);
    expect(claimed.map((generation) => generation.id)).toEqual([ours]);
    expect(await leases.claimSubmissions(room)).toEqual([]);
    expect(await rowOf(app, id)).toMatchObject({ status: 'QUEUED', heldAt: null });
  });

  test('is held at the start of a server, before it is due', async () => {
    app = await startTestApp();
    const id = await queued();
    await fromElsewhere(id);
    const other = await another(app);
    expect(await rowOf(app, id)).toMatchObject({ status: 'QUEUED', nextAttemptAt: null });
    expect(await heldAtReadyz(app)).toBe(1);
    await other.stop();
  });

  test('is sent where nothing is to be held', async () => {
    app = await startTestApp({ env: { HOLD_QUEUED: 'off' } });
    const id = await queued();
    await fromElsewhere(id);
    await step(app, minute);
    expect((await rowOf(app, id)).status).toBe('PROCESSING');
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
    await until(async () => (await rowOf(app, id)).heldAt !== null);
    expect(app.upstream.submits).toHaveLength(1);
  });
});

test('with HOLD_QUEUED=all whatever is queued at the start is held, and nothing later', async () => {
  app = await startTestApp();
  const id = await queued();
  const server = await another(app, { env: { HOLD_QUEUED: 'all' } });
  expect((await rowOf(app, id)).heldAt).not.toBeNull();
  const [life] = await app.database.prisma.databaseLife.findMany();
  expect(life!.noticedAt.getTime()).toBeGreaterThan(app.clock.now().getTime() - minute);
  const later = await queued();
  server.clock.advance(minute);
  await server.worker.runOnce();
  expect((await rowOf(app, later)).status).toBe('PROCESSING');
  expect(app.upstream.submits).toHaveLength(3);
  await server.stop();
});

test('what was queued before a dump was restored into the same database is held', async () => {
  app = await startTestApp();
  const id = await queued();
  // As whatever restores a dump does it.
  await app.database.pool.query(
    'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
  );
  await step(app, minute);
  expect((await rowOf(app, id)).heldAt).not.toBeNull();
  const later = await queued();
  await step(app, minute);
  expect((await rowOf(app, later)).status).toBe('PROCESSING');
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
  expect((await rowOf(app, generation.id)).heldAt).not.toBeNull();
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
      const { version } = await rowOf(app, id);
      expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
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
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId: '106916112212031' });
    expect(app.upstream.submits).toHaveLength(1);
  });
});

describe('a held generation', () => {
  test('whose task was found is followed, and what was paid has a record', async () => {
    app = await startTestApp();
    const id = await held();
    const { version } = await rowOf(app, id);
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
    const { submissionId } = await rowOf(app, id);
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

  test('was sent as often as before when the task is of a submission that is known', async () => {
    app = await startTestApp();
    app.upstream.onSubmit({ status: 504, text: 'gateway' });
    const { id, version } = (await app.create()).generation;
    app.upstream.onSubmit(coded(1002));
    await ask(
      app,
      `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { userErrors { code } } }`,
    );
    await until(async () => (await rowOf(app, id)).attempts === 2);
    await until(async () => (await rowOf(app, id)).status === 'QUEUED');
    await fromElsewhere(id);
    await step(app, minute);
    const [first] = await recordsOf(app, id);
    const { attachVideoGenerationTask } = await ask(
      app,
      `mutation { attachVideoGenerationTask(id: "${id}", taskId: "106916112212032",
        version: ${(await rowOf(app, id)).version}, submissionId: "${first!.id}") {
          generation { status attempts submissions { outcome } } userErrors { code } } }`,
    );
    expect(attachVideoGenerationTask).toEqual({
      userErrors: [],
      generation: {
        ...{ status: 'PROCESSING', attempts: 2 },
        submissions: [{ outcome: 'ACCEPTED' }, { outcome: 'REFUSED' }],
      },
    });
  });

  test('that was never sent before gets its first record from the task that was found', async () => {
    app = await startTestApp({ env: { CREATE_WAIT_MS: '0' } });
    const first = await app.create({ idempotencyKey: 'k' });
    await app.worker.runOnce();
    await lose(app, first.generation.id);
    const { generation } = await app.create({ idempotencyKey: 'k' });
    const answer = await attach(generation.id, '106916112212032', generation.version);
    expect(answer.generation.submissions).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', reason: 'FIRST', account: { name: 'main' } },
    ]);
  });

  test('that was released since is not taken for the task of the old decision', async () => {
    app = await startTestApp();
    const id = await held();
    const { version } = await rowOf(app, id);
    await release(app, id);
    await step(app, minute);
    expect((await attach(id, '106916112212032', version)).userErrors).toEqual([
      { field: ['version'], code: 'SETTLED_ALREADY' },
    ]);
  });

  test('can be cancelled, and is not released then', async () => {
    app = await startTestApp();
    const id = await held();
    await ask(app, `mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`);
    expect(await rowOf(app, id)).toMatchObject({ status: 'CANCELLED', heldAt: null });
    expect((await release(app, id)).generations).toMatchObject([{ id, status: 'CANCELLED' }]);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is not released together with a wrong id, with none, or with too many', async () => {
    app = await startTestApp();
    const id = await held();
    for (const ids of [[], [id, 'x'], [id, crypto.randomUUID()], hundredAndOne()]) {
      expect(await release(app, ...ids)).toEqual({
        generations: [],
        userErrors: [{ field: ['ids'], code: 'IDS_INVALID', message: expect.any(String) }],
      });
    }
    expect((await rowOf(app, id)).heldAt).not.toBeNull();
    // In any spelling, and once.
    expect((await release(app, id.toUpperCase(), id)).generations).toMatchObject([
      { id, heldAt: null },
    ]);
  });
});

function hundredAndOne(): string[] {
  return Array.from({ length: 101 }, () => crypto.randomUUID());
}
