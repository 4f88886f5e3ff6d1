import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { DirectoryStorage } from '../../../src/media/storage-directory.ts';
import { anyTime } from '../../../src/minimax/answers.ts';
import { MinimaxError } from '../../../src/minimax/errors.ts';
import { Line } from '../../../src/minimax/line.ts';
import { MinimaxV2Client } from '../../../src/minimax/v2/client.ts';
import { startTestApp, step, testMediaDirectory, type TestApp } from '../../support/app.ts';
import {
  createPath,
  expectRefusal,
  item,
  queryPath,
  secondCallersOf,
  text,
  withFiles,
} from '../../support/drop-in-client-v2.ts';
import { refused, secondTaskReply } from '../../support/fake-upstream.ts';
import { aPng } from '../../support/images.ts';

let app: TestApp;
const { call, create, idOf, keyOf, query } = secondCallersOf(() => app);
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => await app.stop());

describe('a video of the second generation over the drop-in', () => {
  test('is created, followed and linked as at MiniMax, and is a generation like any other', async () => {
    const created = await create();
    expect(created).toMatchObject({ status: 200, body: { task_id: expect.any(String) } });
    const id = created.body.task_id as string;
    expect(app.upstream.submits.map(({ body }) => body)).toEqual([text]);
    const task = {
      ...{ id, model: 'MiniMax-H3', created_at: expect.any(Number) },
      ...{ updated_at: expect.any(Number), resolution: '768P', duration: 5, ratio: '16:9' },
      ...{ task_type: 'generation', modality: 'video', usage: {} },
    };
    expect((await query(id)).body).toEqual({ task: { ...task, status: 'queued' } });
    await step(app);
    expect((await query(id)).body).toEqual({ task: { ...task, status: 'running' } });
    await step(app);
    const done = {
      ...{ ...task, status: 'succeeded' },
      content: { url: expect.stringContaining('/output.mp4') },
      usage: { total_seconds: 5, input_seconds: 0, output_seconds: 5, input_image_count: 0 },
    };
    expect((await query(id)).body).toEqual({ task: done });
    expect((await call('GET', `${queryPath}?task_id=${id}`)).body).toEqual({ task: done });
    const seen = `{ generation(id: "${id}") { status events { action detail } } }`;
    const headers = { authorization: `Bearer ${await keyOf('studio')}` };
    const { generation } = (await app.graphql(seen, {}, headers)).data;
    expect(generation).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(generation.events[0].detail)).toMatchObject({ via: 'rest' });
  });

  test('is listed with our link where it is kept, and with none where MiniMax’s has ended', async () => {
    const [kept, other] = [await idOf(), await idOf()];
    await step(app);
    await step(app);
    const { prisma } = app.database;
    const createdAt = app.clock.now();
    const { id: storage } = await DirectoryStorage.open(testMediaDirectory);
    const object = { id: randomUUID(), kind: 'VIDEO', storage, owner: 'tenant:acme', createdAt };
    const about = { callerId: 'studio', bytes: 1, sha256: 'x', contentType: 'video/mp4' };
    await prisma.storedObject.create({ data: { ...object, ...about } });
    await prisma.videoArchive.update({
      where: { generationId: kept },
      data: { state: 'STORED', storedAt: createdAt, objectId: object.id },
    });
    const videoUrlExpiresAt = new Date(createdAt.getTime() - 1);
    await prisma.videoGeneration.updateMany({ data: { videoUrlExpiresAt } });
    const { items } = (await call('GET', queryPath)).body;
    const links = items.map((task: { id: string; content?: { url: string } }) => [
      task.id,
      task.content?.url.split('?')[0],
    ]);
    const ours = `${app.url}/media/videos/${kept}.mp4`;
    expect(Object.fromEntries(links)).toEqual({ [kept]: ours, [other]: undefined });
    const { task } = (await query(kept)).body;
    expect(task.content.url.split('?')[0]).toBe(ours);
  });

  test.each([
    [
      'frames',
      [
        item('last_frame', 'https://a.example.com/2.png'),
        item('first_frame', 'https://a.example.com/1.png'),
      ],
    ],
    [
      'a data URL without a role',
      [item(null, `data:image/png;base64,${aPng().toString('base64')}`)],
    ],
    [
      'references',
      [
        item('reference_video', 'https://a.example.com/1.mp4', 'video_url'),
        item('reference_image', 'https://a.example.com/1.png'),
        item('reference_audio', 'https://a.example.com/1.mp3', 'audio_url'),
        item('reference_image', 'https://a.example.com/2.png'),
      ],
    ],
  ])('may have %s, each sent on in its role', async (_what, files) => {
    const { status } = await create({ ...withFiles(...files), ratio: null });
    expect(status).toBe(200);
    const sent = (app.upstream.submits[0]!.body as typeof text).content.slice(1);
    const roleless = files.map((file) => ({ role: 'first_frame', ...file }));
    expect(sent).toHaveLength(files.length);
    expect(sent).toEqual(expect.arrayContaining(roleless));
    const urls = (type: string) => (list: object[]) =>
      list.flatMap((each) => (type in each ? each : []));
    expect(urls('reference_image')(sent)).toEqual(urls('reference_image')(roleless));
  });

  test('may have everything else that the wire has, and keys that it has not', async () => {
    const more = { aigc_watermark: true, extra: { prompt_expansion_mode: 'quality' } };
    const body = { ...text, model: 'MiniMax-H3-Max', resolution: '480P', ...more };
    expect((await create({ ...body, seed: 7, callback_url: '' })).status).toBe(200);
    expect(app.upstream.submits[0]!.body).toEqual(body);
  });

  test.each([
    ['[]', 'the body must be a JSON object'],
    ['{"model":', 'the body is not valid JSON'],
    [{ ...text, model: undefined }, 'binding: expr_path=model, cause=missing required parameter'],
    [
      { ...text, model: 'MiniMax-Hailuo-02' },
      'this model is not supported by /v2/video_generation',
    ],
    [{ ...text, model: 'MiniMax-H3-Max-Turbo' }, 'There is no model "MiniMax-H3-Max-Turbo"'],
    [{ ...text, duration: undefined }, 'binding: expr_path=duration, cause=missing required'],
    [{ ...text, resolution: '' }, 'binding: expr_path=resolution, cause=missing required'],
    [{ ...text, duration: '5' }, 'duration must be a whole number of seconds'],
    [{ ...text, duration: 4.5 }, 'duration must be a whole number of seconds'],
    [{ ...text, duration: 16 }, 'makes videos of 4 to 15 seconds, not 16'],
    [{ ...text, resolution: '2k' }, 'Write 2K'],
    [{ ...text, ratio: undefined }, 'From text alone MiniMax-H3 needs an ratio'],
    [
      { ...text, content: [{ type: 'text', text: ' ' }] },
      'content must include a non-empty text item',
    ],
    [withFiles({ type: 'text', text: 'twice' }), 'content must include one text item'],
    [withFiles({ type: 'file' }), 'content[1].type must be one of text, image_url'],
    [withFiles({ type: 'image_url' }), 'content[1].image_url must be { "url"'],
    [
      withFiles(
        item(null, 'https://a.example.com/1.png'),
        item(null, 'https://a.example.com/2.png'),
      ),
      'content[1].role must be first_frame or',
    ],
    [
      withFiles(item('base_video', 'https://a.example.com/1.mp4', 'video_url')),
      'role must be reference_video',
    ],
    [
      withFiles(
        item('reference_image', 'https://a.example.com/1.png'),
        item('first_frame', 'https://a.example.com/2.png'),
      ),
      'Give frames or references, not both: leave reference_image out',
    ],
    [
      withFiles(item('reference_audio', 'https://a.example.com/1.mp3', 'audio_url')),
      'Sound alone is no reference',
    ],
    [
      withFiles(item('reference_video', 'data:video/mp4;base64,AAAA', 'video_url')),
      'mm_file://<file id>',
    ],
    [{ ...text, extra: { prompt_expansion_mode: 'fast' } }, 'prompt_expansion_mode must be one of'],
    [{ ...text, extra: { seed: 1 } }, 'extra takes prompt_expansion_mode and nothing else'],
    [{ ...text, first_frame_image: 'https://a.example.com/1.png' }, 'images go into content'],
    [{ ...text, callback_url: 'https://me.example.com/done' }, 'callback_url is not supported'],
  ])('with %j is refused with what to change, and neither stored nor sent', async (body, said) => {
    const answer = await create(body);
    expectRefusal(answer, 400, 'bad_request_error', /^invalid params, .* \(2013\)$/s);
    expect(answer.body.error.message).toContain(said);
    expect(app.upstream.submits).toEqual([]);
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });

  test('is made once for an idempotency key, which another request may not have', async () => {
    const headers = { 'idempotency-key': 'boat-1' };
    const first = await create(text, { headers });
    expect((await create(text, { headers })).body).toEqual(first.body);
    expect(app.upstream.submits).toHaveLength(1);
    const other = await create({ ...text, duration: 6 }, { headers });
    expectRefusal(other, 400, 'bad_request_error', 'was used for a different request');
  });
});

