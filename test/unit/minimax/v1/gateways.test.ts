import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MinimaxError } from '../../../../src/minimax/errors.ts';
import { MinimaxClient } from '../../../../src/minimax/v1/client.ts';
import {
  startFakeUpstream,
  type FakeUpstream,
  type Reply,
} from '../../../support/fake-upstream.ts';

let fake: FakeUpstream;
let client: MinimaxClient;
beforeEach(async () => {
  fake = await startFakeUpstream();
  client = new MinimaxClient({ baseUrl: fake.url, apiKey: 'key', timeoutMs: 20_000 });
});
afterEach(async () => {
  await client.close();
  await fake.close();
});

async function failed(reply: Reply): Promise<MinimaxError> {
  fake.onSubmit(reply);
  const error: unknown = await client
    .submit({ model: 'm', prompt: 'p' })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MinimaxError);
  return error as MinimaxError;
}

describe('a submission through a gateway', () => {
  test.each([
    { code: 200, data: [{ task_id: '42', status: 'submitted' }] },
    { code: 'success', message: '', data: { task_id: '42' } },
    { code: 0, data: { data: { task_id: 42 } } },
    { code: 200, data: { task_id: '42', base_resp: { status_code: 0, status_msg: 'success' } } },
    ...[{ id: '42' }, { id: 42, object: 'video', status: 'queued', message: 'Waiting' }],
    { code: 0, message: '操作成功', data: { id: '42' } },
    { success: true, message: 'The task was made', id: '42' },
    { id: '42', error: null, errors: [], err_msg: '' },
    { id: '42', message: 'unusual', base_resp: { status_code: 0, status_msg: 'success' } },
    { id: 'req-1', data: { task_id: '42' } },
    ...[
      { task_id: '42', error: {} },
      { task_id: '42', error: { code: 0, message: '', type: '' } },
    ],
    ...[
      { task_id: '42', error: { code: '0', message: 'success' } },
      { task_id: '42', code: 201 },
    ],
    { code: 1, msg: 'success', data: { task_id: '42' } },
  ])('is accepted by %j', async (json) => {
    fake.onSubmit({ json });
    expect((await client.submit({ model: 'm', prompt: 'p' })).taskId).toBe('42');
  });

  const quota = { code: 'insufficient_user_quota', message: '用户额度不足', data: null };
  test.each([
    [{ status: 403, json: quota }, 'refused', 'QUOTA_EXHAUSTED', '用户额度不足'],
    [
      { status: 403, json: { error: { message: 'balance is not enough' } } },
      ...(['refused', 'BALANCE_EXHAUSTED', 'balance is not enough'] as const),
    ],
    [{ status: 403, text: '<h1>Forbidden</h1>' }, 'refused', 'UNKNOWN', null],
    [
      { status: 403, json: { code: 'forbidden', message: 'not for you' } },
      ...(['unauthorized', 'UNAUTHORIZED', 'not for you'] as const),
    ],
    [
      { json: { code: 1008, message: 'insufficient balance' } },
      ...(['refused', 'BALANCE_EXHAUSTED', 'insufficient balance'] as const),
    ],
    [
      { json: { code: 200, data: { base_resp: { status_code: 1026, status_msg: 'flagged' } } } },
      ...(['refused', 'INPUT_FLAGGED', 'flagged'] as const),
    ],
  ] satisfies [Reply, string, string, string | null][])(
    'that is answered %j is read',
    async (reply, kind, failureKind, statusMessage) => {
      expect(await failed(reply)).toMatchObject({ kind, failureKind, statusMessage });
    },
  );

  test.each([
    { success: false, message: 'No available channel for model', id: 'req-7f3a' },
    { status: 'error', message: 'upstream overloaded', id: 'req-7f3a' },
    { id: 'req-7f3a', status: 'failed', msg: 'quota', data: null },
    { id: 'req-7f3a', message: 'Try again later' },
    { id: 'req-7f3a', error_message: 'Try again later' },
    { id: 'req-7f3a', error: { detail: 'Try again later' } },
    { id: 'req-7f3a', errors: ['Try again later'] },
    { id: 'req-7f3a', code: 'SERVER_BUSY' },
    { code: 500, msg: 'success', data: { id: 'req-7f3a' } },
    { id: 'req-7f3a', data: { success: 'false' } },
  ])('that is answered %j names no task', async (json) => {
    const { kind, taskId, statusMessage } = await failed({ json });
    expect([kind, taskId]).toEqual(['uncertain', null]);
    expect(statusMessage).not.toBeNull();
  });

  test('whose envelope tells of an error beside a task is uncertain', async () => {
    const error = await failed({ json: { code: 'busy', message: 'm', data: { task_id: '42' } } });
    expect(error).toMatchObject({ kind: 'uncertain', taskId: '42' });
  });

  test.each([
    [{ json: { result: { job: 'abc-123' } } }, '{"result":{"job":"abc-123"}}'],
    [{ text: '<html><b>Your job</b> is abc-123</html>' }, 'Your job is abc-123'],
    [
      { json: { token: 'sk-1234567890', at: 'http://10.0.0.1/x' } },
      '{"token":"[redacted]","at":"http://[address]/x"}',
    ],
  ])('that is answered unreadably, %j, leaves what was said', async (reply, said) => {
    expect(await failed(reply)).toMatchObject({ kind: 'uncertain', statusMessage: said });
  });
});

