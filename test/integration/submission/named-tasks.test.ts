import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, type Reply } from '../../support/fake-upstream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ callbackBaseUrl: 'https://callbacks.example/callbacks/minimax' });
});
afterEach(async () => {
  await app.stop();
});

const task_id = '106916112219999';

async function decide(field: string, id: string, more = '') {
  const { version } = await look(app, id);
  const { data } = await app.graphql(
    `mutation { ${field}(id: "${id}", version: ${version}${more}) { generation { status } userErrors { code } } }`,
  );
  return data[field];
}

const attach = (id: string) => decide('attachVideoGenerationTask', id, `, taskId: "${task_id}"`);

function refusal(status: number, code: number, nested = false): Reply {
  const task = nested ? { data: { result: [{ task_id }] } } : { task_id };
  return { status, json: { ...task, base_resp: { status_code: code, status_msg: 'no' } } };
}

test('no record of an odd answer tells the token of the callback that it repeats', async () => {
  app.upstream.onSubmit(({ bodyText }) => ({
    text: `{"odd":${bodyText.replaceAll('/', '\\/')}}`,
  }));
  const { generation } = await app.create();
  await step(app);
  const [record] = await recordsOf(app, generation.id);
  expect(record!.statusMessage).toContain('callback_url');
  const stored = await app.database.prisma.videoGeneration.findUniqueOrThrow({
    where: { id: generation.id },
    include: { events: true },
  });
  const { callbackToken, ...rest } = stored;
  expect(JSON.stringify([record, rest])).not.toContain(callbackToken);
});

describe('an answer that is no success and names a task', () => {
  test.each<[string, Reply]>([
    ['HTTP 429', { status: 429, json: { task_id } }],
    ['HTTP 429 with code 0', refusal(429, 0)],
    ['HTTP 400 with code 0', refusal(400, 0)],
    ['HTTP 400, nested', { status: 400, json: { error: { message: 'no', details: { task_id } } } }],
    ['HTTP 401', { status: 401, json: { task_id } }],
    ['HTTP 302', { status: 302, json: { task_id } }],
    ['HTTP 413 in JSON within JSON', { status: 413, json: { error: JSON.stringify({ task_id }) } }],
    ['HTTP 503 that is no JSON', { status: 503, text: `upstream: {"task_id":"${task_id}",` }],
    ['1002', refusal(200, 1002)],
    ['1002, nested', refusal(200, 1002, true)],
    ['1026', refusal(200, 1026, true)],
    ['2049', refusal(200, 2049)],
    ['an undocumented code', refusal(200, 4711)],
    [
      'a callback address that is refused',
      {
        json: {
          task_id,
          base_resp: {
            status_code: 2013,
            status_msg: 'invalid params, fail to check callback url',
          },
        },
      },
    ],
    ['an answer of more than 1 MB', { json: { task_id, more: 'x'.repeat(2_000_000) } }],
  ])('is in doubt, not sent again, and the task is told: %s', async (_what, reply) => {
    app.upstream.onSubmit(reply);
    const { generation } = await app.create();
    const { id } = generation;
    expect(generation).toMatchObject({ status: 'UNCERTAIN', taskId: null });
    expect(generation.statusMessage).toContain(task_id);
    const told = await app.database.prisma.auditEvent.findFirst({
      where: { generationId: id, action: 'SUBMISSION_UNCERTAIN' },
    });
    expect(told?.detail).toMatchObject({ taskId: task_id });
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'UNKNOWN', taskId: task_id }]);
    await step(app, 600_000);
    expect(app.upstream.submits).toHaveLength(1);

    expect(await attach(id)).toEqual({ generation: { status: 'PROCESSING' }, userErrors: [] });
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'ACCEPTED', taskId: task_id, settledBy: 'local' },
    ]);
  });

  test('of an earlier submission settles that one when its task is attached', async () => {
    app.upstream.onSubmit(refusal(429, 1002), { fault: 'resetAfterRead' });
    const { id } = (await app.create()).generation;
    expect((await decide('resubmitVideoGeneration', id)).userErrors).toEqual([]);
    await app.worker.runOnce();
    expect(await look(app, id)).toMatchObject({ status: 'UNCERTAIN' });
    expect((await attach(id)).userErrors).toEqual([]);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'ACCEPTED', taskId: task_id },
      { outcome: 'UNKNOWN', taskId: null },
    ]);
  });

  test('keeps the task until a person says that it was not created', async () => {
    app.upstream.onSubmit(refusal(429, 1002), { fault: 'resetAfterRead' });
    const named = (await app.create()).generation.id;
    const other = (await app.create()).generation.id;
    expect((await attach(other)).userErrors).toEqual([{ code: 'TASK_ATTACHED_ELSEWHERE' }]);
    expect((await decide('declareVideoGenerationNotCreated', named)).userErrors).toEqual([]);
    expect((await attach(other)).userErrors).toEqual([]);
  });

  test('is in doubt also when the task is that of another submission', async () => {
    app.upstream.onSubmit(
      { json: { task_id, base_resp: { status_code: 0, status_msg: 'success' } } },
      refusal(429, 1002),
    );
    await app.create();
    const { generation } = await app.create();
    expect(generation).toMatchObject({ status: 'UNCERTAIN' });
    expect(generation.statusMessage).toContain(task_id);
    expect(await recordsOf(app, generation.id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId: null },
    ]);
  });

  test('is told of also when its server died before it could tell', async () => {
    app.upstream.onSubmit(refusal(429, 1002));
    const { id } = (await app.create()).generation;
    await app.database.prisma.videoGeneration.update({
      where: { id },
      data: {
        ...{ status: 'SUBMITTING', statusMessage: null },
        ...{ leasedUntil: app.clock.now(), nextAttemptAt: app.clock.now() },
      },
    });
    await step(app, 10_001);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'UNCERTAIN' });
    expect(row.statusMessage).toContain(task_id);
  });
});

test('an id of a request beside an error is no task', async () => {
  app.upstream.onSubmit({ status: 429, json: { id: 'req-1', error: { message: 'slower' } } });
  expect((await app.create()).generation.status).toBe('QUEUED');
  app.upstream.onSubmit(coded(1026));
  expect((await app.create()).generation.status).toBe('FAILED');
});
