import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, startFakeUpstream, taskReply, type Reply } from '../../support/fake-upstream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 1 } });
});
afterEach(async () => {
  await app.stop();
});

async function created(): Promise<string> {
  return (await app.create()).generation.id;
}

const minute = 60_000;

describe('a running task', () => {
  test('is followed until it has a link', async () => {
    const id = await created();
    await app.worker.runOnce();
    expect(app.upstream.queries).toHaveLength(0);

    await step(app);
    expect(await look(app, id)).toMatchObject({
      status: 'PROCESSING',
      upstreamStatus: 'Processing',
    });
    await step(app);
    const done = await look(app, id);
    expect(done).toMatchObject({
      status: 'SUCCEEDED',
      upstreamStatus: 'Success',
      fileId: expect.stringMatching(/^\d{15}$/),
      videoWidth: 1366,
      videoHeight: 768,
      videoUrl: expect.stringContaining('Expires='),
      failure: null,
      nextAttemptAt: null,
      completedAt: expect.any(String),
    });
    expect(done.events.map((event: { action: string }) => event.action)).toEqual([
      'GENERATION_CREATED',
      'SUBMISSION_SENT',
      'SUBMISSION_ACCEPTED',
      'TASK_STATUS_CHANGED',
      'GENERATION_SUCCEEDED',
    ]);
    expect(done.events.map((event: { sequence: number }) => event.sequence)).toEqual([
      1, 2, 3, 4, 5,
    ]);
    expect(JSON.stringify(done.events)).not.toContain('Signature');
    expect(app.upstream.queries[0]!.query).toEqual({ task_id: done.taskId });
    expect(app.upstream.retrieves[0]!.query).toEqual({ file_id: done.fileId });
    await step(app, 60 * minute);
    expect(app.upstream.queries).toHaveLength(2);
  });

  test.each([
    ['Preparing', 'PROCESSING'],
    ['Queueing', 'PROCESSING'],
    ['QUEUED', 'PROCESSING'],
    ['processing', 'PROCESSING'],
    ['Reticulating', 'PROCESSING'],
    ['SUCCESS', 'SUCCEEDED'],
    ['success', 'SUCCEEDED'],
    ['Fail', 'FAILED'],
    ['Failed', 'FAILED'],
    ['failed', 'FAILED'],
  ])('that MiniMax calls %s is %s, and the word is kept', async (word, status) => {
    const id = await created();
    app.upstream.onQuery(taskReply({ status: word, file_id: '444795417354723' }));
    await step(app);
    expect(await look(app, id)).toMatchObject({ status, upstreamStatus: word });
  });

  test('may name its file by a number', async () => {
    const id = await created();
    app.upstream.onQuery({
      text: '{"status":"Success","file_id":9007199254740993,"base_resp":{"status_code":0}}',
    });
    await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', fileId: '9007199254740993' });
  });

  test.each([
    [
      'with a code',
      taskReply({ status: 'Fail' }, 1027, 'output sensitive'),
      'OUTPUT_FLAGGED',
      1027,
      'output sensitive',
    ],
    [
      'with words only',
      taskReply({ status: 'Fail' }, 0, 'render crashed'),
      'TASK_FAILED',
      0,
      'render crashed',
    ],
    [
      'with a code nobody documented',
      taskReply({ status: 'Fail' }, 4711, 'new'),
      'UNKNOWN',
      4711,
      'new',
    ],
    [
      'by the content check alone',
      taskReply({ status: '' }, 1027, 'flagged'),
      'OUTPUT_FLAGGED',
      1027,
      'flagged',
    ],
  ])(
    'that fails %s keeps the reason',
    async (_name, reply, kind, upstreamCode, upstreamMessage) => {
      const id = await created();
      app.upstream.onQuery(reply);
      await step(app);
      const failed = await look(app, id);
      expect(failed).toMatchObject({
        status: 'FAILED',
        failure: { kind, upstreamCode, upstreamMessage },
      });
      expect(failed.failure.message).toEqual(expect.any(String));
    },
  );

  test.each([
    ['a status code', taskReply({ status: '' }, 1004, 'login fail')],
    ['an unknown status code', taskReply({ status: '' }, 9999, 'what?')],
    ['a hang-up', { fault: 'resetAfterRead' } as const],
    ['a gateway page', { fault: 'html' } as const],
    ['half a body', { fault: 'halfBody' } as const],
    ['no JSON', { fault: 'invalidJson' } as const],
    ['a redirect', { fault: 'redirect' } as const],
    ['HTTP 500', { status: 500, json: {} }],
    ['HTTP 404', { status: 404, text: 'no such page' }],
    ['HTTP 429', { status: 429, headers: { 'retry-after': '3' }, json: {} }],
  ])('survives a query that is answered with %s', async (_name, reply) => {
    const id = await created();
    app.upstream.onQuery(reply);
    await step(app);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'PROCESSING', failure: null });
    expect(row.events.at(-1).action).toBe('TASK_QUERY_FAILED');
    expect(row.statusMessage).toEqual(expect.any(String));
    for (let i = 0; i < 3; i++) await step(app, minute);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', failure: null });
  });

  test('does not fill its history with the same failure over and over', async () => {
    const id = await created();
    app.upstream.onQuery(() => taskReply({ status: '' }, 1024, 'internal error'));
    for (let i = 0; i < 8; i++) await step(app, 10 * minute);
    const row = await look(app, id);
    expect(row.status).toBe('PROCESSING');
    const failures = row.events.filter((e: { action: string }) => e.action === 'TASK_QUERY_FAILED');
    expect(failures).toHaveLength(1);
  });

  test('that MiniMax keeps calling unknown fails with that reason', async () => {
    const id = await created();
    app.upstream.onQuery(() => taskReply({ status: '' }, 2013, 'invalid params, task_id'));
    await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', statusCode: 2013 });
    for (let i = 0; i < 5; i++) await step(app, 10 * minute);
    expect(await look(app, id)).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'TASK_UNKNOWN', upstreamCode: 2013 },
    });
  });

  test('that succeeds without a file again and again fails loudly', async () => {
    const id = await created();
    app.upstream.onQuery(() => taskReply({ status: 'Success' }));
    for (let i = 0; i < 6; i++) await step(app, 10 * minute);
    expect(await look(app, id)).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'RESULT_MISSING' },
    });
    expect(app.logLines.join('')).toContain('does not hand out the result of a paid task');
  });

  test('past its deadline is stalled, still looked at ever more rarely, and still finishes', async () => {
    const id = await created();
    app.upstream.onQuery(() => taskReply({ status: 'Processing' }));
    await step(app);
    await step(app, 31 * minute);
    const stalled = await look(app, id);
    expect(stalled).toMatchObject({ status: 'PROCESSING', stalledAt: expect.any(String) });
    expect(stalled.events.at(-1).action).toBe('GENERATION_STALLED');
    await step(app, 2 * 24 * 60 * minute);
    const later = await look(app, id);
    const waits = Date.parse(later.nextAttemptAt) - app.clock.now().getTime();
    expect(waits).toBeGreaterThan(40 * minute);
    expect(waits).toBeLessThanOrEqual(72 * minute);
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '5' }));
    await step(app, 80 * minute);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('whose file cannot be linked yet stays PROCESSING until it can', async () => {
    const id = await created();
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '55' }));
    app.upstream.onRetrieve({ json: { file: { file_id: 55 }, base_resp: { status_code: 0 } } });
    app.upstream.onRetrieve(coded(1013, 'internal service error'));
    await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', fileId: '55' });
    await step(app, minute);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', statusCode: 1013 });
    await step(app, minute);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', statusCode: 0 });
    expect(app.upstream.queries).toHaveLength(1);
  });
});

