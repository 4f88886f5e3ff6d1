import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MinimaxClient } from '../../../../src/minimax/v1/client.ts';
import type { SubmitRequest } from '../../../../src/minimax/answers.ts';
import { startFakeUpstream, taskReply } from '../../../support/fake-upstream.ts';
import type { FakeUpstream } from '../../../support/fake-upstream.ts';

let fake: FakeUpstream;
const clients: MinimaxClient[] = [];

beforeEach(async () => {
  fake = await startFakeUpstream();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await fake.close();
});

function aClient(baseUrl = fake.url): MinimaxClient {
  const client = new MinimaxClient({ baseUrl, apiKey: 'sk-api-key', timeoutMs: 5000 });
  clients.push(client);
  return client;
}

test('a generation goes from submission over queries to a download link', async () => {
  const client = aClient();
  const { taskId, ...submitted } = await client.submit({ model: 'MiniMax-Hailuo-02', prompt: 'a' });
  expect(taskId).toMatch(/^\d{15}$/);
  expect(submitted).toMatchObject({
    httpStatus: 200,
    statusCode: 0,
    statusMessage: 'success',
    traceId: 'trace-submit-1',
  });
  expect(await client.queryTask(taskId)).toMatchObject({
    state: 'processing',
    statusWord: 'Processing',
    fileId: null,
    downloadUrl: null,
  });
  const done = await client.queryTask(taskId);
  expect(done).toMatchObject({ state: 'success', videoWidth: 1366, videoHeight: 768 });
  const file = await client.retrieveFile(done.fileId!);
  expect(file).toMatchObject({ bytes: null, filename: 'output_aigc.mp4' });
  expect(file.downloadUrl).toContain('Signature=');
  const lifeMs = file.expiresAt!.getTime() - Date.now();
  expect(lifeMs).toBeGreaterThan(5.9 * 3_600_000);
  expect(lifeMs).toBeLessThanOrEqual(6 * 3_600_000);
});

test('the requests carry the key and the ids, and the POST its content type', async () => {
  const client = aClient();
  await client.submit({ model: 'm' });
  await client.queryTask('a b&c');
  await client.retrieveFile('444795417354723');
  const [submit, query, retrieve] = [fake.submits[0]!, fake.queries[0]!, fake.retrieves[0]!];
  for (const { headers } of [submit, query, retrieve]) {
    expect(headers.authorization).toBe('Bearer sk-api-key');
  }
  expect(submit.headers['content-type']).toBe('application/json');
  expect(submit.method).toBe('POST');
  expect(query).toMatchObject({ method: 'GET', query: { task_id: 'a b&c' }, bodyText: '' });
  expect(retrieve).toMatchObject({ method: 'GET', query: { file_id: '444795417354723' } });
});

test.each([
  ['', '/v1/video_generation'],
  ['/', '/v1/video_generation'],
  ['/v1', '/v1/video_generation'],
  ['/v1/', '/v1/video_generation'],
  ['/minimax', '/minimax/v1/video_generation'],
  ['/minimax/', '/minimax/v1/video_generation'],
  ['/a/minimax/v1/', '/a/minimax/v1/video_generation'],
  ['/v1proxy', '/v1proxy/v1/video_generation'],
  ['/v2', '/v1/video_generation'],
  ['/anthropic', '/v1/video_generation'],
  ['/anthropic/v1/', '/v1/video_generation'],
  ['/minimax/anthropic', '/minimax/v1/video_generation'],
])('a base URL that ends in "%s" is asked at %s', async (suffix, path) => {
  const client = aClient(fake.url + suffix);
  const { taskId } = await client.submit({ model: 'm' });
  await client.queryTask(taskId);
  await client.retrieveFile('1');
  expect(fake.submits[0]!.path).toBe(path);
  expect(fake.queries[0]!.path).toBe(path.replace('video_generation', 'query/video_generation'));
  expect(fake.retrieves[0]!.path).toBe(path.replace('video_generation', 'files/retrieve'));
});

test.each(['', 'api.minimax.io', 'ftp://host', 'https://u:p@host', 'https://host?x=1'])(
  'the base URL "%s" is refused at once',
  (baseUrl) => {
    expect(() => new MinimaxClient({ baseUrl, apiKey: 'k', timeoutMs: 1 })).toThrow(/base URL/);
  },
);

