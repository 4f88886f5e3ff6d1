import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { request } from 'undici';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, refused, taskReply, type Reply } from '../../support/fake-upstream.ts';
import { actionsOf, ask, release, rowOf } from '../../support/holds.ts';
import { decide, expectWholeLog, lost, taskId, uncertain } from '../../support/uncertain.ts';
import { until } from '../../support/until.ts';

const minute = 60_000;
const h3 = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ callbackBaseUrl: 'https://video.example.com/callbacks/minimax' });
});
afterEach(() => app.stop());

/** A message at the address that went with a submission. */
async function tell(index = 0, task = taskId): Promise<void> {
  const token = String(app.upstream.submits[index]!.body.callback_url).split('/').at(-1);
  const answer = await request(`${app.url}/callbacks/minimax/${token}`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ task_id: task, status: 'processing' }),
  });
  await answer.body.dump();
}

/** The same, until an event tells of it. */
async function tellOf(id: string, index = 0, task = taskId): Promise<void> {
  await tell(index, task);
  await until(async () => await isTold(id, task));
}

async function isTold(id: string, task = taskId): Promise<boolean> {
  const events = await app.database.prisma.auditEvent.findMany({
    where: { generationId: id, action: 'CALLBACK_RECEIVED' },
  });
  return events.some(({ detail }) => (detail as { taskId?: string }).taskId === task);
}

/** Answered like this after a callback had told of its task; its id. */
async function contradicted(reply: Reply, input = {}): Promise<string> {
  app.upstream.onSubmit(async ({ number }) => {
    const [row] = await app.database.prisma.videoGeneration.findMany({ where: { attempts: 1 } });
    await tellOf(row!.id, number - 1);
    return reply;
  });
  const { generation } = await app.create(input);
  return generation.id;
}

const attach = async (id: string) =>
  await decide(app, id, 'attachVideoGenerationTask', `, taskId: "${taskId}"`);

async function expectInDoubt(id: string): Promise<void> {
  const row = await look(app, id);
  expect(row).toMatchObject({
    status: 'UNCERTAIN',
    statusMessage: expect.stringContaining(taskId),
  });
  expect((await rowOf(app, id)).submittedAt).not.toBeNull();
}

async function expectFollowed(id: string, records: object[]): Promise<void> {
  expect(await attach(id)).toEqual([]);
  expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
  expect(await recordsOf(app, id)).toMatchObject(records);
  await expectWholeLog(app);
}

const accepted = { outcome: 'ACCEPTED', taskId, settledBy: 'local' };

describe('what is refused after a callback told of its task', () => {
  test.each([
    ['for now', coded(1002)],
    ['for good', coded(1026)],
    ['without a code', { status: 429, text: 'slow down' }],
    ['for its callback address', coded(2013, 'invalid params, fail to check callback url')],
  ])('%s is in doubt, by its record too, and is not sent again', async (_how, reply) => {
    const id = await contradicted(reply);
    await expectInDoubt(id);
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'UNKNOWN', taskId }]);
    await step(app, 10 * minute);
    await app.worker.doMinutely();
    expect(app.upstream.submits).toHaveLength(1);
    const stats = await ask(app, '{ generationStats { groups { possibleSpend { amount } } } }');
    expect(Number(stats.generationStats.groups[0].possibleSpend.amount)).toBeGreaterThan(0);
    await expectFollowed(id, [accepted]);
  });

  test('stays in doubt when it is sent again, as was ordered, and that is refused', async () => {
    const id = await contradicted(coded(1026));
    app.upstream.onSubmit(coded(1026));
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'REFUSED');
    await app.worker.runOnce();
    await expectInDoubt(id);
    await expectFollowed(id, [accepted, { outcome: 'REFUSED' }]);
  });

  test('is not made anew beside that', async () => {
    const { generation } = await app.create(h3);
    app.upstream.onQuery({ json: { status: 'success' } });
    await app.database.prisma.videoGeneration.updateMany({
      data: { status: 'SUCCEEDED', nextAttemptAt: null },
    });
    app.upstream.onSubmit(async () => {
      await tellOf((await rowOf(app, generation.id)).regenerationId!, 1);
      return refused(400, 'invalid');
    });
    const again = `mutation { regenerateVideoGeneration(id: "${generation.id}") {
      replayed generation { id status } userErrors { code } } }`;
    const { regenerateVideoGeneration: made } = await ask(app, again);
    expect(made).toMatchObject({ replayed: false, generation: { status: 'UNCERTAIN' } });
    app.upstream.onSubmit(refused(400, 'invalid'));
    expect(await decide(app, made.generation.id, 'resubmitVideoGeneration')).toEqual([]);
    await app.worker.runOnce();
    expect((await ask(app, again)).regenerateVideoGeneration).toMatchObject({
      replayed: true,
      generation: { id: made.generation.id, status: 'UNCERTAIN' },
    });
    expect(app.upstream.submits).toHaveLength(3);
  });
});

