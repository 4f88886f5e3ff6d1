import { createClient, type Client } from 'graphql-ws/client';
import { ConnectionError } from './errors.ts';
import type { TypedDocument } from './http.ts';

export interface WebSocketOptions {
  url: URL;
  /** What to send as `Authorization`; undefined: nothing. */
  authorization: () => Promise<string | undefined>;
  /** A class like the browser's `WebSocket`. */
  implementation: unknown;
}

/** Until the API has to have let us in. */
const openMs = 5_000;
/** A connection that is silent for the first, and then does not answer a ping for the second, is gone. */
const quietMs = 12_000;
const pongMs = 8_000;

/** One WebSocket for all subscriptions, open while there are any. */
export class Socket {
  readonly #client: Client;
  #connected = false;
  #pong: ReturnType<typeof setTimeout> | undefined;
  /** Whether the API has ever let us in this way. Where it never has, something in between may not let WebSockets pass. */
  hasWorked = false;

  constructor({ url, authorization, implementation }: WebSocketOptions) {
    this.#client = createClient({
      url: url.href.replace(/^http/, 'ws'),
      webSocketImpl: implementation,
      connectionParams: async () => {
        const secret = await authorization();
        return secret === undefined ? {} : { Authorization: secret };
      },
      // Whoever follows knows the latest version, and asks for what came after it.
      retryAttempts: 0,
      keepAlive: quietMs,
      on: {
        connected: () => {
          this.#connected = true;
          this.hasWorked = true;
        },
        ping: (received) => {
          if (!received) this.#pong = setTimeout(() => this.#client.terminate(), pongMs);
        },
        pong: () => clearTimeout(this.#pong),
        closed: () => {
          this.#connected = false;
          clearTimeout(this.#pong);
        },
      },
    });
  }

  /** What a subscription shows until it completes; throws when it is cut off, or any part of an answer failed. */
  async *subscribe<Result, Variables extends Record<string, unknown>>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Result> {
    signal?.throwIfAborted();
    let stop!: (reason: unknown) => void;
    const stopped = new Promise<never>((_, reject) => (stop = reject));
    stopped.catch(() => undefined);
    const abort = () => stop(signal!.reason);
    signal?.addEventListener('abort', abort);
    const late = setTimeout(() => {
      if (!this.#connected) stop(new ConnectionError('The WebSocket does not open.'));
    }, openMs);
    const answers = this.#client.iterate<Result>({ query: document.toString(), variables });
    try {
      for (;;) {
        const next = await Promise.race([answers.next(), stopped]);
        if (next.done) return;
        const { data, errors } = next.value;
        if (errors || data == null) throw new ConnectionError('A part of the answer failed.');
        yield data;
      }
    } finally {
      clearTimeout(late);
      signal?.removeEventListener('abort', abort);
      await answers.return?.();
    }
  }
}
