import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson, sendNotFound, sendStorageError, sendTooLarge, sendVideo } from '../answers.ts';
import { answersChallenge, deliver } from '../callbacks.ts';
import { origin, originalUrl, parseJson, pause, readBody, type SimulatorOptions } from '../http.ts';
import { linkFault, linkQuery } from '../media.ts';
import { invalidParams, success } from '../../minimax/v1/wire.ts';
import type { BaseResp } from '../../minimax/v1/wire.ts';
import { checkSubmit } from './check-submit.ts';
import type { Submit } from './check-submit.ts';
import { describe, phaseAt, statusChanges, yieldsFile } from './progress.ts';
import { readWishes } from './scenarios.ts';
import { baseResp } from './status-codes.ts';
import { Tasks } from './tasks.ts';
import type { Task } from './tasks.ts';
import { sendTrouble } from './troubles.ts';
import { takeUpload } from '../uploads.ts';
import { readVideo } from './videos.ts';

const ROUTES =
  /^(.*?)(\/v1\/(?:video_generation|query\/video_generation|files\/retrieve|files\/retrieve_content|files\/upload)|\/account\/query_balance|\/download\/(\d{15})\.mp4)$/;

/** The first API generation: HTTP 200 for everything, with `base_resp` (wire contract §2 and §4). */
export class FirstGeneration {
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
    const { pathname, searchParams } = new URL(originalUrl(request), 'http://simulator');
    const [, prefix = '', route = '', file] = ROUTES.exec(pathname) ?? [];
    // Behind `/v1` there is no second one: a base URL that ends in it fails at MiniMax too.
    if (!route || /\/v[12]$/.test(prefix)) return sendNotFound(response);

    if (file) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return sendNotFound(response);
      return this.#download(request, response, file, searchParams);
    }
    const isPost = route === '/v1/video_generation' || route === '/v1/files/upload';
    if (request.method !== (isPost ? 'POST' : 'GET')) {
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
      case '/v1/files/upload':
        // What is left of a body that is not read goes by.
        if (!refusal) return await takeUpload(request, response, Math.floor(this.#now() / 1000));
        request.resume();
        return sendJson(response, { base_resp: refusal });
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