test.each(['', 'two words', 'line\nbreak', 'schlüssel'])(
  'the key "%s" is refused at once, and not repeated',
  (apiKey) => {
    const make = () => new MinimaxClient({ baseUrl: fake.url, apiKey, timeoutMs: 1 });
    expect(make).toThrow('The API key must be printable ASCII without spaces.');
  },
);

describe('the body of a submission', () => {
  const image = 'https://example.com/a.png';
  const bodies: [string, SubmitRequest, string][] = [
    [
      'the example of the seed, with the key spelled without its stray space',
      {
        model: 'string',
        prompt: 'string',
        duration: 0,
        firstFrameImage: 'string',
        resolution: '768P',
        promptOptimizer: true,
      },
      '{"model":"string","prompt":"string","first_frame_image":"string","prompt_optimizer":true,"duration":0,"resolution":"768P"}',
    ],
    [
      'text to video',
      { model: 'MiniMax-Hailuo-2.3', prompt: 'a “cat”', duration: 6, resolution: '1080P' },
      '{"model":"MiniMax-Hailuo-2.3","prompt":"a “cat”","duration":6,"resolution":"1080P"}',
    ],
    [
      'image to video with everything off',
      {
        model: 'MiniMax-Hailuo-2.3-Fast',
        firstFrameImage: image,
        promptOptimizer: false,
        fastPretreatment: false,
        aigcWatermark: false,
      },
      `{"model":"MiniMax-Hailuo-2.3-Fast","first_frame_image":"${image}","prompt_optimizer":false,"fast_pretreatment":false,"aigc_watermark":false}`,
    ],
    [
      'first and last frame',
      {
        model: 'MiniMax-Hailuo-02',
        firstFrameImage: image,
        lastFrameImage: 'data:image/png;base64,AA==',
        callbackUrl: 'https://cb.example/x',
      },
      `{"model":"MiniMax-Hailuo-02","first_frame_image":"${image}","last_frame_image":"data:image/png;base64,AA==","callback_url":"https://cb.example/x"}`,
    ],
    [
      'a subject',
      { model: 'S2V-01', prompt: 'p', subjectImage: image, aigcWatermark: true },
      `{"model":"S2V-01","prompt":"p","subject_reference":[{"type":"character","image":["${image}"]}],"aigc_watermark":true}`,
    ],
    [
      'nothing that is null',
      {
        model: 'T2V-01',
        prompt: 'p',
        firstFrameImage: null,
        lastFrameImage: null,
        subjectImage: null,
        promptOptimizer: null,
        fastPretreatment: null,
        duration: null,
        resolution: null,
        callbackUrl: null,
        aigcWatermark: null,
      },
      '{"model":"T2V-01","prompt":"p"}',
    ],
  ];
  test.each(bodies)('holds exactly %s', async (_name, request, body) => {
    await aClient().submit(request);
    expect(fake.submits[0]!.bodyText).toBe(body);
  });
});

describe('a task id', () => {
  const ok = '"base_resp":{"status_code":0,"status_msg":"success"}';
  test.each([
    ['as text', `{"task_id":"106916112212032",${ok}}`, '106916112212032'],
    ['as a number', `{"task_id":106916112212032,${ok}}`, '106916112212032'],
    ['beyond 2^53', `{"task_id":12345678901234567891,${ok}}`, '12345678901234567891'],
    ['named id, as the seed has it', `{"id":"17",${ok}}`, '17'],
    ['beside an id', `{"id":"request-1","task_id":"18",${ok}}`, '18'],
    ['empty beside an id', `{"id":"19","task_id":"",${ok}}`, '19'],
    ['without base_resp', '{"task_id":"20"}', '20'],
    ['after a byte order mark', `\ufeff{"task_id":"21",${ok}}`, '21'],
  ])('is read %s', async (_name, text, taskId) => {
    fake.onSubmit({ text });
    expect((await aClient().submit({ model: 'm' })).taskId).toBe(taskId);
  });
});

