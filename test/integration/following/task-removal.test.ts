import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { refused, secondTaskReply, type Reply } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

const input = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };
const url = 'https://cdn.example.com/output.mp4';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { MINIMAX_TIMEOUT_MS: '2000' } });
});
afterEach(() => app.stop());

const mutation = `mutation Cancel($id: ID!) {
  cancelVideoGeneration(id: $id) {
    generation { id status upstreamStatus completedAt } userErrors { field code message } } }`;

async function cancel(id: string, of: TestApp = app) {
  const { data, errors } = await of.graphql(mutation, { id });
  expect(errors).toBeUndefined();
  return data.cancelVideoGeneration;
}

async function created(): Promise<{ id: string; taskId: string }> {
  const { generation } = await app.create(input);
  return await look(app, generation.id);
}

/** The task, from now on, however often it is asked for. */
function says(status: string, more: object = {}): void {
  app.upstream.onQuery(({ path }) =>
    secondTaskReply({ id: path.split('/').at(-1), status, ...more }),
  );
}

const actionsOf = async (id: string): Promise<string[]> =>
  (await look(app, id)).events.map(({ action }: { action: string }) => action);

async function spend() {
  const { data } = await app.graphql(
    '{ generationStats { groups { spend { amount } possibleSpend { amount } } } }',
  );
  const [group] = data.generationStats.groups;
  return [group.spend.amount, group.possibleSpend.amount];
}

describe('a task that MiniMax has queued', () => {
  test('is cancelled there, once, and costs nothing', async () => {
    const { id, taskId } = await created();
    expect(await spend()).toEqual(['0.40', '0.00']);
    says('queued');
    expect(await cancel(id)).toMatchObject({
      generation: { status: 'CANCELLED', upstreamStatus: 'cancelled' },
      userErrors: [],
    });
    expect(app.upstream.removals).toMatchObject([
      {
        ...{ method: 'DELETE', path: `/v2/video_generation/${taskId}`, bodyText: '', query: {} },
        headers: { authorization: 'Bearer test-key-5f2a' },
      },
    ]);
    expect((await actionsOf(id)).slice(-2)).toEqual(['TASK_REMOVAL_SENT', 'GENERATION_CANCELLED']);
    expect(await spend()).toEqual(['0.00', '0.00']);
    const { data } = await app.graphql(
      'query($id: ID!) { generation(id: $id) { cost { amount } submissions { outcome } } }',
      { id },
    );
    expect(data.generation).toEqual({ cost: null, submissions: [{ outcome: 'ACCEPTED' }] });

    // It has ended: nobody looks at it again, and it is not cancelled twice.
    const before = app.upstream.queries.length;
    await step(app, 3_600_000);
    expect((await cancel(id)).userErrors).toMatchObject([{ code: 'WRONG_STATUS' }]);
    expect(app.upstream.queries).toHaveLength(before);
    expect(app.upstream.removals).toHaveLength(1);
  });

  test('that begins to run in the same moment is told of, and followed to its end', async () => {
    const { id } = await created();
    says('queued');
    app.upstream.onRemove(() => {
      says('running');
      return refused(400, 'invalid params, task cannot be cancelled (2013)');
    });
    expect(await cancel(id)).toMatchObject({
      generation: { status: 'PROCESSING', upstreamStatus: 'running' },
      userErrors: [{ field: ['id'], code: 'TASK_RUNNING' }],
    });
    says('succeeded', { content: { url } });
    await step(app, 60_000);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', videoUrl: url });
    expect(await actionsOf(id)).toEqual(
      expect.arrayContaining(['TASK_REMOVAL_SENT', 'TASK_REMOVAL_FAILED', 'TASK_STATUS_CHANGED']),
    );
    expect(app.upstream.removals).toHaveLength(1);
  });

  // Neither was sent again: it may have been done, and the task may have ended in the meantime.
  test.each<[string, Reply, string, string, string[]]>([
    ['was done', { fault: 'resetAfterRead' }, 'cancelled', 'CANCELLED', []],
    ['was not done', { fault: 'html' }, 'queued', 'PROCESSING', ['TASK_NOT_REMOVED']],
    ['came too late', { fault: 'halfBody' }, 'running', 'PROCESSING', ['TASK_RUNNING']],
    ['was refused', refused(500, 'internal (1000)'), 'queued', 'PROCESSING', ['TASK_NOT_REMOVED']],
    [
      'is about another',
      { json: { task_id: '1', action: 'cancelled' } },
      'queued',
      'PROCESSING',
      ['TASK_NOT_REMOVED'],
    ],
  ])('whose answer is lost is looked at: it %s', async (_name, reply, then, status, codes) => {
    const { id } = await created();
    says('queued');
    app.upstream.onRemove(() => {
      says(then);
      return reply;
    });
    const { generation, userErrors } = await cancel(id);
    expect(generation.status).toBe(status);
    expect(userErrors.map(({ code }: { code: string }) => code)).toEqual(codes);
    expect(app.upstream.removals).toHaveLength(1);
  });

  test('that had ended all the same, and was deleted, is not told to be cancelled', async () => {
    const { id, taskId } = await created();
    says('queued');
    app.upstream.onRemove({ json: { task_id: taskId, action: 'deleted', status: 'deleted' } });
    const { generation, userErrors } = await cancel(id);
    expect(generation.status).toBe('FAILED');
    expect(userErrors).toMatchObject([
      { code: 'TASK_NOT_REMOVED', message: expect.stringContaining('its video is lost') },
    ]);
    expect((await look(app, id)).failure).toMatchObject({ kind: 'RESULT_MISSING' });
    expect(await spend()).toEqual(['0.40', '0.00']);
    expect(app.logLines.join()).toContain('MiniMax deleted a task that was to be cancelled');
  });

  test('that is cancelled by somebody else, in the console, is CANCELLED too', async () => {
    const { id } = await created();
    says('cancelled');
    await step(app, 60_000);
    expect(await look(app, id)).toMatchObject({ status: 'CANCELLED', failure: null });
    expect(await spend()).toEqual(['0.00', '0.00']);
  });
});

