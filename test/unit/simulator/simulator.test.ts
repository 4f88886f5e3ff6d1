import { request } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createSimulator } from '../../../src/simulator/simulator.ts';
import { Clock, aSubmit, closeAll, serve, startSimulator } from './helpers.ts';
import type { Json } from './helpers.ts';

afterEach(closeAll);

describe('the life of a task', () => {
  test('a task is prepared, queued, processed and then has a file and its real size', async () => {
    const { clock, submit, query } = await startSimulator();
    const { task_id, base_resp } = await submit();
    expect(task_id).toMatch(/^\d{15}$/);
    expect(base_resp).toEqual({ status_code: 0, status_msg: 'success' });

    const seen = [];
    for (const elapsed of [0, 99, 100, 299, 300, 999]) {
      clock.ms = new Clock().ms + elapsed;
      seen.push((await query(task_id)).status);
    }
    expect(seen).toEqual([
      'Preparing',
      'Preparing',
      'Queueing',
      'Queueing',
      'Processing',
      'Processing',
    ]);
    clock.ms = new Clock().ms + 1000;
    expect(await query(task_id)).toEqual({
      task_id,
      status: 'Success',
      file_id: expect.stringMatching(/^\d{15}$/),
      video_width: 1366,
      video_height: 768,
      base_resp: { status_code: 0, status_msg: 'success' },
    });
  });

  test('a file is described with a number for its id, no size, and a link', async () => {
    const { url, clock, submit, query, retrieve } = await startSimulator();
    const { task_id } = await submit({ prompt: '#sim:fast' });
    const { file_id } = await query(task_id);
    const expires = Math.floor(clock.ms / 1000) + 3600;
    expect(await retrieve(file_id)).toEqual({
      file: {
        file_id: Number(file_id),
        bytes: 0,
        created_at: Math.floor(clock.ms / 1000),
        filename: 'output_aigc.mp4',
        purpose: 'video_generation',
        download_url: expect.stringMatching(
          `^${url}/download/${file_id}\\.mp4\\?Expires=${expires}&OSSAccessKeyId=simulator&Signature=`,
        ),
      },
      base_resp: { status_code: 0, status_msg: 'success' },
    });
  });

  test('another simulator knows the task, its progress, its fate and its file', async () => {
    const before = await startSimulator();
    const { task_id } = await before.submit({ resolution: '1080P' });
    const failing = await before.submit({ prompt: '#sim:fail-1026' });

    const after = await startSimulator();
    expect((await after.query(task_id)).status).toBe('Queueing'); // 250 ms, as the id tells seconds only
    after.clock.ms += 1000;
    const done = await after.query(task_id);
    expect(done).toMatchObject({ status: 'Success', video_width: 1920, video_height: 1080 });
    expect(await after.query(failing.task_id)).toMatchObject({
      status: 'Fail',
      base_resp: { status_code: 1026 },
    });
    const { file } = await before.retrieve(done.file_id);
    const elsewhere = String(file.download_url).replace(before.url, after.url);
    expect((await fetch(elsewhere)).status).toBe(200);
  });

  test.each(['', '106916112212032', 'nonsense', '444795417354723'])(
    'an unknown task is refused: %j',
    async (taskId) => {
      const { query } = await startSimulator();
      expect(await query(taskId)).toMatchObject({
        status: '',
        base_resp: {
          status_code: 2013,
          status_msg: expect.stringMatching(/^invalid params, task_id/),
        },
      });
    },
  );

  test('an unknown file, and the file of a failed task, are refused', async () => {
    const { submit, query, retrieve, get } = await startSimulator();
    const failed = await submit({ prompt: '#sim:fail' });
    const good = await query((await submit({ prompt: '#sim:fast' })).task_id);
    const ofFailed = `5${String(failed.task_id).slice(1)}`;
    expect(ofFailed.slice(0, 9)).toBe(String(good.file_id).slice(0, 9));
    for (const fileId of ['', '444795417354723', ofFailed]) {
      expect((await retrieve(fileId)).base_resp.status_code).toBe(2013);
      const content = await get(`/v1/files/retrieve_content?file_id=${fileId}`);
      expect(await content.json()).toMatchObject({ base_resp: { status_code: 2013 } });
    }
  });
});

