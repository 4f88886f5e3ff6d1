import type { NewEvent } from '../audit/events.ts';
import { queryDelayMs } from '../following/schedule.ts';
import type { LeasedGeneration, Move, Patch, VideoGeneration } from '../generation/generation.ts';
import { answered, eventOf, later } from '../generation/outcomes.ts';
import type { SubmitAnswer } from '../minimax/answers.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import { callbackUrlOf } from './request-of.ts';
import { submissionDelayMs } from './schedule.ts';
import type { Submission } from './submissions.ts';

export interface MovesOptions {
  now: () => Date;
  pollIntervalMs: number;
  /** Where MiniMax may tell of progress, up to the token; undefined when it cannot reach this service. */
  callbackBaseUrl: string | undefined;
}

/** What becomes of a generation by what came of a submission of it. */
export class Moves {
  readonly #options: MovesOptions;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** Of what MiniMax answered. */
  after(generation: LeasedGeneration, answer: SubmitAnswer | MinimaxError): Move {
    if (answer instanceof MinimaxError) return this.notAccepted(generation, answer);
    return this.#accepted(answer.taskId, answered(answer), {
      ...eventOf('SUBMISSION_ACCEPTED', answer, { taskId: answer.taskId }),
    });
  }

  /** Of one that MiniMax accepted, by its record. */
  followed({ taskId, statusCode, statusMessage, traceId, ...told }: Submission): Move {
    const patch = { statusCode, statusMessage, traceId };
    return this.#accepted(taskId!, patch, {
      action: 'SUBMISSION_ACCEPTED',
      httpStatus: told.httpStatus,
      upstreamCode: statusCode,
      upstreamMessage: statusMessage,
      traceId,
      latencyMs: told.latencyMs,
      detail: { taskId },
    });
  }

  #accepted(taskId: string, patch: Patch, event: NewEvent): Move {
    const { now, pollIntervalMs } = this.#options;
    const nextAttemptAt = later(now(), queryDelayMs(0, pollIntervalMs));
    return {
      to: 'PROCESSING',
      patch: { ...patch, taskId, failureKind: null, nextAttemptAt },
      event,
    };
  }

  /** Of what MiniMax did not accept, as far as it said. */
  notAccepted(generation: VideoGeneration, error: MinimaxError): Move {
    const patch = { ...answered(error), failureKind: error.failureKind };
    // MiniMax could not reach the callback address: surely refused, so once more without it.
    if (
      error.kind === 'refused' &&
      error.statusCode === 2013 &&
      /callback/i.test(error.statusMessage ?? '') &&
      callbackUrlOf(generation, this.#options.callbackBaseUrl) !== null
    ) {
      const again = this.postponed(
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
        return this.postponed(generation, error, { reason: error.message });
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
            // Whoever decides must read of the task, and of no success.
            ...((error.taskId !== null || error.statusCode === 0) && {
              statusMessage: error.message,
            }),
            failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
            nextAttemptAt: null,
          },
          event: eventOf('SUBMISSION_UNCERTAIN', error, {
            reason: error.message,
            ...(error.taskId !== null && { taskId: error.taskId }),
          }),
        };
    }
  }

  /** Of what is to be sent again later. */
  postponed(
    generation: VideoGeneration,
    error: MinimaxError | null,
    detail: { reason: string },
    delayMs = submissionDelayMs(generation.attempts, error?.retryAfterMs ?? null),
  ): Move {
    return {
      to: 'QUEUED',
      patch: {
        ...(error && answered(error)),
        submittedAt: null,
        nextAttemptAt: later(this.#options.now(), delayMs),
      },
      event: error
        ? eventOf('SUBMISSION_POSTPONED', error, { ...detail, delayMs })
        : { action: 'SUBMISSION_POSTPONED', detail: { ...detail, delayMs } },
    };
  }
}
