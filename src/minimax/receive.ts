import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { TooLarge } from './decoding.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer as far as it has come. */
export interface Received {
  /** Null until its head is there, as all else is empty. */
  httpStatus: number | null;
  headers: Headers;
  chunks: Buffer[];
  /** Whether it has come to its end. */
  isWhole: boolean;
}

export function nothingYet(): Received {
  return { httpStatus: null, headers: {}, chunks: [], isWhole: false };
}

/** No answer may be longer, as it comes and as it is unpacked. */
export const maxAnswerBytes = 1024 * 1024;

/** So much is kept of what comes over a connection: the longest answer, and what may stand behind it. */
const keptBytes = maxAnswerBytes + 128 * 1024;

/** Keeps in `kept` what comes first over a connection, also of an answer that undici cannot read. */
export function keepStart(socket: Socket, kept: Buffer[]): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let size = 0;
  socket.read = (wanted?: number): Buffer | null => {
    const chunk = read(wanted);
    if (chunk !== null && size < keptBytes) {
      kept.push(chunk);
      size += chunk.length;
    }
    return chunk;
  };
}

/**
 * Leaves a connection open over which `isOver` says that nothing is to be sent or read any more, and
 * gives what closes it. undici would close one that is not kept alive while it reads, before the
 * answers that came at the same moment over others.
 */
export function leaveOpen(socket: Socket, isOver: () => boolean): () => void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (!isOver()) return destroy(error);
    // That the other side has closed it as well is no news.
    return socket.removeAllListeners('end');
  };
  return () => void destroy();
}

/**
 * Sends a request and keeps in `received` what comes, up to `limitBytes`; resolves with its
 * HTTP status when it has ended.
 *
 * Without undici's streams, which hand over each part a turn of the event loop later: what answers
 * came at the same moment are read at once, and stored together.
 */
export function receive(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  received: Received,
  limitBytes: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let size = 0;
    let abort: (() => void) | undefined;
    const ended = () => abort && signal.removeEventListener('abort', abort);
    dispatcher.dispatch(request, {
      onRequestStart(controller) {
        abort = () => controller.abort(signal.reason as Error);
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort);
      },
      onResponseStart(_controller, httpStatus, headers) {
        // What is below 200 announces another one.
        if (httpStatus >= 200) Object.assign(received, { httpStatus, headers });
      },
      onResponseData(controller, chunk) {
        size += chunk.length;
        if (size <= limitBytes) received.chunks.push(chunk);
        else controller.abort(new TooLarge(`the answer is larger than ${limitBytes} bytes`));
      },
      onResponseEnd() {
        received.isWhole = true;
        ended();
        resolve(received.httpStatus!);
      },
      onResponseError(_controller, error) {
        ended();
        reject(error);
      },
    });
  });
}
