import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditAction, NewEvent } from '../audit/events.ts';
import type { Logger } from '../logger.ts';
import type { Exchange } from '../minimax/exchange.ts';
import type { SubmitRequest, TaskAnswer } from '../minimax/v1/answers.ts';
import type { MinimaxClient } from '../minimax/v1/client.ts';
import { toSubmitRequest } from '../minimax/v1/check-request.ts';
import { type FailureKind } from '../minimax/failure-kind.ts';
import { taskFailureKind } from '../minimax/v1/codes.ts';
import { MinimaxError } from '../minimax/errors.ts';
import { toDataUrl } from '../minimax/images.ts';
import { linkExpiry } from '../minimax/link-expiry.ts';
import {
  maxUnusableAnswers,
  queryDelayMs,
  queryErrorDelayMs,
  stalledAfterMs,
  submissionDelayMs,
} from '../generation/lifecycle.ts';
import type { Leases } from './leases.ts';
import type {
  GenerationStore,
  ImageRole,
  LeasedGeneration,
  Move,
  Patch,
  VideoGeneration,
} from '../generation/store.ts';
import type { UpstreamKey } from './upstream-key.ts';

export interface AdvanceOptions {
  store: GenerationStore;
  leases: Leases;
  key: UpstreamKey;
  client: MinimaxClient;
  log: Logger;
  now: () => Date;
  pollIntervalMs: number;
  /** Where MiniMax may tell of progress, up to the token; undefined when it cannot reach this service. */
  callbackBaseUrl: string | undefined;
}

/** How long a failed generation can be retried with the images that came with it. */
const keepImagesMs = 7 * 24 * 3_600_000;

/** How long to wait before an outcome that could not be stored is stored again. */
const storeAgainMs = 500;

/**
 * The steps of a leased generation: send it, follow it, link its file.
 *
 * Each makes at most a few calls, never waits between them, and stores what
 * MiniMax answered; waiting is a later `nextAttemptAt`.
 */
export class Advance {
  readonly #options: AdvanceOptions;

  constructor(options: AdvanceOptions) {
    this.#options = options;
  }

