import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { request } from 'undici';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ callbackBaseUrl: 'https://video.example.com/callbacks/minimax' });
});
afterEach(async () => {
  await app.stop();
});

async function post(token: string, body: string) {
  const answer = await request(`${app.url}/callbacks/minimax/${token}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status: answer.statusCode, body: await answer.body.json() };
}

function sentToken(index = 0): string {
  return String(app.upstream.submits[index]!.body.callback_url).split('/').at(-1)!;
}

describe('the callback address', () => {
  test('goes with each submission under a token that nobody can guess', async () => {
    await app.create();
    await app.create();
    for (const { body } of app.upstream.submits) {
      expect(body.callback_url).toMatch(
        /^https:\/\/video\.example\.com\/callbacks\/minimax\/[\w-]{32}$/,
      );
    }
    expect(sentToken(0)).not.toBe(sentToken(1));
    expect(app.logLines.join('')).not.toContain(sentToken(0));
  });

  test('echoes the challenge while the submission is still in flight', async () => {
    let echoed: unknown;
    app.upstream.onSubmit(async (submit) => {
      const token = String((submit.body as { callback_url: string }).callback_url)
        .split('/')
        .at(-1)!;
      // Nobody can answer while a transaction holds the row: the echo must not ask for it.
      echoed = await app.database.prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT id::text FROM video_generation FOR UPDATE`;
        return await post(token, '{"challenge":"abc-123"}');
      });
      return undefined;
    });
    const { generation } = await app.create();
    expect(echoed).toEqual({ status: 200, body: { challenge: 'abc-123' } });
    expect(generation.status).toBe('PROCESSING');
  });

  test('is left out when MiniMax cannot reach it, and the submission is tried once more', async () => {
    app.upstream.onSubmit(coded(2013, 'invalid params, fail to check callback url'));
    const { generation } = await app.create();
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(2);
    expect(app.upstream.submits[1]!.body).not.toHaveProperty('callback_url');
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING', attempts: 2 });
  });

  test('does not make a second 2013 a third submission', async () => {
    app.upstream.onSubmit(() => coded(2013, 'invalid params, fail to check callback url'));
    const { generation } = await app.create();
    for (let i = 0; i < 3; i++) await step(app, 600_000);
    expect(app.upstream.submits).toHaveLength(2);
    expect((await look(app, generation.id)).status).toBe('FAILED');
  });
});

describe('a callback', () => {
  test('makes the service ask MiniMax before the task is due', async () => {
    const { generation } = await app.create();
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '5' }));
    const answer = await post(sentToken(), '{"task_id":"1","status":"success","file_id":"5"}');
    expect(answer).toEqual({ status: 200, body: {} });
    await app.upstream.received('retrieve', 1);
    await app.worker.runOnce();
    const done = await look(app, generation.id);
    expect(done.status).toBe('SUCCEEDED');
    expect(done.events.map((event: { action: string }) => event.action)).toContain(
      'CALLBACK_RECEIVED',
    );
  });

  test('that lies changes nothing', async () => {
    const { generation } = await app.create();
    app.upstream.onQuery(taskReply({ status: 'Processing' }));
    await post(sentToken(), '{"task_id":"1","status":"failed","base_resp":{"status_code":1027}}');
    await app.upstream.received('query', 1);
    await app.worker.runOnce();
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING', failure: null });
  });

  test('that is repeated asks once', async () => {
    await app.create();
    app.upstream.onQuery(() => taskReply({ status: 'Processing' }));
    for (let i = 0; i < 5; i++) await post(sentToken(), '{"status":"processing"}');
    // A look leaves out a row that a later message holds just then, for the next tick, which no test has.
    await until(async () => {
      await app.worker.runOnce();
      return app.upstream.queries.length > 0;
    });
    for (let i = 0; i < 5; i++) await post(sentToken(), '{"status":"processing"}');
    await app.worker.runOnce();
    expect(app.upstream.queries).toHaveLength(1);
  });

  test.each([
    ['an unknown token', 'x'.repeat(32), '{"status":"success"}', 200],
    ['no object', 'x'.repeat(32), '5', 400],
    ['no JSON', 'x'.repeat(32), 'hello', 400],
    ['too much', 'x'.repeat(32), JSON.stringify({ status: 'x'.repeat(20_000) }), 413],
  ])('with %s changes nothing', async (_name, token, body, status) => {
    const { generation } = await app.create();
    expect((await post(token, body)).status).toBe(status);
    await app.worker.runOnce();
    expect(app.upstream.queries).toHaveLength(0);
    expect((await look(app, generation.id)).version).toBe(generation.version);
  });
});

describe('a callback that tells of what nobody else knows', () => {
  const told = JSON.stringify({ task_id: '777', status: 'processing' });
  const kept = async () => await app.database.prisma.submission.count({ where: { taskId: '777' } });

  async function uncertain(): Promise<string> {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    return (await app.create()).generation.id;
  }

  test('is stored when it is answered', async () => {
    await uncertain();
    expect(await post(sentToken(), told)).toEqual({ status: 200, body: {} });
    expect(await kept()).toBe(1);
  });

  test('is stored also when strangers have guessed before, from where MiniMax comes', async () => {
    await uncertain();
    await Promise.all(Array.from({ length: 70 }, () => post('x'.repeat(32), told)));
    expect((await post(sentToken(), told)).status).toBe(200);
    await until(async () => (await kept()) === 1);
  });

  test('is stored with many others that come at once', async () => {
    const ids = [];
    for (let i = 0; i < 80; i++) ids.push(await uncertain());
    const answers = await Promise.all(
      ids.map((_, i) => post(sentToken(i), JSON.stringify({ task_id: `${i + 1}`, status: '' }))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await app.database.prisma.submission.count({ where: { taskId: { not: null } } })).toBe(
      80,
    );
  });

  const onServer = globalThis.databaseUrl === undefined ? test.skip : test;
  onServer('is stored as soon as nobody has its row locked any more', async () => {
    const id = await uncertain();
    const session = new pg.Client({ connectionString: (app.database as { url?: string }).url });
    await session.connect();
    await session.query('BEGIN');
    await session.query('SELECT FROM video_generation WHERE id = $1 FOR UPDATE', [id]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(sentToken(), told)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    const { generation } = await app.create();
    expect(generation.status).toBe('PROCESSING');
    await session.query('COMMIT');
    await session.end();
    await until(async () => (await kept()) === 1);
  });
});

describe('without a public https address', () => {
  test.each([
    [undefined],
    ['http://video.example.com'],
    ['https://localhost:4000'],
    ['https://192.168.1.20'],
    ['https://reelgraph.internal'],
  ])('(%s) no callback is asked for', async (publicUrl) => {
    await app.stop();
    app = await startTestApp(publicUrl ? { env: { PUBLIC_URL: publicUrl } } : {});
    await app.create();
    expect(app.upstream.submits[0]!.body).not.toHaveProperty('callback_url');
  });

  test('(https://video.example.com) one is', async () => {
    await app.stop();
    app = await startTestApp({ env: { PUBLIC_URL: 'https://video.example.com' } });
    await app.create();
    expect(app.upstream.submits[0]!.body.callback_url).toMatch(
      /^https:\/\/video\.example\.com\/callbacks\/minimax\/[\w-]{32}$/,
    );
  });
});
