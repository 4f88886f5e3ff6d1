import type { Client, Dispatcher, buildConnector } from 'undici';
import { describeConnectionError } from '../network/connection-error.ts';
import { outsideClient, outsideUrlFault, type OutsideOptions } from '../network/outside.ts';
import { parseUrl } from '../network/parse-url.ts';
import { NotPublicError } from '../network/resolve-host.ts';
import { TimeLimit } from '../network/time-limit.ts';
import { TooLargeError } from './storage.ts';

export interface DownloadOptions extends OutsideOptions {
  /** As messages call it. */
  what: 'video' | 'file';
  maxBytes: number;
  /** Of the network between two pieces, and of the connection. */
  idleMs: number;
  /** So many bytes must come in each second that is waited for, measured over `slowAfterMs`. */
  minBytesPerSecond: number;
  slowAfterMs: number;
  /** The connection to an origin that is reached through a proxy; undefined: directly. */
  tunnel: (origin: string) => buildConnector.connector | undefined;
}

/**
 * `dead`: the link does not work, and another one might · `broken`: it may go well the next time ·
 * `forbidden`: it leads where nothing is fetched from.
 */
export type DownloadFault = 'dead' | 'broken' | 'forbidden';

/** A file could not be fetched. The message is for callers: it names no address. */
export class DownloadError extends Error {
  readonly fault: DownloadFault;
  constructor(fault: DownloadFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DownloadError';
    this.fault = fault;
  }
}

/** Another link than `dead`, which is null at first. */
export type LinkSource = (dead: string | null) => Promise<string>;

/** What is known of a file after its first answer. */
interface Whole {
  size: number | null;
  /** A strong ETag: a later part is of the same file. */
  etag: string | null;
}

const connectTimeoutMs = 10_000;

/** In a row, each with less than this in between. */
const mostBreaks = 3;
const progressBytes = 1024 * 1024;
const mostDeadLinks = 2;

/**
 * The bytes of a file, as they come. What breaks off goes on where it stopped, by `Range`, with a
 * fresh link where the old one has ended meanwhile; so what was received is not fetched again.
 */
export async function* download(
  linkOf: LinkSource,
  options: DownloadOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let link = await linkOf(null);
  let whole: Whole | null = null;
  let received = 0;
  let breaks = 0;
  let deadLinks = 0;
  for (;;) {
    const part = new Part(link, options, signal);
    try {
      const answer = await part.ask(received, whole);
      whole ??= answer;
      if (whole.size !== null && whole.size > options.maxBytes)
        throw new TooLargeError(options.maxBytes, true);
      const before = received;
      for await (const chunk of part.chunks()) {
        received += chunk.length;
        if (received - before > progressBytes) breaks = 0;
        yield chunk;
      }
      if (whole.size === null || received === whole.size) return;
      throw new DownloadError('broken', `The ${options.what} came only in part.`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DownloadError)) throw error;
      if (error.fault === 'forbidden') throw error;
      if (error.fault === 'dead') {
        deadLinks += 1;
        if (deadLinks > mostDeadLinks) throw error;
        link = await linkOf(link);
      } else {
        breaks += 1;
        // The rest of a file of unknown size, or of what may be another file by now, is not asked for.
        if (breaks > mostBreaks || received === 0 || whole?.size == null) throw error;
      }
    } finally {
      part.end();
    }
  }
}

/** One request, and what it answers. */
class Part {
  readonly #options: DownloadOptions;
  readonly #url: URL;
  readonly #client: Client;
  readonly #idle: TimeLimit;
  readonly #signal: AbortSignal;
  #body: Dispatcher.ResponseData['body'] | undefined;

  constructor(link: string, options: DownloadOptions, signal: AbortSignal) {
    const url = parseUrl(link);
    // Never sent. A blank is none any more either: parsed, it is written as %20.
    if (url !== null) url.hash = '';
    if (url === null || outsideUrlFault(url.href, options.allowPrivate) !== null) {
      throw new DownloadError('forbidden', 'The link does not lead to an allowed address.');
    }
    this.#options = options;
    this.#url = url;
    const { origin } = this.#url;
    this.#client = outsideClient(origin, options, connectTimeoutMs, options.tunnel(origin));
    this.#idle = new TimeLimit(options.idleMs);
    this.#signal = AbortSignal.any([signal, this.#idle.signal]);
  }

