import { afterEach, describe, expect, test } from '@jest/globals';
import { SUBMIT_SCENARIOS, TASK_SCENARIOS } from '../../../../src/simulator/v1/scenarios.ts';
import { aSubmit, closeAll, inTurn, startSimulator } from '../helpers.ts';

afterEach(closeAll);

const codeOf = (tag: string) => Number(tag.split('-')[1]);
const withCode = (scenarios: readonly { tag: string }[], moment: string) =>
  scenarios.map(({ tag }) => tag).filter((tag) => new RegExp(`^${moment}-\\d+$`).test(tag));

const throttling = ['submit-1002', 'submit-1039', 'submit-1041', 'submit-2045'];
const submitCodes = withCode(SUBMIT_SCENARIOS, 'submit');
const queryCodes = withCode(TASK_SCENARIOS, 'query');
const retrieveCodes = withCode(TASK_SCENARIOS, 'retrieve');

/** Whether the answer is still missing when a later request has been answered. */
async function staysUnanswered(
  start: (signal: AbortSignal) => Promise<Response>,
  other: () => Promise<unknown>,
) {
  const leaving = new AbortController();
  const answer = start(leaving.signal).then(
    () => 'answered',
    (error: Error) => error.name,
  );
  await other();
  await other();
  leaving.abort();
  return (await answer) === 'AbortError';
}

