import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { MinimaxClient } from '../../../src/minimax/v1/client.ts';
import type { MinimaxError } from '../../../src/minimax/errors.ts';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { dropInClient, example, success, text } from '../../support/drop-in-client.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});
const { submit, query, retrieve, keyOf } = dropInClient(() => app);

describe('a video over the drop-in', () => {
  test('is created, followed and fetched as at MiniMax, and is a generation like any other', async () => {
    const key = await keyOf('studio');
    const created = await submit(example, { key });
    expect(created.status).toBe(200);
    expect(created.body).toEqual({ task_id: expect.any(String), base_resp: success });
    const id = created.body.task_id as string;
    expect(app.upstream.submits.map(({ body }) => body)).toEqual([
      {
        model: 'MiniMax-Hailuo-02',
        prompt: 'A paper boat crosses a puddle',
        first_frame_image: 'https://images.example.com/boat.jpg',
        prompt_optimizer: true,
        duration: 6,
        resolution: '768P',
      },
    ]);
    expect((await query(id, key)).body).toEqual({
      task_id: id,
      status: 'Preparing',
      base_resp: success,
    });
    await step(app);
    expect((await query(id, key)).body.status).toBe('Processing');
    await step(app);
    const { body: done } = await query(id, key);
    expect(done).toEqual({
      task_id: id,
      status: 'Success',
      file_id: expect.stringMatching(/^\d{15}$/),
      video_width: 1366,
      video_height: 768,
      base_resp: success,
    });
    const { body } = await retrieve(done.file_id as string, key);
    expect(body).toEqual({
      file: {
        file_id: Number(done.file_id),
        bytes: 0,
        created_at: Math.floor(app.clock.now().getTime() / 1000),
        filename: 'output_aigc.mp4',
        purpose: 'video_generation',
        download_url: expect.stringContaining(`/download/${done.file_id}/`),
      },
      base_resp: success,
    });
    const { status, events } = (
      await app.graphql(
        `{ generation(id: "${id}") { status events { action detail requestId } } }`,
        {},
        { authorization: `Bearer ${key}` },
      )
    ).data.generation;
    expect(status).toBe('SUCCEEDED');
    expect({ ...events[0], detail: JSON.parse(events[0].detail) }).toEqual({
      action: 'GENERATION_CREATED',
      detail: { via: 'rest', requestHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      requestId: created.headers['trace-id'],
    });
  });

  test('has its task id before it is sent, and keeps it', async () => {
    app.upstream.onSubmit(coded(1002, 'rate limit'));
    const { body } = await submit();
    expect(body).toEqual({ task_id: expect.any(String), base_resp: success });
    expect((await look(app, body.task_id as string)).status).toBe('QUEUED');
    expect((await query(body.task_id as string)).body.status).toBe('Preparing');
    for (let i = 0; i < 3; i++) await step(app);
    expect((await query(body.task_id as string)).body.status).toBe('Success');
  });

  test('shows only words that MiniMax documents while it runs', async () => {
    const { body } = await submit();
    const words = [];
    for (const status of ['QUEUED', 'Queueing', 'in_progress', 'Success', 'what?']) {
      app.upstream.onQuery(taskReply({ status }));
      await step(app, 3_600_000);
      words.push((await query(body.task_id as string)).body.status);
    }
    expect(words).toEqual(['Queueing', 'Queueing', 'Processing', 'Processing', 'Processing']);
  });

  test('gives a link that works, again and again, and tells when there is none', async () => {
    const { body } = await submit();
    for (let i = 0; i < 2; i++) await step(app);
    const fileId = (await query(body.task_id as string)).body.file_id as string;
    const links = new Set<string>();
    for (let i = 0; i < 2; i++) {
      links.add((await retrieve(fileId)).body.file.download_url as string);
      app.clock.advance(1_000);
    }
    expect(app.upstream.retrieves).toHaveLength(1);
    app.clock.advance(7 * 3_600_000);
    app.upstream.onRetrieve(coded(1013, 'internal service error'));
    expect((await retrieve(fileId)).body).toEqual({
      base_resp: {
        status_code: 1013,
        status_msg: 'MiniMax gives no link to this file now: internal service error',
      },
    });
    expect((await retrieve(fileId)).body.base_resp).toEqual(success);
    expect(app.upstream.retrieves).toHaveLength(3);
    expect(links.size).toBe(1);
  });

  test('of a proxy that names no file is found by the id of its task', async () => {
    const { body } = await submit();
    const file = { download_url: 'https://videos.example.com/a.mp4' };
    app.upstream.onQuery(taskReply({ status: 'Success', data: { file } }));
    await step(app);
    const done = (await query(body.task_id as string)).body;
    expect(done).toMatchObject({ status: 'Success', file_id: body.task_id });
    expect((await retrieve(done.file_id as string)).body.file).toMatchObject({
      file_id: body.task_id,
      download_url: 'https://videos.example.com/a.mp4',
    });
  });
});

describe('a service whose MiniMax is this service', () => {
  let client: MinimaxClient;
  const connect = (apiKey: string) =>
    new MinimaxClient({ baseUrl: `${app.url}/minimax`, apiKey, timeoutMs: 5_000 });
  beforeEach(() => {
    client = connect('any');
  });
  afterEach(async () => await client.close());

  test('creates, follows and links a video with the client it has for MiniMax', async () => {
    const { taskId, traceId } = await client.submit(text);
    expect(traceId).not.toBeNull();
    expect(await client.queryTask(taskId)).toMatchObject({ state: 'preparing' });
    for (let i = 0; i < 2; i++) await step(app);
    const task = await client.queryTask(taskId);
    expect(task).toMatchObject({ state: 'success', videoWidth: 1366, videoHeight: 768 });
    const { downloadUrl } = await client.retrieveFile(task.fileId!);
    expect((await request(downloadUrl)).statusCode).toBe(200);
  });

  test('learns from each refusal what it may do about it', async () => {
    const kindOf = async (from = client) =>
      await from.submit(text).then(
        () => 'accepted',
        ({ kind, failureKind }: MinimaxError) => [kind, failureKind],
      );
    app.upstream.onSubmit(
      { fault: 'resetAfterRead' },
      coded(1026),
      taskReply({ task_id: '106916112212032' }),
    );
    expect(await kindOf()).toEqual(['uncertain', 'OUTCOME_UNKNOWN']);
    expect(await kindOf()).toEqual(['refused', 'INPUT_FLAGGED']);
    const { taskId } = await client.submit(text);
    app.upstream.onQuery(taskReply({ status: 'Fail' }, 1027));
    await step(app);
    expect(await client.queryTask(taskId)).toMatchObject({ state: 'fail', statusCode: 1027 });
    await keyOf('studio');
    expect(await kindOf()).toEqual(['unauthorized', 'UNAUTHORIZED']);
  });

  test('waits when the budget of its key is used up', async () => {
    await app.stop();
    app = await startTestApp({ env: { RATE_LIMIT_PER_MINUTE: '1' } });
    const limited = connect(await keyOf('studio'));
    await limited.submit(text);
    await expect(limited.submit(text)).rejects.toMatchObject({ kind: 'throttled' });
    await limited.close();
  });
});

test('against the simulator a video comes to the end and plays', async () => {
  await app.stop();
  app = await startTestApp({
    env: {
      SIMULATOR: 'on',
      MINIMAX_BASE_URL: '',
      MINIMAX_API_KEY: '',
      MINIMAX_RPM: '6000',
      POLL_INTERVAL_MS: '1000',
    },
  });
  const { task_id } = (await submit({ ...text, duration: '6' })).body as { task_id: string };
  for (let i = 0; i < 2; i++) await step(app);
  const { body } = await query(task_id);
  expect(body).toMatchObject({ status: 'Success', video_width: 1366, video_height: 768 });
  const { file } = (await retrieve(body.file_id as string)).body as {
    file: { download_url: string };
  };
  const video = await request(file.download_url);
  expect(video.headers['content-type']).toBe('video/mp4');
  expect(
    Buffer.from(await video.body.arrayBuffer())
      .subarray(4, 8)
      .toString(),
  ).toBe('ftyp');
});