describe('requests', () => {
  const routes = [
    '/v1/query/video_generation?task_id=1',
    '/v1/files/retrieve?file_id=1',
    '/v1/files/retrieve_content?file_id=1',
    '/account/query_balance',
  ];

  test('without a key everything is refused with HTTP 200 and 1004', async () => {
    const { get, post } = await startSimulator();
    const answers = [
      ...(await Promise.all(routes.map((route) => get(route, { headers: {} })))),
      await post(aSubmit(), { headers: {} }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('trace-id')).toMatch(/^[0-9a-f]{32}$/);
      expect(await answer.json()).toMatchObject({ base_resp: { status_code: 1004 } });
    }
  });

  test('with another key than the configured one everything is refused with 2049', async () => {
    const { get, post } = await startSimulator({ apiKey: 'the-key' });
    for (const answer of [...routes.map((route) => get(route)), post(aSubmit())]) {
      expect(await (await answer).json()).toMatchObject({ base_resp: { status_code: 2049 } });
    }
    const good = await post(aSubmit(), { headers: { authorization: 'Bearer the-key' } });
    expect(await good.json()).toMatchObject({ base_resp: { status_code: 0 } });
  });

  test('the balance is told in texts', async () => {
    const { get } = await startSimulator();
    expect(await (await get('/account/query_balance')).json()).toMatchObject({
      available_amount: '100.00',
      base_resp: { status_code: 0 },
    });
  });

  test.each([
    ['GET', '/v1/video_generation'],
    ['DELETE', '/v1/video_generation'],
    ['POST', '/v1/query/video_generation'],
    ['POST', '/v1/files/retrieve'],
    ['GET', '/v2/query/videos'],
    ['GET', '/v1/v1/query/video_generation'],
    ['GET', '/v1/video_generation/extra'],
    ['POST', '/download/512345678011001.mp4'],
    ['GET', '/'],
  ])('%s %s is not found', async (method, path) => {
    const { get } = await startSimulator();
    expect((await get(path, { method })).status).toBe(404);
  });

  test.each(['{', '', '[]', '"text"'])('the body %j is refused with 2013', async (body) => {
    const { post } = await startSimulator();
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ task_id: '', base_resp: { status_code: 2013 } });
  });

  test('a refused parameter is named behind "invalid params, "', async () => {
    const { submit } = await startSimulator();
    expect((await submit({ resolution: '768p' })).base_resp).toEqual({
      status_code: 2013,
      status_msg: expect.stringMatching(/^invalid params, .*768p/),
    });
  });

  test('a body over 64 MB is cut off with 413', async () => {
    const { url } = await startSimulator();
    const status = await new Promise((resolve, reject) => {
      const upload = request(`${url}/v1/video_generation`, {
        method: 'POST',
        headers: { authorization: 'Bearer k' },
      });
      upload.on('response', (answer) => resolve(answer.resume().statusCode));
      upload.on('error', reject);
      upload.write(Buffer.alloc(64 * 1024 * 1024 + 1, 32));
    });
    expect(status).toBe(413);
  });

  test('a prefix before /v1 is taken, and the link carries it', async () => {
    const { url, submit, query, get } = await startSimulator();
    const { file_id } = await query((await submit({ prompt: '#sim:fast' })).task_id);
    const answer: Json = await (
      await get(`/simulator/minimax/v1/files/retrieve?file_id=${file_id}`)
    ).json();
    expect(answer.file.download_url).toMatch(`${url}/simulator/minimax/download/`);
    expect((await fetch(answer.file.download_url)).status).toBe(200);
  });

  test('mounted in Express, links carry the mount path that Express takes off', async () => {
    const simulator = createSimulator({ latencyMs: 0 });
    const url = await serve((request, response) => {
      Object.assign(request, {
        originalUrl: request.url,
        url: request.url!.replace('/simulator', ''),
      });
      simulator(request, response);
    });
    const headers = { authorization: 'Bearer k' };
    const call = async (path: string, init?: RequestInit): Promise<Json> =>
      (await fetch(`${url}/simulator/v1${path}`, { headers, ...init })).json();
    const body = JSON.stringify(aSubmit({ prompt: '#sim:fast' }));
    const { task_id } = await call('/video_generation', { method: 'POST', body });
    const { file_id } = await call(`/query/video_generation?task_id=${task_id}`);
    const { file } = await call(`/files/retrieve?file_id=${file_id}`);
    expect(file.download_url).toMatch(`${url}/simulator/download/`);
    expect((await fetch(file.download_url)).status).toBe(200);
  });

  test('links start with publicUrl when it is set', async () => {
    const publicUrl = 'https://videos.example.com/simulator/';
    const { submit, query, retrieve } = await startSimulator({ publicUrl });
    const { file_id } = await query((await submit({ prompt: '#sim:fast' })).task_id);
    const { file } = await retrieve(file_id);
    expect(file.download_url).toMatch(`https://videos.example.com/simulator/download/${file_id}`);
  });
});
