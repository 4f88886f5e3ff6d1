import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export type Route = 'submit' | 'query' | 'retrieve' | 'list' | 'remove' | 'upload';

export interface RecordedRequest {
  route: Route | 'other';
  /** 1 for the first of its route. */
  number: number;
  method: string;
  /** Without the query string. */
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** The port that it came from: the same for what shares a connection. */
  fromPort: number;
  /** As it came, byte for byte in UTF-8; empty when the fake hung up before reading. */
  bodyText: string;
  /** Parsed, or undefined when it is not JSON. */
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  receivedAt: Date;
}

/**
 * `resetBeforeRead`: hangs up when the headers are there (only when queued, not
 * from a function) · `resetAfterRead`: when the body is too · `hang`: never
 * answers · `slowDrip`: an answer that trickles and never ends · `halfBody`: ends
 * in the middle · `html`: a gateway's 502 page · `invalidJson` · `hugeBody`: more
 * than 1 MB · `redirect`: 307 to another path of the fake.
 */
export type Fault =
  | 'resetBeforeRead'
  | 'resetAfterRead'
  | 'hang'
  | 'slowDrip'
  | 'halfBody'
  | 'html'
  | 'invalidJson'
  | 'hugeBody'
  | 'redirect';

export type Reply =
  | { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
  | { fault: Fault };

/** Undefined means: answer as usual. */
export type Handler = (request: RecordedRequest) => Reply | undefined | Promise<Reply | undefined>;

export interface FakeUpstreamOptions {
  /** How many queries of a task say `Processing` before one says `Success`. */
  processingAnswers?: number;
  /** How long a download link is signed for. */
  linkSeconds?: number;
}

const routes: readonly (readonly [Route, string, RegExp])[] = [
  ['submit', 'POST', /\/v[12]\/video_generation$|\/v2\/(video_regeneration|h3_context_ir)$/],
  ['query', 'GET', /\/v1\/query\/video_generation$/],
  ['query', 'GET', /\/v2\/query\/video_generation\/[^/]+$/],
  ['list', 'GET', /\/v2\/query\/video_generation$/],
  ['remove', 'DELETE', /\/v2\/video_generation\/[^/]+$/],
  ['retrieve', 'GET', /\/v1\/files\/retrieve$/],
  ['upload', 'POST', /\/v1\/files\/upload$/],
];

/** An answer with this status code and no task, as MiniMax gives with HTTP 200. */
export function coded(code: number, message = `message of ${code}`): Reply {
  return { json: { task_id: '', base_resp: { status_code: code, status_msg: message } } };
}

/** A query answer, to be changed by `fields`. */
export function taskReply(fields: Record<string, unknown>, code = 0, message = 'success'): Reply {
  return { json: { ...fields, base_resp: { status_code: code, status_msg: message } } };
}

/** A refusal of the second API generation. */
export function refused(status: number, message: string, type = 'server_error'): Reply {
  const error = { type, message, http_code: String(status) };
  return { status, json: { type: 'error', error, request_id: '021785229015510a2c883cf675b9804d' } };
}

/** A task of the second API generation, to be changed by `fields`. */
export function secondTaskReply(fields: Record<string, unknown> = {}): Reply {
  return { json: { task: { ...runningTask, ...fields } } };
}

const runningTask = {
  model: 'MiniMax-H3',
  status: 'running',
  created_at: 1785225940,
  updated_at: 1785226100,
  resolution: '768P',
  duration: 5,
  usage: {},
  ratio: '16:9',
  task_type: 'generation',
  modality: 'video',
};

export async function startFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const fake = new FakeUpstream(options);
  await fake.listen();
  return fake;
}

/** An address of this machine on which nothing listens. */
export async function closedPortUrl(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}

/**
 * A local HTTP server that plays MiniMax under any path prefix: it records what
 * it is sent and answers as it is told, by default like MiniMax on a good day.
 *
 * `onSubmit`, `onQuery` and `onRetrieve` take replies and functions. A reply is
 * given once, in turn; when none is left the last function given answers all. Of the second API
 * generation the same, by its own paths.
 */
export class FakeUpstream {
  readonly submits: RecordedRequest[] = [];
  readonly queries: RecordedRequest[] = [];
  readonly retrieves: RecordedRequest[] = [];
  readonly lists: RecordedRequest[] = [];
  readonly uploads: RecordedRequest[] = [];
  readonly removals: RecordedRequest[] = [];
  /** Requests to anywhere else, downloads among them. */
  readonly others: RecordedRequest[] = [];
  processingAnswers: number;
  linkSeconds: number;

