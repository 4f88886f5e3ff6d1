import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import { toDataUrl } from '../minimax/images.ts';
import type { SubmitRequest } from '../minimax/v1/answers.ts';
import { toSubmitRequest } from '../minimax/v1/check-request.ts';
import type { MinimaxClient } from '../minimax/v1/client.ts';
import type { ImageRole, InputImages } from '../generation/input-images.ts';
import { queryDelayMs } from '../following/schedule.ts';
import { submissionDelayMs } from './schedule.ts';
import { answered, eventOf, later, type Outcomes } from '../generation/outcomes.ts';
import type { LeasedGeneration, Move, VideoGeneration } from '../generation/generation.ts';
import type { Leases } from './leases.ts';
import type { UpstreamKey } from './request-budget.ts';

export interface SubmitOptions {
  outcomes: Outcomes;
  images: InputImages;
  leases: Leases;
  key: UpstreamKey;
  client: MinimaxClient;
  log: Logger;
  now: () => Date;
  pollIntervalMs: number;
  /** Where MiniMax may tell of progress, up to the token; undefined when it cannot reach this service. */
  callbackBaseUrl: string | undefined;
}

/**
 * The step that sends a leased generation: one call, whose outcome is stored.
 *
 * It never waits and never sends again; that is a later `nextAttemptAt`.
 */
export class Submit {
  readonly #options: SubmitOptions;

  constructor(options: SubmitOptions) {
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
      return await this.#options.outcomes.settle(
        generation,
        this.#postponed(generation, null, { reason }),
      );
    }
    const answer = await client.submit(request).catch((error: unknown) => {
      if (error instanceof MinimaxError) {
        // Its cause names hosts and ports, which are for the log alone.
        if (error.httpStatus === null)
          log.warn({ generationId: generation.id, error }, 'a submission got no answer');
        return error;
      }
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
    await this.#options.outcomes.settle(
      generation,
      answer instanceof MinimaxError
        ? this.#refusedSubmission(generation, answer)
        : {
            to: 'PROCESSING',
            patch: {
              taskId: answer.taskId,
              ...answered(answer),
              failureKind: null,
              nextAttemptAt: later(this.#options.now(), queryDelayMs(0, pollIntervalMs)),
            },
            event: eventOf('SUBMISSION_ACCEPTED', answer, { taskId: answer.taskId }),
          },
    );
  }

  /** Calls uncertain what a server left behind that died while submitting. */
  async giveUpAbandonedSubmissions(): Promise<void> {
    const { leases, outcomes } = this.#options;
    const reason = 'the server that was submitting it stopped before an answer was stored';
    const given = await leases.giveUpAbandoned(100, {
      to: 'UNCERTAIN',
      patch: {
        failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
        statusMessage: `Nobody knows whether MiniMax accepted this request: ${reason}.`,
        nextAttemptAt: null,
      },
      event: { action: 'SUBMISSION_UNCERTAIN', detail: { reason } },
    });
    for (const generation of given) outcomes.logMove(generation, 'SUBMITTING');
  }

  async #requestOf(generation: VideoGeneration): Promise<SubmitRequest> {
    const stored = await this.#options.images.of(generation);
    if (stored === null) throw new Error('an image is no longer stored');
    const image = (value: string | null, role: ImageRole) => {
      const bytes = stored.find((kept) => kept.role === role)?.bytes;
      return bytes ? toDataUrl(bytes) : value;
    };
    return toSubmitRequest({
      model: generation.model,
      prompt: generation.prompt,
      firstFrameImage: image(generation.firstFrameImage, 'first_frame'),
      lastFrameImage: image(generation.lastFrameImage, 'last_frame'),
      subjectImage: image(generation.subjectImage, 'subject'),
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
