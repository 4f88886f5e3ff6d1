import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keysOf, look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { taskReply } from '../../support/fake-upstream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { WEBHOOK_ALLOW_PRIVATE: 'on' } });
});
afterEach(async () => {
  await app.stop();
});

const minute = 60_000;

interface Failed {
  id: string;
  version: number;
  taskId: string;
  updatedAt: string;
  status: string;
  failure: { kind: string };
}

const unknownTask = () => taskReply({ status: '' }, 2013, 'invalid params, task_id');
const noFile = () => taskReply({ status: 'Success' });

/** A generation that failed since MiniMax kept answering this to looks; from then on it answers as usual. */
async function failed(answer = unknownTask): Promise<Failed> {
  const { id } = (await app.create()).generation;
  app.upstream.onQuery(answer);
  for (let i = 0; i < 6; i++) await step(app, 10 * minute);
  app.upstream.onQuery(() => undefined);
  return await look(app, id);
}

async function attach({ id, version }: Failed, taskId: string, headers = {}) {
  const { data, errors } = await app.graphql(
    `mutation { attachVideoGenerationTask(id: "${id}", version: ${version}, taskId: "${taskId}") {
      generation { id status version taskId completedAt failure { kind } } userErrors { field code message }
    } }`,
    {},
    headers,
  );
  return errors ? errors[0] : data.attachVideoGenerationTask;
}