describe('nothing is sent that would delete', () => {
  test.each<[string, object, string, string]>([
    ['running', {}, 'PROCESSING', 'TASK_RUNNING'],
    ['succeeded', { content: { url } }, 'SUCCEEDED', 'WRONG_STATUS'],
    ['failed', { error: { code: '1026', message: 'no' } }, 'FAILED', 'WRONG_STATUS'],
    ['reviewing', {}, 'PROCESSING', 'TASK_NOT_REMOVED'],
  ])('a task that is %s', async (word, more, status, code) => {
    const { id } = await created();
    says(word, more);
    expect(await cancel(id)).toMatchObject({ generation: { status }, userErrors: [{ code }] });
    expect(app.upstream.removals).toEqual([]);
  });

  test('a task of which MiniMax does not say how it stands', async () => {
    const { id } = await created();
    app.upstream.onQuery(() => refused(500, 'internal (1000)'));
    expect((await cancel(id)).userErrors).toMatchObject([{ code: 'TASK_NOT_REMOVED' }]);
    expect(app.upstream.removals).toEqual([]);
  });

  test('a task that somebody else looks at', async () => {
    const { id } = await created();
    await app.database.prisma.$executeRaw`
      UPDATE video_generation SET lease_token = gen_random_uuid(), claim_speaks = 2,
        leased_until = ${new Date(app.clock.now().getTime() + 60_000)} WHERE id = ${id}::uuid`;
    expect((await cancel(id)).userErrors).toMatchObject([{ code: 'TASK_NOT_REMOVED' }]);
    expect(app.upstream.queries).toEqual([]);
  });

  test('a task whose account has no key here', async () => {
    const { id } = await created();
    await app.database.prisma.videoGeneration.update({
      where: { id },
      data: { accountId: 'someone-else' },
    });
    expect((await cancel(id)).userErrors).toMatchObject([
      { code: 'TASK_NOT_REMOVED', message: expect.stringContaining('MINIMAX_FORMER_ACCOUNTS') },
    ]);
    expect(app.upstream.queries).toEqual([]);
  });

  test('a task of the first generation', async () => {
    const { generation } = await app.create();
    expect((await cancel(generation.id)).userErrors).toMatchObject([{ code: 'WRONG_STATUS' }]);
    expect(app.upstream.queries).toEqual([]);
  });
});

