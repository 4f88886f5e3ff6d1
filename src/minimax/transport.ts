import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, Client, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import type { Leave } from './answers.ts';
import { bodyOf, hearBeside } from './beside.ts';
import { asText, decoded, decodedStart, TooLarge } from './decoding.ts';
import { proxyFor, type Proxies } from '../network/proxies.ts';
import { TimeLimit } from '../network/time-limit.ts';
import { keepStart, leaveOpen, maxAnswerBytes, nothingYet, receive } from './receive.ts';
import type { Received } from './receive.ts';
import { flushed, inPieces, readBeforeFailing, type Progress, type SentBody } from './sending.ts';
import { skipEachInterim, skipInterim } from './skip-interim.ts';
import { buildTunnel } from './tunnel.ts';

const maxHeadBytes = 64 * 1024;
const maxConnections = 128;
const connectTimeoutMs = 10_000;

/**
 * When a connection of its own is closed after its answer: what answers came at the same moment are
 * read and stored first, which closing a hundred would delay.
 */
const closeAfterMs = 100;

export interface RawAnswer {
  httpStatus: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
  latencyMs: number;
  /** Whether it came before the request had been sent as a whole, so that nothing was accepted. */
  early: boolean;
  /** Whether it was still coming when the connection ended. */
  brokenOff: boolean;
  /** The words of the request: an id in those of the answer that stands there too is quoted. */
  sent?: string;
}

/** An answer over a connection of its own, where nothing else is to come. */
export interface LoneAnswer extends RawAnswer {
  /** Its head, and what comes behind it all the same, within a moment. */
  beside(): Promise<string[]>;
}

export type TransportFault = 'timeout' | 'too-large' | 'broken' | 'closed';

/** What is known of an exchange over a connection of its own while it goes on. */
interface Alone {
  progress: Progress;
  /** What came first over the connection. */
  heard: Buffer[];
  received: Received;
}

/** An exchange that gave no whole answer. */
export class TransportError extends Error {
  readonly fault: TransportFault;
  /** True only when no connection came about, so that not one byte of the request was sent. */
  readonly nothingSent: boolean;
  /** Whether a part of the request was never handed to the system, so that nobody can have it whole. */
  readonly sentInPart: boolean;
  readonly latencyMs: number;
  /** Of an answer that began and did not end, or, but for its text, could not be read. */
  readonly httpStatus: number | null;
  readonly headers: RawAnswer['headers'];
  readonly text: string;

  constructor(
    facts: Pick<
      TransportError,
      'fault' | 'nothingSent' | 'sentInPart' | 'latencyMs' | 'httpStatus' | 'headers' | 'text'
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
    this.sentInPart = facts.sentInPart;
    this.latencyMs = facts.latencyMs;
    this.httpStatus = facts.httpStatus;
    this.headers = facts.headers;
    this.text = facts.text;
  }
}

/**
 * One HTTP attempt at a time to one origin, with a time limit and a limit of
 * 1 MB for the answer. Redirects are not followed. The time in which a body is
 * sent does not count, as long as it goes forward.
 *
 * A POST or DELETE gets a connection of its own, never a kept-alive one: if that one
 * cannot be made nothing was sent, and there is no idle connection that the
 * other side may close just as the request goes out. GETs share connections.
 *
 * Through a proxy a connection is there when the tunnel to the origin is.
 */
export class Transport {
  readonly #origin: string;
  readonly #timeoutMs: number;
  readonly #connect: buildConnector.connector;
  readonly #agent: Agent;
  readonly #connectErrors = new WeakSet<Error>();
  readonly #alones = new Set<Promise<unknown>>();
  #closing: Promise<unknown> | undefined;

