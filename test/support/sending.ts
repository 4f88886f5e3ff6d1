import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect } from '@jest/globals';
import { anyTime } from '../../src/minimax/answers.ts';
import { MinimaxError } from '../../src/minimax/errors.ts';
import { MinimaxClient } from '../../src/minimax/v1/client.ts';
import { elsewhere, type ConnectProxy } from './connect-proxy.ts';

export const mega = 1024 * 1024;
/** Done after each test. */
export const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A server that sees the connection itself. */
export async function serve(handle: (socket: Socket) => void | Promise<void>): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    void handle(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface SubmitOptions {
  megabytes?: number;
  timeoutMs?: number;
  leave?: typeof anyTime;
  proxy?: ConnectProxy | undefined;
}

/** What comes of a submission with an image of so many megabytes: the task's id, or why there is none. */
export async function submit(url: string, options: SubmitOptions = {}) {
  const { megabytes = 20, timeoutMs = 5_000, leave = anyTime, proxy } = options;
  const way = proxy ? { baseUrl: elsewhere(url), proxies: proxy.proxies() } : { baseUrl: url };
  const client = new MinimaxClient({ ...way, apiKey: 'k', timeoutMs });
  closing.push(() => client.close());
  const firstFrameImage = 'x'.repeat(megabytes * mega);
  const prepared = await client.prepare({ model: 'm', firstFrameImage });
  return await prepared
    .send(leave)
    .then(({ taskId }) => taskId)
    .catch((error: unknown) => {
      expect(error).toBeInstanceOf(MinimaxError);
      return error as MinimaxError;
    });
}

export function answer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

export const accepted = answer('200 OK', '{"task_id":"4711","base_resp":{"status_code":0}}');

/** Reads until so many bytes have come, or all of a request, each chunk when `mayRead`. */
export async function read(
  socket: Socket,
  bytes = Infinity,
  mayRead = (_bytes: number) => Promise.resolve(),
): Promise<void> {
  let size = 0;
  let expected = bytes;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (size === 0 && bytes === Infinity) {
      const head = chunk.toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(head)![1]);
      expected = head.indexOf('\r\n\r\n') + 4 + length;
    }
    size += chunk.length;
    if (size >= expected) return;
    await mayRead(chunk.length);
  }
}