  /** Asks for everything from this byte on. */
  async ask(from: number, whole: Whole | null): Promise<Whole> {
    const { pathname, search } = this.#url;
    const { what } = this.#options;
    const headers = {
      'accept-encoding': 'identity',
      'user-agent': 'Reelgraph',
      ...(from > 0 && { range: `bytes=${from}-` }),
      ...(from > 0 && whole?.etag && { 'if-range': whole.etag }),
    };
    const request = { method: 'GET', path: pathname + search, headers, signal: this.#signal };
    const {
      statusCode,
      headers: answered,
      body,
    } = await this.#tried(this.#client.request(request));
    this.#body = body;
    body.on('error', () => undefined);
    const length = Number(answered['content-length'] ?? NaN);
    const etag = /^"[^"]*"$/.exec(String(answered['etag'] ?? ''))?.[0] ?? null;
    if (statusCode === 200 && from === 0) {
      if (answered['content-encoding'] !== undefined && answered['content-encoding'] !== 'identity')
        throw new DownloadError('broken', `The ${what} came packed, as was not asked for.`);
      return { size: Number.isNaN(length) ? null : length, etag };
    }
    if (statusCode === 206 && from > 0) {
      const [, start, size] =
        /^bytes (\d+)-\d+\/(\d+)$/.exec(String(answered['content-range'])) ?? [];
      if (Number(start) === from && Number(size) === whole?.size) return whole;
      throw new DownloadError('broken', 'Another part came than the one that was asked for.');
    }
    throw faultOf(statusCode, what);
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const { idleMs, slowAfterMs, minBytesPerSecond, what } = this.#options;
    const iterator = (this.#body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    let waitedMs = 0;
    let bytes = 0;
    for (;;) {
      // Only what the network takes counts, not what the storage does.
      this.#idle.restart(idleMs);
      const askedAt = performance.now();
      const next = await this.#tried(iterator.next());
      if (next.done === true) return;
      const { value } = next;
      this.#idle.restart(2 ** 31 - 1);
      waitedMs += performance.now() - askedAt;
      bytes += value.length;
      if (waitedMs > slowAfterMs) {
        if (bytes < (minBytesPerSecond * waitedMs) / 1_000)
          throw new DownloadError('broken', `The ${what} came too slowly.`);
        waitedMs = 0;
        bytes = 0;
      }
      yield value;
    }
  }

  end(): void {
    this.#idle.end();
    this.#body?.destroy();
    void this.#client.destroy();
  }

  /** What comes of the network, or a DownloadError. */
  async #tried<T>(asked: Promise<T>): Promise<T> {
    const { what } = this.#options;
    try {
      return await asked;
    } catch (cause) {
      if (this.#idle.signal.aborted)
        throw new DownloadError('broken', `The ${what} did not come in time.`, { cause });
      if (this.#signal.aborted) throw cause;
      if (cause instanceof NotPublicError)
        throw new DownloadError('forbidden', 'The link does not lead to an allowed address.', {
          cause,
        });
      const reason = describeConnectionError(cause);
      throw new DownloadError('broken', `The ${what} could not be fetched: ${reason}.`, { cause });
    }
  }
}

function faultOf(status: number, what: DownloadOptions['what']): DownloadError {
  if (status === 403 || status === 404 || status === 410)
    return new DownloadError(
      'dead',
      `The link to the ${what} does not work any more: HTTP ${status}.`,
    );
  if (status >= 300 && status < 400)
    return new DownloadError('forbidden', 'The link leads on to elsewhere.');
  // The rest was asked for.
  if (status === 200) return new DownloadError('broken', `The ${what} came only in part.`);
  return new DownloadError('broken', `The ${what} could not be fetched: HTTP ${status}.`);
}
