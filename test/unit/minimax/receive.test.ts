import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'undici';
import { receive, type Received } from '../../../src/minimax/receive.ts';
import { skipContinue } from '../../../src/minimax/skip-continue.ts';
import { randomFrom } from '../../support/random-operations.ts';

/**
 * Answers are read without undici's streams, which would hand over each part later: the same must
 * come of it, whatever their pieces are, and wherever they break off.
 */
const random = randomFrom(Number(process.env['RANDOM_SEED'] || 23));
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const limitBytes = 5_000;

interface Script {
  pieces: Buffer[];
  ending: 'open' | 'end' | 'reset';
}

let server: Server;
const scripts: Script[] = [];
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => void play(socket, scripts.shift()!));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => new Promise((done) => server.close(done)));

async function play(socket: Socket, { pieces, ending }: Script): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await pause(random() < 0.3 ? 2 : 0);
  }
  // What has not been read by then a reset would take away, now of this and now of that reader.
  await pause(20);
  if (ending === 'end') socket.end();
  if (ending === 'reset') socket.resetAndDestroy();
}

/** An answer of some size and form, as far as it comes. */
function script(): Script {
  const body = Buffer.from('ä'.repeat(Math.floor(random() * random() * 4_000)));
  const isChunked = random() < 0.5;
  const length = pick([[`content-length: ${body.length}`], [`content-length: ${body.length}`], []]);
  const framing = isChunked ? ['transfer-encoding: chunked'] : length;
  const head = [
    `HTTP/1.1 ${pick([200, 200, 400, 429, 503])} Some`,
    ...['x-one: 1', 'X-One: 2', 'content-type: application/json', ...framing],
  ];
  const sent = isChunked
    ? Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        ...(body.length === 0 ? [] : [body, Buffer.from('\r\n0\r\n')]),
        Buffer.from('\r\n'),
      ])
    : body;
  const interim = pick(['', '', 'HTTP/1.1 103 Early\r\n\r\n']);
  const whole = Buffer.concat([Buffer.from(`${interim}${head.join('\r\n')}\r\n\r\n`), sent]);
  const all = random() < 0.7 ? whole : whole.subarray(0, Math.floor(random() * whole.length));
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length;) {
    const size = 1 + Math.floor(random() * random() * 3_000);
    pieces.push(all.subarray(at, at + size));
    at += size;
  }
  // Without a length it ends with its connection.
  const isOpen = all === whole && (isChunked || length.length > 0);
  return { pieces, ending: isOpen ? pick(['open', 'end', 'reset']) : pick(['end', 'reset']) };
}

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const request = { path: '/', method: 'GET' } as const;

interface Read {
  httpStatus: number | null;
  headers: object;
  text: string;
  isWhole: boolean;
}

async function readDirectly(): Promise<Read> {
  const client = new Client(url());
  const received: Received = { httpStatus: null, headers: {}, chunks: [] };
  const { signal } = new AbortController();
  const isWhole = await receive(client, request, signal, received, limitBytes).then(
    () => true,
    () => false,
  );
  await client.destroy();
  const { httpStatus, headers, chunks } = received;
  return { httpStatus, headers, text: Buffer.concat(chunks).toString(), isWhole };
}

async function readByStreams(): Promise<Read> {
  const client = new Client(url());
  const read: Read = { httpStatus: null, headers: {}, text: '', isWhole: false };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const { statusCode, headers, body } = await client.request(request);
    Object.assign(read, { httpStatus: statusCode, headers });
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw new Error('too large');
      chunks.push(chunk);
    }
    read.isWhole = true;
  } catch {
    // As far as it came.
  }
  await client.destroy();
  return { ...read, text: Buffer.concat(chunks).toString() };
}

test('what is received is what undici’s streams give, of answers of all kinds', async () => {
  for (let round = 0; round < 60; round++) {
    const played = script();
    scripts.push(played);
    const directly = await readDirectly();
    scripts.push(played);
    const byStreams = await readByStreams();
    // Of what is too large the last part alone may differ: how much of it came at once.
    const isTooLarge = Buffer.concat(played.pieces).length > limitBytes;
    const compared = (read: Read) => (isTooLarge ? { ...read, text: '' } : read);
    expect([round, compared(directly)]).toEqual([round, compared(byStreams)]);
  }
});

test('100 Continue, in whatever pieces, changes nothing', async () => {
  for (let round = 0; round < 30; round++) {
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';
    const text = `${'HTTP/1.1 100 Continue\r\nx: y\r\n\r\n'.repeat(Math.floor(random() * 3))}${answer}`;
    const source = new PassThrough();
    skipContinue(source as unknown as Socket);
    let read = '';
    source.on('readable', () => {
      for (let chunk; (chunk = source.read() as Buffer | null) !== null;) read += chunk.toString();
    });
    for (let at = 0; at < text.length;) {
      const size = 1 + Math.floor(random() * 30);
      source.write(text.slice(at, at + size));
      at += size;
      await pause(random() < 0.5 ? 1 : 0);
    }
    source.end();
    await pause(2);
    expect(read).toBe(answer);
  }
});
