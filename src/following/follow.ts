import type { AuditAction, NewEvent } from '../audit/events.ts';
import type { Logger } from '../logger.ts';
import { ForeignAnswer, MinimaxError } from '../minimax/errors.ts';
import type { Exchange } from '../minimax/exchange.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type { FileAnswer, TaskAnswer } from '../minimax/answers.ts';
import { clientOf, type Account, type Accounts } from '../upstream/accounts.ts';
import { metered } from '../upstream/cost.ts';
import { taskFailureKind } from '../minimax/codes.ts';
import {
  maxUnusableAnswers,
  queryDelayMs,
  queryErrorDelayMs,
  stalledAfterMs,
  unknownAccountDelayMs,
} from './schedule.ts';
import { resultMissing, resultOf } from './result.ts';
import { cancelledMove } from './task-removal.ts';
import { inWindow, verdictOf } from './window.ts';
import { answered, eventOf, later, type Answer, type Outcomes } from '../generation/outcomes.ts';
import type { LeasedGeneration, Patch, VideoGeneration } from '../generation/generation.ts';
import { withoutPrompt } from '../generation/prompt-echo.ts';
import type { GenerationStore } from '../generation/store.ts';

export interface FollowOptions {
  store: GenerationStore;
  outcomes: Outcomes;
  accounts: Accounts;
  log: Logger;
  now: () => Date;
  pollIntervalMs: number;
  /** Told of each usable answer, by null, and when MiniMax does not accept the account's key. */
  onLook: (accountId: string | null, refusal: MinimaxError | null) => Promise<void>;
  /** Told of a task that waits for the key of its account. */
  onUnknownAccount: (accountId: string) => Promise<void>;
}

/**
 * The step that looks at a leased, running task and links its file.
 *
 * It makes at most two calls, never waits between them, and stores what MiniMax
 * answered; the next look is a later `nextAttemptAt`.
 */
export class Follow {
  readonly #options: FollowOptions;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Asks MiniMax for a running task, with its own account only, and, when it is finished, for the link to its file. */
  async follow(generation: LeasedGeneration): Promise<void> {
    const { accounts, outcomes, now } = this.#options;
    const account = accounts.of(generation.accountId);
    if (account === undefined) return await this.#waitForAccount(generation);
    if (generation.fileId !== null) {
      return await this.#link(generation, {}, generation.fileId, account);
    }
    let task: TaskAnswer;
    try {
      task = await clientOf(account, generation.apiGeneration).queryTask(generation.taskId!);
    } catch (error) {
      return await this.#lookAgain(generation, 'TASK_QUERY_FAILED', asMinimaxError(error));
    }
    await this.#options.onLook(generation.accountId, null);
    const seen: Patch = { ...answered(task), upstreamStatus: task.statusWord };
    switch (task.state) {
      case 'success':
        return await this.#finish(generation, seen, task, account);
      case 'fail':
        return await this.#fail(generation, seen, taskFailureKind(task.statusCode), task);
      case 'cancelled':
        return await outcomes.settle(generation, cancelledMove(generation, task, now()));
      case 'preparing':
      case 'queueing':
      case 'processing':
      case 'unknown':
        return await this.#keepFollowing(generation, seen, task);
    }
  }

