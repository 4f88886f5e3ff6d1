import type {
  CreateVideoGenerationInput,
  GenerationChangeFragment,
  VideoGenerationFilter,
} from '../generated/graphql.ts';
import { ask, type HttpOptions, type TypedDocument } from './http.ts';
import { follow, generate, VideoRun, type Api } from './video-run.ts';
import { ServerClock } from './server-clock.ts';
import { watch } from './watch.ts';
import { upload, type UploadedMedia, type UploadOptions } from './upload.ts';
import { Socket } from './web-socket.ts';

export interface ReelgraphClientOptions {
  /** Of the API, e.g. `https://videos.example.com/graphql`; in a page also `/graphql`. */
  url: string | URL;
  /** An API key or token, or what gives one that is valid now; asked before each request. */
  apiKey?: string | (() => string | Promise<string>);
  /**
   * A class like the browser's `WebSocket`, which is the default where there is one; in Node 20 the
   * one of the package `ws`. `null`: none. Without one, following works by asking.
   */
  webSocketImpl?: unknown;
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
  /** How long one request may take, in milliseconds; raise it for large images on slow lines. Default: 60000. */
  timeoutMs?: number;
  /** How long to keep trying while nothing answers, in milliseconds. Default: 120000. */
  retryForMs?: number;
}

export interface GenerateVideoOptions {
  /** Ends following. It does not cancel the generation, which may be paid for by then. */
  signal?: AbortSignal;
  /** A name of your own for this request; left out: a new random one. Keep it to go on after a page was closed. */
  idempotencyKey?: string;
}

export interface FollowVideoOptions {
  /** Ends following. */
  signal?: AbortSignal;
  /** Only states newer than this `version` are shown. Left out: first the generation as it is. */
  afterVersion?: number;
}

export interface WatchGenerationsOptions {
  /** Which ones; left out: all that may be seen. */
  filter?: VideoGenerationFilter | null;
  /** Begin with what changed since then, an ISO time. Left out: with what changes from now on. */
  updatedAfter?: string;
  /** Ends watching. */
  signal?: AbortSignal;
}

export interface ReelgraphClient {
  /**
   * Has a video made, and follows it: `for await (const state of client.generateVideo(input))`, or
   * `await client.generateVideo(input).result()`.
   *
   * However often it is sent for want of an answer, and however often it is iterated, one
   * generation is made and paid for. Throws an `InvalidInputError` when nothing was stored, and a
   * `VideoGenerationError` when there will be no video.
   */
  generateVideo(
    input: Omit<CreateVideoGenerationInput, 'idempotencyKey'>,
    options?: GenerateVideoOptions,
  ): VideoRun;
  /** Follows a generation that exists. */
  followVideo(id: string, options?: FollowVideoOptions): VideoRun;
  /**
   * Each change of any generation that the filter matches, and the one that makes it match no more.
   * It goes on after interruptions without missing any, and ends only by `signal` or `break`; it
   * throws when nothing has answered for `retryForMs`, or the API refuses.
   */
  watchGenerations(
    options?: WatchGenerationsOptions,
  ): AsyncGenerator<GenerationChangeFragment, void, undefined>;
  /**
   * Sends a file that a request is to refer to: give its `reference` as `firstFrameImage` or wherever
   * files are taken. Goes on where a connection broke.
   */
  uploadMedia(file: Blob, options?: UploadOptions): Promise<UploadedMedia>;
  /** The `data` of one operation, asked once. Throws an `ApiError` when any part of it failed. */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: NoInfer<Variables>,
    options?: { signal?: AbortSignal },
  ): Promise<Result>;
  /** The API's time, as its last answer told it to the second; before the first one, this machine's. */
  now(): Date;
}

/** A client of the API at `url`. It needs no closing: its WebSocket is open only while something is followed. */
export function createReelgraphClient(options: ReelgraphClientOptions): ReelgraphClient {
  const { apiKey, timeoutMs = 60_000, retryForMs = 120_000 } = options;
  // Names that not every runtime has.
  const { location, WebSocket } = globalThis as {
    location?: { href: string };
    WebSocket?: unknown;
  };
  const url = new URL(options.url, location?.href);
  const authorization = async () => {
    const secret = typeof apiKey === 'function' ? await apiKey() : apiKey;
    return secret === undefined ? undefined : `Bearer ${secret}`;
  };
  const http: HttpOptions = {
    url,
    authorization,
    // A browser's fetch refuses to be a method of anything else.
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    timeoutMs,
    clock: new ServerClock(),
  };
  const implementation = options.webSocketImpl === undefined ? WebSocket : options.webSocketImpl;
  const socket = implementation ? new Socket({ url, authorization, implementation }) : undefined;
  const api: Api = { http, socket, retryForMs };

  return {
    generateVideo(input, { signal, idempotencyKey = newKey() } = {}) {
      return new VideoRun(() => generate(api, { ...input, idempotencyKey }, signal));
    },
    followVideo(id, { signal, afterVersion = 0 } = {}) {
      return new VideoRun(() => follow(api, id, afterVersion, signal));
    },
    watchGenerations: ({ filter, updatedAfter, signal } = {}) =>
      watch(api, filter ?? {}, updatedAfter, signal),
    uploadMedia: (file, uploadOptions = {}) => upload(http, retryForMs, file, uploadOptions),
    request: (document, variables, { signal } = {}) => ask(http, document, variables, signal),
    now: () => http.clock.now(),
  };
}

/** `crypto.randomUUID` is missing in pages that did not come by https. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
