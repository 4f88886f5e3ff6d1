import { gzipSync } from 'node:zlib';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setImmediate as oneTurn, setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { anyTime } from '../../../../src/minimax/answers.ts';
import { MinimaxError } from '../../../../src/minimax/errors.ts';
import { MinimaxClient } from '../../../../src/minimax/v1/client.ts';
import { inPieces, readBeforeFailing } from '../../../../src/minimax/sending.ts';
import { TimeLimit } from '../../../../src/network/time-limit.ts';
import { ConnectProxy, elsewhere } from '../../../support/connect-proxy.ts';
import { startFakeUpstream } from '../../../support/fake-upstream.ts';
import { gate } from '../../../support/gate.ts';
import { until } from '../../../support/until.ts';

const mega = 1024 * 1024;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A server that sees the connection itself. */
async function serve(handle: (socket: Socket) => void | Promise<void>): Promise<string> {
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

let proxy: ConnectProxy | undefined;

async function submit(url: string, { megabytes = 20, timeoutMs = 5_000, leave = anyTime } = {}) {
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

function answer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const accepted = answer('200 OK', '{"task_id":"4711","base_resp":{"status_code":0}}');

/** Reads until so many bytes have come, or all of a request, each chunk when `mayRead`. */
async function read(
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

/** A server that reads so many bytes in 10 ms, over all its connections together. */
async function serveSlowly(bytes: number): Promise<string> {
  let budget = 0;
  // First come, first served: nobody starves.
  let line = Promise.resolve();
  const refill = setInterval(() => (budget = bytes), 10);
  closing.push(() => Promise.resolve(clearInterval(refill)));
  return await serve(async (socket) => {
    await read(socket, Infinity, async (read) => {
      line = line.then(async () => {
        while (budget <= 0) await pause(5);
        budget -= read;
      });
      await line;
    });
    socket.write(accepted);
  });
}

describe.each(['directly', 'through a proxy'])('a large submission, sent %s,', (way) => {
  beforeEach(async () => {
    if (way === 'directly') return;
    proxy = await ConnectProxy.start();
    closing.push(async () => {
      const { asked } = proxy!;
      await proxy!.close();
      proxy = undefined;
      expect(asked).not.toEqual([]);
    });
  });

  test('arrives whole, byte for byte', async () => {
    const fake = await startFakeUpstream();
    closing.push(() => fake.close());
    expect(await submit(fake.url)).toMatch(/^\d{15}$/);
    expect(fake.submits[0]!.body.first_frame_image).toBe('x'.repeat(20 * mega));
  });

  test('learns the answer behind interim ones that nobody asked for', async () => {
    const url = await serve(async (socket) => {
      let isTold = false;
      await read(socket, Infinity, () => {
        if (!isTold) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        isTold = true;
        return Promise.resolve();
      });
      const pieces = ['HTTP', '/1.0 100 ', 'Continue\r\nx: y\r\n', '\r\n'];
      const hints = 'HTTP/1.1 103 Early Hints\r\n\r\n';
      for (const piece of [hints, ...pieces, hints, accepted]) {
        socket.write(piece);
        await pause(20);
      }
    });
    expect(await submit(url)).toBe('4711');
  });

  test('whose connection is reset while it is being sent was surely not accepted', async () => {
    const url = await serve(async (socket) => {
      await read(socket, mega);
      socket.resetAndDestroy();
    });
    expect(await submit(url)).toMatchObject({ kind: 'unreachable', httpStatus: null });
  });

  test('is uncertain when it was sent as a whole and the connection is then reset', async () => {
    const url = await serve(async (socket) => {
      await read(socket);
      socket.resetAndDestroy();
    });
    expect(await submit(url)).toMatchObject({ kind: 'uncertain' });
  });

  test.each([
    ['413 Content Too Large', '', 'refused'],
    ['400 Bad Request', '{"base_resp":{"status_code":2013,"status_msg":"no"}}', 'refused'],
    ['429 Too Many Requests', '', 'throttled'],
    ['503 Service Unavailable', '', 'unreachable'],
    ['502 Bad Gateway', '<h1>502</h1>', 'unreachable'],
    ['429 Too Many Requests', '{"task_id":"4711"}', 'uncertain'],
  ])('that is answered early, %s %s, is %s', async (status, body, kind) => {
    const url = await serve(async (socket) => {
      await read(socket, 100_000);
      socket.write(answer(status, body));
      await pause(20);
      // Whoever is held up in between runs his timers first: what he has not read the reset takes away.
      for (let turns = 0; turns < 10; turns++) await oneTurn();
      // What comes later meets a closed port: the next write of the client fails.
      socket.resetAndDestroy();
    });
    const error = await submit(url);
    expect(error).toMatchObject({ kind, httpStatus: Number(status.slice(0, 3)) });
  });

  test('is refused by an answer that breaks off before its end', async () => {
    const url = await serve(async (socket) => {
      await read(socket, 100_000);
      socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 100\r\n\r\ntoo', () => {
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
    });
    expect(await submit(url)).toMatchObject({ kind: 'refused', httpStatus: 413 });
  });

  test.each([
    ['200 OK', '{"data":{"id":"4240109857', 'uncertain'],
    ['503 Service Unavailable', 'all is busy', 'unreachable'],
  ])('leaves what an early answer said that broke off, %s', async (status, said, kind) => {
    const url = await serve(async (socket) => {
      await read(socket, 100_000);
      socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 100\r\n\r\n${said}`, () => {
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
    });
    expect(await submit(url)).toMatchObject({ kind, statusMessage: said });
  });

  test('ends when it does not go forward for the time limit, and was surely not accepted', async () => {
    const url = await serve((socket) => {
      socket.pause();
    });
    const startedAt = performance.now();
    expect(await submit(url, { timeoutMs: 300 })).toMatchObject({ kind: 'unreachable' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

// What a proxy has taken the client counts as sent; and an answer that it loses it cannot pass on.
describe('a large submission, sent directly,', () => {
  test('may take longer than the time limit, as long as it goes forward', async () => {
    const url = await serveSlowly(64 * 1024);
    const startedAt = performance.now();
    expect(await submit(url, { megabytes: 15, timeoutMs: 1_500 })).toBe('4711');
    expect(performance.now() - startedAt).toBeGreaterThan(1_500);
  });

  test('learns the answer also when the connection ends at once with it', async () => {
    for (let i = 0; i < 10; i += 1) {
      const url = await serve(async (socket) => {
        await read(socket, 100_000);
        // Unread bytes make a reset of this close.
        socket.write(answer('413 Content Too Large', ''), () => socket.destroy());
      });
      expect(await submit(url, { megabytes: 8 })).toMatchObject({ kind: 'refused' });
    }
  });

  test('stops when it is answered before its end, and its connection is closed', async () => {
    let size = 0;
    let isClosed = false;
    const url = await serve(async (socket) => {
      socket.on('data', ({ length }) => (size += length)).once('close', () => (isClosed = true));
      await until(() => size > 100_000);
      socket.pause().write(answer('413 Content Too Large', ''));
      await pause(50);
      socket.resume();
    });
    expect(await submit(url, { megabytes: 20 })).toMatchObject({ kind: 'refused' });
    await until(() => isClosed);
    expect(size).toBeLessThan(20 * mega);
  });

  test('whose time passes while it is being sent ends, and was surely not accepted', async () => {
    let size = 0;
    let isClosed = false;
    const url = await serve((socket) => {
      socket.on('data', ({ length }) => (size += length)).once('close', () => (isClosed = true));
    });
    const leave = { mayLeave: () => true, mayGoOn: () => Promise.resolve(size < mega) };
    expect(await submit(url, { leave })).toMatchObject({ kind: 'unreachable', httpStatus: null });
    await until(() => isClosed);
    expect(size).toBeGreaterThan(mega / 2);
    expect(size).toBeLessThan(20 * mega);
  });

  test('learns the answer when its writes fail before it could read', async () => {
    const url = await serve(async (socket) => {
      await read(socket, 100_000);
      socket.write(answer('413 Content Too Large', ''), () => {
        socket.destroy();
        // Client and server share this event loop: the client finds answer and reset together.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      });
    });
    expect(await submit(url)).toMatchObject({ kind: 'refused', httpStatus: 413 });
  });
});

test('queries over one connection learn each answer behind interim ones', async () => {
  let connections = 0;
  const url = await serve((socket) => {
    connections++;
    socket.on('data', () => {
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
      socket.write(answer('200 OK', '{"task_id":"1","status":"Processing"}'));
    });
  });
  const client = new MinimaxClient({ baseUrl: url, apiKey: 'k', timeoutMs: 5_000 });
  closing.push(() => client.close());
  for (let asked = 0; asked < 3; asked++) {
    expect(await client.queryTask('1')).toMatchObject({ state: 'processing' });
    await pause(20); // The connection is free when the answer has been read to its end.
  }
  expect(connections).toBe(1);
});

test('many large submissions over a slow uplink are all accepted', async () => {
  const url = await serveSlowly(48 * 1024);
  const all = Array.from({ length: 6 }, () => submit(url, { megabytes: 4, timeoutMs: 4_000 }));
  expect(await Promise.all(all)).toEqual(Array(6).fill('4711'));
});

test.each([[[3, 4]], [[3, 1]], [[3, 4, 0]], [[1, 1]]])(
  'of a body in pieces of %j bytes the last byte waits until all before it has gone to the system',
  async (lengths) => {
    const whole = Buffer.from('abcdefgh').subarray(
      0,
      lengths.reduce((sum, length) => sum + length),
    );
    function* pieces() {
      let at = 0;
      for (const length of lengths) yield whole.subarray(at, (at += length));
    }
    const progress = { isWhole: false };
    const limit = new TimeLimit(60_000);
    const { opened: gone, open: letGo } = gate();
    const mayGoOn = () => Promise.resolve(true);
    let sent = '';
    const sending = (async () => {
      const steps = { mayGoOn, flushed: () => gone };
      const body = { length: whole.length, pieces };
      for await (const piece of inPieces(body, progress, limit, 60_000, steps))
        sent += piece.toString();
    })();
    await pause(20);
    expect([sent, progress.isWhole]).toEqual([whole.toString().slice(0, -1), false]);
    letGo();
    await sending;
    limit.end();
    expect([sent, progress.isWhole]).toEqual([whole.toString(), true]);
  },
);

test('a body in one piece goes at once', async () => {
  const progress = { isWhole: false };
  const limit = new TimeLimit(60_000);
  const steps = {
    mayGoOn: () => Promise.resolve(true),
    flushed: () => Promise.reject(new Error('asked')),
  };
  const body = { length: 3, pieces: () => [Buffer.from('abc')] };
  const sent: string[] = [];
  for await (const piece of inPieces(body, progress, limit, 60_000, steps))
    sent.push(piece.toString());
  limit.end();
  expect([sent, progress.isWhole]).toEqual([['abc'], true]);
});

test('a connection over which more comes than can be read is closed', async () => {
  let isClosed = false;
  const url = await serve(async (socket) => {
    socket.once('close', () => (isClosed = true));
    await read(socket);
    const body = gzipSync(Buffer.alloc(2 * mega));
    const head = `HTTP/1.1 502 Bad\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), body]));
  });
  expect(await submit(url, { megabytes: 0 })).toMatchObject({ kind: 'uncertain' });
  await until(() => isClosed);
});

const task = '{"task_id":"4711","base_resp":{"status_code":0}}';
const chunked = (chunks: string) =>
  `HTTP/1.1 429 Busy\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`;

test.each([
  ['with a length', answer('429 Busy', '{}')],
  ['of 70 KB', answer('429 Busy', 'x'.repeat(70_000))],
  ['in chunks', chunked('2\r\n{}\r\n0\r\n\r\n')],
  ['in no chunks', chunked('0\r\n\r\n')],
  ['in chunks with an extension', chunked('2;a=b\r\n{}\r\n0;x=1\r\n\r\n')],
  ['in chunks with a trailer', chunked('2\r\n{}\r\n000\r\nx: y\r\n\r\n')],
])('a task behind a refusal %s is found, at once or a moment later', async (_form, refusal) => {
  for (const isKept of [true, false])
    for (const ms of [0, 10]) {
      const said = isKept ? refusal : refusal.replace('Busy', 'Busy\r\nconnection: close');
      const url = await serve(async (socket) => {
        await read(socket);
        socket.write(ms === 0 ? said + answer('200 OK', task) : said);
        await pause(ms);
        if (ms > 0) socket.write(answer('200 OK', task));
      });
      const error = await submit(url, { megabytes: 0 });
      expect([isKept, ms, error]).toMatchObject([
        isKept,
        ms,
        { kind: 'uncertain', taskId: '4711' },
      ]);
    }
});

const headed = (headers: string, body: Buffer) =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`), body]);

test.each<[form: string, answer: Buffer]>([
  [
    'in chunks that split its id',
    headed(
      'Transfer-Encoding: chunked',
      Buffer.from(
        `c\r\n${task.slice(0, 12)}\r\n2\r\n47\r\n${(task.length - 14).toString(16)}\r\n${task.slice(14)}\r\n0\r\n\r\n`,
      ),
    ),
  ],
  ['compressed', headed('content-encoding: gzip', gzipSync(task))],
  ['in UTF-16', headed('x: y', Buffer.from(`\ufeff${task}`, 'utf16le'))],
  ['behind another', headed('x: y', headed('x: y', Buffer.from(task)))],
  ['deep in it', headed('x: y', Buffer.from('{"code":0,"data":{"task":{"id":"4711"}}}'))],
])('the id of a task behind a refusal, %s, is the right one', async (_form, behind) => {
  const url = await serve(async (socket) => {
    await read(socket);
    socket.write(Buffer.concat([Buffer.from(answer('429 Busy', '{}')), behind]));
  });
  const error = await submit(url, { megabytes: 0 });
  expect(error).toMatchObject({ kind: 'uncertain', taskId: '4711' });
});

test('what stands behind a refusal takes no time, whatever it is', async () => {
  for (const part of ['HTTP/1.1 \r\n\r\n', '1\r\na\r\n', '\r\n', 'f'.repeat(20)]) {
    const url = await serve(async (socket) => {
      await read(socket);
      socket.write(`${answer('429 Busy', '{}')}${part.repeat(mega / part.length)}`);
    });
    const startedAt = performance.now();
    expect(await submit(url, { megabytes: 0 })).toMatchObject({ kind: 'throttled' });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  }
});

test.each(['close', 'keep-alive'])(
  'the connection is closed after an answer that says %s of it',
  async (said) => {
    let isClosed = false;
    const url = await serve(async (socket) => {
      socket.once('close', () => (isClosed = true));
      await read(socket);
      socket.write(accepted.replace('content-type', `connection: ${said}\r\ncontent-type`));
    });
    expect(await submit(url, { megabytes: 0 })).toBe('4711');
    await until(() => isClosed);
  },
);

test('an answer that is there when a write fails is read before the connection ends', async () => {
  let peer: Socket | undefined;
  const url = await serve((socket) => void (peer = socket));
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  readBeforeFailing(client);
  const heard: string[] = [];
  client.on('data', (data) => heard.push(data.toString()));
  const ended = new Promise<Error>((done) => client.on('error', done));
  await until(() => peer !== undefined);
  // All in one turn: the client has not read when it finds that it cannot write.
  peer!.write('an answer');
  peer!.resetAndDestroy();
  client.write('more');
  expect(await ended).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
  expect(heard).toEqual(['an answer']);
});
