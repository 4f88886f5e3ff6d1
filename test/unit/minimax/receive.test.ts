import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildConnector, Client, type Dispatcher } from 'undici';
import { leaveOpen, nothingYet, receive } from '../../../src/minimax/receive.ts';
import { skipEachInterim, skipInterim } from '../../../src/minimax/skip-interim.ts';
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
    socket.on('data', () => void play(socket, scripts.shift()!));
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
    ...pick([[], ['connection: close'], ['connection: keep-alive']]),
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
  const pieces = inPieces(all, () => 1 + random() * random() * 3_000);
  // Without a length it ends with its connection.
  const isOpen = all === whole && (isChunked || length.length > 0);
  return { pieces, ending: isOpen ? pick(['open', 'end', 'reset']) : pick(['end', 'reset']) };
}

function inPieces(bytes: Buffer, nextSize: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = Math.floor(nextSize());
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
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
  const directly = await read(client);
  await client.destroy();
  return directly;
}

async function readAndLeaveOpen({ ending }: Script): Promise<Read> {
  const connect = buildConnector({});
  const received = nothingYet();
  let socket!: Socket;
  let close!: () => void;
  const client = new Client(url(), {
    connect: (options, done) =>
      connect(options, (...result) => {
        socket = result[1] as Socket;
        close = leaveOpen(socket, () => received.isWhole);
        done(...result);
      }),
  });
  const given = await read(client, received);
  if (given.isWhole && ending === 'open') expect(socket.destroyed).toBe(false);
  close();
  await client.destroy();
  expect(socket.destroyed).toBe(true);
  return given;
}

async function read(client: Dispatcher, received = nothingYet()): Promise<Read> {
  const { signal } = new AbortController();
  const isWhole = await receive(client, request, signal, received, limitBytes).then(
    () => true,
    () => false,
  );
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
    const leftOpen = await readAndLeaveOpen(played);
    scripts.push(played);
    const byStreams = await readByStreams();
    // Of what is too large the last part alone may differ: how much of it came at once.
    const isTooLarge = Buffer.concat(played.pieces).length > limitBytes;
    const compared = (read: Read) => (isTooLarge ? { ...read, text: '' } : read);
    expect([round, compared(directly)]).toEqual([round, compared(byStreams)]);
    expect([round, compared(leftOpen)]).toEqual([round, compared(byStreams)]);
  }
});

/** As `receive` gives them over one connection, each after the one before. */
async function readAll(count: number, skip: (socket: Socket) => void): Promise<Read[]> {
  const connect = buildConnector({});
  const client = new Client(url(), {
    connect: (options, done) =>
      connect(options, (...result) => {
        if (result[1] !== null) skip(result[1]);
        done(...result);
      }),
  });
  const all: Read[] = [];
  for (let at = 0; at < count; at++) all.push(await read(client));
  await client.destroy();
  return all;
}

/** What may stand before an answer, any number of times. */
const interims = () =>
  Array.from({ length: Math.floor(random() * 4) }, () =>
    pick([
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.0 100 Continue\r\nx: y\r\n\r\n',
      'HTTP/1.1 102 Processing\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
    ]),
  ).join('');

test('what announces an answer changes nothing, of whatever kind and in whatever pieces', async () => {
  for (let round = 0; round < 15; round++) {
    // The body of one looks like what would be taken out before it.
    const bodies = ['{}', 'HTTP/1.1 100 Continue\r\n\r\n', 'x'.repeat(3_000)];
    const answers = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const body = pick(bodies);
      return random() < 0.5
        ? `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
        : `HTTP/1.1 400 No\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    });
    const piecesOf = (text: string) =>
      inPieces(Buffer.from(text), () => 1 + random() * random() * 99);
    const plain: Script[] = answers.map((text) => ({
      pieces: [Buffer.from(text)],
      ending: 'open',
    }));
    const announced: Script[] = answers.map((text) => ({
      pieces: piecesOf(interims() + text),
      ending: 'open',
    }));
    scripts.push(...plain);
    const expected = await readAll(answers.length, () => undefined);
    scripts.push(...announced);
    expect([round, await readAll(answers.length, skipEachInterim)]).toEqual([round, expected]);
    scripts.push(announced[0]!);
    expect([round, await readAll(1, skipInterim)]).toEqual([round, expected.slice(0, 1)]);
    expect(expected.every(({ isWhole }) => isWhole)).toBe(true);
  }
});