describe('a generation whose task or file MiniMax did not find', () => {
  test.each([
    ['TASK_UNKNOWN', unknownTask],
    ['RESULT_MISSING', noFile],
  ] as const)('(%s) is taken up again with the same task', async (kind, answer) => {
    const lost = await failed(answer);
    expect(lost).toMatchObject({
      status: 'FAILED',
      failure: { kind },
      completedAt: expect.any(String),
    });
    const { generation, userErrors } = await attach(lost, lost.taskId);
    expect(userErrors).toEqual([]);
    expect(generation).toMatchObject({ status: 'PROCESSING', completedAt: null, failure: null });
    for (let i = 0; i < 3; i++) await step(app, 60 * minute);
    expect(await look(app, lost.id)).toMatchObject({
      status: 'SUCCEEDED',
      taskId: lost.taskId,
      failure: null,
      completedAt: expect.any(String),
    });
    const { data } = await app.graphql(
      `{ auditEvents(filter: { action: TASK_ATTACHED }) { nodes { callerId generationId fromStatus toStatus } } }`,
    );
    expect(data.auditEvents.nodes).toEqual([
      { callerId: 'local', generationId: lost.id, fromStatus: 'FAILED', toStatus: 'PROCESSING' },
    ]);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is taken up with another task; the record of what was sent stays as it was', async () => {
    const lost = await failed();
    await attach(lost, '106916112219999');
    for (let i = 0; i < 3; i++) await step(app, 60 * minute);
    expect(await look(app, lost.id)).toMatchObject({
      status: 'SUCCEEDED',
      taskId: '106916112219999',
    });
    const submission = await app.database.prisma.submission.findFirstOrThrow({
      where: { number: 1 },
    });
    expect(submission).toMatchObject({ outcome: 'ACCEPTED', taskId: lost.taskId, settledBy: null });
  });

  test('fails again when MiniMax finds it no better, and can be taken up again', async () => {
    const lost = await failed();
    app.upstream.onQuery(unknownTask);
    await attach(lost, lost.taskId);
    for (let i = 0; i < 6; i++) await step(app, 80 * minute);
    const again = (await look(app, lost.id)) as Failed;
    expect(again).toMatchObject({ status: 'FAILED', failure: { kind: 'TASK_UNKNOWN' } });
    expect((await attach(again, again.taskId)).userErrors).toEqual([]);
  });

  test('whose file could not be linked is asked for anew, not by the file of before', async () => {
    const { id, taskId } = (await app.create()).generation;
    app.upstream.onQuery(taskReply({ task_id: taskId, status: 'Success', file_id: '55' }));
    app.upstream.onRetrieve(() => taskReply({}, 2013, 'invalid params, file_id'));
    for (let i = 0; i < 7; i++) await step(app, 10 * minute);
    const lost = (await look(app, id)) as Failed;
    expect(lost).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'RESULT_MISSING' },
      fileId: '55',
    });
    app.upstream.onRetrieve(() => undefined);
    app.upstream.onQuery(taskReply({ task_id: taskId, status: 'Success', file_id: '56' }));
    await attach(lost, lost.taskId);
    await app.worker.runOnce();
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', fileId: '56' });
  });

  test('is taken up once: who comes second is told how it was settled', async () => {
    const lost = await failed();
    const answers = await Promise.all([attach(lost, lost.taskId), attach(lost, lost.taskId)]);
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([
      {
        field: ['version'],
        code: 'SETTLED_ALREADY',
        message: expect.stringMatching(/by local: TASK_ATTACHED/),
      },
    ]);
  });

  test('is taken up by admins only, at the version that they saw, and with no task of another', async () => {
    const other = (await app.create()).generation;
    const lost = await failed();
    expect((await attach(lost, other.taskId)).userErrors[0].code).toBe('TASK_ATTACHED_ELSEWHERE');
    const early = { ...lost, version: lost.version - 1 };
    expect((await attach(early, lost.taskId)).userErrors[0].code).toBe('WRONG_VERSION');
    const { secret } = await keysOf(app).create(
      { callerId: 'local', tenant: null, role: 'CLIENT', name: 'x', expiresAt: null },
      null,
    );
    const refused = await attach(lost, lost.taskId, { authorization: `Bearer ${secret}` });
    expect(refused.extensions.code).toBe('FORBIDDEN');
    const where = { id: lost.id, status: 'FAILED', version: lost.version } as const;
    expect(await app.database.prisma.videoGeneration.count({ where })).toBe(1);
  });

  test('is told of: to watchers of what failed, and by webhook at each status', async () => {
    await app.graphql(
      'mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/x", events: [GENERATION_PROCESSING, GENERATION_SUCCEEDED, GENERATION_FAILED] }) { secret } }',
    );
    const lost = await failed();
    const watch = app.subscriber().iterate<{ generationsUpdated: { status: string } }>({
      query: `subscription { generationsUpdated(filter: { status: FAILED }, updatedAfter: "${lost.updatedAt}") { status } }`,
    });
    const next = async () => (await watch.next()).value?.data?.generationsUpdated.status;
    expect(await next()).toBe('FAILED');
    await attach(lost, lost.taskId);
    expect(await next()).toBe('PROCESSING');
    for (let i = 0; i < 3; i++) await step(app, 60 * minute);
    const deliveries = await app.database.prisma.webhookDelivery.findMany({
      orderBy: { createdAt: 'asc' },
    });
    expect(deliveries.map(({ event }) => event)).toEqual([
      'GENERATION_PROCESSING',
      'GENERATION_FAILED',
      'GENERATION_PROCESSING',
      'GENERATION_SUCCEEDED',
    ]);
    const versions = deliveries.map(({ body }) => JSON.parse(body).data.version as number);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(JSON.parse(deliveries[2]!.body).data).toMatchObject({
      failure: null,
      completedAt: null,
    });
  });
});

test('a generation that failed for another reason is not taken up', async () => {
  const { id } = (await app.create()).generation;
  app.upstream.onQuery(taskReply({ status: 'Fail' }, 1027, 'output sensitive'));
  await step(app);
  const flagged = (await look(app, id)) as Failed;
  const { userErrors, generation } = await attach(flagged, flagged.taskId);
  expect(userErrors[0]).toMatchObject({
    code: 'WRONG_STATUS',
    message: expect.stringContaining('TASK_UNKNOWN'),
  });
  expect(generation).toMatchObject({ status: 'FAILED', failure: { kind: 'OUTPUT_FLAGGED' } });
});
