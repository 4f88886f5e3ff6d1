import type { Socket } from 'node:net';
import { setImmediate as oneTurn, setTimeout as sleep } from 'node:timers/promises';
import type { TimeLimit } from '../network/time-limit.ts';

/** So much may be left to send in the system's buffers when it has taken the last piece. */
const bufferedBytes = 4 * 1024 * 1024;

/** What the time limit is given for, once more, while those are sent. */
const bytesForEachLimit = 2 * 1024 * 1024;

/** How often it is looked whether all has gone to the system. */
const flushMs = 5;

/** How long a connection over which nothing can be written any more is still read from. */
const lingerMs = 1_000;

/** What is sent piece by piece, and of what length it is in bytes. */
export interface SentBody {
  readonly length: number;
  pieces(): Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** How far a request has come. */
export interface Progress {
  /**
   * Whether its last piece was handed over. Until then nobody can have it whole; from then on it may
   * have arrived, for what the system has taken is out of sight.
   */
  isWhole: boolean;
}

/** What must hold before a piece goes. */
export interface Steps {
  /** Before each. */
  mayGoOn: () => Promise<boolean>;
  /** Resolves when all that was handed over before has gone to the system. */
  flushed: () => Promise<void>;
}

/**
 * The pieces of the body, each after the one before has gone to the system. `limitMs` is the time for
 * each, by which a slow uplink shows that it goes forward, and after the last one for the answer.
 *
 * The last byte of a large one goes by itself, when all before it has gone: what waits within a
 * process that is frozen leaves when that wakes, and must not make the body whole then.
 */
export async function* inPieces(
  body: SentBody,
  progress: Progress,
  limit: TimeLimit,
  limitMs: number,
  { mayGoOn, flushed }: Steps,
): AsyncGenerator<Buffer> {
  let handedOver = 0;
  for await (const piece of withLastByteApart(body)) {
    // An answer that is there already is read before more is written.
    await oneTurn();
    const isLast = handedOver + piece.length === body.length;
    if (isLast && handedOver > 0) await flushed();
    if (!(await mayGoOn())) throw new Error('the time in which it might be sent has passed');
    handedOver += piece.length;
    progress.isWhole = isLast;
    yield piece;
    limit.restart(limitMs);
  }
  const buffered = Math.min(body.length, bufferedBytes);
  limit.restart(limitMs * (1 + buffered / bytesForEachLimit));
}

/** Of a body in one piece it stays with that. */
async function* withLastByteApart(body: SentBody): AsyncIterable<Buffer> {
  let length = 0;
  for await (const piece of body.pieces()) {
    length += piece.length;
    if (length < body.length || piece.length === body.length || piece.length === 1) yield piece;
    else yield* [piece.subarray(0, -1), piece.subarray(-1)];
  }
}

/** Resolves when the socket has nothing left to hand to the system, or is no more. */
export async function flushed(socket: Socket): Promise<void> {
  while (socket.writableLength > 0 && !socket.destroyed) await sleep(flushMs);
}

/**
 * Makes a write that fails wait, so that an answer is read that came with the end of the connection:
 * whoever refuses a large body answers, and hangs up while it is still being sent.
 */
export function readBeforeFailing(socket: Socket): void {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const patient = (done: (error?: Error | null) => void) => (error?: Error | null) => {
    if (error) setTimeout(() => done(error), lingerMs).unref();
    else done();
  };
  socket._write = (chunk, encoding, done) => write(chunk, encoding, patient(done));
  if (writev) socket._writev = (chunks, done) => writev(chunks, patient(done));
}
