import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { taskReply, type Reply } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ callbackBaseUrl: 'https://callbacks.example/callbacks/minimax' });
});
afterEach(async () => {
  await app.stop();
});

const ok = { status_code: 0, status_msg: 'success' };
const half = '\ud83c';
/** Cut to the 500 characters that are kept, it would end in half a character. */
const emojiAcrossTheCut = `${'x'.repeat(498)}🎬${'y'.repeat(100)}`;

function failures(): string[] {
  return app.logLines.filter((line) => /could not be stored|refused by the database/.test(line));
}

async function recordOf(id: string) {
  return await app.database.prisma.submission.findFirstOrThrow({ where: { generationId: id } });
}

describe('what PostgreSQL cannot store', () => {
  const message = (status_msg: string): Reply => ({
    json: { task_id: '4711', base_resp: { status_code: 0, status_msg } },
  });
  test.each<[string, Reply]>([
    ['U+0000 in the message', message('suc\0cess')],
    ['half a character in the message', message(`success ${half}`)],
    ['an emoji across the cut', message(emojiAcrossTheCut)],
    [
      'a trace id of everything',
      { json: { task_id: '4711', request_id: `\0${half}${'🎬'.repeat(99)}`, base_resp: ok } },
    ],
  ])('in an accepted submission costs nothing: %s', async (_what, reply) => {
    app.upstream.onSubmit(reply);
    const { generation } = await app.create();
    expect(generation).toMatchObject({ status: 'PROCESSING', taskId: '4711' });
    expect(await recordOf(generation.id)).toMatchObject({ outcome: 'ACCEPTED', taskId: '4711' });
    expect(failures()).toEqual([]);
  });

  test.each<[string, Reply, string, string]>([
    ['U+0000 in the task id', { json: { task_id: 'a\0b', base_resp: ok } }, 'UNCERTAIN', 'UNKNOWN'],
    ['half a one', { json: { task_id: `4${half}`, base_resp: ok } }, 'UNCERTAIN', 'UNKNOWN'],
    [
      'a task id without end',
      { json: { task_id: '4'.repeat(9_000), base_resp: ok } },
      'UNCERTAIN',
      'UNKNOWN',
    ],
    [
      'a code that is no int4',
      { json: { task_id: '', base_resp: { status_code: 5_000_000_000, status_msg: 'odd' } } },
      'FAILED',
      'REFUSED',
    ],
    [
      'a code that is no int4, beside a task',
      { json: { task_id: '4711', base_resp: { status_code: 5_000_000_000, status_msg: 'odd' } } },
      'UNCERTAIN',
      'UNKNOWN',
    ],
  ])('keeps no submission from its end: %s', async (_what, reply, status, outcome) => {
    app.upstream.onSubmit(reply);
    const { generation } = await app.create();
    expect(generation).toMatchObject({ status, taskId: null });
    expect(await recordOf(generation.id)).toMatchObject({ outcome });
    expect(failures()).toEqual([]);
    expect(app.worker.inFlight).toBe(0);
  });

  test.each<[string, Reply]>([
    ['a width', taskReply({ status: 'Success', file_id: '5', video_width: 5_000_000_000 })],
    ['a message', taskReply({ status: 'Success', file_id: '5' }, 0, `\0${emojiAcrossTheCut}`)],
    ['U+0000 in the word', taskReply({ status: 'Suc\0cess', file_id: '5' })],
  ])('in a finished task costs nothing: %s', async (_what, reply) => {
    app.upstream.onQuery(reply);
    const { generation } = await app.create();
    await step(app);
    expect(await look(app, generation.id)).toMatchObject({ status: 'SUCCEEDED', fileId: '5' });
    expect(failures()).toEqual([]);
  });

  test.each<[string, Reply, Reply]>([
    ['a file id', taskReply({ status: 'Success', file_id: 'a\0b' }), {}],
    [
      'a link',
      taskReply({ status: 'Success', file_id: '5' }),
      { json: { file: { download_url: 'https://cdn.example/\0.mp4' }, base_resp: ok } },
    ],
    [
      'a link with half a character',
      taskReply({ status: 'Success', file_id: '5' }),
      { json: { file: { download_url: `https://cdn.example/${half}.mp4` }, base_resp: ok } },
    ],
    ['a word', taskReply({ status: `Proc${half}${'🎬'.repeat(40)}` }), {}],
    ['a code', taskReply({ status: '' }, 5_000_000_000, '\0'), {}],
  ])('names no result, and the task is looked at again: %s', async (_what, query, retrieve) => {
    app.upstream.onQuery(query).onRetrieve(retrieve);
    const { generation } = await app.create();
    await step(app);
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING' });
    for (let i = 0; i < 3; i++) await step(app, 60_000);
    expect(await look(app, generation.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(failures()).toEqual([]);
  });

  test.each([`\0${half}`, `${'x'.repeat(39)}🎬`])(
    'in a callback is no news: %j',
    async (status) => {
      const { generation } = await app.create();
      const { callback_url } = app.upstream.submits[0]!.body;
      const { pathname } = new URL(callback_url);
      await request(`${app.url}${pathname}`, { method: 'POST', body: JSON.stringify({ status }) });
      await until(async () => {
        const { events } = await look(app, generation.id);
        return events.some((event: { action: string }) => event.action === 'CALLBACK_RECEIVED');
      });
    },
  );
});

describe('an outcome that the database refuses for another reason', () => {
  const tables = ['submission', 'video_generation'];
  const allow = () =>
    Promise.all(
      tables.map((table) =>
        app.database.pool.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS refusal`),
      ),
    );
  beforeEach(async () => {
    for (const table of tables) {
      await app.database.pool.query(
        `ALTER TABLE ${table} ADD CONSTRAINT refusal CHECK (status_message <> 'refuse me')`,
      );
    }
  });
  afterEach(allow);

  test.each<[number, string, string, string | null]>([
    [0, 'PROCESSING', 'ACCEPTED', '4711'],
    [1026, 'FAILED', 'REFUSED', null],
    [1000, 'UNCERTAIN', 'UNKNOWN', null],
  ])('is stored without its words (code %i)', async (status_code, status, outcome, taskId) => {
    app.upstream.onSubmit({
      json: { task_id: taskId, base_resp: { status_code, status_msg: 'refuse me' } },
    });
    const { generation } = await app.create();
    expect(generation).toMatchObject({ status, taskId });
    expect(generation.statusMessage).toMatch(/could not be stored/);
    expect(await recordOf(generation.id)).toMatchObject({ outcome, taskId });
    // One line for the record and one for the generation, and that is all.
    expect(failures()).toHaveLength(2);
    await until(() => app.worker.inFlight === 0);
  });

  test('is stored without its words when it tells of a running task', async () => {
    app.upstream.onQuery(taskReply({ status: 'Processing' }, 0, 'refuse me'));
    const { generation } = await app.create();
    await step(app);
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING' });
    expect(failures()).toHaveLength(1);
    await step(app, 60_000);
    await step(app, 60_000);
    expect(await look(app, generation.id)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
