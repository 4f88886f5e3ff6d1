import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import type { Server } from 'node:http';
import { request } from 'undici';
import { mountCallbacks, type CallbackOptions } from '../../../src/following/callbacks.ts';

let server: Server;
let asked: string[];
/** How often tokens were looked up, however many at once. */
let turns: number;
beforeEach(async () => {
  asked = [];
  turns = 0;
  let isAsking = false;
  const app = express();
  mountCallbacks(app, {
    store: {
      findByCallbackToken: (token: string) => {
        asked.push(token);
        if (!isAsking) turns += 1;
        isAsking = true;
        setImmediate(() => (isAsking = false));
        return Promise.resolve(null);
      },
    },
    gate: { senderOf: ({ headers }: { headers: object }) => ({ ip: null, ...headers }) },
    wakeWorker: () => undefined,
    log: { error: () => undefined },
  } as unknown as CallbackOptions);
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => void server.close());

async function post(token: string, ip: string): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const { statusCode, body } = await request(
    `http://127.0.0.1:${port}/callbacks/minimax/${token}`,
    { method: 'POST', body: '{"status":"Success"}', headers: { ip } },
  );
  await body.dump();
  return statusCode;
}

test('a stranger who guesses is looked up once a second after sixty guesses, and answered alike', async () => {
  const guess = async (index: number) =>
    await post(String(index).padStart(32, 'x'), `2001:db8::${index.toString(16)}`);
  for (let index = 0; index < 60; index++) expect(await guess(index)).toBe(200);
  expect(turns).toBe(60);
  const more = await Promise.all(Array.from({ length: 40 }, (_, index) => guess(60 + index)));
  expect(new Set(more)).toEqual(new Set([200]));
  expect(asked).toHaveLength(100);
  expect(turns).toBeLessThan(70);
  expect(await post('y'.repeat(32), '192.0.2.1')).toBe(200);
  expect(asked).toHaveLength(101);
});

test('what cannot be a token is not looked up', async () => {
  for (const token of ['x', 'x'.repeat(31), 'x'.repeat(33), `${'x'.repeat(31)}%00`]) {
    expect(await post(token, '192.0.2.1')).toBe(200);
  }
  expect(asked).toEqual([]);
});
