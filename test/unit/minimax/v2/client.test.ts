import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { anyTime, type SubmitRequest } from '../../../../src/minimax/answers.ts';
import { MinimaxError } from '../../../../src/minimax/errors.ts';
import { Line } from '../../../../src/minimax/line.ts';
import { MinimaxV2Client } from '../../../../src/minimax/v2/client.ts';
import {
  closedPortUrl,
  refused,
  secondTaskReply,
  startFakeUpstream,
  type FakeUpstream,
  type Reply,
} from '../../../support/fake-upstream.ts';

const request: SubmitRequest = {
  ...{ model: 'MiniMax-H3', prompt: 'a cat', resolution: '2K', duration: 5, aspectRatio: '16:9' },
};
const url = (name: string) => `https://example.com/${name}`;
const text = { type: 'text', text: 'a cat' };
const image = (name: string, role: string) => ({
  ...{ type: 'image_url', image_url: { url: url(name) }, role },
});

let fake: FakeUpstream;
let line: Line;
let client: MinimaxV2Client;
beforeAll(async () => {
  fake = await startFakeUpstream({ processingAnswers: 0 });
});
afterAll(() => fake.close());
beforeEach(() => {
  line = new Line({ baseUrl: `${fake.url}/minimax/v2/`, apiKey: 'a-key', timeoutMs: 1_000 });
  client = new MinimaxV2Client(line);
});
afterEach(() => line.close());

const submit = async (changes: Partial<SubmitRequest> = {}) =>
  await (await client.prepare({ ...request, ...changes })).send(anyTime);

async function errorOf(promise: Promise<unknown>): Promise<MinimaxError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MinimaxError);
  return error as MinimaxError;
}

describe('the body of a submission', () => {
  test.each<[string, Partial<SubmitRequest>, object]>([
    [
      'from text',
      {},
      { model: 'MiniMax-H3', content: [text], resolution: '2K', duration: 5, ratio: '16:9' },
    ],
    [
      'from a first frame',
      { aspectRatio: null, firstFrameImage: url('a.png') },
      {
        ...{ model: 'MiniMax-H3', content: [text, image('a.png', 'first_frame')] },
        ...{ resolution: '2K', duration: 5 },
      },
    ],
    [
      'from a last frame',
      { aspectRatio: null, lastFrameImage: url('b.png') },
      {
        ...{ model: 'MiniMax-H3', content: [text, image('b.png', 'last_frame')] },
        ...{ resolution: '2K', duration: 5 },
      },
    ],
    [
      'from both frames',
      { aspectRatio: null, firstFrameImage: url('a.png'), lastFrameImage: url('b.png') },
      {
        model: 'MiniMax-H3',
        content: [text, image('a.png', 'first_frame'), image('b.png', 'last_frame')],
        ...{ resolution: '2K', duration: 5 },
      },
    ],
    [
      'from references, with all there is beside',
      {
        ...{ model: 'MiniMax-H3-Max', resolution: '768P', aspectRatio: 'adaptive' },
        ...{ referenceImages: [url('a.png'), 'mm_file://42'], promptExpansion: 'QUALITY' },
        ...{ referenceVideos: [url('a.mp4')], referenceAudios: [url('a.mp3')] },
        ...{ callbackUrl: url('callback'), aigcWatermark: false },
      },
      {
        model: 'MiniMax-H3-Max',
        content: [
          text,
          image('a.png', 'reference_image'),
          { type: 'image_url', image_url: { url: 'mm_file://42' }, role: 'reference_image' },
          { type: 'video_url', video_url: { url: url('a.mp4') }, role: 'reference_video' },
          { type: 'audio_url', audio_url: { url: url('a.mp3') }, role: 'reference_audio' },
        ],
        ...{ resolution: '768P', duration: 5, ratio: 'adaptive' },
        extra: { prompt_expansion_mode: 'quality' },
        ...{ callback_url: url('callback'), aigc_watermark: false },
      },
    ],
  ])('%s is what the contract says, byte for byte', async (_name, changes, expected) => {
    const answer = await submit(changes);
    expect(answer.taskId).toMatch(/^\d{15}$/);
    const sent = fake.submits.at(-1)!;
    expect(sent.bodyText).toBe(JSON.stringify(expected));
    expect(sent.path).toBe('/minimax/v2/video_generation');
    expect(sent.headers).toMatchObject({
      authorization: 'Bearer a-key',
      'content-type': 'application/json',
    });
  });

  test('has no key that was not asked for', async () => {
    await submit({ promptOptimizer: true, fastPretreatment: false, aspectRatio: null });
    expect(Object.keys(fake.submits.at(-1)!.body)).toEqual([
      ...['model', 'content', 'resolution', 'duration'],
    ]);
  });
});