describe('what MiniMax says to the second generation', () => {
  test.each([
    [400, 'invalid params, something new (2013)', 'bad_request_error'],
    [402, 'insufficient balance (1008)', 'insufficient_balance_error'],
    [422, 'video description contains sensitive content (1026)', 'unprocessable_entity_error'],
    [401, 'invalid api key (2049)', 'authorized_error'],
  ])('with %i comes back with its own number and message', async (status, message, type) => {
    app.upstream.onSubmit(refused(status, message, type));
    const answer = await create();
    const own = status === 401 ? 'MiniMax refused the key of this service, not yours: ' : '';
    expectRefusal(answer, status, type, '');
    expect(answer.body.error.message).toBe(own + message);
  });

  test('after it began is a failed task with a code', async () => {
    const id = await idOf();
    const error = { code: '1027', message: 'generated video contains sensitive content' };
    app.upstream.onQuery(secondTaskReply({ id: undefined, status: 'failed', error }));
    await step(app);
    expect((await query(id)).body.task).toMatchObject({ status: 'failed', error });
  });

  test.each(['resetAfterRead', 'html'] as const)(
    'or does not say (%s) gives a task, which runs as long as it is looked for: nobody sends again',
    async (fault) => {
      app.upstream.onSubmit({ fault });
      const created = await create();
      expect(created).toMatchObject({ status: 200, body: { task_id: expect.any(String) } });
      const id = created.body.task_id as string;
      expect((await query(id)).body.task.status).toBe('running');
      const ids = async (status: string) =>
        (await call('GET', `${queryPath}?filter.status=${status}`)).body.items.map(
          (task: { id: string }) => task.id,
        );
      expect(await ids('running')).toContain(id);
      app.clock.advance(31 * 60_000);
      const error = { code: '90001', message: expect.stringContaining('Do not send it again') };
      expect((await query(id)).body.task).toMatchObject({ status: 'failed', error });
      expect(await ids('running')).not.toContain(id);
      expect(await ids('failed')).toContain(id);
    },
  );
});

