import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import {
  sendJson,
  sendNotFound,
  sendStorageError,
  sendTooLarge,
  sendTrouble,
  sendVideo,
} from './answers.ts';
import { answersChallenge, deliver } from './callbacks.ts';
import { checkSubmit } from './check-submit.ts';
import type { Submit } from './check-submit.ts';
import { linkFault, linkQuery, readVideo } from './media.ts';
import { describe, phaseAt, statusChanges, yieldsFile } from './progress.ts';
import { readWishes } from './scenarios.ts';
import { invalidParams, success } from '../minimax/v1/wire.ts';
import type { BaseResp } from '../minimax/v1/wire.ts';
import { baseResp } from './status-codes.ts';
import { Tasks } from './tasks.ts';
import type { Task } from './tasks.ts';

export interface SimulatorOptions {
  /** Base of download links, e.g. `http://localhost:4000/simulator`; unset: taken from the request's Host header plus the mount path. */
  publicUrl?: string;
  /** Time from submit to `Success`, ms (default 4000): Preparing, Queueing, Processing on the way, each with a share. */
  renderMs?: number;
  /** Artificial latency per answer, ms (default 150). */
  latencyMs?: number;
  /** Lifetime of a download link, seconds (default 3600). */
  linkSeconds?: number;
  /** When set, any other bearer key is refused with 2049. A request without a key is refused with 1004 in any case. */
  apiKey?: string;
  /** Unix time in ms; callbacks alone follow the real clock. */
  now?: () => number;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

const ROUTES =
  /^(.*?)(\/v1\/(?:video_generation|query\/video_generation|files\/retrieve|files\/retrieve_content)|\/account\/query_balance|\/download\/(\d{15})\.mp4)$/;

/**
 * A MiniMax of the first API generation that answers over HTTP, for `http.createServer(…)` or
 * `app.use('/simulator', …)` in front of any body parser.
 *
 * It takes any path prefix before `/v1/`, as resellers do (wire contract §2). Tasks live in their
 * ids, so every simulator knows those of every other one. Tags in a prompt make it misbehave:
 * docs/simulator.md.
 */
export function createSimulator(options: SimulatorOptions = {}): RequestListener {
  const simulator = new Simulator(options);
  return (request, response) => {
    simulator.handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(`The simulator failed: ${String(error)}`);
    });
  };
}

class Simulator {
  readonly #options: SimulatorOptions;
  readonly #renderMs: number;
  readonly #now: () => number;
  readonly #tasks: Tasks;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#renderMs = options.renderMs ?? 4000;
    this.#now = options.now ?? Date.now;
    this.#tasks = new Tasks(this.#now);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await pause(this.#options.latencyMs ?? 150, response);
    const { pathname, searchParams } = new URL(originalUrl(request), 'http://simulator');
    const [, prefix = '', route = '', file] = ROUTES.exec(pathname) ?? [];
    // Behind `/v1` there is no second one: a base URL that ends in it fails at MiniMax too.
    if (!route || /\/v[12]$/.test(prefix)) return sendNotFound(response);

