import type { Dispatcher } from 'undici';
import { TooLarge } from './decoding.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer as far as it has come. */
export interface Received {
  /** Null until its head is there, as all else is empty. */
  httpStatus: number | null;
  headers: Headers;
  chunks: Buffer[];
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