test('a server that dies between a callback and what follows from its answer leaves it in doubt', async () => {
  const id = await contradicted({ status: 429, text: 'slow down' });
  const { submissionId } = await rowOf(app, id);
  const end = new Date(app.clock.now().getTime() + 10_000);
  await app.database.prisma.videoGeneration.update({
    where: { id },
    data: { status: 'SUBMITTING', leaseToken: submissionId, leasedUntil: end, claimSpeaks: 1 },
  });
  await step(app, 10_001);
  await step(app, 10 * minute);
  await expectInDoubt(id);
  expect(app.upstream.submits).toHaveLength(1);
  await expectFollowed(id, [accepted]);
});

const onServer = globalThis.databaseUrl === undefined ? test.skip : test;

onServer.each([coded(1002), coded(1026)])(
  'a callback that comes between the answer and what follows from it loses nothing',
  async (reply) => {
    const session = new pg.Client({ connectionString: (app.database as { url?: string }).url });
    await session.connect();
    app.upstream.onSubmit(async () => {
      await session.query('BEGIN; SELECT FROM video_generation FOR UPDATE');
      return reply;
    });
    const creating = app.create();
    await until(async () => {
      const [record] = await app.database.prisma.submission.findMany();
      return record?.outcome === 'REFUSED';
    });
    await tell();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await session.query('COMMIT');
    await session.end();
    const { generation } = await creating;
    await until(async () => await isTold(generation.id));
    expect(await recordsOf(app, generation.id)).toMatchObject([{ outcome: 'UNKNOWN', taskId }]);
    await step(app, 10 * minute);
    expect(app.upstream.submits).toHaveLength(1);
    await expectFollowed(generation.id, [accepted]);
  },
);

onServer(
  'a callback that is stored while another answer waits to be gives its task on',
  async () => {
    const session = new pg.Client({ connectionString: (app.database as { url?: string }).url });
    await session.connect();
    const record = () => app.database.prisma.submission.findFirst({ where: { number: 2 } });
    const waiting = async (count: number) =>
      await until(async () => {
        const { rows } = await session.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length >= count;
      });
    app.upstream.onSubmit(coded(1002), async () => {
      await session.query('BEGIN; SELECT FROM submission WHERE number = 2 FOR UPDATE');
      void tell(1);
      await waiting(1);
      return taskReply({ task_id: '4242' });
    });
    const { id } = (await app.create()).generation;
    const sending = step(app);
    await until(async () => (await record())?.outcome === 'SENT');
    // The callback before the answer.
    await waiting(2);
    await session.query('COMMIT');
    await session.end();
    await sending;
    await until(async () => (await recordsOf(app, id))[0]!.taskId !== null);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId },
      { outcome: 'ACCEPTED', taskId: '4242' },
    ]);
  },
);

