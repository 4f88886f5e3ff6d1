import type { Socket } from 'node:net';
import { setImmediate as oneTurn, setTimeout as sleep } from 'node:timers/promises';
import { asText, decodedStart } from './decoding.ts';
import { maxAnswerBytes, type Received } from './receive.ts';

/** How long what comes behind an answer is waited for. */
const behindMs = 50;

/** Of an answer and of those that announce it. */
const mostHeads = 10;

/**
 * What comes over a connection behind the answer within a moment, decoded, and, as it is, all that came.
 * `heard` goes on with what is read from it.
 */
export async function hearBeside(
  socket: Socket,
  heard: readonly Buffer[],
  received: Received,
): Promise<string[]> {
  // undici reads no further where nothing is to come.
  socket.removeAllListeners('readable').on('readable', () => {
    while (socket.read() !== null);
  });
  await sleep(behindMs);
  // What has arrived by then is read, though the timer was late.
  await oneTurn();
  const bytes = Buffer.concat(heard);
  // What broke off may have been cut in an id.
  const end = received.isWhole ? '\n' : '';
  return [behindAnswer(bytes, received), bytes.toString('latin1')].map((text) => text + end);
}

/** Of what came over a connection, what stands behind the answer. */
function behindAnswer(bytes: Buffer, { headers, chunks }: Received): string {
  const body = bodyOf(bytes);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const end = headers['transfer-encoding'] ? readChunks(body).end : length;
  return toldIn(body.subarray(end));
}

/** What an answer tells that may have a head of HTTP, others before it, and a body in any form. */
function toldIn(bytes: Buffer): string {
  let head = '';
  let body = bytes;
  for (let heads = 0; heads < mostHeads && isAnswer(body); heads++) {
    const rest = bodyOf(body);
    head = body.toString('latin1', 0, body.length - rest.length);
    body = rest;
  }
  if (/^transfer-encoding:.*chunked/im.test(head)) body = readChunks(body).body;
  const encoding = /^content-encoding:[ \t]*(.*?)\s*$/im.exec(head)?.[1];
  return asText(decodedStart(body, encoding, maxAnswerBytes));
}

/** A body in chunks as far as it has come, and where it ends, with what may trail it (RFC 9112, 7.1). */
function readChunks(bytes: Buffer): { body: Buffer; end: number } {
  const chunks: Buffer[] = [];
  let at = 0;
  let isTrailer = false;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return { body: Buffer.concat(chunks), end: bytes.length };
    const line = bytes.toString('latin1', at, end);
    at = end + 2;
    if (isTrailer && line === '') return { body: Buffer.concat(chunks), end: at };
    const size = isTrailer ? 0 : parseInt(line, 16);
    if (size > 0) {
      chunks.push(bytes.subarray(at, at + size));
      at += size + 2;
    } else isTrailer = true;
  }
}

const isAnswer = (bytes: Buffer) => bytes.toString('latin1', 0, 5) === 'HTTP/';

/** Announces an answer (RFC 9110, 15.2). */
const isInterim = (bytes: Buffer) => /^HTTP\/1\.[01] 1(?!01)/.test(bytes.toString('latin1', 0, 12));

/** Of bytes that may begin with a head of HTTP, and others that announce it, what follows it. */
export function bodyOf(bytes: Buffer): Buffer {
  let body = bytes;
  for (let heads = 0; heads < mostHeads && isAnswer(body); heads++) {
    const goesOn = isInterim(body);
    const end = /\r?\n\r?\n/.exec(body.toString('latin1'));
    body = end === null ? Buffer.alloc(0) : body.subarray(end.index + end[0].length);
    if (!goesOn) break;
  }
  return body;
}
