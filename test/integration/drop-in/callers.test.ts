import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import {
  dropInClient,
  queryPath,
  retrievePath,
  submitPath,
  success,
  text,
  type Answer,
} from '../../support/drop-in-client.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});
const { call, submit, query, retrieve, keyOf } = dropInClient(() => app);

describe('an idempotency key', () => {
  test('gives the same task for the same request, also over GraphQL, and pays once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => submit(text, { idempotencyKey: 'click-1' })),
    );
    expect(new Set(answers.map(({ body }) => body.task_id as string)).size).toBe(1);
    const { generation, replayed } = await app.create({ ...text, idempotencyKey: 'click-1' });
    expect([generation.id, replayed]).toEqual([answers[0]!.body.task_id, true]);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is refused with another request, and when it is none', async () => {
    await submit(text, { idempotencyKey: 'click-1' });
    const reused = await submit({ ...text, prompt: 'A cat' }, { idempotencyKey: 'click-1' });
    const malformed = await submit(text, { idempotencyKey: 'two words' });
    for (const [{ status, body }, message] of [
      [reused, 'was used for a different request'],
      [malformed, 'without spaces'],
    ] as const) {
      expect(status).toBe(200);
      expect(body).toEqual({
        task_id: '',
        base_resp: { status_code: 2013, status_msg: expect.stringContaining(message) },
      });
    }
    expect(app.upstream.submits).toHaveLength(1);
  });
});

describe('callers', () => {
  const loginFail = {
    status_code: 1004,
    status_msg: expect.stringMatching(/^login fail: Say who you are/),
  };

  test('without a key of this service are refused as at MiniMax, at each route', async () => {
    await keyOf('studio');
    for (const key of [undefined, 'sk-api-something', 'rg_00000000_wrong']) {
      const answers = [
        await submit(text, key === undefined ? {} : { key }),
        await query('1069', key),
        await retrieve('4447', key),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(answers.map(({ body }) => body)).toEqual([
        { task_id: '', base_resp: loginFail },
        { task_id: '1069', status: '', base_resp: loginFail },
        { base_resp: loginFail },
      ]);
    }
    expect(app.upstream.submits).toEqual([]);
  });

  test('do not see what belongs to others: it answers like what never was', async () => {
    const [mine, yours] = [await keyOf('mine'), await keyOf('yours')];
    const id = (await submit(text, { key: mine })).body.task_id as string;
    for (let i = 0; i < 2; i++) await step(app);
    const fileId = (await query(id, mine)).body.file_id as string;
    const unknown = '01a20aaf-1272-795b-bfcc-615394d04a69';
    const notFound = (name: string) => ({
      status_code: 2013,
      status_msg: `invalid params, ${name} not found`,
    });
    for (const taskId of [id, unknown, '106916112212032', `${id}x`, 'a\0b']) {
      const { status, body } = await query(taskId, yours);
      expect(status).toBe(200);
      expect(body).toEqual({ task_id: taskId, status: '', base_resp: notFound('task_id') });
    }
    for (const file of [fileId, id, unknown, '444', 'a\0b', 'ü']) {
      const { body } = await retrieve(file, yours);
      expect(body).toEqual({ base_resp: notFound('file_id') });
    }
    expect((await retrieve(fileId, mine)).body.base_resp).toEqual(success);
    for (const path of [queryPath, retrievePath, `${queryPath}?task_id=a&task_id=b`]) {
      const { body } = await call('GET', path, { key: mine });
      expect(body.base_resp.status_msg).toMatch(/^invalid params, (task|file)_id is required$/);
    }
  });

  test('of a file that is not finished get none', async () => {
    const { body } = await submit();
    expect((await retrieve(body.task_id as string)).body.base_resp.status_code).toBe(2013);
  });

  test('that are auditors read everything, which is recorded, and create nothing', async () => {
    const [client, auditor] = [await keyOf('studio'), await keyOf('audit', 'AUDITOR')];
    const id = (await submit(text, { key: client })).body.task_id as string;
    expect((await query(id, auditor)).body.base_resp).toEqual(success);
    const read = await app.database.prisma.auditEvent.findMany({
      where: { action: 'FOREIGN_GENERATION_READ' },
    });
    expect(read).toMatchObject([{ callerId: 'audit', objectId: id, detail: { owner: 'studio' } }]);
    expect((await submit(text, { key: auditor })).body).toEqual({
      task_id: '',
      base_resp: {
        status_code: 1004,
        status_msg: 'not authorised: This needs the role CLIENT or ADMIN; yours is AUDITOR.',
      },
    });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('beyond their budget are told to wait, in words and as HTTP has it', async () => {
    await app.stop();
    app = await startTestApp({ env: { RATE_LIMIT_PER_MINUTE: '2' } });
    const key = await keyOf('studio');
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push(await query('1069', key));
    answers.push(await submit(text, { key }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    const [first, , last] = answers as [Answer, Answer, Answer];
    expect(first.headers['ratelimit-remaining']).toBe('1');
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(last.body).toEqual({
      task_id: '',
      base_resp: {
        status_code: 1002,
        status_msg: expect.stringMatching(/^rate limit exceeded: More than 2 requests/),
      },
    });
  });

  test('learn nothing of what breaks inside, and are not led to pay twice', async () => {
    const { prisma } = app.database;
    await prisma.$executeRawUnsafe('ALTER TABLE video_generation RENAME TO elsewhere');
    try {
      const [created, queried] = [
        await submit(),
        await query('01a20aaf-1272-795b-bfcc-615394d04a69'),
      ];
      expect(created.body.base_resp).toEqual({
        status_code: 90001,
        status_msg: expect.stringMatching(
          /^outcome unknown: Something went wrong on our side\. Quote error [\da-f-]{36} /,
        ),
      });
      expect(queried.body.base_resp).toEqual({
        status_code: 1000,
        status_msg: expect.stringMatching(
          /^unknown error: Something went wrong on our side\. Quote error [\da-f-]{36} /,
        ),
      });
      expect(app.logLines.filter((line) => line.includes('unexpected error'))).toHaveLength(2);
    } finally {
      await prisma.$executeRawUnsafe('ALTER TABLE elsewhere RENAME TO video_generation');
    }
  });

  test('in a page of another origin are not let in by the browser', async () => {
    const response = await request(`${app.url}/minimax${submitPath}`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' },
    });
    await response.body.dump();
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });
});