describe('a callback that tells of a task', () => {
  test('of what waits to be sent again has it held', async () => {
    app.upstream.onSubmit(coded(1002));
    const { id } = (await app.create()).generation;
    await tell();
    expect((await rowOf(app, id)).heldAt).not.toBeNull();
    expect(actionsOf(await look(app, id)).slice(-2)).toEqual([
      'CALLBACK_RECEIVED',
      'GENERATION_HELD',
    ]);
    await step(app, 10 * minute);
    expect(app.upstream.submits).toHaveLength(1);
    await tell();
    await expectFollowed(id, [accepted]);
  });

  test('of what waits to be sent again, and is released all the same, has it sent', async () => {
    app.upstream.onSubmit(coded(1002));
    const { id } = (await app.create()).generation;
    await tellOf(id);
    await release(app, id);
    await step(app);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId },
      { outcome: 'ACCEPTED' },
    ]);
  });

  test('of what had failed lets a person follow it', async () => {
    app.upstream.onSubmit(coded(1026));
    const { id } = (await app.create()).generation;
    await tellOf(id);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId, statusCode: 1026 },
    ]);
    await expectFollowed(id, [accepted]);
  });

  test.each([
    ['the second one is put off', 1002, ['QUEUED', true]],
    ['the second one is refused', 1026, ['UNCERTAIN', false]],
  ])(
    'while a second one is being sent keeps a third from being sent when %s',
    async (_what, code, expected) => {
      const id = await uncertain(app);
      app.upstream.onSubmit(async () => {
        await tellOf(id);
        return coded(code);
      });
      expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
      await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'REFUSED');
      await step(app, 10 * minute);
      await app.worker.doMinutely();
      expect(app.upstream.submits).toHaveLength(2);
      const { status, heldAt } = await rowOf(app, id);
      expect([status, heldAt !== null]).toEqual(expected);
      await expectFollowed(id, [accepted, { outcome: 'REFUSED' }]);
    },
  );

  test('while what repeats it is being sent has that held when it is put off', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'declareVideoGenerationNotCreated')).toEqual([]);
    app.upstream.onSubmit(async () => {
      await tellOf(id);
      return coded(1002);
    });
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const successorId = (await rowOf(app, id)).successorId!;
    await until(async () => (await rowOf(app, successorId)).status === 'QUEUED');
    await step(app, 10 * minute);
    await until(async () => (await rowOf(app, successorId)).heldAt !== null);
    expect(app.upstream.submits).toHaveLength(2);
    app.upstream.onSubmit(() => undefined);
    await release(app, successorId);
    await step(app, minute);
    expect((await rowOf(app, successorId)).status).toBe('PROCESSING');
  });

  test('of what had failed has its retry held', async () => {
    app.upstream.onSubmit(coded(1026));
    const { id } = (await app.create()).generation;
    await tell();
    expect((await look(app, id)).statusMessage).toContain(taskId);
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const successorId = (await rowOf(app, id)).successorId!;
    await until(async () => (await rowOf(app, successorId)).heldAt !== null);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('of an earlier submission than that which is being sent goes into its record when that is accepted', async () => {
    app.upstream.onSubmit(coded(1002));
    const { id } = (await app.create()).generation;
    app.upstream.onSubmit(async () => {
      await tellOf(id);
      return undefined;
    });
    await step(app, minute);
    await until(async () => (await rowOf(app, id)).status === 'PROCESSING');
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId },
      { outcome: 'ACCEPTED', taskId: expect.not.stringMatching(taskId) },
    ]);
    await expectWholeLog(app);
  });

  test('that another one was told, too, has it held all the same', async () => {
    await uncertain(app);
    app.upstream.onSubmit(coded(1002));
    const { id } = (await app.create()).generation;
    await tell(0);
    await tell(1);
    expect((await rowOf(app, id)).heldAt).not.toBeNull();
    await step(app, 10 * minute);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('by a number', async () => {
    const id = await uncertain(app);
    await tell(0, Number(taskId) as unknown as string);
    await tell(0, ` ${taskId} `);
    await tell(0, '0');
    const token = String(app.upstream.submits[0]!.body.callback_url).split('/').at(-1);
    for (const [body, expected] of [
      ['{"task_id":176843862716480123,"status":"processing"}', 200],
      ['{"task":{"id":""},"task_id":"5551"}', 200],
      ['{"task":{"task_id":"5552"}}', 200],
      ['[1', 400],
      ['', 200],
    ] as const) {
      const answer = await request(`${app.url}/callbacks/minimax/${token}`, {
        method: 'POST',
        body,
      });
      expect(answer.statusCode).toBe(expected);
      await answer.body.dump();
    }
    for (const told of ['176843862716480123', '5551', '5552'])
      expect(await isTold(id, told)).toBe(true);
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'UNKNOWN', taskId }]);
    const actions = actionsOf(await look(app, id));
    expect(actions.filter((each) => each === 'CALLBACK_RECEIVED')).toHaveLength(4);
  });

  test('of what was made anew, and refused, has the next one held', async () => {
    const { generation } = await app.create(h3);
    await app.database.prisma.videoGeneration.updateMany({
      data: { status: 'SUCCEEDED', nextAttemptAt: null },
    });
    const again = `mutation { regenerateVideoGeneration(id: "${generation.id}") {
      generation { id status } userErrors { code } } }`;
    app.upstream.onSubmit(refused(400, 'invalid'), refused(429, 'slow down'), () => undefined);
    const first = (await ask(app, again)).regenerateVideoGeneration.generation;
    expect(first.status).toBe('FAILED');
    const { id } = (await ask(app, again)).regenerateVideoGeneration.generation;
    expect((await rowOf(app, id)).status).toBe('QUEUED');
    await tell(1);
    expect((await rowOf(app, id)).heldAt).not.toBeNull();
    await step(app, 10 * minute);
    expect(app.upstream.submits).toHaveLength(3);
    await release(app, id);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(4);
  });

  test('is told by one event, however many come at once', async () => {
    const id = await uncertain(app);
    await Promise.all(Array.from({ length: 20 }, () => tell()));
    await Promise.all(['1', '2', '1', '2'].map((task) => tell(0, task)));
    const actions = actionsOf(await look(app, id));
    expect(actions.filter((each) => each === 'CALLBACK_RECEIVED')).toHaveLength(3);
  });

  test('of another than that which is followed leaves an event', async () => {
    const { id } = (await app.create()).generation;
    await tell();
    expect(await isTold(id)).toBe(true);
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'ACCEPTED' }]);
  });

  test('of what a person had declared not created holds what repeats it and waits', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'declareVideoGenerationNotCreated')).toEqual([]);
    app.upstream.onSubmit(coded(1002));
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const successorId = (await rowOf(app, id)).successorId!;
    await until(async () => (await recordsOf(app, successorId)).at(-1)?.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, successorId)).status === 'QUEUED');
    await tellOf(id);
    expect((await rowOf(app, successorId)).heldAt).not.toBeNull();
    await step(app, 10 * minute);
    expect(app.upstream.submits).toHaveLength(2);
    await expectFollowed(id, [accepted]);
  });

  test('of an earlier submission than that which is followed goes into its record', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await rowOf(app, id)).status === 'PROCESSING');
    await tellOf(id);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId },
      { outcome: 'ACCEPTED', taskId: (await rowOf(app, id)).taskId },
    ]);
    await expectWholeLog(app);
  });

  test('is shown to whoever decides, once', async () => {
    const id = await uncertain(app);
    await tellOf(id);
    await tell();
    await expectInDoubt(id);
    const { statusMessage, events } = await look(app, id);
    expect(statusMessage.split(taskId)).toHaveLength(2);
    expect(actionsOf({ events }).filter((each) => each === 'CALLBACK_RECEIVED')).toHaveLength(1);
  });
});

