import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MinimaxClient } from '../../../src/minimax/v1/client.ts';
import { statusCodeEntry, statusCodes, taskFailureKind } from '../../../src/minimax/codes.ts';
import { MinimaxError } from '../../../src/minimax/errors.ts';
import { coded, startFakeUpstream, taskReply } from '../../support/fake-upstream.ts';
import type { FakeUpstream } from '../../support/fake-upstream.ts';

let fake: FakeUpstream;
let client: MinimaxClient;

beforeAll(async () => {
  fake = await startFakeUpstream();
  client = new MinimaxClient({ baseUrl: fake.url, apiKey: 'sk-test-key', timeoutMs: 5000 });
});
afterAll(async () => {
  await client.close();
  await fake.close();
});

async function errorOf(attempt: Promise<unknown>): Promise<MinimaxError> {
  const error: unknown = await attempt.then(
    () => new Error('there was no error'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MinimaxError);
  return error as MinimaxError;
}

// code, failure kind, kind on submit, failure kind on submit, what a query gives, what a retrieval gives
const table = [
  [1000, 'UPSTREAM_ERROR', 'uncertain', 'OUTCOME_UNKNOWN', 'uncertain', 'uncertain'],
  [1001, 'UPSTREAM_ERROR', 'uncertain', 'OUTCOME_UNKNOWN', 'uncertain', 'uncertain'],
  [1002, 'THROTTLED', 'throttled', 'THROTTLED', 'throttled', 'throttled'],
  [1004, 'UNAUTHORIZED', 'unauthorized', 'UNAUTHORIZED', 'unauthorized', 'unauthorized'],
  [1008, 'BALANCE_EXHAUSTED', 'refused', 'BALANCE_EXHAUSTED', 'uncertain', 'uncertain'],
  [1013, 'UPSTREAM_ERROR', 'uncertain', 'OUTCOME_UNKNOWN', 'uncertain', 'uncertain'],
  [1024, 'UPSTREAM_ERROR', 'uncertain', 'OUTCOME_UNKNOWN', 'uncertain', 'uncertain'],
  [1026, 'INPUT_FLAGGED', 'refused', 'INPUT_FLAGGED', 'state fail', 'refused'],
  [1027, 'OUTPUT_FLAGGED', 'refused', 'OUTPUT_FLAGGED', 'state fail', 'refused'],
  [1028, 'QUOTA_EXHAUSTED', 'refused', 'QUOTA_EXHAUSTED', 'uncertain', 'uncertain'],
  [1030, 'QUOTA_EXHAUSTED', 'refused', 'QUOTA_EXHAUSTED', 'uncertain', 'uncertain'],
  [1033, 'UPSTREAM_ERROR', 'uncertain', 'OUTCOME_UNKNOWN', 'uncertain', 'uncertain'],
  [1039, 'THROTTLED', 'throttled', 'THROTTLED', 'throttled', 'throttled'],
  [1041, 'THROTTLED', 'throttled', 'THROTTLED', 'throttled', 'throttled'],
  [1042, 'INPUT_INVALID', 'refused', 'INPUT_INVALID', 'uncertain', 'uncertain'],
  [2013, 'INPUT_INVALID', 'refused', 'INPUT_INVALID', 'uncertain', 'uncertain'],
  [2038, 'ACCOUNT_NOT_ENTITLED', 'refused', 'ACCOUNT_NOT_ENTITLED', 'uncertain', 'uncertain'],
  [2045, 'THROTTLED', 'throttled', 'THROTTLED', 'throttled', 'throttled'],
  [2049, 'UNAUTHORIZED', 'unauthorized', 'UNAUTHORIZED', 'unauthorized', 'unauthorized'],
  [2056, 'QUOTA_EXHAUSTED', 'throttled', 'QUOTA_EXHAUSTED', 'throttled', 'throttled'],
  [2061, 'ACCOUNT_NOT_ENTITLED', 'refused', 'ACCOUNT_NOT_ENTITLED', 'uncertain', 'uncertain'],
  [4711, 'UNKNOWN', 'refused', 'UNKNOWN', 'uncertain', 'uncertain'],
] as const;

test('the table of this test names every status code of the client', () => {
  const named = table.map(([code]) => code as number);
  expect(named).toEqual([...statusCodes.map(({ code }) => code), 4711]);
});

describe.each(table)('status code %i', (code, kind, onSubmit, submitKind, onQuery, onRetrieve) => {
  test('has its failure kind, a meaning and an advice', () => {
    const entry = statusCodeEntry(code);
    expect(entry).toMatchObject({ code, failureKind: kind });
    expect(entry.meaning).not.toBe('');
    expect(entry.advice).toMatch(/\.$/);
    expect(taskFailureKind(code)).toBe(kind);
  });

  test(`means ${onSubmit} in answer to a submission`, async () => {
    fake.onSubmit(coded(code));
    const error = await errorOf(client.submit({ model: 'm' }));
    expect(error).toMatchObject({
      kind: onSubmit,
      failureKind: submitKind,
      statusCode: code,
      statusMessage: `message of ${code}`,
      httpStatus: 200,
      traceId: `trace-submit-${fake.submits.length}`,
      retryAfterMs: code === 2056 ? 30 * 60_000 : null,
    });
    expect(error.message).toContain(`${code}`);
    expect(error.message).toContain(`message of ${code}`);
  });

  test(`means ${onQuery} in answer to a query without a status`, async () => {
    fake.onQuery(taskReply({ task_id: '1', status: '' }, code, 'why'));
    if (onQuery === 'state fail') {
      const answer = await client.queryTask('1');
      expect(answer).toMatchObject({ state: 'fail', statusCode: code, statusMessage: 'why' });
      return;
    }
    const error = await errorOf(client.queryTask('1'));
    expect(error).toMatchObject({ kind: onQuery, statusCode: code, statusMessage: 'why' });
    expect(error.failureKind).toBe(code === 2013 ? 'TASK_UNKNOWN' : kind);
  });

  test(`means ${onRetrieve} in answer to a retrieval`, async () => {
    fake.onRetrieve(coded(code));
    const error = await errorOf(client.retrieveFile('1'));
    expect(error).toMatchObject({ kind: onRetrieve, statusCode: code });
    expect(error.failureKind).toBe(code === 2013 ? 'RESULT_MISSING' : kind);
  });

  test('ends a task when it stands beside the status Fail', async () => {
    fake.onQuery(taskReply({ task_id: '1', status: 'Fail' }, code, 'why'));
    const answer = await client.queryTask('1');
    expect(answer).toMatchObject({ state: 'fail', statusCode: code, statusMessage: 'why' });
  });
});

test('the codes that every request with the key would meet pause it', () => {
  const pausing = statusCodes.filter((entry) => entry.pausesKey).map(({ code }) => code);
  expect(pausing).toEqual([1004, 1008, 2049, 2056]);
});

test('a task that failed without a code has failed for no known reason', () => {
  expect([taskFailureKind(0), taskFailureKind(null)]).toEqual(['TASK_FAILED', 'TASK_FAILED']);
});

test('a refusal code beside a task id is uncertain, so that nothing is paid for twice', async () => {
  for (const code of [1002, 1026, 4711]) {
    fake.onSubmit({ json: { task_id: '77', base_resp: { status_code: code, status_msg: 'no' } } });
    const error = await errorOf(client.submit({ model: 'm' }));
    expect(error).toMatchObject({ kind: 'uncertain', statusCode: code });
    expect(error.message).toContain('77');
  }
});

test('a refusal beside which something stands in place of a task id is one', async () => {
  const signs = ['', '""', '-', '--', '#', '0.0', '0x0', '00000000', 0, -1, null, false];
  const words = ['N/A', 'n/a', 'unknown', 'UNKNOWN', 'empty', 'failed', 'none', 'null'];
  for (const taskId of [...signs, ...words, '00000000-0000-0000-0000-000000000000']) {
    const base_resp = { status_code: 1026, status_msg: 'no' };
    fake.onSubmit({ json: { task_id: taskId, base_resp } });
    expect(await errorOf(client.submit({ model: 'm' }))).toMatchObject({
      ...{ kind: 'refused', taskId: null, statusMessage: 'no' },
    });
  }
});

test('a status code written as text counts as the number', async () => {
  fake.onSubmit({ json: { task_id: '', base_resp: { status_code: '1026', status_msg: 'no' } } });
  expect(await errorOf(client.submit({ model: 'm' }))).toMatchObject({ statusCode: 1026 });
});

test('an unknown code with an HTTP error is judged by the HTTP status', async () => {
  fake.onSubmit({ ...coded(4711), status: 500 }, { ...coded(4711), status: 429 });
  expect(await errorOf(client.submit({ model: 'm' }))).toMatchObject({
    kind: 'uncertain',
    statusCode: 4711,
    httpStatus: 500,
  });
  expect(await errorOf(client.submit({ model: 'm' }))).toMatchObject({
    kind: 'throttled',
    statusCode: 4711,
  });
});

test('a known code counts whatever the HTTP status is', async () => {
  fake.onSubmit({ ...coded(1002), status: 500 }, { ...coded(1026), status: 422 });
  expect(await errorOf(client.submit({ model: 'm' }))).toMatchObject({ kind: 'throttled' });
  expect(await errorOf(client.submit({ model: 'm' }))).toMatchObject({
    kind: 'refused',
    failureKind: 'INPUT_FLAGGED',
  });
});
