import { Agent, Client, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { TimeLimit } from '../network/time-limit.ts';

const maxBodyBytes = 1024 * 1024;
const maxConnections = 128;
const connectTimeoutMs = 10_000;

export interface RawAnswer {
  httpStatus: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
  latencyMs: number;
}

export type TransportFault = 'timeout' | 'too-large' | 'broken' | 'closed';

/** An exchange that gave no whole answer. */
export class TransportError extends Error {
  readonly fault: TransportFault;
  /** True only when no connection came about, so that not one byte of the request was sent. */
  readonly nothingSent: boolean;
  readonly latencyMs: number;
  /** Of an answer that began and did not end. */
  readonly httpStatus: number | null;
  readonly headers: RawAnswer['headers'];
  readonly text: string;

  constructor(
    facts: Pick<
      TransportError,
      'fault' | 'nothingSent' | 'latencyMs' | 'httpStatus' | 'headers' | 'text'
    >,
    cause: unknown,
  ) {
    super(`exchange failed: ${facts.fault}`, { cause });
    // The cause is logged. An error of undici's parser carries what it could not parse, maybe a signed
    // link, and one of TLS the whole certificate.
    if (typeof cause === 'object' && cause !== null) {
      if ('data' in cause) cause.data = undefined;
      if ('cert' in cause) cause.cert = undefined;
    }
    this.fault = facts.fault;
    this.nothingSent = facts.nothingSent;
    this.latencyMs = facts.latencyMs;
    this.httpStatus = facts.httpStatus;
    this.headers = facts.headers;
    this.text = facts.text;
  }
}

class TooLarge extends Error {}

/**
 * One HTTP attempt at a time to one origin, with one time limit for the whole
 * exchange and a limit of 1 MB for the answer. Redirects are not followed.
 *
 * A POST gets a connection of its own, never a kept-alive one: if that one
 * cannot be made nothing was sent, and there is no idle connection that the
 * other side may close just as the request goes out. GETs share connections.
 */
export class Transport {
  readonly #origin: string;
  readonly #timeoutMs: number;
  readonly #connect: buildConnector.connector;
  readonly #agent: Agent;
  readonly #connectErrors = new WeakSet<Error>();
  readonly #posts = new Set<Promise<unknown>>();
  #closing: Promise<unknown> | undefined;

  constructor(origin: string, timeoutMs: number) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
    this.#connect = buildConnector({ timeout: Math.min(timeoutMs, connectTimeoutMs) });
    this.#agent = new Agent({
      connections: maxConnections,
      // The limit is on the exchange as a whole; undici's are for each phase.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) =>
        this.#connect(options, (...result) => {
          if (result[0] !== null) this.#connectErrors.add(result[0]);
          done(...result);
        }),
    });
  }

  get(path: string, headers: Record<string, string>): Promise<RawAnswer> {
    return this.#exchange(
      (signal) =>
        this.#agent.request({ origin: this.#origin, path, method: 'GET', headers, signal }),
      (error) => this.#connectErrors.has(error as Error),
    );
  }

  /** `mayLeave` is asked when the connection is there, before anything is sent over it. */
  post(
    path: string,
    headers: Record<string, string>,
    body: string,
    mayLeave: () => boolean,
  ): Promise<RawAnswer> {
    let connected = false;
    const client = new Client(this.#origin, {
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) =>
        this.#connect(options, (...result) => {
          const [error, socket] = result;
          if (error === null && !mayLeave()) {
            socket.destroy();
            return done(new Error('the time in which it might leave has passed'), null);
          }
          connected ||= error === null;
          done(...result);
        }),
    });
    const answer = this.#exchange(
      (signal) => client.request({ path, method: 'POST', headers, body, signal, reset: true }),
      () => !connected,
    ).finally(() => client.destroy());
    this.#posts.add(answer);
    const forget = () => this.#posts.delete(answer);
    answer.then(forget, forget);
    return answer;
  }

  /** Resolves when the exchanges under way have ended; later ones are refused. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all([Promise.allSettled(this.#posts), this.#agent.close()]);
    await this.#closing;
  }

  async #exchange(
    send: (signal: AbortSignal) => Promise<Dispatcher.ResponseData>,
    wasNotSent: (error: unknown) => boolean,
  ): Promise<RawAnswer> {
    const startedAt = performance.now();
    const latencyMs = () => Math.round(performance.now() - startedAt);
    const none = { httpStatus: null, headers: {}, text: '' };
    if (this.#closing !== undefined) {
      const facts = { fault: 'closed', nothingSent: true, latencyMs: 0, ...none } as const;
      throw new TransportError(facts, undefined);
    }
    const limit = new TimeLimit(this.#timeoutMs);
    let response: Dispatcher.ResponseData | undefined;
    const chunks: Buffer[] = [];
    try {
      response = await send(limit.signal);
      await readInto(chunks, response.body);
      const { statusCode: httpStatus, headers } = response;
      return { httpStatus, headers, text: decode(chunks), latencyMs: latencyMs() };
    } catch (error) {
      const begun =
        response === undefined
          ? none
          : { httpStatus: response.statusCode, headers: response.headers, text: decode(chunks) };
      const fault =
        error instanceof TooLarge ? 'too-large' : limit.signal.aborted ? 'timeout' : 'broken';
      const nothingSent = response === undefined && wasNotSent(error);
      throw new TransportError({ fault, nothingSent, latencyMs: latencyMs(), ...begun }, error);
    } finally {
      limit.end();
    }
  }
}

async function readInto(chunks: Buffer[], body: Dispatcher.ResponseData['body']): Promise<void> {
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new TooLarge(`the answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
}

function decode(chunks: readonly Buffer[]): string {
  // A byte order mark at the start is dropped.
  return new TextDecoder().decode(Buffer.concat(chunks));
}