describe('tags for the submit', () => {
  test.each(submitCodes.filter((tag) => !throttling.includes(tag)))(
    '%s refuses every submit with its code',
    async (tag) => {
      const { submit } = await startSimulator();
      for (const answer of await inTurn(3, () => submit({ prompt: `A cat #sim:${tag}` }))) {
        expect(answer).toMatchObject({
          task_id: '',
          base_resp: { status_code: codeOf(tag), status_msg: expect.stringMatching(/./) },
        });
      }
    },
  );

  test.each(throttling)(
    '%s refuses the first submit of a prompt only, and then anew',
    async (tag) => {
      const { submit } = await startSimulator();
      const answers = await inTurn(4, () => submit({ prompt: `#sim:${tag}` }));
      const codes = answers.map(({ base_resp }) => base_resp.status_code);
      expect(codes).toEqual([codeOf(tag), 0, codeOf(tag), 0]);
      expect((await submit({ prompt: `other #sim:${tag}` })).task_id).toBe('');
    },
  );

  test('a count says how many submits are refused, whatever the tag', async () => {
    const { submit } = await startSimulator();
    for (const prompt of ['#sim:submit-1002x3', '#sim:submit-2056x3']) {
      const answers = await inTurn(4, () => submit({ prompt }));
      expect(answers.map(({ task_id }) => task_id !== '')).toEqual([false, false, false, true]);
    }
  });

  test('submit-http-429 asks for two seconds of patience and then accepts', async () => {
    const { post } = await startSimulator();
    const body = aSubmit({ prompt: '#sim:submit-http-429' });
    const first = await post(body);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await (await post(body)).json()).toMatchObject({ base_resp: { status_code: 0 } });
  });

  test.each([
    ['submit-http-500', 500, 'Internal Server Error'],
    ['submit-http-502-html', 502, expect.stringMatching(/^<html>/)],
    ['submit-openai-error', 400, expect.stringMatching(/^\{"error":\{"message":/)],
    ['submit-invalid-json', 200, expect.stringMatching(/oops$/)],
    [
      'submit-no-task-id',
      200,
      '{"task_id":"","base_resp":{"status_code":0,"status_msg":"success"}}',
    ],
  ])('%s answers HTTP %d and its body, every time', async (tag, status, body) => {
    const { post } = await startSimulator();
    for (const answer of await inTurn(2, () => post(aSubmit({ prompt: `#sim:${tag}` })))) {
      expect([answer.status, await answer.text()]).toEqual([status, body]);
    }
  });

  test('submit-reset closes the connection without an answer', async () => {
    const { post } = await startSimulator();
    await expect(post(aSubmit({ prompt: '#sim:submit-reset' }))).rejects.toThrow('fetch failed');
  });

  test('submit-half-body closes the connection in the middle of the answer', async () => {
    const { post } = await startSimulator();
    const answer = await post(aSubmit({ prompt: '#sim:submit-half-body' }));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  test.each(['submit-hang', 'submit-slow'])('%s lets the client wait', async (tag) => {
    const { post, submit } = await startSimulator();
    const body = aSubmit({ prompt: `#sim:${tag}` });
    expect(await staysUnanswered((signal) => post(body, { signal }), submit)).toBe(true);
  });

  test('submit-slow accepts after ten seconds', () => {
    const slow = SUBMIT_SCENARIOS.find(({ tag }) => tag === 'submit-slow');
    expect(slow).toEqual({ tag: 'submit-slow', delayMs: 10_000, times: 0 });
  });

  test('submit-id-field gives the task id as a number named id', async () => {
    const { submit, query } = await startSimulator();
    const answer = await submit({ prompt: '#sim:submit-id-field' });
    expect(Object.keys(answer)).toEqual(['id', 'base_resp']);
    expect(answer.id).toEqual(expect.any(Number));
    expect((await query(String(answer.id))).status).toBe('Preparing');
  });

  test('an unknown tag is refused', async () => {
    const { submit } = await startSimulator();
    expect((await submit({ prompt: '#sim:nonsense' })).base_resp).toEqual({
      status_code: 2013,
      status_msg: expect.stringMatching(/^invalid params, .*#sim:nonsense.*docs\/simulator\.md/),
    });
  });
});

describe('tags for the task', () => {
  async function aTask(tag: string) {
    const simulator = await startSimulator();
    const { task_id } = await simulator.submit({ prompt: `#sim:${tag}` });
    return { ...simulator, task_id, look: () => simulator.query(task_id) };
  }

  test.each([
    ['fail', 'Fail', { status_code: 0, status_msg: '' }],
    ['fail-1026', 'Fail', { status_code: 1026, status_msg: 'input new_sensitive' }],
    ['fail-1027', 'Fail', { status_code: 1027, status_msg: 'output new_sensitive' }],
    ['fail-message', 'Fail', { status_code: 0, status_msg: expect.stringMatching(/failed/) }],
    ['failed-word', 'Failed', { status_code: 0, status_msg: '' }],
  ])('%s goes through the usual phases and ends in %s', async (tag, status, base_resp) => {
    const { clock, task_id, look } = await aTask(tag);
    expect((await look()).status).toBe('Preparing');
    clock.ms += 1000;
    expect(await look()).toEqual({ task_id, status, base_resp });
  });

  test('no-file ends in Success without a file_id', async () => {
    const { clock, look } = await aTask('no-file');
    clock.ms += 1000;
    const answer = await look();
    expect(answer.status).toBe('Success');
    expect(answer).not.toHaveProperty('file_id');
  });

  test('unknown-word calls the status something else twice', async () => {
    const { clock, look } = await aTask('unknown-word');
    clock.ms += 1000;
    const words = [await look(), await look(), await look()].map(({ status }) => status);
    expect(words).toEqual(['Reviewing', 'Reviewing', 'Success']);
  });

  test('upper-case writes the statuses in capitals', async () => {
    const { clock, look } = await aTask('upper-case');
    expect((await look()).status).toBe('PREPARING');
    clock.ms += 1000;
    expect(await look()).toMatchObject({ status: 'SUCCESS', file_id: expect.any(String) });
  });

  test('stuck processes for ever', async () => {
    const { clock, look } = await aTask('stuck');
    clock.ms += 30 * 24 * 3_600_000;
    expect((await look()).status).toBe('Processing');
  });

  test('slow-render takes thirty seconds', async () => {
    const { clock, look } = await aTask('slow-render');
    clock.ms += 29_999;
    expect((await look()).status).toBe('Processing');
    clock.ms += 1;
    expect((await look()).status).toBe('Success');
  });

  test('fast is done at once', async () => {
    const { look } = await aTask('fast');
    expect((await look()).status).toBe('Success');
  });

  test.each(queryCodes)('%s spoils the first two queries and no more', async (tag) => {
    const { task_id, look } = await aTask(tag);
    const spoiled = { task_id, status: '', base_resp: { status_code: codeOf(tag) } };
    expect(await look()).toMatchObject(spoiled);
    expect(await look()).toMatchObject(spoiled);
    expect(await look()).toMatchObject({ status: 'Preparing', base_resp: { status_code: 0 } });
  });

  test('a count says how many queries are spoiled', async () => {
    const { look } = await aTask('query-1004x3');
    const codes = (await inTurn(4, look)).map(({ base_resp }) => base_resp.status_code);
    expect(codes).toEqual([1004, 1004, 1004, 0]);
  });

  test.each([
    ['query-http-500', 500, 'text/plain'],
    ['query-html', 502, 'text/html'],
  ])('%s answers the first two queries with HTTP %d', async (tag, status, type) => {
    const { get, task_id, look } = await aTask(tag);
    const path = `/v1/query/video_generation?task_id=${task_id}`;
    for (const answer of await inTurn(2, () => get(path))) {
      expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type]);
    }
    expect((await look()).status).toBe('Preparing');
  });

  test('query-reset closes the connection of the first two queries', async () => {
    const { look } = await aTask('query-reset');
    await expect(look()).rejects.toThrow('fetch failed');
    await expect(look()).rejects.toThrow('fetch failed');
    expect((await look()).status).toBe('Preparing');
  });

  test('query-hang never answers the first two queries', async () => {
    const { get, submit, task_id, look } = await aTask('query-hang');
    const start = (signal: AbortSignal) =>
      get(`/v1/query/video_generation?task_id=${task_id}`, { signal });
    expect(await staysUnanswered(start, submit)).toBe(true);
    expect(await staysUnanswered(start, submit)).toBe(true);
    expect((await look()).status).toBe('Preparing');
  });

  async function aFinishedTask(tag: string) {
    const task = await aTask(tag);
    task.clock.ms += 1000;
    const { file_id } = await task.look();
    return { ...task, fetchFile: () => task.retrieve(file_id) };
  }

  test.each(retrieveCodes)('%s spoils the first two retrievals and no more', async (tag) => {
    const { fetchFile } = await aFinishedTask(tag);
    const spoiled = { base_resp: { status_code: codeOf(tag), status_msg: expect.any(String) } };
    expect(await fetchFile()).toEqual(spoiled);
    expect(await fetchFile()).toEqual(spoiled);
    expect((await fetchFile()).file.download_url).toMatch(/^http/);
  });

  test('retrieve-no-url leaves the link out of the first two answers', async () => {
    const { fetchFile } = await aFinishedTask('retrieve-no-url');
    for (const { file, base_resp } of await inTurn(2, fetchFile)) {
      expect(base_resp.status_code).toBe(0);
      expect(file.file_id).toEqual(expect.any(Number));
      expect(file).not.toHaveProperty('download_url');
    }
    expect((await fetchFile()).file.download_url).toMatch(/^http/);
  });

  test('short-link gives a link for five seconds', async () => {
    const { clock, fetchFile } = await aFinishedTask('short-link');
    const { file } = await fetchFile();
    clock.ms += 4000;
    expect((await fetch(file.download_url)).status).toBe(200);
    clock.ms += 1000;
    expect((await fetch(file.download_url)).status).toBe(403);
  });

  test('every tag is accepted at submit', async () => {
    const { submit } = await startSimulator();
    for (const { tag } of TASK_SCENARIOS) {
      expect((await submit({ prompt: `#sim:${tag}` })).task_id).toMatch(/^\d{15}$/);
    }
  });
});