  async #finish(
    generation: LeasedGeneration,
    seen: Patch,
    task: TaskAnswer,
    account: Account,
  ): Promise<void> {
    const { videoWidth, videoHeight, usage } = task;
    const result = resultOf(generation, task, this.#options.now());
    const { isThere, fileId, enhancedPrompt, link } = result;
    Object.assign(seen, { fileId, videoWidth, videoHeight, ...metered(generation, usage) });
    if (isThere) {
      return await this.#succeed(generation, { ...seen, enhancedPrompt }, { ...task, ...link });
    }
    if (fileId !== null) return await this.#link(generation, seen, fileId, account);
    await this.#lookAgain(generation, 'TASK_QUERY_FAILED', resultMissing(task), seen);
  }

  async #link(
    generation: LeasedGeneration,
    seen: Patch,
    fileId: string,
    { client }: Account,
  ): Promise<void> {
    let file: FileAnswer;
    try {
      file = await client.retrieveFile(fileId);
    } catch (error) {
      return await this.#lookAgain(generation, 'FILE_LINK_FAILED', asMinimaxError(error), seen);
    }
    await this.#options.onLook(generation.accountId, null);
    await this.#succeed(generation, seen, file);
  }

  async #succeed(
    generation: LeasedGeneration,
    seen: Patch,
    answer: Exchange & { downloadUrl: string | null; expiresAt: Date | null },
  ): Promise<void> {
    await this.#options.outcomes.settle(generation, {
      to: 'SUCCEEDED',
      patch: {
        ...seen,
        ...answered(answer),
        failureKind: null,
        queryErrors: 0,
        videoUrl: answer.downloadUrl,
        videoUrlExpiresAt: answer.expiresAt,
        nextAttemptAt: null,
        completedAt: this.#options.now(),
      },
      event: eventOf('GENERATION_SUCCEEDED', answer),
    });
  }

  async #fail(
    generation: LeasedGeneration,
    seen: Patch,
    failureKind: FailureKind,
    answer: Answer,
  ): Promise<void> {
    await this.#options.outcomes.settle(generation, {
      to: 'FAILED',
      patch: {
        ...seen,
        ...answered(answer),
        ...(failureKind === 'TASK_FAILED' && !answer.statusMessage && noReason),
        failureKind,
        nextAttemptAt: null,
        completedAt: this.#options.now(),
      },
      event: eventOf('GENERATION_FAILED', answer, { failureKind }),
    });
  }

  async #keepFollowing(generation: LeasedGeneration, seen: Patch, task: TaskAnswer): Promise<void> {
    const ageMs = this.#ageMs(generation);
    const patch = {
      ...seen,
      failureKind: null,
      queryErrors: 0,
      nextAttemptAt: this.#nextLook(generation, queryDelayMs(ageMs, this.#options.pollIntervalMs)),
    };
    const isNews = task.statusWord !== generation.upstreamStatus || generation.queryErrors > 0;
    if (task.state === 'unknown' && isNews) {
      this.#options.log.warn(
        { generationId: generation.id, upstreamStatus: task.statusWord },
        'MiniMax has a word for a task that is not known: it is followed on',
      );
    }
    await this.#keep(
      generation,
      patch,
      isNews
        ? eventOf('TASK_STATUS_CHANGED', task, { upstreamStatus: task.statusWord })
        : undefined,
    );
  }

  /**
   * A look that gave no usable answer: the task is not thereby failed.
   *
   * Only two things end it: MiniMax says that the output was refused, or it
   * keeps saying that it does not know the task or has no file for it.
   */
  async #lookAgain(
    generation: LeasedGeneration,
    action: AuditAction & ('TASK_QUERY_FAILED' | 'FILE_LINK_FAILED'),
    error: MinimaxError,
    seen: Patch = {},
  ): Promise<void> {
    if (error.kind === 'unauthorized') {
      await this.#options.onLook(generation.accountId, error);
    }
    const queryErrors = generation.queryErrors + 1;
    const { failureKind } = error;
    const sameAgain = generation.queryErrors > 0 && generation.failureKind === failureKind;
    const isForeign = error instanceof ForeignAnswer;
    const told = withoutPrompt(error.message, generation.prompt);
    const isNews = !sameAgain || (isForeign && generation.statusMessage !== told);
    if (isForeign && isNews) {
      this.#options.log.error(
        { generationId: generation.id, taskId: generation.taskId, error },
        'MiniMax answered about something else',
      );
    }
    // Its cause names hosts and ports, which are for the log alone.
    if (error.httpStatus === null && !sameAgain) {
      const { log } = this.#options;
      log.warn({ generationId: generation.id, error }, 'MiniMax gave no whole answer');
    }
    if (failureKind === 'OUTPUT_FLAGGED' || failureKind === 'INPUT_FLAGGED') {
      return await this.#fail(generation, seen, failureKind, error);
    }
    const isVerdict = failureKind === 'RESULT_MISSING' || failureKind === 'TASK_UNKNOWN';
    if (isVerdict && sameAgain && queryErrors >= maxUnusableAnswers) {
      this.#options.log.error(
        { generationId: generation.id, taskId: generation.taskId, statusCode: error.statusCode },
        'MiniMax does not hand out the result of a paid task',
      );
      const verdict = verdictOf(generation, error, this.#options.now());
      return await this.#fail(generation, seen, failureKind, verdict);
    }
    const delayMs = queryErrorDelayMs(
      queryErrors,
      this.#ageMs(generation),
      this.#options.pollIntervalMs,
      error.retryAfterMs,
    );
    await this.#keep(
      generation,
      {
        ...seen,
        ...answered(error),
        failureKind,
        queryErrors,
        nextAttemptAt: this.#nextLook(generation, delayMs),
      },
      isNews ? eventOf(action, error, { reason: error.message }) : undefined,
    );
  }

  #nextLook(generation: VideoGeneration, delayMs: number): Date {
    return inWindow(generation, this.#options.now(), delayMs);
  }

  /** The key of its account is not configured: no other account is asked for it, and it is not failed. */
  async #waitForAccount(generation: LeasedGeneration): Promise<void> {
    const { store, now, pollIntervalMs, onUnknownAccount } = this.#options;
    const accountId = generation.accountId!;
    await onUnknownAccount(accountId);
    const delayMs = unknownAccountDelayMs(this.#ageMs(generation), pollIntervalMs);
    const failureKind = 'ACCOUNT_UNKNOWN' satisfies FailureKind;
    await store.keep(
      generation,
      {
        failureKind,
        statusCode: null,
        statusMessage: `The key of account ${accountId}, which accepted this task, is not configured.`,
        queryErrors: 1,
        nextAttemptAt: later(now(), delayMs),
      },
      generation.failureKind === failureKind
        ? undefined
        : { action: 'ACCOUNT_UNKNOWN', detail: { accountId } },
    );
  }

  async #keep(
    generation: LeasedGeneration,
    patch: Patch & { nextAttemptAt: Date },
    event: NewEvent | undefined,
  ): Promise<void> {
    const { outcomes, log, now } = this.#options;
    if (generation.stalledAt === null && this.#ageMs(generation) >= stalledAfterMs) {
      log.warn(
        { generationId: generation.id, taskId: generation.taskId },
        'a task is past its deadline',
      );
      await outcomes.keep(
        generation,
        { ...patch, stalledAt: now() },
        { ...event, action: 'GENERATION_STALLED' },
      );
    } else {
      await outcomes.keep(generation, patch, event);
    }
  }

  #ageMs({ submittedAt, createdAt }: VideoGeneration): number {
    return this.#options.now().getTime() - (submittedAt ?? createdAt).getTime();
  }
}

const noReason = { statusMessage: 'No reason given by provider.' };

function asMinimaxError(error: unknown): MinimaxError {
  if (error instanceof MinimaxError) return error;
  throw error;
}