describe('every way in which a connection can fail', () => {
  const faults: [string, Reply][] = [
    ...(
      [
        'resetBeforeRead',
        'resetAfterRead',
        'hang',
        'slowDrip',
        'halfBody',
        'html',
        'invalidJson',
        'hugeBody',
        'redirect',
      ] as const
    ).map((fault): [string, Reply] => [fault, { fault }]),
    ['HTTP 500', { status: 500, text: 'oops' }],
    ['HTTP 401', { status: 401, text: 'no' }],
    ['HTTP 429', { status: 429, text: '' }],
  ];
  beforeEach(async () => {
    await app.stop();
    app = await startTestApp({
      env: { MINIMAX_TIMEOUT_MS: '300' },
      upstream: { processingAnswers: 0 },
    });
  });

  test.each(faults)('(%s) leaves a task that is queried running', async (_name, reply) => {
    const id = await created();
    app.upstream.onQuery(reply);
    await step(app);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'PROCESSING', failure: null });
    expect(row.events.at(-1).action).toBe('TASK_QUERY_FAILED');
    await step(app, minute);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each(faults)('(%s) leaves a task whose file is retrieved running', async (_name, reply) => {
    const id = await created();
    app.upstream.onRetrieve(reply);
    await step(app);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'PROCESSING', failure: null, fileId: expect.any(String) });
    expect(row.events.at(-1).action).toBe('FILE_LINK_FAILED');
    await step(app, minute);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('(nobody listens) leaves a task running', async () => {
    const id = await created();
    await app.upstream.close();
    await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', failure: null });
  });
});

