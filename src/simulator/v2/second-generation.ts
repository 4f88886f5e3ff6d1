import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson, sendNotFound, sendStorageError, sendTooLarge, sendVideo } from '../answers.ts';
import { answersChallenge, deliver } from '../callbacks.ts';
import { origin, originalUrl, parseJson, pause, readBody, type SimulatorOptions } from '../http.ts';
import { linkFault, linkQuery } from '../media.ts';
import { checkCreate, type Create } from './check-create.ts';
import { checkEnhancement } from './check-enhancement.ts';
import { checkRegeneration, type Regeneration } from './check-regeneration.ts';
import { readWishes } from './scenarios.ts';
import { kindOf } from './task-ids.ts';
import { Tasks, type Task } from './tasks.ts';
import { sendRefusal, sendTrouble } from './troubles.ts';
import { readVideo } from './videos.ts';

const ROUTES =
  /^(.*?)\/v2\/(?:(query\/video_generation|video_generation)(?:\/([^/]+))?|(video_regeneration|h3_context_ir))$|^(.*)\/download\/(\d{19})\.mp4$/;

/** Whether a path is one that the second API generation answers. */
export function isSecondGeneration(url: string): boolean {
  const { pathname } = new URL(url, 'http://simulator');
  return /\/v2\/|\/download\/\d{19}\.mp4$/.test(pathname);
}

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;

const INVALID_TASK_ID = { status: 400, code: 2013, message: 'invalid params, invalid task_id' };

/** The second API generation: true HTTP statuses, errors in an envelope of their own (V2 §6). */
export class SecondGeneration {
  readonly #options: SimulatorOptions;
  readonly #now: () => number;
  readonly #tasks: Tasks;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#tasks = new Tasks(this.#now, options.renderMs ?? 4000);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(originalUrl(request), 'http://simulator');
    const [, prefix = '', named, taskId, other, , file] = ROUTES.exec(pathname) ?? [];
    const route = named ?? other;
    const { method } = request;
    if (file && (method === 'GET' || method === 'HEAD')) {
      return this.#download(request, response, file, searchParams);
    }
    const isQuery = route === 'query/video_generation';
    const wanted = isQuery ? 'GET' : taskId === undefined ? 'POST' : 'DELETE';
    // Behind `/v1` there is no `/v2`: a base URL that ends in it fails at MiniMax too.
    if (route === undefined || method !== wanted || /\/v[12]$/.test(prefix)) {
      return sendNotFound(response);
    }
    response.setHeader('Trace-Id', randomBytes(16).toString('hex'));
    const base = this.#options.publicUrl?.replace(/\/+$/, '') ?? `${origin(request)}${prefix}`;
    if (wanted === 'POST') {
      return await this.#create(request, response, base, route);
    }
    if (this.#refusesKey(request, response)) return;
    if (!isQuery) return this.#delete(response, taskId!);
    if (taskId === undefined) return this.#list(response, searchParams, base);
    return this.#query(response, taskId, base);
  }

