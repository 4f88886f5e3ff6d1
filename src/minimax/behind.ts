import type { Socket } from 'node:net';
import { setImmediate as oneTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Received } from './receive.ts';

/** How long what comes behind an answer is waited for. */
const behindMs = 50;

/**
 * What comes over a connection behind the answer, within a moment. `heard` is all that came over it,
 * and goes on with what is read from it.
 */
export async function hearBehind(
  socket: Socket,
  heard: readonly Buffer[],
  received: Received,
): Promise<string> {
  // undici reads no further where nothing is to come.
  socket.removeAllListeners('readable').on('readable', () => {
    while (socket.read() !== null);
  });
  await sleep(behindMs);
  // What has arrived by then is read, though the timer was late.
  await oneTurn();
  return behindAnswer(Buffer.concat(heard), received);
}

/** Of what came over a connection, what stands behind the answer. */
function behindAnswer(bytes: Buffer, { headers, chunks }: Received): string {
  const rest = bodyOf(bytes);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return rest.toString('utf8', headers['transfer-encoding'] ? endOfChunks(rest) : length);
}

/** Where a body in chunks ends, with what may trail it (RFC 9112, 7.1). */
function endOfChunks(bytes: Buffer): number {
  let at = 0;
  let isTrailer = false;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return bytes.length;
    const line = bytes.toString('latin1', at, end);
    at = end + 2;
    if (isTrailer && line === '') return at;
    const size = isTrailer ? 0 : parseInt(line, 16);
    if (size > 0) at += size + 2;
    else isTrailer = true;
  }
}

/** Of bytes that may begin with a head of HTTP, what follows it. */
export function bodyOf(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  if (!text.startsWith('HTTP/')) return bytes;
  const end = /\r?\n\r?\n/.exec(text);
  return end === null ? Buffer.alloc(0) : bytes.subarray(end.index + end[0].length);
}
