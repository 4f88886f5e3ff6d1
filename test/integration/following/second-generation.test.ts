import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { refused, secondTaskReply } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

const day = 24 * 3_600_000;
const input = {
  ...{ model: 'MiniMax-H3', duration: 10, resolution: '2K' },
  firstFrameImage: 'https://example.com/a.png',
  lastFrameImage: 'https://example.com/b.png',
};

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 1 } });
});
afterEach(() => app.stop());

async function created(): Promise<string> {
  return (await app.create(input)).generation.id;
}

const costOf = async (id: string) => {
  const { data } = await app.graphql(
    'query($id: ID!) { generation(id: $id) { cost { amount basis } usage { raw } } }',
    { id },
  );
  return data.generation;
};

describe('a task of the second generation', () => {
  test('is asked for by its path and has its link with the answer, without a file', async () => {
    const id = await created();
    const { taskId } = await look(app, id);
    await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', upstreamStatus: 'running' });
    await step(app);
    expect(await look(app, id)).toMatchObject({
      ...{ status: 'SUCCEEDED', upstreamStatus: 'succeeded', fileId: null },
      videoUrl: `${app.upstream.url}/download/${taskId}/output.mp4`,
      videoUrlExpiresAt: null,
    });
    expect(app.upstream.queries[0]!.path).toBe(`/v2/query/video_generation/${taskId}`);
    expect(app.upstream.retrieves).toEqual([]);
    // Metered were the five seconds of the fake, whatever was asked for.
    expect(await costOf(id)).toMatchObject({ cost: { amount: '0.65', basis: 'USAGE' } });
  });

  test('without usage costs what was asked for, and says so', async () => {
    const id = await created();
    const content = { url: 'https://cdn.example.com/output.mp4' };
    app.upstream.onQuery(({ path }) =>
      secondTaskReply({ id: path.split('/').at(-1), status: 'succeeded', content, usage: {} }),
    );
    await step(app);
    expect(await costOf(id)).toEqual({ cost: { amount: '1.30', basis: 'REQUEST' }, usage: null });
  });

  test('has all that was metered, also what cannot be read, and figures that stand there as text', async () => {
    const id = await created();
    const content = { url: 'https://cdn.example.com/output.mp4' };
    const usage = {
      ...{ output_seconds: '5', input_seconds: 0, input_image_count: 0, total_tokens: 2 ** 60 },
      ...{ note: 'half \ud800', parts: [{ seconds: 5 }], 'not a name': true },
    };
    app.upstream.onQuery(({ path }) =>
      secondTaskReply({ id: path.split('/').at(-1), status: 'succeeded', content, usage }),
    );
    await step(app);
    const told = await costOf(id);
    expect(told.cost).toEqual({ amount: '0.65', basis: 'USAGE' });
    expect(JSON.parse(told.usage.raw)).toEqual({
      ...{ ...usage, note: 'half \ufffd', total_tokens: String(2 ** 60) },
    });
  });

  test('that MiniMax does not know is not believed at once', async () => {
    const id = await created();
    app.upstream.onQuery(() => refused(500, 'record not found (1000)'));
    await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', failure: null });
    for (let i = 0; i < 5; i++) await step(app, day / 24);
    expect(await look(app, id)).toMatchObject({
      ...{ status: 'FAILED', failure: { kind: 'TASK_UNKNOWN' } },
      statusMessage: 'record not found (1000)',
    });
  });

  test('that has fallen out of the seven days says so, and was looked at shortly before', async () => {
    const id = await created();
    app.upstream.onQuery(({ path }) => secondTaskReply({ id: path.split('/').at(-1) }));
    const lookFor = async (ms: number) => {
      for (let left = ms; left > 0; left -= 6 * 3_600_000) await step(app, 6 * 3_600_000);
    };
    await lookFor(7 * day - 6 * 3_600_000);
    app.clock.advance(6 * 3_600_000 - 20 * 60_000);
    await app.worker.runOnce();
    const before = app.upstream.queries.length;
    app.clock.advance(15 * 60_000);
    await app.worker.runOnce();
    expect(app.upstream.queries.length).toBeGreaterThan(before);
    app.upstream.onQuery(() => refused(400, 'invalid params, invalid task_id (2013)'));
    await lookFor(2 * day);
    const { status, statusMessage } = await look(app, id);
    expect(status).toBe('FAILED');
    expect(statusMessage).toMatch(/seven days, and this one is older.*invalid task_id/);
  });

  test('keeps its last link when MiniMax does not show it any more', async () => {
    const id = await created();
    await step(app);
    await step(app);
    const { videoUrl } = await look(app, id);
    app.clock.advance(8 * day);
    app.upstream.onQuery(() => refused(400, 'invalid params, invalid task_id (2013)'));
    expect((await look(app, id)).videoUrl).toBe(videoUrl);
  });
});

