import { gzipSync } from 'node:zlib';
import { connect, type Socket } from 'node:net';
import { setImmediate as oneTurn, setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { MinimaxClient } from '../../../../src/minimax/v1/client.ts';
import { inPieces, readBeforeFailing } from '../../../../src/minimax/sending.ts';
import { TimeLimit } from '../../../../src/network/time-limit.ts';
import { ConnectProxy } from '../../../support/connect-proxy.ts';
import { startFakeUpstream } from '../../../support/fake-upstream.ts';
import { gate } from '../../../support/gate.ts';
import {
  accepted,
  answer,
  closing,
  mega,
  read,
  serve,
  submit as submitWith,
  type SubmitOptions,
} from '../../../support/sending.ts';
import { until } from '../../../support/until.ts';

let proxy: ConnectProxy | undefined;

const submit = (url: string, options: SubmitOptions = {}) => submitWith(url, { ...options, proxy });

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
    expect(await submit(url, { megabytes: 4 })).toBe('4711');
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
    expect(await submit(url, { megabytes: 4 })).toMatchObject({ kind: 'uncertain' });
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
    expect(await submit(url, { timeoutMs: 1_500 })).toMatchObject({ kind: 'unreachable' });
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
    for (let i = 0; i < 5; i += 1) {
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