describe('a download link', () => {
  async function finished(): Promise<string> {
    const id = await created();
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '55' }));
    await step(app);
    return id;
  }

  test('is handed out as it is while it works', async () => {
    const id = await finished();
    const { videoUrl } = await look(app, id);
    app.clock.advance(5 * 60 * minute);
    expect((await look(app, id)).videoUrl).toBe(videoUrl);
    expect(app.upstream.retrieves).toHaveLength(1);
  });

  test('is renewed when somebody asks after it expired, once for all who ask', async () => {
    const id = await finished();
    const { videoUrl } = await look(app, id);
    app.clock.advance(6 * 60 * minute);
    const expiry = Math.floor(app.clock.now().getTime() / 1000) + 3600;
    app.upstream.onRetrieve(() => ({
      json: {
        file: {
          file_id: 55,
          download_url: `https://cdn.example.com/new.mp4?Expires=${expiry}&Signature=x`,
        },
        base_resp: { status_code: 0 },
      },
    }));
    const answers = await Promise.all([look(app, id), look(app, id), look(app, id)]);
    for (const answer of answers) {
      expect(answer.videoUrl).toContain('https://cdn.example.com/new.mp4');
      expect(answer.videoUrl).not.toBe(videoUrl);
      expect(Date.parse(answer.videoUrlExpiresAt)).toBe(expiry * 1000);
    }
    expect(app.upstream.retrieves).toHaveLength(2);
    expect((await look(app, id)).events.at(-1).action).toBe('VIDEO_LINK_RENEWED');
  });

  const linked = (query: string) => () => ({
    json: {
      file: { file_id: 55, download_url: `https://cdn.example.com/new.mp4${query}` },
      base_resp: { status_code: 0 },
    },
  });

  test('that does not say how long it works is believed for an hour', async () => {
    const id = await created();
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '55' }));
    app.upstream.onRetrieve(linked(''));
    await step(app);
    expect(await look(app, id)).toMatchObject({
      videoUrl: 'https://cdn.example.com/new.mp4',
      videoUrlExpiresAt: null,
    });
    app.clock.advance(58 * minute);
    await look(app, id);
    expect(app.upstream.retrieves).toHaveLength(1);
    app.clock.advance(2 * minute);
    await look(app, id);
    expect(app.upstream.retrieves).toHaveLength(2);
  });

  test('that had ended when it came is asked for again, and never handed out', async () => {
    const id = await created();
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '55' }));
    app.upstream.onRetrieve(linked('?Expires=1000000000&Signature=x'));
    await step(app);
    const answer = await app.graphql(`query { generation(id: "${id}") { status videoUrl } }`);
    expect(answer.data.generation).toEqual({ status: 'SUCCEEDED', videoUrl: null });
    expect(answer.errors![0].extensions.code).toBe('VIDEO_LINK_UNAVAILABLE');
    expect(app.upstream.retrieves).toHaveLength(2);
  });

  test('that MiniMax does not renew is an error with its reason, never a dead link', async () => {
    const id = await finished();
    app.clock.advance(6 * 60 * minute);
    app.upstream.onRetrieve(() => coded(1013, 'internal service error'));
    const answer = await app.graphql(`query { generation(id: "${id}") { status videoUrl } }`);
    expect(answer.data.generation).toEqual({ status: 'SUCCEEDED', videoUrl: null });
    expect(answer.errors![0]).toMatchObject({
      path: ['generation', 'videoUrl'],
      extensions: {
        code: 'VIDEO_LINK_UNAVAILABLE',
        upstreamCode: 1013,
        upstreamMessage: 'internal service error',
      },
    });
  });
});

