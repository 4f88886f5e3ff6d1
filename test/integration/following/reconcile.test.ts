import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { refused, type Reply } from '../../support/fake-upstream.ts';
import { decide } from '../../support/uncertain.ts';
import { until } from '../../support/until.ts';

const minute = 60_000;
const input = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 0 } });
});
afterEach(() => app.stop());

/** One whose answer was lost; the clock has moved on so far that its task is looked for. */
async function uncertain(changes: object = {}): Promise<string> {
  app.upstream.onSubmit(refused(504, 'gateway timeout (1001)'));
  const { generation } = await app.create({ ...input, ...changes });
  expect((await look(app, generation.id)).status).toBe('UNCERTAIN');
  return generation.id;
}

/** One whose answer named a task, but cannot be taken for an acceptance. */
async function uncertainOf(taskId: string): Promise<string> {
  app.upstream.onSubmit({ status: 502, json: { task_id: taskId } });
  const { generation } = await app.create(input);
  expect((await look(app, generation.id)).status).toBe('UNCERTAIN');
  const record = await app.database.prisma.submission.findFirstOrThrow({
    where: { generationId: generation.id },
  });
  expect(record).toMatchObject({ outcome: 'UNKNOWN', taskId });
  return generation.id;
}

const aTask = (id: string, changes: object = {}) => ({
  ...{ id, model: 'MiniMax-H3', status: 'running', resolution: '768P', duration: 5 },
  ...{ ratio: '16:9', usage: {}, task_type: 'generation', modality: 'video' },
  created_at: Math.floor(app.clock.now().getTime() / 1000),
  ...changes,
});
const listing = (...items: object[]): Reply => ({ json: { items, total: items.length } });

async function reconciled(after = 3 * minute): Promise<void> {
  app.clock.advance(after);
  await app.reconciliation.run();
}