const html = '<html><body>bad</body></html>';
const planMessage = 'invalid params, TokenPlan 或 Credit 暂不支持 MiniMax-H3 系列模型 (2013)';

describe('an answer to a submission', () => {
  // Every row of V2 §6, and every fault of the transport.
  test.each<[string, Reply, MinimaxError['kind'], MinimaxError['failureKind']]>([
    ['400 (2013)', refused(400, 'invalid params, x (2013)'), 'refused', 'INPUT_INVALID'],
    ['400 (2056)', refused(400, 'usage limit (2056)'), 'throttled', 'QUOTA_EXHAUSTED'],
    ['400 about the plan', refused(400, planMessage), 'refused', 'ACCOUNT_NOT_ENTITLED'],
    ['400 with a code nobody knows', refused(400, 'hm (4711)'), 'refused', 'INPUT_INVALID'],
    ['400 without a code', refused(400, 'hm'), 'refused', 'INPUT_INVALID'],
    ['400 (1000)', refused(400, 'internal error (1000)'), 'uncertain', 'OUTCOME_UNKNOWN'],
    ['400 as a page', { status: 400, text: html }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['401 (1004)', refused(401, 'login fail (1004)'), 'unauthorized', 'UNAUTHORIZED'],
    ['401 (2049)', refused(401, 'invalid api key (2049)'), 'unauthorized', 'UNAUTHORIZED'],
    ['401 without a code', refused(401, 'no'), 'unauthorized', 'UNAUTHORIZED'],
    ['402 (1008)', refused(402, 'insufficient balance (1008)'), 'refused', 'BALANCE_EXHAUSTED'],
    ['402 without a code', refused(402, 'no money'), 'refused', 'BALANCE_EXHAUSTED'],
    ['404 as text', { status: 404, text: '404 page not found' }, 'refused', 'UNKNOWN'],
    ['413 as a page', { status: 413, text: html }, 'refused', 'INPUT_INVALID'],
    ['422 (1026)', refused(422, 'sensitive (1026)'), 'refused', 'INPUT_FLAGGED'],
    ['422 without a code', refused(422, 'no'), 'refused', 'INPUT_FLAGGED'],
    ['429 (1002)', refused(429, 'rate limit (1002)'), 'throttled', 'THROTTLED'],
    ['429 as text', { status: 429, text: 'Too Many Requests' }, 'throttled', 'THROTTLED'],
    ['500 (1000)', refused(500, 'internal error (1000)'), 'uncertain', 'OUTCOME_UNKNOWN'],
    ['500 (2013)', refused(500, 'invalid params (2013)'), 'uncertain', 'OUTCOME_UNKNOWN'],
    ['529', refused(529, 'overloaded', 'overloaded_error'), 'uncertain', 'OUTCOME_UNKNOWN'],
    ['408', refused(408, 'timeout'), 'uncertain', 'OUTCOME_UNKNOWN'],
    ['503', refused(503, 'rate limit (1002)'), 'uncertain', 'OUTCOME_UNKNOWN'],
    ['504', refused(504, 'timeout (1001)'), 'uncertain', 'OUTCOME_UNKNOWN'],
    [
      '200 whose error says 504',
      { ...refused(504, 'gateway timeout'), status: 200 },
      'uncertain',
      'OUTCOME_UNKNOWN',
    ],
    [
      '200 whose error says 400',
      { ...refused(400, 'invalid params (2013)'), status: 200 },
      'refused',
      'INPUT_INVALID',
    ],
    [
      '200 with a base_resp that is no success',
      { json: { base_resp: { status_code: 1008, status_msg: 'no money' } } },
      'refused',
      'BALANCE_EXHAUSTED',
    ],
    ['200 without a task', { json: { task_id: '' } }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['200 with a word for none', { json: { task_id: 'null' } }, 'uncertain', 'OUTCOME_UNKNOWN'],
    [
      '400 with an error of nothing',
      { status: 400, json: { error: {} } },
      'refused',
      'INPUT_INVALID',
    ],
    [
      '200 with an error code beside a task',
      { json: { code: 1, msg: 'no', data: { task_id: '1' } } },
      'uncertain',
      'OUTCOME_UNKNOWN',
    ],
    ['200 with a bare id', { json: { id: '424010985738629' } }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['a redirect', { fault: 'redirect' }, 'refused', 'UNKNOWN'],
    ['a page of a gateway', { fault: 'html' }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['no JSON', { fault: 'invalidJson' }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['half a body', { fault: 'halfBody' }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['too much', { fault: 'hugeBody' }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['a hang-up', { fault: 'resetAfterRead' }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['nothing in time', { fault: 'hang' }, 'uncertain', 'OUTCOME_UNKNOWN'],
    ['no end in time', { fault: 'slowDrip' }, 'uncertain', 'OUTCOME_UNKNOWN'],
  ])('of %s is read', async (_name, reply, kind, failureKind) => {
    fake.onSubmit(reply);
    const error = await errorOf(submit());
    expect(error).toMatchObject({ kind, failureKind });
  });

  test('that never came because nobody listens means that nothing was sent', async () => {
    const gone = new Line({ baseUrl: await closedPortUrl(), apiKey: 'k', timeoutMs: 1_000 });
    const prepared = await new MinimaxV2Client(gone).prepare(request);
    expect(await errorOf(prepared.send(anyTime))).toMatchObject({ kind: 'unreachable' });
    await gone.close();
  });

  test('keeps the code, the words and the id of the request', async () => {
    fake.onSubmit({
      ...refused(422, 'video description contains sensitive content (1026)'),
      headers: { 'Trace-Id': '' },
    });
    expect(await errorOf(submit())).toMatchObject({
      ...{ statusCode: 1026, httpStatus: 422, traceId: '021785229015510a2c883cf675b9804d' },
      statusMessage: 'video description contains sensitive content (1026)',
    });
  });

  test('that names a task although it is an error is uncertain, with the task', async () => {
    fake.onSubmit({ status: 400, json: { error: { message: 'no' }, task_id: '424010985738629' } });
    expect(await errorOf(submit())).toMatchObject({
      ...{ kind: 'uncertain', taskId: '424010985738629' },
    });
  });

  test.each<[string, (sent: string) => Reply]>([
    ['answer', (sent) => ({ json: { odd: sent } })],
    [
      'answer with escaped slashes',
      (sent) => ({ text: `{"odd":"${sent.replaceAll('/', '\\/')}"}` }),
    ],
    ['refusal', (sent) => refused(400, `fail to check callback url ${sent} (2013)`)],
    ['page', (sent) => ({ status: 502, text: `<p>${sent.split('/').at(-1)}</p> ${sent}` })],
  ])('whose %s repeats the address of the callback does not tell it', async (_name, reply) => {
    const token = 'c8LytTdj_W0-a5o1v2k3m4n5p6q7r8s9';
    fake.onSubmit(reply(`https://video.example.com/told/${token}`));
    const error = await errorOf(submit({ callbackUrl: `https://video.example.com/told/${token}` }));
    expect(error.statusMessage).toContain('[redacted]');
    expect(`${error.message} ${error.statusMessage}`).not.toContain(token);
  });

  test.each<[string, object]>([
    ['nineteen digits', { task_id: '4240109857386291234' }],
    ['a word', { task_id: 'task_abc' }],
    ...[{}, { code: 0, message: '', type: '' }, { code: '0', message: 'success' }].map(
      (error): [string, object] => [
        `with the error ${JSON.stringify(error)}`,
        { task_id: '1', error },
      ],
    ),
    ...['success', 200, 201, 202, 20000].map((code): [string, object] => [
      `in an envelope of code ${code}`,
      { code, message: 'created', data: { task_id: '1' } },
    ]),
    ['in an envelope of code 1', { code: 1, msg: 'success', data: { task_id: '1' } }],
    ['within a task', { task: { id: 'task_abc', status: 'queued' } }],
    ['beside a base_resp', { task_id: '1', base_resp: { status_code: 0, status_msg: 'success' } }],
  ])('of a reseller, with an id of %s, is accepted', async (_name, json) => {
    fake.onSubmit({ json });
    expect((await submit()).taskId).toMatch(/\w/);
  });
});

const id = '424010985738629';

describe('a query', () => {
  test('names the task in the path, and reads link and usage', async () => {
    const answer = await client.queryTask('task/1 2');
    expect(fake.queries.at(-1)!.path).toBe('/minimax/v2/query/video_generation/task%2F1%202');
    expect(answer).toMatchObject({ state: 'success', statusWord: 'succeeded', fileId: null });
    expect(answer.downloadUrl).toMatch(/output\.mp4$/);
    expect(answer.usage).toEqual({
      ...{ total_seconds: 5, input_seconds: 0, output_seconds: 5, input_image_count: 0 },
    });
  });

  test.each([
    ['queued', 'queueing'],
    ['RUNNING', 'processing'],
    ['Succeeded', 'success'],
    ['failed', 'fail'],
    ['cancelled', 'cancelled'],
    ['expired', 'fail'],
    ['reviewing', 'unknown'],
  ])('that says %s is %s', async (status, state) => {
    fake.onQuery(secondTaskReply({ id, status }));
    expect(await client.queryTask(id)).toMatchObject({ state, statusWord: status, usage: null });
  });

  test.each([{}, { code: 0, message: '', type: '' }, { code: '0', message: 'success' }])(
    'beside the error %j, which is none, is read',
    async (error) => {
      const task = { id, status: 'running' };
      fake.onQuery({ json: { task, error } }, secondTaskReply({ ...task, error }));
      expect(await client.queryTask(id)).toMatchObject({ state: 'processing' });
      expect(await client.queryTask(id)).toMatchObject({ state: 'processing' });
    },
  );

  test.each([
    ['nested without end', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['too long', JSON.stringify('x'.repeat(5_000))],
  ])('keeps what was metered beside something %s', async (_name, odd) => {
    const usage = `{"odd":${odd},"told":{"by":["https://a.example.com/?sign=1"]},"output_seconds":5}`;
    fake.onQuery({ text: `{"task":{"id":"${id}","status":"succeeded","usage":${usage}}}` });
    expect((await client.queryTask(id)).usage).toEqual({
      ...{ told: { by: ['https://a.example.com/?[redacted]'] }, output_seconds: 5 },
    });
  });

  test.each([
    ['as text', '1026'],
    ['as a number', 1027],
  ])('of a failed task has its code %s', async (_name, code) => {
    fake.onQuery(secondTaskReply({ id, status: 'failed', error: { code, message: 'sensitive' } }));
    expect(await client.queryTask(id)).toMatchObject({
      ...{ state: 'fail', statusCode: Number(code), statusMessage: 'sensitive' },
    });
  });

  test.each<[string, object]>([
    ['flat', { id, status: 'succeeded', content: { url: 'https://cdn.example.com/a.mp4' } }],
    ['with a list', { id, status: 'succeeded', data: [{ url: 'https://cdn.example.com/a.mp4' }] }],
    [
      'within a video',
      {
        task: { id, status: 'succeeded', video: { download_url: 'https://cdn.example.com/a.mp4' } },
      },
    ],
    [
      'in an envelope',
      {
        ...{ code: 200, message: 'ok' },
        data: {
          task: { id, status: 'succeeded', content: { url: 'https://cdn.example.com/a.mp4' } },
        },
      },
    ],
    [
      'with a word for no id',
      { task: { id: 'null', status: 'succeeded', url: 'https://cdn.example.com/a.mp4' } },
    ],
  ])('of a reseller, %s, is read', async (_name, json) => {
    fake.onQuery({ json });
    expect(await client.queryTask(id)).toMatchObject({
      ...{ state: 'success', downloadUrl: 'https://cdn.example.com/a.mp4' },
    });
  });

  test.each<[string, Reply, MinimaxError['kind'], MinimaxError['failureKind']]>([
    ['500, record not found', refused(500, 'record not found (1000)'), 'uncertain', 'TASK_UNKNOWN'],
    [
      '400, invalid task_id',
      refused(400, 'invalid params, invalid task_id (2013)'),
      'uncertain',
      'TASK_UNKNOWN',
    ],
    ['500', refused(500, 'internal error (1000)'), 'uncertain', 'UPSTREAM_ERROR'],
    ['529', refused(529, 'overloaded'), 'uncertain', 'UPSTREAM_ERROR'],
    ['401', refused(401, 'login fail (1004)'), 'unauthorized', 'UNAUTHORIZED'],
    ['429', refused(429, 'rate limit (1002)'), 'throttled', 'THROTTLED'],
    ['404 as text', { status: 404, text: '404 page not found' }, 'uncertain', 'UPSTREAM_ERROR'],
    ['no task', { json: {} }, 'uncertain', 'UPSTREAM_ERROR'],
    ['another task', secondTaskReply({ id: '1' }), 'uncertain', 'UNKNOWN'],
    ['a hang-up', { fault: 'resetAfterRead' }, 'uncertain', 'UPSTREAM_ERROR'],
  ])('that is answered with %s says nothing else about the task', async (...row) => {
    const [, reply, kind, failureKind] = row;
    fake.onQuery(reply);
    expect(await errorOf(client.queryTask(id))).toMatchObject({ kind, failureKind });
  });
});

describe('a removal', () => {
  const removed = (action: string, task_id = id): Reply => ({
    json: { task_id, action, status: action },
  });
  const now = () => true;

  test.each([
    ['cancelled', 'cancelled'],
    ['deleted', 'deleted'],
    ['Cancelled', 'cancelled'],
    ['CANCELED', 'cancelled'],
    ['Deleted', 'deleted'],
  ])('that says %s has %s a task', async (word, action) => {
    fake.onRemove(removed(word));
    expect(await client.removeTask(id, now)).toMatchObject({ action, httpStatus: 200 });
    expect(fake.removals.at(-1)).toMatchObject({
      ...{ method: 'DELETE', path: `/minimax/v2/video_generation/${id}`, bodyText: '' },
    });
  });

  test('does not leave when it is too late for it', async () => {
    const before = fake.removals.length;
    expect(await errorOf(client.removeTask(id, () => false))).toMatchObject({
      kind: 'unreachable',
    });
    expect(fake.removals).toHaveLength(before);
  });

  test.each<[string, Reply, MinimaxError['failureKind']]>([
    ['400', refused(400, 'invalid params, it runs (2013)'), 'UPSTREAM_ERROR'],
    ['400, invalid task_id', refused(400, 'invalid task_id (2013)'), 'TASK_UNKNOWN'],
    ['401', refused(401, 'login fail (1004)'), 'UNAUTHORIZED'],
    ['another word', removed('stopped'), 'UPSTREAM_ERROR'],
    ['another task', removed('cancelled', '1'), 'UNKNOWN'],
    ['nothing', { json: {} }, 'UPSTREAM_ERROR'],
    ['an error in a success', { ...refused(504, 'timeout'), status: 200 }, 'UPSTREAM_ERROR'],
    ['a hang-up', { fault: 'resetAfterRead' }, 'UPSTREAM_ERROR'],
  ])('that is answered with %s is not taken for done', async (_name, reply, failureKind) => {
    fake.onRemove(reply);
    expect(await errorOf(client.removeTask(id, now))).toMatchObject({ failureKind });
  });
});