test('a callback of the second generation has the task looked at', async () => {
  await app.stop();
  app = await startTestApp({ callbackBaseUrl: 'https://video.example.com/callbacks/minimax' });
  const id = await created();
  const { taskId } = await look(app, id);
  const token = String(app.upstream.submits[0]!.body.callback_url).split('/').at(-1)!;
  await request(`${app.url}/callbacks/minimax/${token}`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ task: { id: taskId, status: 'running' } }),
  });
  await until(async () => (await look(app, id)).events.some(isCallback));
  await app.worker.runOnce();
  expect(app.upstream.queries).toHaveLength(1);
});

const isCallback = ({ action }: { action: string }) => action === 'CALLBACK_RECEIVED';

test('a server that knows the first generation alone gets no lease on the second', async () => {
  const { pool } = app.database;
  const { generation } = await app.create(input);
  const claim = (set: string) =>
    pool.query(
      `UPDATE video_generation SET lease_token = gen_random_uuid(), leased_until = now() ${set}
       WHERE id = $1 RETURNING claim_speaks`,
      [generation.id],
    );
  expect((await claim('')).rows).toEqual([]);
  expect((await claim(', claim_speaks = 2')).rows).toEqual([{ claim_speaks: null }]);
  const { generation: older } = await app.create();
  const old = await pool.query(
    'UPDATE video_generation SET lease_token = gen_random_uuid() WHERE id = $1 RETURNING id',
    [older.id],
  );
  expect(old.rows).toHaveLength(1);
});

describe('limits', () => {
  test('of each generation are counted by themselves', async () => {
    await app.stop();
    app = await startTestApp({
      env: { MINIMAX_RPM: '1', MINIMAX_SECOND_RPM: '2', CREATE_WAIT_MS: '0' },
    });
    for (let i = 0; i < 3; i++) await app.create(input);
    for (let i = 0; i < 3; i++) await app.create();
    await app.worker.runOnce();
    const sent = app.upstream.submits.map(({ path }) => path).sort();
    expect(sent).toEqual([
      ...['/v1/video_generation', '/v2/video_generation', '/v2/video_generation'],
    ]);
    const { data } = await app.graphql(
      '{ providerStatus { sending { apiGeneration requestsPerMinute usedInLastMinute inFlight } } }',
    );
    expect(data.providerStatus.sending).toEqual([
      { apiGeneration: 1, requestsPerMinute: 1, usedInLastMinute: 1, inFlight: null },
      { apiGeneration: 2, requestsPerMinute: 2, usedInLastMinute: 2, inFlight: 30 },
    ]);
  });

  test('of what is in flight hold until a task has ended', async () => {
    await app.stop();
    app = await startTestApp({
      env: { MINIMAX_SECOND_IN_FLIGHT: '2', CREATE_WAIT_MS: '0' },
      upstream: { processingAnswers: 0 },
    });
    for (let i = 0; i < 3; i++) await app.create(input);
    await app.create();
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(3);
    // Both end, and the third one has room.
    await step(app);
    await step(app);
    expect(app.upstream.submits).toHaveLength(4);
  });
});