  /** Sends a request that was just claimed for submission, once, and stores the outcome. */
  async submit(generation: LeasedGeneration): Promise<void> {
    const { client, key, log, pollIntervalMs } = this.#options;
    let request: SubmitRequest;
    try {
      request = await this.#requestOf(generation);
    } catch (error) {
      log.error({ generationId: generation.id, error }, 'a submission could not be prepared');
      const reason = 'the stored request could not be read';
      return await this.#storeOutcome(generation, this.#postponed(generation, null, { reason }));
    }
    const answer = await client.submit(request).catch((error: unknown) => {
      if (error instanceof MinimaxError) return error;
      // Whatever broke here, the request may have been sent.
      log.error(
        { generationId: generation.id, error },
        'an answer to a submission broke the client',
      );
      return new MinimaxError('The answer to the submission could not be read.', {
        kind: 'uncertain',
        failureKind: 'OUTCOME_UNKNOWN',
        latencyMs: 0,
        cause: error,
      });
    });
    // Before the outcome, so that whoever sees it also sees the pause; no pause is worth losing an outcome.
    await (answer instanceof MinimaxError ? key.judge(answer) : key.works()).catch(
      (error: unknown) => {
        log.error({ error }, 'the state of the key could not be stored');
      },
    );
    await this.#storeOutcome(
      generation,
      answer instanceof MinimaxError
        ? this.#refusedSubmission(generation, answer)
        : {
            to: 'PROCESSING',
            patch: {
              taskId: answer.taskId,
              ...answered(answer),
              failureKind: null,
              nextAttemptAt: this.#in(queryDelayMs(0, pollIntervalMs)),
            },
            event: eventOf('SUBMISSION_ACCEPTED', answer, { taskId: answer.taskId }),
          },
    );
  }

  /** Asks MiniMax for a running task and, when it is finished, for the link to its file. */
  async follow(generation: LeasedGeneration): Promise<void> {
    const { client } = this.#options;
    if (generation.fileId !== null) return await this.#link(generation, {}, generation.fileId);
    let task: TaskAnswer;
    try {
      task = await client.queryTask(generation.taskId!);
    } catch (error) {
      return await this.#lookAgain(generation, 'TASK_QUERY_FAILED', asMinimaxError(error));
    }
    const seen: Patch = { ...answered(task), upstreamStatus: task.statusWord };
    switch (task.state) {
      case 'success': {
        Object.assign(seen, {
          fileId: task.fileId,
          videoWidth: task.videoWidth,
          videoHeight: task.videoHeight,
        });
        if (task.downloadUrl !== null) {
          const expiresAt = linkExpiry(task.downloadUrl, this.#options.now());
          return await this.#succeed(generation, seen, { ...task, expiresAt });
        }
        if (task.fileId !== null) return await this.#link(generation, seen, task.fileId);
        return await this.#lookAgain(
          generation,
          'TASK_QUERY_FAILED',
          new MinimaxError('MiniMax says the task succeeded but names no file.', {
            ...task,
            kind: 'uncertain',
            failureKind: 'RESULT_MISSING',
          }),
          seen,
        );
      }
      case 'fail':
        return await this.#fail(generation, seen, taskFailureKind(task.statusCode), task);
      case 'preparing':
      case 'queueing':
      case 'processing':
      case 'unknown':
        return await this.#keepFollowing(generation, seen, task);
    }
  }

  /** Calls uncertain what a server left behind that died while submitting. */
  async giveUpAbandonedSubmissions(): Promise<void> {
    const reason = 'the server that was submitting it stopped before an answer was stored';
    const given = await this.#options.leases.giveUpAbandoned(100, {
      to: 'UNCERTAIN',
      patch: {
        failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
        statusMessage: `Nobody knows whether MiniMax accepted this request: ${reason}.`,
        nextAttemptAt: null,
      },
      event: { action: 'SUBMISSION_UNCERTAIN', detail: { reason } },
    });
    for (const generation of given) this.#logMove(generation, 'SUBMITTING');
  }

  /** Forgets the images of generations that failed a while ago. */
  async dropOldImages(): Promise<void> {
    const { store, log, now } = this.#options;
    try {
      await store.dropImagesOfFailed(new Date(now().getTime() - keepImagesMs));
    } catch (error) {
      log.warn({ error }, 'old images could not be dropped; trying again in an hour');
    }
  }

  async #requestOf(generation: VideoGeneration): Promise<SubmitRequest> {
    const image = async (value: string | null, role: ImageRole) => {
      if (!value?.startsWith('urn:sha256:')) return value;
      const bytes = await this.#options.store.readImage(generation.id, role);
      if (bytes === null) throw new Error(`the ${role} image is no longer stored`);
      return toDataUrl(bytes);
    };
    return toSubmitRequest({
      model: generation.model,
      prompt: generation.prompt,
      firstFrameImage: await image(generation.firstFrameImage, 'first_frame'),
      lastFrameImage: await image(generation.lastFrameImage, 'last_frame'),
      subjectImage: await image(generation.subjectImage, 'subject'),
      promptOptimizer: generation.promptOptimizer,
      fastPretreatment: generation.fastPretreatment,
      aigcWatermark: generation.aigcWatermark,
      callbackUrl: this.#callbackUrl(generation),
      duration: generation.duration,
      resolution: generation.resolution,
    });
  }

  #callbackUrl({ callbackToken }: VideoGeneration): string | null {
    const { callbackBaseUrl } = this.#options;
    return callbackBaseUrl && callbackToken ? `${callbackBaseUrl}/${callbackToken}` : null;
  }

  #refusedSubmission(generation: VideoGeneration, error: MinimaxError): Move {
    const patch = { ...answered(error), failureKind: error.failureKind };
    // MiniMax could not reach the callback address: surely refused, so once more without it.
    if (
      error.statusCode === 2013 &&
      /callback/i.test(error.statusMessage ?? '') &&
      this.#callbackUrl(generation) !== null
    ) {
      const again = this.#postponed(
        generation,
        error,
        { reason: 'MiniMax cannot reach the callback address' },
        0,
      );
      return { ...again, patch: { ...again.patch, callbackToken: null } };
    }
    switch (error.kind) {
      case 'throttled':
      case 'unreachable':
        return this.#postponed(generation, error, { reason: error.message });
      case 'refused':
      case 'unauthorized':
        return {
          to: 'FAILED',
          patch: { ...patch, nextAttemptAt: null, completedAt: this.#options.now() },
          event: eventOf('SUBMISSION_REFUSED', error, { reason: error.message }),
        };
      case 'uncertain':
        return {
          to: 'UNCERTAIN',
          patch: {
            ...patch,
            failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
            nextAttemptAt: null,
          },
          event: eventOf('SUBMISSION_UNCERTAIN', error, { reason: error.message }),
        };
    }
  }

  #postponed(
    generation: VideoGeneration,
    error: MinimaxError | null,
    detail: { reason: string },
    delayMs = submissionDelayMs(generation.attempts, error?.retryAfterMs ?? null),
  ): Move {
    return {
      to: 'QUEUED',
      patch: { ...(error && answered(error)), submittedAt: null, nextAttemptAt: this.#in(delayMs) },
      event: {
        ...(error ? facts(error) : {}),
        action: 'SUBMISSION_POSTPONED',
        detail: { ...detail, delayMs },
      },
    };
  }

  async #link(generation: LeasedGeneration, seen: Patch, fileId: string): Promise<void> {
    try {
      const file = await this.#options.client.retrieveFile(fileId);
      await this.#succeed(generation, seen, file);
    } catch (error) {
      await this.#lookAgain(generation, 'FILE_LINK_FAILED', asMinimaxError(error), seen);
    }
  }

  async #succeed(
    generation: LeasedGeneration,
    seen: Patch,
    answer: Exchange & { downloadUrl: string | null; expiresAt: Date },
  ): Promise<void> {
    await this.#storeOutcome(generation, {
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
    answer: Exchange | MinimaxError,
  ): Promise<void> {
    await this.#storeOutcome(generation, {
      to: 'FAILED',
      patch: {
        ...seen,
        ...answered(answer),
        ...(failureKind === 'TASK_FAILED' &&
          !answer.statusMessage && { statusMessage: 'No reason given by provider.' }),
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
      nextAttemptAt: this.#in(queryDelayMs(ageMs, this.#options.pollIntervalMs)),
    };
    const isNews = task.statusWord !== generation.upstreamStatus || generation.queryErrors > 0;
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
    if (error.kind === 'unauthorized') await this.#options.key.judge(error);
    const queryErrors = generation.queryErrors + 1;
    const { failureKind } = error;
    const sameAgain = generation.queryErrors > 0 && generation.failureKind === failureKind;
    if (failureKind === 'OUTPUT_FLAGGED' || failureKind === 'INPUT_FLAGGED') {
      return await this.#fail(generation, seen, failureKind, error);
    }
    const isVerdict = failureKind === 'RESULT_MISSING' || failureKind === 'TASK_UNKNOWN';
    if (isVerdict && sameAgain && queryErrors >= maxUnusableAnswers) {
      this.#options.log.error(
        { generationId: generation.id, taskId: generation.taskId, statusCode: error.statusCode },
        'MiniMax does not hand out the result of a paid task',
      );
      return await this.#fail(generation, seen, failureKind, error);
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
        nextAttemptAt: this.#in(delayMs),
      },
      sameAgain ? undefined : eventOf(action, error, { reason: error.message }),
    );
  }

  async #keep(
    generation: LeasedGeneration,
    patch: Patch & { nextAttemptAt: Date },
    event: NewEvent | undefined,
  ): Promise<void> {
    const { store, log, now } = this.#options;
    if (generation.stalledAt === null && this.#ageMs(generation) >= stalledAfterMs) {
      log.warn(
        { generationId: generation.id, taskId: generation.taskId },
        'a task is past its deadline',
      );
      await store.keep(
        generation,
        { ...patch, stalledAt: now() },
        { ...event, action: 'GENERATION_STALLED' },
      );
    } else {
      await store.keep(generation, patch, event);
    }
  }

  /** Stores what MiniMax answered, however long the database is away: the answer may be a paid task's only trace. */
  async #storeOutcome(generation: LeasedGeneration, move: Move): Promise<void> {
    const { store, log } = this.#options;
    for (;;) {
      try {
        const moved = await store.move(generation, move);
        if (moved) this.#logMove(moved, generation.status);
        else await this.#recordLate(generation, move);
        return;
      } catch (error) {
        log.error(
          { generationId: generation.id, to: move.to, taskId: move.patch.taskId, error },
          'an outcome could not be stored yet; trying again',
        );
        await sleep(storeAgainMs);
      }
    }
  }

  /** Somebody else moved the generation; a task that was accepted all the same must not be lost sight of. */
  async #recordLate(generation: LeasedGeneration, { to, patch, event }: Move): Promise<void> {
    const { store, log } = this.#options;
    const { id } = generation;
    const current = await store.find(id);
    // Stored by an earlier try, whose confirmation was lost with the connection.
    if (current && patch.taskId === current.taskId && patch.taskId != null) return;
    if (to !== 'PROCESSING') {
      log.warn({ generationId: id, to }, 'somebody else moved this generation');
      return;
    }
    log.error(
      { generationId: id, taskId: patch.taskId },
      'MiniMax accepted a submission after a person had decided otherwise',
    );
    await store.record(id, { ...event, action: 'SUBMISSION_ANSWERED_LATE' });
  }

  #logMove(generation: VideoGeneration, from: string): void {
    const { id, status, attempts, taskId, statusCode, failureKind, traceId } = generation;
    this.#options.log.info(
      {
        generationId: id,
        from,
        to: status,
        attempt: attempts,
        taskId,
        statusCode,
        failureKind,
        traceId,
      },
      'generation moved',
    );
  }

  #ageMs(generation: VideoGeneration): number {
    const since = generation.submittedAt ?? generation.createdAt;
    return this.#options.now().getTime() - since.getTime();
  }

  #in(ms: number): Date {
    return new Date(this.#options.now().getTime() + ms);
  }
}

type Answer = Exchange | MinimaxError;

/** What upstream said last, as the generation shows it. */
function answered(answer: Answer) {
  return {
    statusCode: answer.statusCode,
    statusMessage: answer.statusMessage ?? (answer instanceof MinimaxError ? answer.message : null),
    ...(answer.traceId !== null && { traceId: answer.traceId }),
  };
}

function facts(answer: Answer) {
  return {
    httpStatus: answer.httpStatus,
    latencyMs: Math.round(answer.latencyMs),
    upstreamCode: answer.statusCode,
    upstreamMessage: answer.statusMessage,
    traceId: answer.traceId,
  };
}

function eventOf(action: AuditAction, answer: Answer, detail?: NewEvent['detail']): NewEvent {
  return { ...facts(answer), action, ...(detail && { detail }) };
}

function asMinimaxError(error: unknown): MinimaxError {
  if (error instanceof MinimaxError) return error;
  throw error;
}
