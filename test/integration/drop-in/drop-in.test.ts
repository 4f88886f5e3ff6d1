import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { validate as validateOpenApi } from '@readme/openapi-parser';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { request } from 'undici';
import { openApiDocument } from '../../../src/drop-in/openapi.ts';
import { MinimaxClient } from '../../../src/minimax/v1/client.ts';
import type { MinimaxError } from '../../../src/minimax/errors.ts';
import { keysOf, look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { aPng } from '../../support/images.ts';
import { until } from '../../support/until.ts';

/** The example of MiniMax's page, with values in the place of `string` and 0. */
const example = {
  model: 'MiniMax-Hailuo-02',
  prompt: 'A paper boat crosses a puddle',
  duration: 6,
  first_frame_image: 'https://images.example.com/boat.jpg',
  resolution: '768P',
  'prompt_optimizer ': true,
};
const text = { model: 'MiniMax-Hailuo-02', prompt: 'A paper boat crosses a puddle' };
const success = { status_code: 0, status_msg: 'success' };

const submitPath = '/v1/video_generation';
const queryPath = '/v1/query/video_generation';
const retrievePath = '/v1/files/retrieve';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema(openApiDocument, 'api');
const schemaOf: Record<string, ValidateFunction> = Object.fromEntries(
  Object.entries({
    [submitPath]: 'SubmitAnswer',
    [queryPath]: 'QueryAnswer',
    [retrievePath]: 'RetrieveAnswer',
  }).map(([path, name]) => [path, ajv.compile({ $ref: `api#/components/schemas/${name}` })]),
);

/** The responses that the OpenAPI document tells of, by HTTP status. */
function responsesOf(path: string) {
  const operations: Record<
    string,
    Record<string, { responses: Responses }>
  > = openApiDocument.paths;
  return Object.values(operations[path]!)[0]!.responses;
}
type Responses = Record<string, { content: { 'application/json': { example: object } } }>;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Sends a request to the drop-in; each answer must be one that its OpenAPI document tells of. */
async function call(
  method: 'GET' | 'POST',
  path: string,
  options: { key?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { key, headers, body } = options;
  const { statusCode, ...response } = await request(`${app.url}/minimax${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: body ?? null,
  });
  const answer = {
    status: statusCode,
    headers: response.headers,
    body: await response.body.json(),
  };
  expect(answer.headers['trace-id']).toBe(answer.headers['x-request-id']);
  const route = path.split('?')[0]!;
  const validate = schemaOf[route];
  if (validate) {
    validate(answer.body);
    expect(validate.errors ?? []).toEqual([]);
    expect(Object.keys(responsesOf(route))).toContain(String(statusCode));
  }
  return answer;
}

async function submit(
  body: object = text,
  options: { key?: string; idempotencyKey?: string } = {},
) {
  const { key, idempotencyKey } = options;
  return await call('POST', submitPath, {
    ...(key !== undefined && { key }),
    headers: idempotencyKey ? { 'idempotency-key': idempotencyKey } : {},
    body: JSON.stringify(body),
  });
}

const query = async (taskId: string, key?: string) =>
  await call('GET', `${queryPath}?${new URLSearchParams({ task_id: taskId }).toString()}`, {
    ...(key !== undefined && { key }),
  });

const retrieve = async (fileId: string, key?: string) =>
  await call('GET', `${retrievePath}?${new URLSearchParams({ file_id: fileId }).toString()}`, {
    ...(key !== undefined && { key }),
  });

async function keyOf(
  callerId: string,
  role: 'CLIENT' | 'AUDITOR' | 'ADMIN' = 'CLIENT',
): Promise<string> {
  const grant = { callerId, name: callerId, role, tenant: null, expiresAt: null };
  return (await keysOf(app).create(grant, null)).secret;
}

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

describe('the body of a submission', () => {
  const sent = () => app.upstream.submits.at(-1)?.body as Record<string, unknown>;

  test('may spell prompt_optimizer as the published example does, but the exact key wins', async () => {
    await submit({ ...text, 'prompt_optimizer ': false });
    expect(sent().prompt_optimizer).toBe(false);
    await submit({ ...text, 'prompt_optimizer ': false, prompt_optimizer: true });
    expect(sent().prompt_optimizer).toBe(true);
  });

  test.each([['6'], [' 6 '], ['6.0'], [6], [0], [null], ['']])(
    'may give the duration as %j',
    async (duration) => {
      expect((await submit({ ...text, duration })).body.base_resp).toEqual(success);
      expect(sent().duration).toBe(6);
    },
  );

  test('may have everything that the wire has, images as data URLs too', async () => {
    const frame = `data:image/png;base64,${aPng().toString('base64')}`;
    const frames = { first_frame_image: frame, last_frame_image: frame };
    const rest = {
      prompt_optimizer: false,
      aigc_watermark: true,
      duration: 10,
      resolution: '768P',
    };
    expect((await submit({ ...text, ...frames, ...rest })).body.base_resp).toEqual(success);
    expect(sent()).toEqual({ ...text, ...frames, ...rest });
    await submit({ ...text, fast_pretreatment: true });
    expect(sent().fast_pretreatment).toBe(true);
  });

  test.each([
    [[{ type: 'character', image: ['https://images.example.com/face.jpg'] }]],
    [[{ image: 'https://images.example.com/face.jpg' }]],
  ])('may give the subject as %j', async (subject_reference) => {
    await submit({ model: 'S2V-01', prompt: 'She waves', subject_reference });
    expect(sent().subject_reference).toEqual([
      { type: 'character', image: ['https://images.example.com/face.jpg'] },
    ]);
  });

  test('may have keys that MiniMax does not know, and empty values for what is left out', async () => {
    const empty = { first_frame_image: '', last_frame_image: null, subject_reference: [] };
    const { body } = await submit({ ...text, ...empty, callback_url: '', seed: 7, n: [1] });
    expect(body.base_resp).toEqual(success);
    expect(Object.keys(sent()).sort()).toEqual(
      ['model', 'prompt', 'prompt_optimizer', 'duration', 'resolution'].sort(),
    );
  });

  test.each([
    [{}, 'model is required'],
    [{ ...text, duration: '6s' }, 'duration must be a whole number of seconds, such as 6'],
    [{ ...text, duration: 6.5 }, 'duration must be a whole number'],
    [{ ...text, duration: true }, 'duration must be a whole number'],
    [{ ...text, duration: 1e12 }, 'duration must be a whole number'],
    [{ ...text, duration: 7 }, 'makes videos of 6 or 10 seconds, not 7'],
    [{ ...text, prompt: 5 }, 'prompt must be a string'],
    [{ ...text, prompt: 'a\0b' }, 'prompt must not contain the character U+0000'],
    [{ ...text, prompt: 'a\ud800b' }, 'prompt must not contain half of a surrogate pair'],
    [{ ...text, prompt_optimizer: 'yes' }, 'prompt_optimizer must be true or false'],
    [{ ...text, subject_reference: 'face' }, 'subject_reference must be'],
    [{ ...text, subject_reference: [{ image: [5] }] }, 'subject_reference must be'],
    [{ ...text, subject_reference: [{ image: ['a', 'b'] }] }, 'exactly one'],
    [{ model: 'MiniMax-Hailuo-2.3-Fast', prompt: 'A boat' }, 'give first_frame_image'],
    [{ ...text, callback_url: 'https://me.example.com/done' }, 'callback_url is not supported'],
    [
      { model: 'string', prompt: 'string', duration: 0, first_frame_image: 'string' },
      'There is no model "string"',
    ],
  ])('%j is refused with what to change, and neither stored nor sent', async (body, message) => {
    const { status, body: answer } = await submit(body);
    expect(status).toBe(200);
    expect(answer).toEqual({
      task_id: '',
      base_resp: { status_code: 2013, status_msg: expect.stringContaining(message) },
    });
    expect(answer.base_resp.status_msg).toMatch(/^invalid params, /);
    expect(app.upstream.submits).toEqual([]);
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });

  test.each([
    ['{"model":', 'the body is not valid JSON', {}],
    ['[]', 'the body must be a JSON object', {}],
    ['"text"', 'the body is valid JSON, but no object', {}],
    ['{}', 'send a JSON body', { 'content-type': 'text/plain' }],
    ['{}', 'write the body in UTF-8', { 'content-type': 'application/json; charset=latin-9' }],
  ])('%s is refused in the same shape', async (body, message, headers) => {
    const { status, body: answer } = await call('POST', submitPath, { body, headers });
    expect(status).toBe(200);
    expect(answer).toEqual({
      task_id: '',
      base_resp: { status_code: 2013, status_msg: expect.stringContaining(message) },
    });
  });

  test('that is too large is refused in the same shape', async () => {
    await app.stop();
    app = await startTestApp({ env: { BODY_LIMIT_MB: '1' } });
    const { status, body } = await submit({ ...text, prompt: 'x'.repeat(1_100_000) });
    expect(status).toBe(413);
    expect(body.base_resp).toMatchObject({
      status_code: 2013,
      status_msg: expect.stringContaining('larger than 1 MB'),
    });
  });
});

describe('what MiniMax refuses', () => {
  test.each([
    [1008, 'insufficient balance'],
    [1026, 'input new_sensitive'],
    [2013, 'invalid params, something new'],
    [4711, 'nobody knows this code'],
  ])('comes back with its own code %i and message', async (code, message) => {
    app.upstream.onSubmit(coded(code, message));
    const { status, body } = await submit();
    expect(status).toBe(200);
    expect(body).toEqual({ task_id: '', base_resp: { status_code: code, status_msg: message } });
  });

  test('because of the key of the service does not look like the caller’s mistake', async () => {
    app.upstream.onSubmit(coded(2049, 'invalid api key'));
    expect((await submit()).body.base_resp).toEqual({
      status_code: 2049,
      status_msg: 'MiniMax refused the key of this service, not yours: invalid api key',
    });
  });

  test.each([
    [1027, 'output new_sensitive', 1027, 'output new_sensitive'],
    [0, 'success', 90002, 'No reason given by provider.'],
    [0, 'the renderer broke', 90002, 'the renderer broke'],
  ])('after it began, with %i "%s", is a Fail with a code', async (code, said, told, message) => {
    const { body } = await submit(text, { idempotencyKey: 'one' });
    app.upstream.onQuery(taskReply({ status: 'Fail' }, code, said));
    await step(app);
    const task_id = body.task_id as string;
    expect((await query(task_id)).body).toEqual({
      task_id,
      status: 'Fail',
      base_resp: { status_code: told, status_msg: message },
    });
    // Sent again with its key it is still the task that was accepted.
    expect((await submit(text, { idempotencyKey: 'one' })).body).toEqual(body);
  });

  test.each(['resetAfterRead', 'html', 'invalidJson'] as const)(
    'or accepts, nobody knows (%s): never an answer after which one sends again',
    async (fault) => {
      app.upstream.onSubmit({ fault });
      const { status, body } = await submit();
      expect(status).toBe(200);
      const base_resp = {
        status_code: 90001,
        status_msg: expect.stringMatching(
          new RegExp(`^outcome unknown: .*Do not send it again.*${body.task_id}$`),
        ),
      };
      expect(body).toEqual({ task_id: expect.stringMatching(/^[\da-f-]{36}$/), base_resp });
      const task_id = body.task_id as string;
      expect((await query(task_id)).body).toEqual({ task_id, status: 'Fail', base_resp });
      await app.graphql(
        `mutation { attachVideoGenerationTask(id: "${task_id}", version: 3, taskId: "106916112212999") { generation { id } } }`,
      );
      // It may have been looked at already.
      expect((await query(task_id)).body).toMatchObject({
        status: expect.stringMatching(/^(Preparing|Processing)$/),
        base_resp: success,
      });
    },
  );

  test.each([
    ['withdrawn', 1002, /^cancelled; but MiniMax may have .* Do not send it again.*generation/],
    ['refused', 1008, /^message of 1008; but MiniMax may have .* Do not send it again.*generation/],
  ])('or accepts, nobody knows, was sent again and then %s', async (end, code, message) => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const { body } = await submit(text, { idempotencyKey: 'one' });
    const task_id = body.task_id as string;
    app.upstream.onSubmit(coded(code));
    const { version } = await look(app, task_id);
    await app.graphql(
      `mutation { resubmitVideoGeneration(id: "${task_id}", version: ${version}) { generation { id } } }`,
    );
    await until(async () => (await look(app, task_id)).events.length === version + 3);
    if (end === 'withdrawn')
      await app.graphql(
        `mutation { cancelVideoGeneration(id: "${task_id}") { generation { id } } }`,
      );
    const base_resp = { status_code: 90001, status_msg: expect.stringMatching(message) };
    expect((await query(task_id)).body).toEqual({ task_id, status: 'Fail', base_resp });
    const again = await submit(text, { idempotencyKey: 'one' });
    expect(again.body).toEqual({ task_id, base_resp });
  });

  test('was withdrawn before: a Fail, for which nothing was paid', async () => {
    app.upstream.onSubmit(coded(1002));
    const { task_id } = (await submit(text, { idempotencyKey: 'one' })).body as { task_id: string };
    await app.graphql(`mutation { cancelVideoGeneration(id: "${task_id}") { generation { id } } }`);
    const base_resp = {
      status_code: 90002,
      status_msg: 'cancelled before MiniMax had begun; nothing was paid',
    };
    expect((await query(task_id)).body).toEqual({ task_id, status: 'Fail', base_resp });
    const again = await submit(text, { idempotencyKey: 'one' });
    expect(again.body).toEqual({ task_id: '', base_resp });
  });
});

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

test('what is not offered answers 404, in the same shape', async () => {
  for (const [method, path] of [
    ['POST', '/v1/files/list'],
    ['GET', '/v1/files/list'],
    ['GET', '/nothing'],
  ] as const) {
    const { status, body } = await call(method, path, method === 'POST' ? { body: '{}' } : {});
    expect(status).toBe(404);
    expect(body.base_resp.status_msg).toContain(`there is no ${method} ${path} here`);
  }
});

test('the OpenAPI document is valid and served to everybody', async () => {
  await keyOf('studio');
  const { status, body } = await call('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(body).toEqual(openApiDocument);
  const verdict = await validateOpenApi(structuredClone(openApiDocument) as never);
  expect(verdict).toMatchObject({ valid: true, warnings: [] });
  const requests = ajv.compile({ $ref: 'api#/components/schemas/SubmitRequest' });
  for (const [request, fits] of [
    [example, true],
    [{ ...text, duration: '6', subject_reference: [] }, true],
    [{ prompt: 'no model' }, false],
    [{ ...text, callback_url: 'https://me.example.com' }, false],
  ] as const) {
    expect(requests(request)).toBe(fits);
  }
  for (const [path, validate] of Object.entries(schemaOf)) {
    for (const { content } of Object.values(responsesOf(path))) {
      expect(validate(content['application/json'].example)).toBe(true);
    }
  }
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