  constructor(origin: string, timeoutMs: number, proxies: Proxies) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
    const timeout = Math.min(timeoutMs, connectTimeoutMs);
    const proxy = proxyFor(origin, proxies);
    this.#connect = proxy ? buildTunnel(proxy, timeout) : buildConnector({ timeout });
    this.#agent = new Agent({
      connections: maxConnections,
      maxHeaderSize: maxHeadBytes,
      // The limit is on the exchange as a whole; undici's are for each phase.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) =>
        this.#connect(options, (...result) => {
          const [error, socket] = result;
          if (error === null) skipEachInterim(socket);
          else this.#connectErrors.add(error);
          done(...result);
        }),
    });
  }

  get(path: string, headers: Record<string, string>): Promise<RawAnswer> {
    return this.#exchange(
      this.#agent,
      () => ({ path, method: 'GET', headers }),
      (error) => this.#connectErrors.has(error as Error),
    );
  }

  post(
    path: string,
    headers: Record<string, string>,
    body: SentBody,
    { mayLeave, mayGoOn }: Leave,
  ): Promise<LoneAnswer> {
    const progress: Progress = { isWhole: false };
    const sized = { ...headers, 'content-length': String(body.length) };
    const ms = this.#timeoutMs;
    return this.#alone(mayLeave, progress, (limit, socket) => {
      const steps = { mayGoOn, flushed: () => flushed(socket()) };
      // Its types do not know it, but undici takes what can be iterated, a piece at a time.
      const pieces = inPieces(body, progress, limit, ms, steps) as unknown as Readable;
      return { path, method: 'POST', headers: sized, body: pieces };
    });
  }

  /** `mayLeave` is asked as of a POST. */
  delete(
    path: string,
    headers: Record<string, string>,
    mayLeave: Leave['mayLeave'],
  ): Promise<RawAnswer> {
    return this.#alone(mayLeave, { isWhole: true }, () => ({ path, method: 'DELETE', headers }));
  }

  /** Over a connection of its own, which nothing else uses. */
  #alone(
    mayLeave: Leave['mayLeave'],
    progress: Progress,
    requestOf: (limit: TimeLimit, socket: () => Socket) => Dispatcher.DispatchOptions,
  ): Promise<LoneAnswer> {
    let socket: Socket | undefined;
    let close = () => {};
    const heard: Buffer[] = [];
    const received = nothingYet();
    const client = new Client(this.#origin, {
      maxHeaderSize: maxHeadBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) =>
        this.#connect(options, (...result) => {
          const [error, opened] = result;
          if (error === null && !mayLeave()) {
            opened.destroy();
            return done(new Error('the time in which it might leave has passed'), null);
          }
          if (error === null) {
            socket = opened;
            readBeforeFailing(opened);
            keepStart(opened, heard);
            skipInterim(opened);
            // An answer that comes before the request was sent as a whole ends the sending.
            close = leaveOpen(opened, () => received.isWhole && progress.isWhole);
          }
          done(...result);
        }),
    });
    const wasNotSent = () => socket === undefined;
    const known = { progress, heard, received };
    const exchange = this.#exchange(
      client,
      (limit) => requestOf(limit, () => socket!),
      wasNotSent,
      known,
    );
    const end = () => {
      close();
      void client.destroy();
    };
    const answer = exchange.then((raw) => {
      // What has arrived by then is read, though the timer was late.
      setTimeout(() => setImmediate(end), closeAfterMs).unref();
      return { ...raw, beside: () => hearBeside(socket!, heard, received) };
    });
    this.#alones.add(answer);
    answer.then(
      () => this.#alones.delete(answer),
      () => {
        this.#alones.delete(answer);
        end();
      },
    );
    return answer;
  }

  /** Resolves when the exchanges under way have ended; later ones are refused. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all([Promise.allSettled(this.#alones), this.#agent.close()]);
    await this.#closing;
  }

  async #exchange(
    dispatcher: Dispatcher,
    requestOf: (limit: TimeLimit) => Dispatcher.DispatchOptions,
    wasNotSent: (error: unknown) => boolean,
    { progress, heard, received }: Alone = {
      progress: { isWhole: true },
      heard: [],
      received: nothingYet(),
    },
  ): Promise<RawAnswer> {
    const startedAt = performance.now();
    const latencyMs = () => Math.round(performance.now() - startedAt);
    if (this.#closing !== undefined) {
      const nothing = { httpStatus: null, headers: {}, text: '', latencyMs: 0 };
      const facts = { fault: 'closed', nothingSent: true, sentInPart: false } as const;
      throw new TransportError({ ...facts, ...nothing }, undefined);
    }
    const limit = new TimeLimit(this.#timeoutMs);
    try {
      const request = { origin: this.#origin, ...requestOf(limit) };
      const httpStatus = await receive(dispatcher, request, limit.signal, received, maxAnswerBytes);
      const answer = { headers: received.headers, text: textOf(received), latencyMs: latencyMs() };
      return { httpStatus, ...answer, early: !progress.isWhole, brokenOff: false };
    } catch (error) {
      const early = !progress.isWhole;
      const { httpStatus, headers } = received;
      // Of an answer whose head cannot be read, what stands behind it.
      if (httpStatus === null) received.chunks.push(bodyOf(Buffer.concat(heard)));
      const answer = { headers, text: textOf(received, decodedStart), latencyMs: latencyMs() };
      // Whoever refuses a body that is still being sent may hang up before the answer has ended.
      if (httpStatus !== null && early) return { httpStatus, ...answer, early, brokenOff: true };
      const fault =
        error instanceof TooLarge ? 'too-large' : limit.signal.aborted ? 'timeout' : 'broken';
      const nothingSent = httpStatus === null && wasNotSent(error);
      const facts = { fault, nothingSent, sentInPart: early && !nothingSent } as const;
      throw new TransportError({ ...facts, httpStatus, ...answer }, error);
    } finally {
      limit.end();
    }
  }
}

function textOf({ chunks, headers }: Received, decode = decoded): string {
  const bytes = decode(Buffer.concat(chunks), headers['content-encoding'], maxAnswerBytes);
  return asText(bytes, String(headers['content-type'] ?? ''));
}