describe('a task', () => {
  test.each([
    ['Preparing', 'preparing'],
    ['Queueing', 'queueing'],
    ['queued', 'queueing'],
    ['Processing', 'processing'],
    ['processing', 'processing'],
    ['IN_PROGRESS', 'processing'],
    ['running', 'processing'],
    ['Fail', 'fail'],
    ['Failed', 'fail'],
    ['failed', 'fail'],
    ['FAILURE', 'fail'],
    ['Success', 'success'],
    ['success', 'success'],
    ['SUCCESS', 'success'],
    ['succeeded', 'success'],
    ['Unknown', 'unknown'],
    ['Cancelled', 'fail'],
    ['完成', 'unknown'],
  ])('of status %s is %s, and the word is kept', async (status, state) => {
    fake.onQuery(taskReply({ task_id: '1', status, file_id: '2' }));
    expect(await aClient().queryTask('1')).toMatchObject({ state, statusWord: status });
  });

  test('may write a word where it names no task', async () => {
    fake.onQuery(taskReply({ task_id: 'null', status: 'Processing' }));
    expect(await aClient().queryTask('1')).toMatchObject({ state: 'processing' });
  });

  test('has its file id as text, number or number beyond 2^53', async () => {
    const answers = ['"444795417354723"', '444795417354723', '9007199254740993'];
    for (const id of answers) fake.onQuery({ text: `{"status":"Success","file_id":${id}}` });
    const client = aClient();
    const ids = [];
    for (let i = 0; i < answers.length; i += 1) ids.push((await client.queryTask('1')).fileId);
    expect(ids).toEqual(['444795417354723', '444795417354723', '9007199254740993']);
  });

  test('that succeeded without a file says so, and the caller sees that none is there', async () => {
    fake.onQuery(taskReply({ status: 'Success', file_id: '' }));
    expect(await aClient().queryTask('1')).toMatchObject({ state: 'success', fileId: null });
  });

  test('has the link that a proxy nests in the answer', async () => {
    const link = 'https://cdn.example/v.mp4?Expires=1';
    fake.onQuery(
      { json: { status: 'SUCCESS', data: { file: { download_url: link } } } },
      { json: { status: 'SUCCESS', file: { backup_download_url: link } } },
      { json: { code: 'success', data: { status: 'SUCCESS', file_id: 7 } } },
    );
    const client = aClient();
    expect((await client.queryTask('1')).downloadUrl).toBe(link);
    expect((await client.queryTask('1')).downloadUrl).toBe(link);
    expect(await client.queryTask('1')).toMatchObject({ state: 'success', fileId: '7' });
  });

  test('that failed with code 0 gives the message as reason, but never "success"', async () => {
    fake.onQuery(
      taskReply({ status: 'Fail' }, 0, 'the picture is odd'),
      taskReply({ status: 'Fail' }, 0, 'success'),
      taskReply({ status: 'Fail' }, 0, ''),
      taskReply({ status: 'Fail', fail_reason: 'no luck' }, 0, 'success'),
    );
    const client = aClient();
    const reasons = [];
    for (let i = 0; i < 4; i += 1) reasons.push((await client.queryTask('1')).statusMessage);
    expect(reasons).toEqual(['the picture is odd', null, null, 'no luck']);
  });

  test.each([1026, 1027])('has failed with code %i whatever its status', async (code) => {
    for (const status of ['', 'Processing', 'Success']) {
      fake.onQuery(taskReply({ status, file_id: '1' }, code, 'flagged'));
      expect(await aClient().queryTask('1')).toMatchObject({ state: 'fail', statusCode: code });
    }
  });

  test('that is processing beside an error code is not known to be', async () => {
    fake.onQuery(taskReply({ status: 'Processing' }, 1000, 'unknown error'));
    await expect(aClient().queryTask('1')).rejects.toMatchObject({ kind: 'uncertain' });
  });

  test('that failed by a 500 answer has not failed for sure', async () => {
    fake.onQuery({ status: 500, json: { status: 'Fail' } });
    await expect(aClient().queryTask('1')).rejects.toMatchObject({ kind: 'uncertain' });
  });
});

test('the link of a file comes from file, data.file or the backup, and only over http(s)', async () => {
  const download_url = 'https://cdn.example/v.mp4';
  fake.onRetrieve(
    { json: { data: { file: { download_url, bytes: 12 } } } },
    { json: { file: { download_url: 'file:///etc/passwd', backup_download_url: download_url } } },
  );
  const client = aClient();
  expect(await client.retrieveFile('1')).toMatchObject({ downloadUrl: download_url, bytes: 12 });
  expect(await client.retrieveFile('1')).toMatchObject({ downloadUrl: download_url, bytes: null });
});

test('500 queries at once need no more than the bounded connections', async () => {
  const client = aClient();
  await Promise.all(Array.from({ length: 500 }, (_, index) => client.queryTask(`${index}`)));
  expect(fake.queries).toHaveLength(500);
});
