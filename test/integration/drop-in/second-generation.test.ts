import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { request } from 'undici';
import { openApiDocument } from '../../../src/drop-in/openapi.ts';
import { DirectoryStorage } from '../../../src/media/storage-directory.ts';
import { anyTime } from '../../../src/minimax/answers.ts';
import { MinimaxError } from '../../../src/minimax/errors.ts';
import { Line } from '../../../src/minimax/line.ts';
import { MinimaxV2Client } from '../../../src/minimax/v2/client.ts';
import { keysOf, startTestApp, step, testMediaDirectory, type TestApp } from '../../support/app.ts';
import { refused, secondTaskReply } from '../../support/fake-upstream.ts';
import { aPng } from '../../support/images.ts';
import { until } from '../../support/until.ts';

const createPath = '/v2/video_generation';
const queryPath = '/v2/query/video_generation';

const text = {
  model: 'MiniMax-H3',
  content: [{ type: 'text', text: 'A paper boat crosses a puddle' }],
  resolution: '768P',
  duration: 5,
  ratio: '16:9',
};
const item = (role: string | null, url: string, type = 'image_url') => ({
  type,
  [type]: { url },
  ...(role !== null && { role }),
});
const withFiles = (...files: object[]) => ({ ...text, content: [...text.content, ...files] });

let app: TestApp;
let keys: Record<string, string>;
beforeEach(async () => {
  app = await startTestApp();
  keys = {};
});
afterEach(async () => await app.stop());

const callers = {
  studio: ['CLIENT', 'acme'],
  colleague: ['CLIENT', 'acme'],
  stranger: ['CLIENT', null],
  audit: ['AUDITOR', null],
} as const;
type CallerId = keyof typeof callers;

async function keyOf(callerId: CallerId): Promise<string> {
  const [role, tenant] = callers[callerId];
  const grant = { callerId, name: callerId, role, tenant, expiresAt: null };
  return (keys[callerId] ??= (await keysOf(app).create(grant, null)).secret);
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema(openApiDocument, 'api');
type Operations = Record<
  string,
  { responses: Record<string, { content: { 'application/json': { schema: object } } }> }
>;

/** Whether the OpenAPI document tells of such an answer of this operation. */
function expectTold(method: string, path: string, { status, body }: Answer): void {
  const route = path.split('?')[0]!.replace(/[^/]*-[^/]*$/, '{task_id}');
  const operations = (openApiDocument.paths as Record<string, Operations>)[route];
  const told = operations?.[method.toLowerCase()]?.responses[status];
  expect(told).toBeDefined();
  const schema = JSON.parse(
    JSON.stringify(told!.content['application/json'].schema).replaceAll('"#/', '"api#/'),
  ) as object;
  expect({ valid: ajv.validate(schema, body), errors: ajv.errors }).toMatchObject({ valid: true });
}

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: { caller?: CallerId | null; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const { caller = 'studio', headers, body } = options;
  const response = await request(`${app.url}/minimax${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(caller !== null && { authorization: `Bearer ${await keyOf(caller)}` }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { statusCode: status } = response;
  const answer = { status, headers: response.headers, body: await response.body.json() };
  expect(answer.headers['trace-id']).toBe(answer.headers['x-request-id']);
  if (status !== 404 && path.startsWith('/v2/')) expectTold(method, path, answer);
  return answer;
}

const create = async (body: unknown = text, options: Parameters<typeof call>[2] = {}) =>
  await call('POST', createPath, { body, ...options });
/** One of the first generation. */
const createFirst = async () =>
  await call('POST', '/v1/video_generation', {
    body: { model: 'MiniMax-Hailuo-02', prompt: 'A boat' },
  });
const idOf = async (body?: unknown) => (await create(body)).body.task_id as string;
const query = async (id: string, caller: CallerId = 'studio') =>
  await call('GET', `${queryPath}/${id}`, { caller });
const cancel = async (id: string, caller: CallerId = 'studio') =>
  await call('DELETE', `${createPath}/${id}`, { caller });

function expectRefusal(
  { status, body }: Answer,
  expected: number,
  type: string,
  said: string | RegExp,
): void {
  expect({ status, body }).toEqual({
    status: expected,
    body: {
      type: 'error',
      error: { type, message: expect.stringMatching(said), http_code: String(expected) },
      request_id: expect.any(String),
    },
  });
}
const invalidTask = /^invalid params, invalid task_id \(2013\)$/;

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
