import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { answersChallenge } from '../../../src/simulator/callbacks.ts';
import { closeAll, serve, startSimulator } from './helpers.ts';
import type { Json } from './helpers.ts';

afterEach(closeAll);

async function bodyOf(request: IncomingMessage): Promise<Json> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

/** A receiver that answers the challenge; `taken(n)` resolves with the first `n` other posts. */
async function aReceiver() {
  const posts: Json[] = [];
  let arrived = () => {};
  const url = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      if (body.challenge) return;
      posts.push(body);
      arrived();
    });
  });
  const taken = async (count: number) => {
    while (posts.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    return posts;
  };
  return { url, taken };
}

describe('callbacks', () => {
  test('who passes the challenge is told of processing and of success, in lower case', async () => {
    const { submit } = await startSimulator({ renderMs: 20 });
    const receiver = await aReceiver();
    const { task_id } = await submit({ callback_url: receiver.url });
    expect(task_id).not.toBe('');
    expect(await receiver.taken(2)).toEqual([
      { task_id, status: 'processing', base_resp: { status_code: 0, status_msg: 'success' } },
      {
        task_id,
        status: 'success',
        file_id: expect.stringMatching(/^\d{15}$/),
        video_width: 1366,
        video_height: 768,
        base_resp: { status_code: 0, status_msg: 'success' },
      },
    ]);
  });

  test('a failure is told as failed, with its code', async () => {
    const { submit } = await startSimulator({ renderMs: 20 });
    const receiver = await aReceiver();
    await submit({ callback_url: receiver.url, prompt: '#sim:fail-1027' });
    expect((await receiver.taken(2))[1]).toMatchObject({
      status: 'failed',
      base_resp: { status_code: 1027 },
    });
  });

  test('a receiver that fails is left alone and hears of the next change', async () => {
    const { submit } = await startSimulator({ renderMs: 20 });
    const statuses: string[] = [];
    const ended = new Promise<void>((resolve) => {
      void serve((request, response) => {
        void bodyOf(request).then((body) => {
          if (body.challenge) return response.end(JSON.stringify(body));
          statuses.push(body.status);
          response.destroy();
          if (body.status === 'success') resolve();
        });
      }).then((callback_url) => submit({ callback_url }));
    });
    await ended;
    expect(statuses).toEqual(['processing', 'success']);
  });

  test.each([
    ['echoes something else', 200, '{"challenge":"other"}'],
    ['answers with an error', 500, undefined],
    ['answers no JSON', 200, 'ok'],
  ])('an address that %s makes the submit fail', async (_what, status, fixed) => {
    const { submit } = await startSimulator();
    const callback_url = await serve((request, response) => {
      void bodyOf(request).then((body) => {
        response.writeHead(status).end(fixed ?? JSON.stringify(body));
      });
    });
    expect(await submit({ callback_url })).toEqual({
      task_id: '',
      base_resp: {
        status_code: 2013,
        status_msg: 'invalid params, fail to check callback url',
      },
    });
  });

  test('a redirect is not followed, not even to an address that would pass', async () => {
    const { submit } = await startSimulator();
    const receiver = await aReceiver();
    const callback_url = await serve((_request, response) => {
      response.writeHead(307, { location: receiver.url }).end();
    });
    expect((await submit({ callback_url })).base_resp.status_msg).toMatch(/callback url/);
  });

  test.each(['http://127.0.0.1:9/', 'file:///etc/passwd', 'nonsense'])(
    'an address that cannot be called makes the submit fail: %s',
    async (callback_url) => {
      const { submit } = await startSimulator();
      expect((await submit({ callback_url })).base_resp.status_msg).toMatch(/callback url/);
    },
  );

  test('an answer that does not come in time is none', async () => {
    const url = await serve(() => {});
    expect(await answersChallenge(url, 20)).toBe(false);
  });
});