test('the task of an answer is that of whoever was accepted, whatever another was refused for', async () => {
  app.upstream.onSubmit({ status: 429, json: { task_id: taskId } });
  const other = (await app.create()).generation.id;
  app.upstream.onSubmit(taskReply({ task_id: taskId }));
  const { generation } = await app.create();
  expect(generation).toMatchObject({ status: 'PROCESSING', taskId });
  expect(await recordsOf(app, other)).toMatchObject([{ outcome: 'UNKNOWN', taskId: null }]);
  expect((await rowOf(app, other)).status).toBe('UNCERTAIN');
  await expectWholeLog(app);
});

test('a task that somebody mistyped, and MiniMax does not know, is put right in the same record', async () => {
  app.upstream.onSubmit(lost);
  const { id } = (await app.create()).generation;
  expect(await decide(app, id, 'attachVideoGenerationTask', ', taskId: "1"')).toEqual([]);
  app.upstream.onQuery(() => taskReply({ status: '' }, 2013, 'invalid params, task_id'));
  for (let i = 0; i < 6; i++) await step(app, 10 * minute);
  expect(await look(app, id)).toMatchObject({ failure: { kind: 'TASK_UNKNOWN' } });
  app.upstream.onQuery(() => undefined);
  await expectFollowed(id, [accepted]);
});

describe('of two that are answered at once, each with the task that a callback told of the other,', () => {
  test.each([1, 2, 3])('each has its own (%i)', async () => {
    let told = 0;
    app.upstream.onSubmit(async ({ number }) => {
      await until(() => app.upstream.submits.length === 2);
      await tell(number - 1, `${3 - number}`);
      told += 1;
      await until(() => told === 2);
      return taskReply({ task_id: `${number}` });
    });
    await Promise.all([app.create(), app.create()]);
    const records = await app.database.prisma.submission.findMany({ orderBy: { taskId: 'asc' } });
    expect(records).toMatchObject([
      { outcome: 'ACCEPTED', taskId: '1' },
      { outcome: 'ACCEPTED', taskId: '2' },
    ]);
    for (const { generationId } of records)
      expect((await rowOf(app, generationId)).status).toBe('PROCESSING');
    await expectWholeLog(app);
  });
});
