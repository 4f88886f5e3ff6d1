import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';
import {
  createPath,
  expectRefusal,
  invalidTask,
  queryPath,
  secondCallersOf,
  text,
} from '../../support/drop-in-client-v2.ts';
import { refused } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
const { call, cancel, create, createFirst, idOf, keyOf, query } = secondCallersOf(() => app);
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => await app.stop());

describe('a list of tasks', () => {
  const list = async (query = '') =>
    (await call('GET', `${queryPath}${query}`)).body as {
      items: { id: string; status: string; task_type: string }[];
      total: number;
    };

  test('has a caller’s own of the second generation, newest first, in pages and by filters', async () => {
    const ids: string[] = [];
    for (const body of [text, { ...text, model: 'MiniMax-H3-Max' }, text]) {
      ids.unshift((await create(body)).body.task_id as string);
      app.clock.advance(1_000);
    }
    await create(text, { caller: 'colleague' });
    await createFirst();
    const idsOf = ({ items }: Awaited<ReturnType<typeof list>>) => items.map(({ id }) => id);
    const all = await list();
    expect([idsOf(all), all.total]).toEqual([ids, 3]);
    const second = await list('?page_num=2&page_size=2');
    expect([idsOf(second), second.total]).toEqual([[ids[2]], 3]);
    expect(idsOf(await list('?filter.model=MiniMax-H3-Max'))).toEqual([ids[1]]);
    expect(
      idsOf(await list(`?filter.task_ids=${ids[0]}&filter.task_ids=${ids[2]}&filter.task_ids=x`)),
    ).toEqual([ids[0], ids[2]]);
    expect(await list('?filter.task_type=regeneration')).toEqual({ items: [], total: 0 });
    for (const status of ['queued', 'running', 'succeeded', 'failed', 'cancelled']) {
      const { items } = await list(`?filter.status=${status}`);
      expect(items).toEqual(all.items.filter((task) => task.status === status));
    }
    expect(all.items.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued']);
    // As a video made anew is stored.
    await app.database.prisma.videoGeneration.update({
      where: { id: ids[1]! },
      data: { kind: 'REGENERATION' },
    });
    const anew = await list('?filter.task_type=regeneration');
    expect([idsOf(anew), anew.items[0]!.task_type]).toEqual([[ids[1]], 'regeneration']);
    expect(idsOf(await list('?filter.task_type=generation'))).toEqual([ids[0], ids[2]]);
    app.clock.advance(7 * 24 * 3_600_000);
    expect(await list()).toEqual({ items: [], total: 0 });
  });

  test.each([
    'page_num=0',
    'page_size=101',
    'page_size=x',
    'filter.status=done',
    'filter.model=a&filter.model=b',
  ])('with %s is refused', async (query) => {
    const answer = await call('GET', `${queryPath}?${query}`);
    expectRefusal(answer, 400, 'bad_request_error', query.split('=')[0]!);
  });
});

describe('cancelling', () => {
  test('withdraws what waits, once, and says so', async () => {
    app.upstream.onSubmit(
      refused(429, 'rate limit, please retry later (1002)', 'rate_limit_error'),
    );
    const id = await idOf();
    expect((await query(id)).body.task.status).toBe('queued');
    const { status, body } = await cancel(id);
    expect([status, body]).toEqual([
      200,
      { task_id: id, action: 'cancelled', status: 'cancelled' },
    ]);
    expect((await query(id)).body.task.status).toBe('cancelled');
    expectRefusal(await cancel(id), 400, 'bad_request_error', 'This one is CANCELLED');
  });

  test('what was sent before, and nobody knows about, leaves an error beside it', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const id = await idOf();
    app.upstream.onSubmit(refused(429, 'rate limit (1002)', 'rate_limit_error'));
    const rowOf = () => app.database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    const { version } = await rowOf();
    const admin = {
      callerId: 'root',
      name: 'root',
      role: 'ADMIN',
      tenant: null,
      expiresAt: null,
    } as const;
    const authorization = `Bearer ${(await keysOf(app).create(admin, null)).secret}`;
    await app.graphql(
      `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { generation { id } } }`,
      {},
      { authorization },
    );
    await until(async () => (await rowOf()).version === version + 3);
    expect((await cancel(id)).status).toBe(200);
    const error = { code: '90001', message: expect.stringMatching(/^cancelled; but MiniMax may/) };
    expect((await query(id)).body.task).toMatchObject({ status: 'cancelled', error });
    const { body } = await call('GET', queryPath);
    expect(body.items).toMatchObject([{ status: 'cancelled', error }]);
  });

  test('is for its owner: others do not find it, and colleagues may not', async () => {
    const id = await idOf();
    expectRefusal(await cancel(id, 'stranger'), 400, 'bad_request_error', invalidTask);
    expectRefusal(await cancel('no-id', 'studio'), 400, 'bad_request_error', invalidTask);
    expectRefusal(await cancel(id, 'colleague'), 403, 'authorized_error', /\(1004\)$/);
    expectRefusal(await cancel(id, 'audit'), 403, 'authorized_error', /needs the role/);
  });
});

describe('callers of the second generation', () => {
  test('without a key are refused at each route', async () => {
    await keyOf('studio');
    for (const [method, path] of [
      ['POST', createPath],
      ['GET', queryPath],
      ['GET', `${queryPath}/a-b`],
      ['DELETE', `${createPath}/a-b`],
    ] as const) {
      expectRefusal(
        await call(method, path, { caller: null }),
        401,
        'authorized_error',
        /^login fail: .*\(1004\)$/,
      );
    }
  });

  test('do not see what belongs to others, nor what is of the first generation', async () => {
    const id = await idOf();
    const { body } = await createFirst();
    for (const [task, caller] of [
      [id, 'stranger'],
      ['01a20aaf-1272-795b-bfcc-615394d04a69', 'studio'],
      [body.task_id as string, 'studio'],
      ['a-b', 'studio'],
    ] as const) {
      expectRefusal(await query(task, caller), 400, 'bad_request_error', invalidTask);
    }
    expect((await query(id, 'colleague')).status).toBe(200);
  });

  test('learn nothing of what breaks inside, and are not led to pay twice', async () => {
    const { prisma } = app.database;
    await prisma.$executeRawUnsafe('ALTER TABLE video_generation RENAME TO elsewhere');
    try {
      const created = await create();
      expect(created.status).toBe(200);
      expect(created.body.error).toMatchObject({
        http_code: '500',
        message: expect.stringMatching(
          /^outcome unknown: Something went wrong on our side\. .* \(90001\)$/,
        ),
      });
      const queried = await query('01a20aaf-1272-795b-bfcc-615394d04a69');
      expectRefusal(
        queried,
        500,
        'server_error',
        /^internal error: Something went wrong .*\(1000\)$/,
      );
    } finally {
      await prisma.$executeRawUnsafe('ALTER TABLE elsewhere RENAME TO video_generation');
    }
  });

  test('are told in the same shape what is not there', async () => {
    const answer = await call('POST', '/v2/h3_context_ir', { body: {} });
    expectRefusal(answer, 404, 'bad_request_error', 'there is no POST /v2/h3_context_ir here');
  });
});