describe('an uncertain submission of the second generation', () => {
  test('whose task is the only one that it can be is followed, and its record and an event tell how', async () => {
    const id = await uncertain();
    app.upstream.onList(listing(aTask('424010985738629')));
    await reconciled();
    await step(app);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'SUCCEEDED', taskId: '424010985738629' });
    const actions = row.events.map(({ action }: { action: string }) => action);
    expect(actions.slice(2, 4)).toEqual(['SUBMISSION_UNCERTAIN', 'TASK_RECONCILED']);
    const { data } = await app.graphql(
      `query($id: ID!) { generation(id: $id) { submissions { outcome taskId settledBy }
        events { action detail } } }`,
      { id },
    );
    expect(data.generation.submissions).toEqual([
      { outcome: 'ACCEPTED', taskId: '424010985738629', settledBy: 'reconciliation' },
    ]);
    expect(JSON.parse(data.generation.events[3].detail)).toMatchObject({
      ...{ taskId: '424010985738629', foundIn: 'list' },
    });
    expect(app.upstream.submits).toHaveLength(1);
    expect(app.upstream.lists[0]!.query).toMatchObject({ page_num: '1' });
    const trust = { publicKeys: new Set<string>(), pinned: false };
    const { firstBad } = await verifyAuditLog(app.database.prisma, { trust, expected: [] });
    expect(firstBad).toBeNull();
  });

  test('stays with a person while a task may be of what a database had forgotten that took over', async () => {
    // As whatever restores a dump does it.
    await app.database.pool.query(
      'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
    );
    await app.reconciliation.run();
    app.clock.advance(10 * minute);
    const [id, taskId] = [await uncertain(), '424010985738629'];
    app.upstream.onList(listing(aTask(taskId)));
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
    const { data } = await app.graphql(
      'query($id: ID!) { generation(id: $id) { candidates { taskId } } }',
      { id },
    );
    expect(data.generation.candidates).toEqual([{ taskId }]);

    const later = await uncertain({ aspectRatio: '1:1' });
    app.upstream.onList(listing(aTask('424010985738630', { ratio: '1:1' })));
    await reconciled();
    expect(await look(app, later)).toMatchObject({ taskId: '424010985738630' });
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('stays with a person when another database takes over while the list is read', async () => {
    const id = await uncertain();
    const list = listing(aTask('424010985738629'));
    app.upstream.onList(async () => {
      await app.database.pool.query(
        'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
      );
      return list;
    });
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test.each<[string, object]>([
    ['of another model', { model: 'MiniMax-H3-Max' }],
    ['in another resolution', { resolution: '2K' }],
    ['of another length', { duration: 6 }],
    ['in another ratio', { ratio: '1:1' }],
    ['of another kind', { task_type: 'regeneration' }],
    ['that is a better prompt', { task_type: 'h3_context_ir' }],
    ['with images', { usage: { input_image_count: 1 } }],
    ['that was there long before', { created_at: 1_785_225_940 }],
  ])('is not given a task %s', async (_name, changes) => {
    const id = await uncertain();
    app.upstream.onList(listing(aTask('1', changes)));
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test.each<[string, object]>([
    ['whose ratio MiniMax does not tell', { ratio: 'adaptive' }],
    ['in the spelling of a reseller', { model: 'minimax-h3', resolution: '768p', duration: '5' }],
  ])('is given one %s', async (_name, changes) => {
    const id = await uncertain();
    app.upstream.onList(listing(aTask('1', changes)));
    await reconciled();
    expect(await look(app, id)).toMatchObject({ taskId: '1' });
  });

  test('is given one that a reseller dates in milliseconds', async () => {
    const id = await uncertain();
    app.upstream.onList(listing(aTask('1', { created_at: app.clock.now().getTime() })));
    await reconciled();
    expect(await look(app, id)).toMatchObject({ taskId: '1' });
  });

  test.each<[string, (page: number) => object[]]>([
    ['of which too little is told', () => [aTask('1', { resolution: undefined })]],
    [
      'from a list that has no end',
      (page) => [
        ...(page === 1 ? [aTask('1')] : []),
        ...Array.from({ length: 20 }, (_, at) => aTask(`${page}-${at}`, { duration: 9 })),
      ],
    ],
    ['whose id is none', () => [aTask('..')]],
  ])('is not given one %s', async (_name, items) => {
    const id = await uncertain();
    app.upstream.onList(({ query }) => listing(...items(Number(query['page_num']))));
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('is given one on the second page, after tasks that began by a clock behind ours', async () => {
    const id = await uncertain();
    const made = Math.floor(app.clock.now().getTime() / 1000);
    const others = Array.from({ length: 20 }, (_, at) =>
      aTask(`9${at}`, { duration: 9, created_at: made - 30 }),
    );
    const pages = [others, [aTask('1', { created_at: made - 30 })], []];
    app.upstream.onList(({ query }) => listing(...pages[Number(query['page_num']) - 1]!));
    await reconciled();
    expect((await look(app, id)).taskId).toBe('1');
  });

  test('gets none of a list that is said to be longer than it is shown', async () => {
    const id = await uncertain();
    app.upstream.onList(() => ({ json: { items: [aTask('424010985738629')], total: 2 } }));
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
    expect(app.upstream.lists).toHaveLength(2);
  });

  test('is given its task also when a second one, sent since, was refused', async () => {
    const id = await uncertain();
    const task = aTask('424010985738629');
    app.upstream.onSubmit(refused(400, 'no more of this (1026)'));
    const { version } = await look(app, id);
    await app.graphql(
      `mutation($id: ID!, $version: Int!) {
        resubmitVideoGeneration(id: $id, version: $version) { userErrors { code } } }`,
      { id, version },
    );
    await until(async () => (await look(app, id)).events.at(-1).action === 'SUBMISSION_REFUSED');
    app.upstream.onList(listing(task));
    await reconciled();
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', taskId: '424010985738629' });
    const records = await app.database.prisma.submission.findMany({
      where: { generationId: id },
      orderBy: { number: 'asc' },
    });
    expect(records).toMatchObject([{ outcome: 'ACCEPTED' }, { outcome: 'REFUSED' }]);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('stays with a person where there are two, who is shown both', async () => {
    const id = await uncertain();
    app.upstream.onList(() => listing(aTask('1'), aTask('2'), aTask('3', { duration: 9 })));
    await reconciled();
    const { data } = await app.graphql(
      `query($id: ID!) { generation(id: $id) {
        status version candidates { taskId upstreamStatus resolution duration aspectRatio }
      } }`,
      { id },
    );
    const told = {
      upstreamStatus: 'running',
      resolution: '768P',
      duration: 5,
      aspectRatio: '16:9',
    };
    expect(data.generation).toMatchObject({
      ...{
        status: 'UNCERTAIN',
        candidates: [
          { taskId: '1', ...told },
          { taskId: '2', ...told },
        ],
      },
    });
  });

  test('gets no task that another one may own, neither of two alike', async () => {
    const ids = [await uncertain(), await uncertain()];
    app.upstream.onList(() => listing(aTask('1')));
    await reconciled();
    for (const id of ids) expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('whose broken answer named its task gets that one, of several that are listed', async () => {
    const id = await uncertainOf('1');
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    const { data } = await app.graphql(
      'query($id: ID!) { generation(id: $id) { candidates { taskId } } }',
      { id },
    );
    expect(data.generation.candidates).toEqual([{ taskId: '1' }, { taskId: '2' }]);
    await reconciled();
    expect(await look(app, id)).toMatchObject({ taskId: '1' });
  });

  test('gets no task that its answer named while another one is in doubt, which named another', async () => {
    // Each may have been told that the task of the other keeps it waiting.
    const ids = [await uncertainOf('1'), await uncertainOf('2')];
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    await reconciled();
    for (const id of ids) expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  // A refusal may name what keeps it waiting.
  test('gets no task that its answer named when it may be of one whose answer is lost', async () => {
    const ids = [await uncertain(), await uncertainOf('1')];
    app.upstream.onList(() => listing(aTask('1')));
    await reconciled();
    for (const id of ids) expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('gets not its own task taken by one whose answer named another one’s', async () => {
    // The second one was answered that the task of the first keeps it waiting.
    const ids = [await uncertain(), await uncertainOf('1')];
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    await reconciled();
    await reconciled(0);
    for (const id of ids) expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test.each([
    ['none that is listed', '77777777777777'],
    ['one that another has', undefined],
  ])('gets no task that may be of one whose answer named %s', async (_, told) => {
    const { generation } = await app.create(input);
    const { taskId } = await look(app, generation.id);
    // A record holds what another has no longer, or never.
    const ids = [told === undefined ? await uncertain() : await uncertainOf(told)];
    if (told === undefined) {
      app.upstream.onSubmit({ status: 502, json: { message: `task ${taskId} is still running` } });
      const refused = await app.create(input);
      ids.push(refused.generation.id);
    }
    ids.push(await uncertain());
    app.upstream.onList(() => listing(aTask(taskId), aTask('3')));
    await reconciled();
    for (const id of ids) expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('gets no task that may be of one that a person declared not created', async () => {
    const other = await uncertain();
    const { version } = await look(app, other);
    await app.graphql(
      'mutation($id: ID!, $version: Int!) { declareVideoGenerationNotCreated(id: $id, version: $version) { userErrors { code } } }',
      { id: other, version },
    );
    const id = await uncertain();
    app.upstream.onList(listing(aTask('1')));
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('gets no task that another one has', async () => {
    const { generation } = await app.create(input);
    const { taskId } = await look(app, generation.id);
    const id = await uncertain();
    app.upstream.onList(listing(aTask(taskId)));
    await reconciled();
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('is looked for no sooner than its task may be there, and not for ever', async () => {
    await uncertain();
    await reconciled(minute);
    expect(app.upstream.lists).toHaveLength(0);
    await reconciled(30 * minute);
    expect(app.upstream.lists).toHaveLength(0);
  });

  test('stays as it is when MiniMax does not answer, and its candidates say so', async () => {
    const id = await uncertain();
    app.upstream.onList(() => ({ fault: 'resetAfterRead' }));
    await reconciled();
    const { data, errors } = await app.graphql(
      'query($id: ID!) { generation(id: $id) { status candidates { taskId } } }',
      { id },
    );
    expect(data?.generation ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'TASKS_UNAVAILABLE' } }]);
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('is settled once by two servers that look at the same time', async () => {
    const id = await uncertain();
    const other = await startTestApp({ fake: app.upstream, database: app.database });
    other.clock.advance(3 * minute);
    app.clock.advance(3 * minute);
    app.upstream.onList(() => listing(aTask('1', { created_at: created })));
    const created = Math.floor(app.clock.now().getTime() / 1000) - 180;
    await Promise.all([app.reconciliation.run(), other.reconciliation.run()]);
    const { events, taskId } = await look(app, id);
    expect(taskId).toBe('1');
    const found = events.filter(({ action }: { action: string }) => action === 'TASK_RECONCILED');
    expect(found).toHaveLength(1);
    await other.stop();
  });
});

describe('a callback that names a task', () => {
  beforeEach(async () => {
    await app.stop();
    app = await startTestApp({ callbackBaseUrl: 'https://video.example.com/callbacks/minimax' });
  });

  async function tell(index: number, id: string): Promise<void> {
    const token = String(app.upstream.submits[index]!.body.callback_url).split('/').at(-1)!;
    await request(`${app.url}/callbacks/minimax/${token}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ task: { id, status: 'running' } }),
    });
  }
  test('settles the uncertain one under whose token it comes', async () => {
    const id = await uncertain();
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    await tell(0, '1');
    await until(async () => (await look(app, id)).status === 'PROCESSING');
    const { taskId, events } = await look(app, id);
    expect(taskId).toBe('1');
    expect(events.map(({ action }: { action: string }) => action)).toContain('TASK_RECONCILED');
  });

  test('settles one whose broken answer named the same', async () => {
    const id = await uncertainOf('1');
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    await tell(0, '1');
    await until(async () => (await look(app, id)).status === 'PROCESSING');
    expect((await look(app, id)).taskId).toBe('1');
  });

  /** Refused, after a callback had told of its task. */
  async function contradicted(taskId: string): Promise<string> {
    app.upstream.onSubmit(async ({ number }) => {
      await tell(number - 1, taskId);
      await until(async () =>
        (await app.database.prisma.submission.findMany()).some((each) => each.taskId === taskId),
      );
      return refused(429, 'slow down (1002)');
    });
    const { generation } = await app.create(input);
    expect((await look(app, generation.id)).status).toBe('UNCERTAIN');
    return generation.id;
  }

  test('of one that is refused all the same settles it', async () => {
    const id = await contradicted('1');
    app.upstream.onList(() => listing(aTask('1')));
    await reconciled();
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', taskId: '1' });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('of one that is refused all the same gives it to no other one', async () => {
    const told = await contradicted('1');
    const other = await uncertain();
    app.upstream.onList(() => listing(aTask('1')));
    const { data } = await app.graphql(`{ generation(id: "${other}") { candidates { taskId } } }`);
    expect(data.generation.candidates).toEqual([]);
    await reconciled();
    await reconciled(0);
    expect((await look(app, other)).status).toBe('UNCERTAIN');
    expect(await decide(app, told, 'attachVideoGenerationTask', ', taskId: "1"')).toEqual([]);
    expect(await look(app, told)).toMatchObject({ taskId: '1' });
  });

  test('that comes after the refusal of one gives it to no other one', async () => {
    app.upstream.onSubmit(refused(400, 'invalid'));
    const { generation } = await app.create(input);
    const other = await uncertain();
    await tell(0, '1');
    await until(
      async () => (await app.database.prisma.submission.count({ where: { taskId: '1' } })) > 0,
    );
    app.upstream.onList(() => listing(aTask('1')));
    await reconciled();
    expect((await look(app, other)).status).toBe('UNCERTAIN');
    expect(await decide(app, generation.id, 'attachVideoGenerationTask', ', taskId: "1"')).toEqual(
      [],
    );
  });

  test('that MiniMax does not list settles nothing', async () => {
    const id = await uncertain();
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    await tell(0, '3');
    await until(() => app.upstream.lists.length > 0);
    await reconciled(0);
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  // Whoever has come to know a token may name the task of somebody else with it.
  test('settles nothing while the task may be of another one, also much later', async () => {
    const [own, others] = [await uncertain(), await uncertain()];
    const task = aTask('1');
    app.upstream.onList(() => listing(task));
    await tell(0, '1');
    await until(() => app.upstream.lists.length > 0);
    await reconciled();
    app.clock.advance(3 * 60 * minute);
    const before = app.upstream.lists.length;
    await tell(0, '1');
    await until(() => app.upstream.lists.length > before);
    await reconciled();
    for (const id of [own, others]) expect((await look(app, id)).status).toBe('UNCERTAIN');
    const attach = ['attachVideoGenerationTask', ', taskId: "1"'] as const;
    expect(await decide(app, others, ...attach)).toEqual([
      { code: 'TASK_ATTACHED_ELSEWHERE', message: expect.stringContaining(own) },
    ]);
    expect(await decide(app, own, 'declareVideoGenerationNotCreated')).toEqual([]);
    expect(await decide(app, others, ...attach)).toEqual([]);
    await reconciled();
    expect(await look(app, others)).toMatchObject({ taskId: '1' });
    expect((await look(app, own)).status).toBe('FAILED');
  });

  test('is remembered, and settles each of several alike when all were told theirs', async () => {
    const ids = [await uncertain(), await uncertain()];
    app.upstream.onList(() => listing(aTask('1'), aTask('2')));
    await tell(0, '1');
    await until(() => app.upstream.lists.length > 0);
    const { status, events } = await look(app, ids[0]!);
    expect(status).toBe('UNCERTAIN');
    expect(events.at(-1)).toMatchObject({ action: 'CALLBACK_RECEIVED' });
    await tell(1, '2');
    await until(async () => (await look(app, ids[1]!)).status === 'PROCESSING');
    await reconciled(0);
    expect(await look(app, ids[0]!)).toMatchObject({ taskId: '1' });
    expect(await look(app, ids[1]!)).toMatchObject({ taskId: '2' });
  });
});

test('what a callback told before the answer was lost settles it, also among alike ones', async () => {
  await app.stop();
  app = await startTestApp({ callbackBaseUrl: 'https://example.com/callbacks/minimax' });
  app.upstream.onList(listing(aTask('1'), aTask('2')));
  app.upstream.onSubmit(async ({ body }) => {
    const token = String(body.callback_url).split('/').at(-1)!;
    await request(`${app.url}/callbacks/minimax/${token}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ task: { id: '2', status: 'queued' } }),
    });
    await until(async () =>
      (await app.database.prisma.auditEvent.findMany()).some(
        ({ action }) => action === 'CALLBACK_RECEIVED',
      ),
    );
    return refused(504, 'gateway timeout (1001)');
  });
  const { generation } = await app.create(input);
  expect((await look(app, generation.id)).status).toBe('UNCERTAIN');
  await reconciled(0);
  expect(await look(app, generation.id)).toMatchObject({ taskId: '2' });
  expect(app.upstream.submits).toHaveLength(1);
});

test('what was uncertain in the first generation has no list, and no candidates', async () => {
  app.upstream.onSubmit({ fault: 'resetAfterRead' });
  const { generation } = await app.create();
  await reconciled();
  const { data } = await app.graphql(
    'query($id: ID!) { generation(id: $id) { status candidates { taskId } } }',
    { id: generation.id },
  );
  expect(data.generation).toEqual({ status: 'UNCERTAIN', candidates: [] });
  expect(app.upstream.lists).toHaveLength(0);
});