    if (file) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return sendNotFound(response);
      return this.#download(request, response, file, searchParams);
    }
    if (request.method !== (route === '/v1/video_generation' ? 'POST' : 'GET')) {
      return sendNotFound(response);
    }

    response.setHeader('Trace-Id', randomBytes(16).toString('hex'));
    const refusal = this.#refusalOfKey(request.headers.authorization);
    switch (route) {
      case '/v1/video_generation':
        return this.#submit(request, response, refusal);
      case '/v1/query/video_generation': {
        const taskId = searchParams.get('task_id') ?? '';
        if (refusal) return sendJson(response, { task_id: taskId, status: '', base_resp: refusal });
        return this.#query(response, taskId);
      }
      case '/v1/files/retrieve':
        if (refusal) return sendJson(response, { base_resp: refusal });
        return this.#retrieve(request, response, prefix, searchParams.get('file_id') ?? '');
      case '/v1/files/retrieve_content':
        if (refusal) return sendJson(response, { base_resp: refusal });
        return this.#retrieveContent(request, response, searchParams.get('file_id') ?? '');
      default:
        if (refusal) return sendJson(response, { base_resp: refusal });
        return sendJson(response, {
          available_amount: '100.00',
          cash_balance: '100.00',
          voucher_balance: '0.00',
          credit_balance: '0.00',
          owed_amount: '0.00',
          base_resp: success,
        });
    }
  }

  /** V1 refuses a key with HTTP 200 (wire contract §2). */
  #refusalOfKey(authorization: string | undefined): BaseResp | undefined {
    const [, key] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (!key) return baseResp(1004);
    return this.#options.apiKey !== undefined && key !== this.#options.apiKey
      ? baseResp(2049)
      : undefined;
  }

  async #submit(
    request: IncomingMessage,
    response: ServerResponse,
    keyRefusal: BaseResp | undefined,
  ): Promise<void> {
    const refuse = (reason: BaseResp) => sendJson(response, { task_id: '', base_resp: reason });
    const text = await readBody(request);
    if (text === undefined) return sendTooLarge(response);
    if (keyRefusal) return refuse(keyRefusal);
    const submit = checkSubmit(parseJson(text));
    if (typeof submit === 'string') return refuse(invalidParams(submit));
    const wishes = readWishes(submit.prompt);
    if (typeof wishes === 'string') return refuse(invalidParams(wishes));

    const { trouble, times = 0, delayMs = 0, idField } = wishes.submit ?? {};
    if (trouble && this.#tasks.isRefused(submit.prompt, times)) {
      return sendTrouble(response, trouble, { task_id: '' });
    }
    await pause(delayMs, response);
    if (submit.callbackUrl && !(await answersChallenge(submit.callbackUrl))) {
      return refuse(invalidParams('fail to check callback url'));
    }
    if (response.destroyed) return;
    const task = this.#tasks.create(submit.output, wishes.task, wishes.taskTimes);
    const id = idField ? { id: Number(task.id) } : { task_id: task.id };
    response.once('finish', () => this.#callBack(task, submit));
    sendJson(response, { ...id, base_resp: success });
  }

  #callBack(task: Task, { callbackUrl }: Submit): void {
    if (callbackUrl) void deliver(callbackUrl, statusChanges(task, this.#renderMs));
  }

  #query(response: ServerResponse, taskId: string): void {
    const task = this.#tasks.find(taskId);
    if (!task) {
      const unknown = invalidParams(taskId ? 'task_id not found' : 'task_id is required');
      return sendJson(response, { task_id: taskId, status: '', base_resp: unknown });
    }
    const { queryTrouble, queryWord } = task.scenario;
    if (task.spoiledQueries > 0) {
      task.spoiledQueries -= 1;
      if (queryTrouble) return sendTrouble(response, queryTrouble, { task_id: taskId, status: '' });
      return sendJson(response, { task_id: taskId, status: queryWord, base_resp: success });
    }
    sendJson(response, describe(task, phaseAt(task, this.#now(), this.#renderMs)));
  }

  #retrieve(
    request: IncomingMessage,
    response: ServerResponse,
    prefix: string,
    fileId: string,
  ): void {
    const task = this.#findFile(fileId);
    if (!task) return sendJson(response, { base_resp: unknownFile(fileId) });
    const { retrieveTrouble, linkSeconds = this.#options.linkSeconds ?? 3600 } = task.scenario;
    const file = {
      file_id: Number(fileId),
      bytes: 0,
      created_at: Math.floor(task.startedAtMs / 1000),
      filename: 'output_aigc.mp4',
      purpose: 'video_generation',
    };
    if (retrieveTrouble && task.spoiledRetrievals > 0) {
      task.spoiledRetrievals -= 1;
      return sendTrouble(
        response,
        retrieveTrouble,
        retrieveTrouble.kind === 'no-url' ? { file } : {},
      );
    }
    const base = this.#options.publicUrl?.replace(/\/+$/, '') ?? `${origin(request)}${prefix}`;
    const expires = Math.floor(this.#now() / 1000) + linkSeconds;
    const download_url = `${base}/download/${fileId}.mp4?${linkQuery(fileId, expires)}`;
    sendJson(response, { file: { ...file, download_url }, base_resp: success });
  }

  async #retrieveContent(
    request: IncomingMessage,
    response: ServerResponse,
    fileId: string,
  ): Promise<void> {
    const task = this.#findFile(fileId);
    if (!task) return sendJson(response, { base_resp: unknownFile(fileId) });
    sendVideo(request, response, await readVideo(task.output), fileId);
  }

  async #download(
    request: IncomingMessage,
    response: ServerResponse,
    fileId: string,
    query: URLSearchParams,
  ): Promise<void> {
    const fault = linkFault(fileId, query, Math.floor(this.#now() / 1000));
    if (fault) return sendStorageError(request, response, 403, fault);
    const task = this.#findFile(fileId);
    if (!task) {
      const missing = { code: 'NoSuchKey', message: 'The specified key does not exist.' };
      return sendStorageError(request, response, 404, missing);
    }
    sendVideo(request, response, await readVideo(task.output), fileId);
  }

  #findFile(fileId: string): Task | undefined {
    const task = this.#tasks.findByFile(fileId);
    return task && yieldsFile(task) ? task : undefined;
  }
}

function unknownFile(fileId: string): BaseResp {
  return invalidParams(fileId ? 'file_id not found' : 'file_id is required');
}

/** The path as it was sent: Express takes the mount path off `url` and keeps the whole in `originalUrl`. */
function originalUrl(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '/';
}

function origin(request: IncomingMessage): string {
  const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}

/** Waits, or less when the client leaves. */
async function pause(ms: number, response: ServerResponse): Promise<void> {
  if (ms <= 0 || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    response.once('close', done);
    function done() {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    }
  });
}

/** The whole body, or `undefined` when it is larger than MiniMax's gateway takes. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
