import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MinimaxError } from '../../../src/minimax/errors.ts';
import { MinimaxClient } from '../../../src/minimax/v1/client.ts';
import { ConnectProxy, elsewhere } from '../../support/connect-proxy.ts';
import {
  closedPortUrl,
  startFakeUpstream,
  type FakeUpstream,
} from '../../support/fake-upstream.ts';

const closing: (() => Promise<unknown>)[] = [];
let proxy: ConnectProxy;
let fake: FakeUpstream;
beforeEach(async () => {
  proxy = await ConnectProxy.start();
  fake = await startFakeUpstream();
  closing.push(
    () => proxy.close(),
    () => fake.close(),
  );
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Way {
  baseUrl?: string;
  proxies?: ReturnType<ConnectProxy['proxies']>;
  timeoutMs?: number;
}

function aClient(way: Way = {}): MinimaxClient {
  const { baseUrl = elsewhere(fake.url), proxies = proxy.proxies('me:p%40ss@') } = way;
  const { timeoutMs = 5_000 } = way;
  const client = new MinimaxClient({ baseUrl, apiKey: 'k', timeoutMs, proxies });
  closing.push(() => client.close());
  return client;
}

async function refusalOf(way: Way = {}): Promise<MinimaxError> {
  const error: unknown = await aClient(way)
    .submit({ model: 'm', prompt: 'a' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MinimaxError);
  return error as MinimaxError;
}

test('submission, queries and links go through tunnels to a host that only the proxy knows', async () => {
  const client = aClient();
  const { taskId } = await client.submit({ model: 'm', prompt: 'a' });
  await client.queryTask(taskId);
  const { fileId } = await client.queryTask(taskId);
  expect(await client.retrieveFile(fileId!)).toMatchObject({ httpStatus: 200 });
  const answered = [...fake.submits, ...fake.queries, ...fake.retrieves];
  expect(answered).toHaveLength(4);
  const { port } = new URL(fake.url);
  expect(new Set(proxy.asked.map(({ authority }) => authority))).toEqual(
    new Set([`minimax.test:${port}`]),
  );
  const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  for (const { headers } of proxy.asked) {
    expect(headers).toMatchObject({ 'proxy-authorization': authorization });
    expect(headers).not.toHaveProperty('authorization');
  }
  for (const { headers } of answered) {
    expect(headers).not.toHaveProperty('proxy-authorization');
  }
});

describe('what the proxy says in place of a tunnel is no answer of MiniMax, and nothing was sent:', () => {
  const task = '{"task_id":"4711","base_resp":{"status_code":0}}';
  const says = (status: string, body = '') =>
    `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  test.each([
    ['502 Bad Gateway', 'the proxy refused to connect'],
    ['407 Proxy Authentication Required', 'the proxy asks for other credentials'],
    ['403 Forbidden', 'the proxy refused to connect'],
    ['429 Too Many Requests', 'the proxy refused to connect'],
    ['401 Unauthorized', 'the proxy refused to connect'],
  ])('%s', async (status, reason) => {
    proxy.reply = says(status, task);
    const error = await refusalOf();
    expect(error).toMatchObject({ kind: 'unreachable', httpStatus: null, taskId: null });
    expect(error.message).toContain(reason);
    expect(inspect(error, { depth: null })).not.toMatch(/p@ss|p%40ss|bWU6/);
    expect(fake.submits).toEqual([]);
  });

  test.each([
    ['an answer behind the consent', `HTTP/1.1 200 OK\r\n\r\n${says('200 OK', task)}`],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['an end without a word', ''],
  ])('%s', async (_name, reply) => {
    proxy.reply = reply;
    expect(await refusalOf()).toMatchObject({ kind: 'unreachable', httpStatus: null });
    expect(fake.submits).toEqual([]);
  });

  test('nothing', async () => {
    proxy.reply = null;
    const error = await refusalOf({ timeoutMs: 200 });
    expect(error).toMatchObject({ kind: 'unreachable', httpStatus: null });
  });

  test('and a proxy that is not there', async () => {
    const gone = await closedPortUrl();
    const error = await refusalOf({ proxies: { http: gone, never: [] } });
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain('there is no connection to the proxy');
  });
});

test('a tunnel that breaks when all of the submission is in it leaves it uncertain', async () => {
  fake.onSubmit({ fault: 'resetAfterRead' });
  expect(await refusalOf()).toMatchObject({ kind: 'uncertain' });
  fake.onSubmit(async () => {
    await proxy.close();
    return undefined;
  });
  expect(await refusalOf()).toMatchObject({ kind: 'uncertain' });
});

test('TLS goes through the tunnel, and nothing was sent when it fails', async () => {
  let heard = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      heard = first;
      // A fatal alert: handshake failure.
      socket.end(Buffer.from('15030300020228', 'hex'));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => new Promise((closed) => server.close(closed)));
  const { port } = server.address() as AddressInfo;
  const error = await refusalOf({ baseUrl: `https://minimax.test:${port}` });
  expect(error).toMatchObject({ kind: 'unreachable', httpStatus: null });
  // A ClientHello, for the host itself.
  expect(heard[0]).toBe(0x16);
  expect(heard.includes('minimax.test')).toBe(true);
});

test('this machine, and what is excepted, is reached without the proxy', async () => {
  await aClient({ baseUrl: fake.url }).submit({ model: 'm', prompt: 'a' });
  const proxies = { ...proxy.proxies(), never: ['.test'] };
  expect((await refusalOf({ proxies })).message).toMatch(/host name/);
  expect(proxy.asked).toEqual([]);
});
