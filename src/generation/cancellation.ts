import { setTimeout as sleep } from 'node:timers/promises';
import { actorOf, type Requester } from '../audit/events.ts';
import type { RemovalAnswer } from '../minimax/answers.ts';
import { failureAdvice } from '../minimax/failure-kind.ts';
import { readTaskState } from '../minimax/task-status.ts';
import type { DecisionResult, Worker } from './decisions.ts';
import type { VideoGeneration } from './generation.ts';
import { acceptedAfterAll } from './problems.ts';
import type { GenerationStore } from './store.ts';
import { userError, type UserError } from './user-errors.ts';

export interface CancellationOptions {
  store: GenerationStore;
  worker: Worker;
  now: () => Date;
}

/** A task that somebody is looking at is free again after a while; so often that is waited for. */
const lookMs = 200;
const mostTries = 6;

const onlyQueued =
  'Only a QUEUED generation can be cancelled, and of the second API generation one that MiniMax has not begun: what else was sent cannot be taken back.';

/** Withdraws requests. */
export class Cancellation {
  readonly #options: CancellationOptions;

  constructor(options: CancellationOptions) {
    this.#options = options;
  }

  /**
   * Withdraws a request that MiniMax has not accepted, or, of the second API generation, has queued:
   * what becomes of that is MiniMax's to say.
   */
  async cancel(generation: VideoGeneration, requester: Requester): Promise<DecisionResult> {
    const { store, now } = this.#options;
    const { id, status, apiGeneration } = generation;
    if (status === 'PROCESSING' && apiGeneration === 2) await this.#atMinimax(id, requester);
    else if (status === 'QUEUED') {
      const cancelled = await store.decide(generation, {
        to: 'CANCELLED',
        patch: { nextAttemptAt: null, completedAt: now() },
        event: { action: 'GENERATION_CANCELLED', actor: actorOf(requester) },
      });
      if (cancelled) return { generation: cancelled, userErrors: [] };
    }
    const current = (await store.find(id)) ?? generation;
    const isDone = current.status === 'CANCELLED' && status !== 'CANCELLED';
    return { generation: current, userErrors: isDone ? [] : [notCancelled(current, generation)] };
  }

  async #atMinimax(id: string, requester: Requester): Promise<void> {
    const { worker } = this.#options;
    for (let tries = 1; !(await worker.cancel(id, requester)) && tries < mostTries; tries += 1) {
      await sleep(lookMs);
    }
  }
}

/** What is known of one that was to be cancelled and was not. */
function notCancelled(
  { status, version, apiGeneration, upstreamStatus, failureKind }: VideoGeneration,
  seen: VideoGeneration,
): UserError {
  if (status === 'QUEUED' && version === seen.version) {
    return userError('id', 'TASK_RUNNING', acceptedAfterAll);
  }
  if (status === 'FAILED' && upstreamStatus === ('deleted' satisfies RemovalAnswer['action'])) {
    const message =
      'MiniMax deleted the task instead of cancelling it, because it had just ended: its video is lost, and may be paid for.';
    return userError('id', 'TASK_NOT_REMOVED', message);
  }
  if (status !== 'PROCESSING' || apiGeneration !== 2) {
    return userError('id', 'WRONG_STATUS', `${onlyQueued} This one is ${status}.`);
  }
  if (failureKind === 'ACCOUNT_UNKNOWN') {
    const message = `It was not cancelled. ${failureAdvice[failureKind]}`;
    return userError('id', 'TASK_NOT_REMOVED', message);
  }
  if (upstreamStatus !== null && readTaskState(upstreamStatus) === 'processing') {
    const message =
      'MiniMax is making the video already and cannot be stopped: it will be paid for, and is followed as before.';
    return userError('id', 'TASK_RUNNING', message);
  }
  const message =
    'MiniMax has not said that the task is cancelled: it is followed as before. Look at its status, then try again.';
  return userError('id', 'TASK_NOT_REMOVED', message);
}
