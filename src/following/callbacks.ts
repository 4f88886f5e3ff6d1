import express, { type Express } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Actor } from '../audit/events.ts';
import type { Gate } from '../graphql/gate.ts';
import type { Logger } from '../logger.ts';
import { networkOf } from '../graphql/network-of.ts';
import { isPublicHost } from '../network/public-address.ts';
import { callbackPath as path } from '../minimax/redact.ts';
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

/** Of one network within a minute; the next are answered alike, and not looked up. */
const unknownPerMinute = 60;

/** Id and status at the top, or within the task as the second API generation has them (V2 §7). */
interface Message {
  challenge?: unknown;
  task_id?: unknown;
  status?: unknown;
  task?: { id?: unknown; status?: unknown } | null;
}

/** MiniMax's messages are short; nothing larger is read. */
const bodyLimit = '16kb';

/**
 * The addresses at which MiniMax tells of progress (wire contract §7), one for
 * each task under an unguessable token.
 *
 * A message changes nothing by itself: it only makes the worker ask MiniMax, or settles what is
 * uncertain by the task that it names and MiniMax lists.
 * The challenge, which comes while the submission is still in flight, is echoed
 * at once, without asking the database. Every other message is answered alike,
 * known token or not, true or not; strangers who guess are not looked up for long.
 */
export function mountCallbacks(app: Express, options: CallbackOptions): void {
  const unknown = new RateLimiterMemory({ points: unknownPerMinute, duration: 60 });
  app.post(
    `${path}/:token`,
    express.json({ limit: bodyLimit, type: () => true }),
    (request, response) => {
      const body = (request.body ?? {}) as Message;
      if (typeof body.challenge === 'string') {
        response.json({ challenge: body.challenge });
        return;
      }
      response.json({});
      const token = String(request.params['token']);
      const { ip, userAgent, requestId } = options.gate.senderOf(request);
      const actor = { callerId: null, callerKind: null, ip, userAgent, requestId };
      if (!tokenPattern.test(token)) return;
      take(options, unknown, token, body, actor).catch((error: unknown) => {
        options.log.error(
          { error },
          'a callback could not be taken; the task is polled all the same',
        );
      });
    },
  );
}

async function take(
  { store, toldTasks, reconciliation, wakeWorker }: CallbackOptions,
  unknown: RateLimiterMemory,
  token: string,
  { task_id: id, status, task }: Message,
  actor: Actor,
): Promise<void> {
  const network = networkOf(actor.ip);
  const mayGuess = await unknown.consume(network).then(
    () => true,
    () => false,
  );
  if (!mayGuess) return;
  const generation = await store.findByCallbackToken(token);
  if (generation !== null) await unknown.reward(network);
  if (generation === null) return;
  const told = status ?? task?.status;
  const word = typeof told === 'string' ? storable(told, 40) : '';
  const named = task?.id ?? id;
  const taskId = typeof named === 'string' && named !== '' ? storable(named, 200) : null;
  if (taskId !== null && taskId !== generation.taskId) {
    // The answer may be lost, or whose the task is be beyond doubt only later.
    const current = await toldTasks.note(generation, { taskId, status: word, actor });
    if (current?.status === 'UNCERTAIN') await reconciliation.adoptTold(current, taskId);
  }
  if (generation.status !== 'PROCESSING') return;
  const isDue = await store.noteCallback(generation, word, {
    action: 'CALLBACK_RECEIVED',
    actor,
    detail: { status: word },
  });
  if (isDue) wakeWorker();
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