describe('a task behind a gateway', () => {
  const inner = (fields: object) => ({
    code: 'success',
    message: '',
    data: { task_id: '1', ...fields },
  });

  test('has succeeded, with its file two layers below', async () => {
    fake.onQuery({
      json: inner({
        status: 'SUCCESS',
        data: {
          ...{ task_id: '1', status: 'Success', file_id: '9', video_width: 1366 },
          base_resp: { status_code: 0, status_msg: 'success' },
        },
      }),
    });
    expect(await client.queryTask('1')).toMatchObject({
      ...{ state: 'success', fileId: '9', videoWidth: 1366 },
    });
  });

  test('has failed when the gateway says so, whatever it had last heard', async () => {
    fake.onQuery({
      json: inner({
        status: 'FAILURE',
        fail_reason: 'gave up waiting',
        data: { task_id: '1', status: 'Processing' },
      }),
    });
    expect(await client.queryTask('1')).toMatchObject({
      ...{ state: 'fail', statusMessage: 'gave up waiting' },
    });
  });

  test('is not taken for what the gateway says of the query', async () => {
    fake.onQuery({
      json: { status: 'success', data: { task_id: '1', status: 'Processing' } },
    });
    expect(await client.queryTask('1')).toMatchObject({ state: 'processing' });
  });

  test.each(['Expired', 'cancelled', 'CANCELED', 'Rejected', 'Timeout', 'time_out'])(
    'that ended as %s has failed, with that word for a reason',
    async (status) => {
      fake.onQuery({ json: { task_id: '1', status } });
      expect(await client.queryTask('1')).toMatchObject({
        ...{ state: 'fail', statusWord: status },
        statusMessage: `The task ended as "${status}".`,
      });
    },
  );

  test('that ended in an error has failed without a reason', async () => {
    fake.onQuery({ json: { task_id: '1', status: 'error' } });
    expect(await client.queryTask('1')).toMatchObject({ state: 'fail', statusMessage: null });
  });

  test('that has another word goes on', async () => {
    fake.onQuery({ json: { task_id: '1', status: 'Polishing' } });
    expect(await client.queryTask('1')).toMatchObject({ state: 'unknown' });
  });
});

test.each([
  [
    'http://v.oss-cn-wulanchabu.aliyuncs.com/a.mp4?x=1',
    'https://v.oss-cn-wulanchabu.aliyuncs.com/a.mp4?x=1',
  ],
  [
    'http://v.oss-cn-wulanchabu.aliyuncs.com:80/a:80.mp4',
    'https://v.oss-cn-wulanchabu.aliyuncs.com/a:80.mp4',
  ],
  ['http://v.aliyuncs.com:8080/a.mp4', 'http://v.aliyuncs.com:8080/a.mp4'],
  ['https://v.aliyuncs.com:443/a.mp4', 'https://v.aliyuncs.com:443/a.mp4'],
  ['http://videos.example.com/a.mp4', 'http://videos.example.com/a.mp4'],
])('the link %s is handed on as %s', async (download_url, expected) => {
  fake.onRetrieve({
    json: { file: { file_id: 1, download_url }, base_resp: { status_code: 0, status_msg: '' } },
  });
  expect((await client.retrieveFile('1')).downloadUrl).toBe(expected);
});

test('a link with credentials in it is none', async () => {
  const download_url = 'https://u:p@host.example.com/a.mp4';
  fake.onRetrieve({
    json: { file: { file_id: 1, download_url }, base_resp: { status_code: 0, status_msg: '' } },
  });
  await expect(client.retrieveFile('1')).rejects.toMatchObject({ failureKind: 'RESULT_MISSING' });
});
