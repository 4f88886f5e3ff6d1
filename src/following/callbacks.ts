import { setTimeout as sleep } from 'node:timers/promises';
import DataLoader from 'dataloader';
import express, { type Express } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Actor } from '../audit/events.ts';
import { isUnavailable } from '../database/unavailable.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Gate } from '../graphql/gate.ts';
import type { Logger } from '../logger.ts';
import { networkOf } from '../graphql/network-of.ts';
import { isPublicHost } from '../network/public-address.ts';
import { callbackPath as path } from '../minimax/redact.ts';
import { asId, quoteLongIntegers } from '../minimax/values.ts';
import { storable } from '../network/storable.ts';
import type { GenerationStore } from '../generation/store.ts';
import type { ToldTasks } from '../generation/told-tasks.ts';
import type { Reconciliation } from './reconcile.ts';

export interface CallbackOptions {
  store: GenerationStore;
  toldTasks: ToldTasks;
  reconciliation: Pick<Reconciliation, 'adoptTold'>;
  wakeWorker: () => void;
  gate: Gate;
  log: Logger;
}

/** The last part of an address that this service gave (generation/service.ts). */
const tokenPattern = /^[\w-]{32}$/;

/** Of one network within a minute; then what comes from there is looked up together, once a second. */
const unknownPerMinute = 60;
const lookedUpEveryMs = 1_000;

/** MiniMax is not to wait longer; what is not stored by then is all the same, unless this process ends before. */
const answerWithinMs = 2_000;

/** What cannot be stored is tried again, ever more rarely, for so long. */
const [firstDelayMs, longestDelayMs, triedForMs] = [50, 15_000, 10 * 60_000];

/** When it is told in the log, once. */
const loggedAtMs = 16 * firstDelayMs;

/** So many wait at once to be stored, of all networks and of one. */
const mostWaiting = 5_000;
const mostOfNetwork = 500;

/** Id and status at the top, or within the task as the second API generation has them (V2 §7). */
interface Message {
  challenge?: unknown;
  task_id?: unknown;
  status?: unknown;
  task?: { id?: unknown; task_id?: unknown; status?: unknown } | null;
}

/** MiniMax's messages are short; nothing larger is read. */
const bodyLimit = '16kb';

/**
 * The addresses at which MiniMax tells of progress (wire contract §7), one for
 * each task under an unguessable token.
 *
 * A message changes nothing by itself: it only makes the worker ask MiniMax, or settles what is
 * uncertain by the task that it names and MiniMax lists. What it tells of a task that no answer has told is
 * stored before it is answered: nothing else may know of that task.
 * The challenge, which comes while the submission is still in flight, is echoed
 * at once, without asking the database. Every other message is answered alike,
 * known token or not, true or not, but with 503 while it cannot be stored.
 */
export function mountCallbacks(app: Express, options: CallbackOptions): void {
  const callbacks = new Callbacks(options);
  app.post(
    `${path}/:token`,
    express.text({ limit: bodyLimit, type: () => true }),
    async (request, response) => {
      const body = parse(request.body);
      if (body === null) {
        response.status(400).json({});
        return;
      }
      if (typeof body.challenge === 'string') {
        response.json({ challenge: body.challenge });
        return;
      }
      const token = String(request.params['token']);
      const { ip, userAgent, requestId } = options.gate.senderOf(request);
      const actor = { callerId: null, callerKind: null, ip, userAgent, requestId };
      const isTaken = !tokenPattern.test(token) || (await callbacks.take(token, body, actor));
      if (!isTaken) response.status(503).set('Retry-After', '5');
      response.json({});
    },
  );
}

class Callbacks {
  readonly #options: CallbackOptions;
  readonly #unknown = new RateLimiterMemory({ points: unknownPerMinute, duration: 60 });
  /** For networks that guess. */
  readonly #rarely: DataLoader<string, VideoGeneration | null>;
  /** How many of each network. */
  readonly #waiting = new Map<string, number>();
  #allWaiting = 0;