  #refusesKey(request: IncomingMessage, response: ServerResponse): boolean {
    const [, key] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const { apiKey } = this.#options;
    const code = !key ? 1004 : apiKey !== undefined && key !== apiKey ? 2049 : undefined;
    if (code === undefined) return false;
    sendRefusal(response, { status: 401, code });
    return true;
  }

  async #create(
    request: IncomingMessage,
    response: ServerResponse,
    base: string,
    route: string,
  ): Promise<void> {
    const refuse = (what: string) =>
      sendRefusal(response, { status: 400, code: 2013, message: `invalid params, ${what}` });
    const text = await readBody(request);
    if (text === undefined) return sendTooLarge(response);
    if (this.#refusesKey(request, response)) return;
    const body = parseJson(text);
    const nowSeconds = Math.floor(this.#now() / 1000);
    const create = this.#check(route, body, nowSeconds);
    if (typeof create === 'string') return refuse(create);
    const wishes = readWishes(create.prompt);
    if (typeof wishes === 'string') return refuse(wishes);
    // Without a prompt it goes as the task did that it is made from.
    if (create.source) wishes.task = create.source.scenario;

    const { trouble, times = 0, delayMs = 0, appearsAfterMs } = wishes.submit ?? {};
    if (trouble && this.#tasks.isRefused(create.prompt, times)) {
      if (appearsAfterMs !== undefined) {
        this.#tasks.create(create, wishes.task, wishes.taskTimes, appearsAfterMs);
      }
      return sendTrouble(response, trouble);
    }
    await pause(delayMs, response);
    if (create.callbackUrl && !(await answersChallenge(create.callbackUrl))) {
      return refuse('fail to check callback url');
    }
    if (response.destroyed) return;
    const task = this.#tasks.create(create, wishes.task, wishes.taskTimes);
    response.once('finish', () => this.#callBack(task, create, base));
    sendJson(response, { task_id: task.id });
  }

  #check(route: string, body: unknown, nowSeconds: number): Regeneration | string {
    if (route === 'video_regeneration') return checkRegeneration(body, this.#tasks, nowSeconds);
    return route === 'h3_context_ir'
      ? checkEnhancement(body, nowSeconds)
      : checkCreate(body, nowSeconds);
  }

  #callBack(task: Task, { callbackUrl }: Create, base: string): void {
    if (!callbackUrl) return;
    const changes = this.#tasks.changes(task).map(({ word, afterMs }) => ({
      afterMs,
      body: { task: this.#tasks.describe(task, word, () => this.#linkTo(task, base)) },
    }));
    void deliver(callbackUrl, changes);
  }

  #query(response: ServerResponse, taskId: string, base: string): void {
    const task = this.#tasks.find(taskId);
    if (!task) {
      // Of the right form it was one once; anything else never was (V2 §3).
      const never = { status: 500, code: 1000, message: 'record not found' };
      return sendRefusal(response, /^\d{19}$/.test(taskId) ? INVALID_TASK_ID : never);
    }
    const { queryTrouble, queryWord } = task.scenario;
    let word = this.#tasks.wordOf(task);
    if (task.spoiledQueries > 0) {
      task.spoiledQueries -= 1;
      if (queryTrouble) return sendTrouble(response, queryTrouble);
      word = queryWord!;
    }
    sendJson(response, { task: this.#describe(task, base, word) });
  }

  #list(response: ServerResponse, query: URLSearchParams, base: string): void {
    const size = Math.min(Number(query.get('page_size')) || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
    const page = Number(query.get('page_num')) || 1;
    const ids = query.getAll('filter.task_ids');
    const wanted = { status: query.get('filter.status'), model: query.get('filter.model') };
    const kind = query.get('filter.task_type');
    const all = this.#tasks
      .list()
      .map((task) => this.#describe(task, base))
      .filter(
        ({ id, status, model, task_type }) =>
          (ids.length === 0 || ids.includes(id)) &&
          (kind === null || kind === task_type) &&
          (wanted.status === null || wanted.status === status) &&
          (wanted.model === null || wanted.model === model),
      );
    const items = all.slice((page - 1) * size, page * size);
    sendJson(response, { items, total: all.length });
  }

  /** Cancels what is queued and removes what has ended; what runs cannot be stopped (V2 §5). */
  #delete(response: ServerResponse, taskId: string): void {
    const task = this.#tasks.find(taskId);
    if (!task) return sendRefusal(response, INVALID_TASK_ID);
    const answer = (word: 'cancelled' | 'deleted') => {
      task.turned = { word, atMs: this.#now() };
      sendJson(response, { task_id: taskId, action: word, status: word });
    };
    switch (this.#tasks.wordOf(task)) {
      case 'queued':
        if (!task.scenario.losesCancel) return answer('cancelled');
        task.turned = { word: 'running', atMs: this.#now() };
        break;
      case 'running':
      case 'cancelled':
        break;
      default:
        return answer('deleted');
    }
    const message = 'invalid params, task cannot be cancelled in its present status';
    sendRefusal(response, { status: 400, code: 2013, message });
  }

  async #download(
    request: IncomingMessage,
    response: ServerResponse,
    taskId: string,
    query: URLSearchParams,
  ): Promise<void> {
    const task = this.#tasks.find(taskId);
    const isSigned = task?.scenario.linkSeconds !== undefined;
    const fault = isSigned ? linkFault(taskId, query, Math.floor(this.#now() / 1000)) : undefined;
    if (fault) return sendStorageError(request, response, 403, fault);
    const isVideo = task && kindOf(task.facts) !== 'h3_context_ir';
    if (!isVideo || task.scenario.withoutUrl || this.#tasks.wordOf(task) !== 'succeeded') {
      const missing = { code: 'NoSuchKey', message: 'The specified key does not exist.' };
      return sendStorageError(request, response, 404, missing);
    }
    sendVideo(request, response, await readVideo(task.facts), taskId);
  }

  #describe(task: Task, base: string, word = this.#tasks.wordOf(task)) {
    return this.#tasks.describe(task, word, () => this.#linkTo(task, base));
  }

  /** Unsigned, as in every recording, unless the scenario is about what expires (V2 §3). */
  #linkTo({ id, scenario: { linkSeconds } }: Task, base: string): string {
    const link = `${base}/download/${id}.mp4`;
    if (linkSeconds === undefined) return link;
    return `${link}?${linkQuery(id, Math.floor(this.#now() / 1000) + linkSeconds)}`;
  }
}