describe('the worker', () => {
  test('queries in parallel', async () => {
    for (let i = 0; i < 5; i++) await created();
    let waiting = 0;
    let most = 0;
    app.upstream.onQuery(async () => {
      waiting += 1;
      most = Math.max(most, waiting);
      await new Promise((resolve) => setImmediate(resolve));
      if (waiting < 5 && most < 5) await app.upstream.received('query', 5);
      waiting -= 1;
      return undefined;
    });
    await step(app);
    expect(most).toBe(5);
  });

  test('takes up what a stopped one left', async () => {
    const fake = await startFakeUpstream({ processingAnswers: 0 });
    const stopped = await startTestApp({ fake, database: app.database });
    const { id } = (await stopped.create()).generation;
    await stopped.stop();
    expect(fake.queries).toHaveLength(0);
    const next = await startTestApp({ fake, database: app.database });
    next.clock.advance(stopped.clock.now().getTime() - next.clock.now().getTime() + 20_000);
    await next.worker.runOnce();
    expect(await look(next, id)).toMatchObject({ status: 'SUCCEEDED' });
    await next.stop();
    await fake.close();
  });
});

describe('an answer about something else', () => {
  const done = { status: 'Success', file_id: '5' };
  test.each<[string, Reply]>([
    ['finished', taskReply({ task_id: '4711', ...done })],
    ['failed', taskReply({ task_id: 4711, status: 'Fail' }, 1027, 'flagged')],
    ['nested', taskReply({ data: { task_id: '4711', ...done } })],
    ['in another spelling', taskReply({ taskId: '4711', ...done })],
    ['in a list', taskReply({ task_id: ['4711'], ...done })],
    ['as the submission has it', taskReply({ id: '106916112214711', ...done })],
    ['inside', taskReply({ task: { id: '106916112214711' }, ...done })],
  ])('is not believed of a task (%s): it is asked for again', async (_what, reply) => {
    const id = await created();
    app.upstream.onQuery(reply, reply);
    await step(app);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'PROCESSING', fileId: null });
    expect(row.events.at(-1)).toMatchObject({ action: 'TASK_QUERY_FAILED' });
    const told = await app.database.prisma.auditEvent.findFirst({
      where: { generationId: id, action: 'TASK_QUERY_FAILED' },
    });
    expect(JSON.stringify(told?.detail)).toMatch(/about task \d*4711/);
    for (let i = 0; i < 3; i++) await step(app, minute);
    const after = await look(app, id);
    expect(after.status).toBe('SUCCEEDED');
    expect(app.logLines.filter((line) => line.includes('about something else'))).toHaveLength(1);
    const actions = after.events.map((event: { action: string }) => event.action);
    expect(actions.filter((action: string) => action === 'TASK_QUERY_FAILED')).toHaveLength(1);
  });

  test.each([{ file_id: 6 }, { id: '6' }])('is not believed of a file (%j)', async (named) => {
    const id = await created();
    app.upstream.onQuery(taskReply(done));
    const download_url = 'https://cdn.example/other.mp4';
    app.upstream.onRetrieve({ json: { file: { ...named, download_url } } });
    await step(app);
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'PROCESSING', fileId: '5', videoUrl: null });
    expect(row.events.at(-1)).toMatchObject({ action: 'FILE_LINK_FAILED' });
    await step(app, minute);
    const after = await look(app, id);
    expect(after).toMatchObject({ status: 'SUCCEEDED' });
    expect(after.videoUrl).not.toContain('other');
  });

  test('is told of also after a failure of another kind', async () => {
    const id = await created();
    app.upstream.onQuery(coded(9999), taskReply({ task_id: '4711', ...done }));
    await step(app);
    await step(app, minute);
    const { events } = await look(app, id);
    expect(
      events.filter(({ action }: { action: string }) => action === 'TASK_QUERY_FAILED'),
    ).toHaveLength(2);
  });
});