  readonly #server: Server;
  /** The time by which it signs links. */
  now = (): Date => new Date();
  readonly #queues: Record<Route, Reply[]> = {
    submit: [],
    query: [],
    retrieve: [],
    list: [],
    upload: [],
    remove: [],
  };
  readonly #handlers: Partial<Record<Route, Handler>> = {};
  readonly #queriesOfTask = new Map<string, number>();
  readonly #waiting: {
    route: Route;
    count: number;
    done: (request: RecordedRequest) => void;
    fail: (error: Error) => void;
  }[] = [];
  #nextTask = 106_916_112_212_032;

  constructor({ processingAnswers = 1, linkSeconds = 6 * 3600 }: FakeUpstreamOptions = {}) {
    this.processingAnswers = processingAnswers;
    this.linkSeconds = linkSeconds;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.destroy();
        // A client that hung up is no news; a test's own function that threw is.
        if (!request.destroyed) process.emitWarning(error as Error);
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }

  /** Without a trailing slash; add any path prefix. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  onSubmit(...replies: (Reply | Handler)[]): this {
    return this.#on('submit', replies);
  }

  onQuery(...replies: (Reply | Handler)[]): this {
    return this.#on('query', replies);
  }

  onList(...replies: (Reply | Handler)[]): this {
    return this.#on('list', replies);
  }

  onRemove(...replies: (Reply | Handler)[]): this {
    return this.#on('remove', replies);
  }

  onRetrieve(...replies: (Reply | Handler)[]): this {
    return this.#on('retrieve', replies);
  }

  on(route: Route, ...replies: (Reply | Handler)[]): this {
    return this.#on(route, replies);
  }

  /** Resolves with the `count`-th request of a route as soon as it has come; rejects at `close()`. */
  received(route: Route, count = 1): Promise<RecordedRequest> {
    const found = this.#recorded(route)[count - 1];
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((done, fail) => this.#waiting.push({ route, count, done, fail }));
  }

  /** Hangs up on everyone, those left hanging among them. */
  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
    for (const { route, count, fail } of this.#waiting.splice(0)) {
      fail(new Error(`the fake was closed before ${route} request ${count} came`));
    }
  }

  #on(route: Route, replies: (Reply | Handler)[]): this {
    for (const reply of replies) {
      if (typeof reply === 'function') this.#handlers[route] = reply;
      else this.#queues[route].push(reply);
    }
    return this;
  }

  #recorded(route: Route | 'other'): RecordedRequest[] {
    const all = {
      submit: this.submits,
      query: this.queries,
      retrieve: this.retrieves,
      list: this.lists,
      upload: this.uploads,
      remove: this.removals,
      other: this.others,
    };
    return all[route];
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', this.url);
    const route =
      routes.find(([, method, path]) => method === incoming.method && path.test(pathname))?.[0] ??
      'other';
    const queued = route === 'other' ? undefined : this.#queues[route].shift();
    const hangUp = queued !== undefined && 'fault' in queued && queued.fault === 'resetBeforeRead';
    const request: RecordedRequest = {
      route,
      number: 0,
      method: incoming.method ?? '',
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: incoming.headers,
      fromPort: incoming.socket.remotePort!,
      bodyText: '',
      body: undefined,
      receivedAt: new Date(),
    };
    if (!hangUp) {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      request.bodyText = Buffer.concat(chunks).toString();
      request.body = parsed(request.bodyText);
    }
    this.#record(request);
    if (hangUp) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const handled = route === 'other' ? undefined : await this.#told(route, queued, request);
    this.#send(handled ?? this.#usual(request), request, response);
  }

  async #told(
    route: Route,
    queued: Reply | undefined,
    request: RecordedRequest,
  ): Promise<Reply | undefined> {
    return queued ?? (await this.#handlers[route]?.(request));
  }

  #record(request: RecordedRequest): void {
    const recorded = this.#recorded(request.route);
    recorded.push(request);
    request.number = recorded.length;
    const due = this.#waiting.filter(
      ({ route, count }) => route === request.route && count <= recorded.length,
    );
    for (const waiter of due) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.done(recorded[waiter.count - 1]!);
    }
  }

  #usual(request: RecordedRequest): Reply {
    const ok = { status_code: 0, status_msg: 'success' };
    switch (request.route) {
      case 'submit': {
        const task_id = String(this.#nextTask);
        this.#nextTask += 1;
        if (request.path.includes('/v2/')) return { json: { task_id } };
        return { json: { task_id, base_resp: ok } };
      }
      case 'query': {
        const isSecond = request.path.includes('/v2/');
        const task_id = isSecond
          ? decodeURIComponent(request.path.split('/').at(-1)!)
          : (request.query.task_id ?? '');
        const before = this.#queriesOfTask.get(task_id) ?? 0;
        this.#queriesOfTask.set(task_id, before + 1);
        if (isSecond) return this.#secondTask(task_id, before < this.processingAnswers);
        if (before < this.processingAnswers) {
          return { json: { task_id, status: 'Processing', base_resp: ok } };
        }
        const file_id = fileIdOf(task_id);
        const video = { file_id, video_width: 1366, video_height: 768 };
        return { json: { task_id, status: 'Success', ...video, base_resp: ok } };
      }
      case 'retrieve': {
        const now = Math.floor(this.now().getTime() / 1000);
        const file_id = Number(request.query.file_id);
        const signed = `Expires=${now + this.linkSeconds}&OSSAccessKeyId=fake&Signature=c2lnbmVk`;
        const file = {
          file_id,
          bytes: 0,
          created_at: now,
          filename: 'output_aigc.mp4',
          purpose: 'video_generation',
          download_url: `${this.url}/download/${file_id}/output_aigc.mp4?${signed}`,
        };
        return { json: { file, base_resp: ok } };
      }
      case 'remove': {
        const task_id = decodeURIComponent(request.path.split('/').at(-1)!);
        return { json: { task_id, action: 'cancelled', status: 'cancelled' } };
      }
      case 'list':
        return { json: { items: [], total: 0 } };
      case 'upload': {
        const file_id = 424_010_985_738_629 + request.number;
        const purpose = 'video_generation_input';
        const file = { file_id, bytes: 4, created_at: 1785225940, filename: 'boat.mp4', purpose };
        return { json: { file, base_resp: ok } };
      }
      case 'other':
        return request.path.includes('/download/')
          ? { headers: { 'content-type': 'video/mp4' }, text: 'not really a video' }
          : { status: 404, headers: { 'content-type': 'text/html' }, text: '<h1>404</h1>' };
    }
  }

  #secondTask(id: string, isRunning: boolean): Reply {
    if (isRunning) return secondTaskReply({ id });
    return secondTaskReply({
      ...{ id, status: 'succeeded', content: { url: `${this.url}/download/${id}/output.mp4` } },
      usage: { total_seconds: 5, input_seconds: 0, output_seconds: 5, input_image_count: 0 },
    });
  }

  #send(reply: Reply, request: RecordedRequest, response: ServerResponse): void {
    if ('fault' in reply) {
      this.#misbehave(reply.fault, request, response);
      return;
    }
    const text = reply.text ?? JSON.stringify(reply.json ?? {});
    response.writeHead(reply.status ?? 200, {
      'content-type': 'application/json; charset=utf-8',
      'Trace-Id': `trace-${request.route}-${request.number}`,
      ...reply.headers,
    });
    response.end(text);
  }

  #misbehave(fault: Fault, request: RecordedRequest, response: ServerResponse): void {
    const json = { 'content-type': 'application/json' };
    switch (fault) {
      case 'resetBeforeRead':
      case 'resetAfterRead':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'slowDrip': {
        response.writeHead(200, json);
        response.write('{"task_id":');
        const drip = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(drip));
        return;
      }
      case 'halfBody': {
        const whole = '{"task_id":"106916112212032","base_resp":{"status_code":0}}';
        response.writeHead(200, { ...json, 'content-length': whole.length });
        response.write(whole.slice(0, whole.length / 2), () => response.destroy());
        return;
      }
      case 'html':
        response.writeHead(502, { 'content-type': 'text/html' });
        response.end('<html><head><title>502 Bad Gateway</title></head></html>');
        return;
      case 'invalidJson':
        response.writeHead(200, json);
        response.end('{"task_id": nonsense');
        return;
      case 'hugeBody':
        response.writeHead(200, json);
        response.end(JSON.stringify({ task_id: '106916112212032', more: 'x'.repeat(2_000_000) }));
        return;
      case 'redirect':
        response.writeHead(307, { location: `${this.url}/elsewhere${request.path}` });
        response.end();
        return;
    }
  }
}

function fileIdOf(taskId: string): string {
  const digits = /^\d{1,15}$/.test(taskId) ? Number(taskId) : 0;
  return String(444_795_417_354_723 + (digits % 1_000_000));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