test('a service whose MiniMax is this service follows its second generation', async () => {
  const line = (apiKey: string) =>
    new Line({ baseUrl: `${app.url}/minimax`, apiKey, timeoutMs: 5_000 });
  const own = line(await keyOf('studio'));
  const client = new MinimaxV2Client(own);
  const asked = {
    ...{ model: 'MiniMax-H3', prompt: 'A boat', resolution: '768P' },
    ...{ duration: 5, aspectRatio: '16:9' },
  };
  const submit = async () => await (await client.prepare(asked)).send(anyTime);
  const { taskId } = await submit();
  for (let i = 0; i < 2; i++) await step(app);
  expect(await client.queryTask(taskId)).toMatchObject({
    state: 'success',
    usage: { output_seconds: 5 },
  });
  expect((await client.listTasks(new Date(0))).tasks.map((task) => task.taskId)).toContain(taskId);
  app.upstream.onSubmit(refused(422, 'sensitive (1026)', 'unprocessable_entity_error'));
  await expect(submit()).rejects.toMatchObject({ kind: 'refused', failureKind: 'INPUT_FLAGGED' });
  await expect(client.queryTask('a-b')).rejects.toMatchObject({ failureKind: 'TASK_UNKNOWN' });
  const stranger = line('nobody');
  await expect(new MinimaxV2Client(stranger).queryTask(taskId)).rejects.toBeInstanceOf(
    MinimaxError,
  );
  await Promise.all([own.close(), stranger.close()]);
});

describe('a body that cannot be read', () => {
  const json = JSON.stringify(text);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

  test.each([
    ['has bytes that are not UTF-8', Buffer.from(json.replace('boat', 'grün'), 'latin1')],
    ['is nested deeper than the stack is', Buffer.from(json.replace('{', `{"other":${deep},`))],
  ])('because it %s is refused, and nothing is stored or sent', async (_, body) => {
    const authorization = `Bearer ${await keyOf('studio')}`;
    const response = await request(`${app.url}/minimax${createPath}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body,
    });
    expect(response.statusCode).toBe(400);
    expect(await response.body.json()).toMatchObject({ error: { type: 'bad_request_error' } });
    expect(app.upstream.submits).toHaveLength(0);
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });
});