  constructor(options: CallbackOptions) {
    this.#options = options;
    this.#rarely = new DataLoader(
      async (tokens) =>
        await Promise.all(tokens.map((each) => options.store.findByCallbackToken(each))),
      { cache: false, batchScheduleFn: (send) => setTimeout(send, lookedUpEveryMs).unref() },
    );
  }

  /** Whether it was taken in time; otherwise it is taken as soon as the database lets it. */
  async take(token: string, message: Message, actor: Actor): Promise<boolean> {
    const network = networkOf(actor.ip);
    const ofNetwork = this.#waiting.get(network) ?? 0;
    if (this.#allWaiting >= mostWaiting || ofNetwork >= mostOfNetwork) return false;
    this.#count(network, 1);
    const taking = this.#takeAtLast(token, read(message), actor).finally(() =>
      this.#count(network, -1),
    );
    return await Promise.race([taking, sleep(answerWithinMs, false, { ref: false })]);
  }

  #count(network: string, more: 1 | -1): void {
    this.#allWaiting += more;
    const waiting = (this.#waiting.get(network) ?? 0) + more;
    if (waiting > 0) this.#waiting.set(network, waiting);
    else this.#waiting.delete(network);
  }

  async #takeAtLast(token: string, message: Read, actor: Actor): Promise<boolean> {
    const { log } = this.#options;
    const { taskId } = message;
    const until = Date.now() + triedForMs;
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, longestDelayMs)) {
      try {
        await this.#take(token, message, actor);
        return true;
      } catch (error) {
        const isOver = !isUnavailable(error) || Date.now() > until;
        if (isOver) {
          log.error({ error, taskId }, 'a callback could not be stored: its task may be unknown');
          return false;
        }
        if (delayMs === loggedAtMs)
          log.warn({ error, taskId }, 'a callback cannot be stored yet; trying again');
      }
      await sleep(delayMs, undefined, { ref: false });
    }
  }

  async #take(token: string, { word, taskId }: Read, actor: Actor): Promise<void> {
    const { store, toldTasks, wakeWorker } = this.#options;
    const generation = await this.#find(token, networkOf(actor.ip));
    if (generation === null) return;
    if (taskId !== null && taskId !== generation.taskId) {
      // The answer may be lost, or whose the task is be beyond doubt only later.
      const current = await toldTasks.note(generation, { taskId, status: word, actor });
      if (current?.status === 'UNCERTAIN') void this.#adopt(current, taskId);
    }
    if (generation.status !== 'PROCESSING') return;
    const isDue = await store.noteCallback(generation, word, {
      action: 'CALLBACK_RECEIVED',
      actor,
      detail: { status: word },
    });
    if (isDue) wakeWorker();
  }

  async #find(token: string, network: string): Promise<VideoGeneration | null> {
    const told = await this.#unknown.get(network);
    const isGuessing = told !== null && told.consumedPoints >= unknownPerMinute;
    const found = isGuessing
      ? await this.#rarely.load(token)
      : await this.#options.store.findByCallbackToken(token);
    if (found === null) await this.#unknown.penalty(network);
    return found;
  }

  /** What is stored needs not be done now: every minute it is tried again (reconcile.ts). */
  async #adopt(generation: VideoGeneration, taskId: string): Promise<void> {
    try {
      await this.#options.reconciliation.adoptTold(generation, taskId);
    } catch (error) {
      const about = { generationId: generation.id, taskId, error };
      this.#options.log.warn(about, 'the task of a callback could not be adopted yet');
    }
  }
}

/** Null for what is no JSON object; an empty body is one without anything in it. */
function parse(body: unknown): Message | null {
  if (typeof body !== 'string' || body === '') return {};
  try {
    const parsed: unknown = JSON.parse(quoteLongIntegers(body));
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}

interface Read {
  word: string;
  taskId: string | null;
}

function read({ task_id: id, status, task }: Message): Read {
  const told = status ?? task?.status;
  const taskId = asId(task?.id) ?? asId(task?.task_id) ?? asId(id);
  return { word: typeof told === 'string' ? storable(told, 40) : '', taskId };
}

/**
 * Where callbacks arrive, up to the token, under the service's public address; undefined when MiniMax
 * cannot reach it, since it refuses submissions with such an address (wire contract §7).
 */
export function callbackAddress(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' && isPublicHost(hostname) ? `${publicUrl}${path}` : undefined;
}
