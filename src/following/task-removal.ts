import { actorOf, type Actor, type NewEvent, type Requester } from '../audit/events.ts';
import type { LeasedGeneration, Move, VideoGeneration } from '../generation/generation.ts';
import { answered, eventOf, type Outcomes } from '../generation/outcomes.ts';
import { answerWithoutPrompt } from '../generation/prompt-echo.ts';
import type { GenerationStore } from '../generation/store.ts';
import { userError, type UserError } from '../generation/user-errors.ts';
import type { Logger } from '../logger.ts';
import type { RemovalAnswer } from '../minimax/answers.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { Exchange } from '../minimax/exchange.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import { elapsedMs, readClocks } from '../network/clocks.ts';
import type { Accounts } from '../upstream/accounts.ts';

export interface TaskRemovalOptions {
  store: GenerationStore;
  outcomes: Outcomes;
  accounts: Accounts;
  log: Logger;
  now: () => Date;
  /** Looks at a leased, running task, and stores what it sees. */
  follow: (generation: LeasedGeneration) => Promise<void>;
}

const onlyEnded =
  'Only the task of a generation of the second API generation that SUCCEEDED or FAILED can be deleted.';

/**
 * So long after MiniMax was asked how a task stands, and said that it is queued, may it be told to
 * cancel it. No task is finished so soon: the quickest that was seen took 40 s (V2 §3).
 */
const cancelWithinMs = 5_000;

/**
 * Has tasks of the second API generation cancelled at MiniMax, or deleted there (V2 §5).
 *
 * Both are the same request, and which of them it is MiniMax decides: of a task that has ended the
 * video would be lost. So nothing is sent unless the task was queued directly before, over a
 * connection that is there, and what was not answered is not sent again.
 */
export class TaskRemoval {
  readonly #options: TaskRemovalOptions;

  constructor(options: TaskRemovalOptions) {
    this.#options = options;
  }

  /**
   * Cancels a leased task if MiniMax has it queued, and gives the lease back; whatever else is true
   * of it is seen by a look.
   */
  async cancel(generation: LeasedGeneration, requester: Requester): Promise<void> {
    const { store, follow, outcomes, now } = this.#options;
    const actor = actorOf(requester);
    const taskId = generation.taskId!;
    const asked = readClocks();
    if (!(await this.#isQueued(generation))) return await follow(generation);
    const sent = { action: 'TASK_REMOVAL_SENT', actor, detail: { taskId } } as const;
    // Another server looks at it by now.
    if (!(await store.tellLeased(generation, sent))) return;
    const answer = await this.#remove(generation, () => elapsedMs(asked) < cancelWithinMs);
    if (answer instanceof MinimaxError) {
      await store.tellLeased(generation, failed(answer, taskId, actor));
      return await follow(generation);
    }
    if (answer.action === 'deleted') return await this.#lost(generation, answer, actor);
    await outcomes.settle(generation, cancelledMove(generation, answer, now(), actor));
  }

  /**
   * Deletes the task of a generation that has ended at MiniMax, for good: its record there, and
   * perhaps its video. `taskId` is what the person who wants it says that it is. Nothing is sent for one
   * that was deleted before.
   */
  async delete(
    generation: VideoGeneration,
    taskId: string,
    requester: Requester,
  ): Promise<UserError | null> {
    const { store } = this.#options;
    const { status, apiGeneration } = generation;
    const hasEnded = status === 'SUCCEEDED' || status === 'FAILED';
    if (!hasEnded || apiGeneration !== 2) {
      return userError('id', 'WRONG_STATUS', `${onlyEnded} This one is ${status}.`);
    }
    if (generation.taskId !== taskId) {
      return userError('taskId', 'TASK_ID_INVALID', 'This is not the task of this generation.');
    }
    if (await store.trail.wasTaskDeleted(generation.id, taskId)) return null;
    const actor = actorOf(requester);
    await store.record(generation, { action: 'TASK_REMOVAL_SENT', actor, detail: { taskId } });
    const answer = await this.#remove(generation, () => true);
    if (answer instanceof MinimaxError) {
      await store.record(generation, failed(answer, taskId, actor));
      // Somebody else had it deleted in the same moment: MiniMax knows it no longer.
      if (await store.trail.wasTaskDeleted(generation.id, taskId)) return null;
      return userError('taskId', 'TASK_NOT_REMOVED', answer.message);
    }
    const { action } = answer;
    await store.record(generation, {
      ...eventOf('TASK_DELETED', answer, { taskId, action }),
      actor,
    });
    return null;
  }

  async #isQueued({ accountId, taskId }: VideoGeneration): Promise<boolean> {
    try {
      const task = await this.#options.accounts.of(accountId)?.second.queryTask(taskId!);
      return task?.state === 'queueing';
    } catch (error) {
      if (error instanceof MinimaxError) return false;
      throw error;
    }
  }

  async #remove(
    { id, accountId, taskId, prompt }: VideoGeneration,
    mayLeave: () => boolean,
  ): Promise<RemovalAnswer | MinimaxError> {
    const { accounts, log } = this.#options;
    const account = accounts.of(accountId);
    if (account === undefined) {
      return new MinimaxError(`The key of account ${accountId} is not configured.`, {
        ...{ kind: 'unreachable', failureKind: 'ACCOUNT_UNKNOWN', latencyMs: 0 },
      });
    }
    try {
      return await account.second.removeTask(taskId!, mayLeave);
    } catch (error) {
      if (!(error instanceof MinimaxError)) throw error;
      // Its cause names hosts and ports, which are for the log alone.
      const told = answerWithoutPrompt(error, prompt);
      log.warn({ generationId: id, taskId, error: told }, 'MiniMax did not remove a task');
      return error;
    }
  }

  /** It had ended in between after all, in spite of the time: what was paid must not look unpaid. */
  async #lost(generation: LeasedGeneration, answer: RemovalAnswer, actor: Actor) {
    const { outcomes, log, now } = this.#options;
    const { id, taskId } = generation;
    log.error(
      { generationId: id, taskId },
      'MiniMax deleted a task that was to be cancelled: it had ended, and may be paid',
    );
    const failureKind = 'RESULT_MISSING' satisfies FailureKind;
    await outcomes.settle(generation, {
      to: 'FAILED',
      patch: {
        ...answered(answer),
        statusMessage: 'MiniMax deleted the task instead of cancelling it: it had ended already.',
        ...{ upstreamStatus: answer.action, failureKind },
        ...{ nextAttemptAt: null, completedAt: now() },
      },
      event: { ...eventOf('GENERATION_FAILED', answer, { taskId, failureKind }), actor },
    });
  }
}

/** Withdrawn while MiniMax had it queued, by this service or in its console: not charged (V2 §5). */
export function cancelledMove(
  { taskId }: VideoGeneration,
  answer: Exchange,
  now: Date,
  actor: Actor | null = null,
): Move {
  return {
    to: 'CANCELLED',
    patch: {
      ...answered(answer),
      ...{ upstreamStatus: 'cancelled', failureKind: null, queryErrors: 0 },
      ...{ nextAttemptAt: null, completedAt: now },
    },
    event: { ...eventOf('GENERATION_CANCELLED', answer, { taskId }), actor },
  };
}

function failed(error: MinimaxError, taskId: string, actor: Actor): NewEvent {
  return {
    ...eventOf('TASK_REMOVAL_FAILED', error, { taskId, reason: error.message }),
    actor,
  };
}