describe('deleteTaskAtMiniMax', () => {
  async function remove(id: string, taskId: string) {
    const { data } = await app.graphql(
      `mutation($id: ID!, $taskId: String!) { deleteTaskAtMiniMax(id: $id, taskId: $taskId) {
        generation { status videoUrl } userErrors { code message } } }`,
      { id, taskId },
    );
    return data.deleteTaskAtMiniMax;
  }

  test('deletes the task that is named, and keeps all there is here', async () => {
    const { id, taskId } = await created();
    says('succeeded', { content: { url } });
    expect((await remove(id, taskId)).userErrors).toMatchObject([{ code: 'WRONG_STATUS' }]);
    await step(app, 60_000);
    expect((await remove(id, '1')).userErrors).toMatchObject([{ code: 'TASK_ID_INVALID' }]);
    expect(app.upstream.removals).toEqual([]);
    app.upstream.onRemove({ json: { task_id: taskId, action: 'deleted', status: 'deleted' } });
    const removed = { generation: { status: 'SUCCEEDED', videoUrl: url }, userErrors: [] };
    expect([await remove(id, taskId), await remove(id, taskId)]).toEqual([removed, removed]);
    expect((await actionsOf(id)).slice(-2)).toEqual(['TASK_REMOVAL_SENT', 'TASK_DELETED']);
    expect(app.upstream.removals).toHaveLength(1);
  });

  test('says to each of those who want it at once that it is gone', async () => {
    const { id, taskId } = await created();
    says('succeeded', { content: { url } });
    await step(app, 60_000);
    app.upstream.onRemove(
      { json: { task_id: taskId, action: 'deleted', status: 'deleted' } },
      async () => {
        await until(async () => (await actionsOf(id)).includes('TASK_DELETED'));
        return refused(400, 'invalid params, invalid task_id (2013)');
      },
    );
    const answers = await Promise.all([remove(id, taskId), remove(id, taskId)]);
    // The second one asks MiniMax too, or has seen by then that it is gone.
    for (const { userErrors } of answers) expect(userErrors).toEqual([]);
  });

  test('says why not', async () => {
    const { id, taskId } = await created();
    says('succeeded', { content: { url } });
    await step(app, 60_000);
    app.upstream.onRemove(refused(400, 'invalid params, invalid task_id (2013)'));
    expect((await remove(id, taskId)).userErrors).toMatchObject([
      { code: 'TASK_NOT_REMOVED', message: expect.stringContaining('invalid task_id') },
    ]);
    expect((await actionsOf(id)).at(-1)).toBe('TASK_REMOVAL_FAILED');
  });
});

test('with the simulator, what is queued is cancelled, and what begins to run is told of', async () => {
  await app.stop();
  app = await startTestApp({ env: { MINIMAX_BASE_URL: '', MINIMAX_API_KEY: '' } });
  const queued = await app.create({ ...input, prompt: 'A cat #sim:long-queue' });
  expect((await cancel(queued.generation.id)).generation.status).toBe('CANCELLED');
  const late = await app.create({ ...input, prompt: 'A dog #sim:cancel-lost' });
  expect((await cancel(late.generation.id)).userErrors).toMatchObject([{ code: 'TASK_RUNNING' }]);
});
