import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** As Node says it where nobody listens. */
const statuses: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/**
 * Answers what comes over connections and is no request, and ends those: at once, but for one over
 * which a request came whole and is being answered. That answer goes out first: it may tell of what
 * is paid.
 */
export class BrokenRequests {
  readonly #answers = new WeakMap<Duplex, Set<ServerResponse>>();

  /** Remembers what is being answered. */
  watch(response: ServerResponse): void {
    const { socket } = response.req;
    const answers = this.#answers.get(socket) ?? new Set();
    this.#answers.set(socket, answers.add(response));
    response.once('close', () => answers.delete(response));
  }

  /** For `clientError` of a server. */
  readonly end = (error: Error & { code?: string }, socket: Duplex): void => {
    const answers = [...(this.#answers.get(socket) ?? [])];
    // They go out in the order of their requests.
    const last = answers.findLast(({ req, writableFinished }) => req.complete && !writableFinished);
    if (last && socket.writable) {
      if (!last.headersSent) last.setHeader('Connection', 'close');
      // Each further piece comes here again.
      last.removeListener('finish', endOf).once('finish', endOf);
      return;
    }
    if (socket.writable && !answers.some(({ headersSent }) => headersSent)) {
      const status = statuses[error.code ?? ''] ?? '400 Bad Request';
      socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    }
    socket.destroy(error);
  };
}

function endOf(this: ServerResponse): void {
  this.req.socket.destroySoon();
}
