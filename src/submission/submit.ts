import type { NewEvent } from '../audit/events.ts';
import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type {
  PreparedSubmission,
  SubmitAnswer,
  SubmitRequest,
  TaskClient,
} from '../minimax/answers.ts';
import type { InputImages, InputRole } from '../generation/input-images.ts';
import { NotAsStored, type StoredMedia } from '../minimax/stored-media.ts';
import { queryDelayMs } from '../following/schedule.ts';
import { submissionDelayMs } from './schedule.ts';
import { answered, eventOf, later, type Outcomes } from '../generation/outcomes.ts';
import { answerWithoutPrompt } from '../generation/prompt-echo.ts';
import type { LeasedGeneration, Move, Patch, VideoGeneration } from '../generation/generation.ts';
import type { GenerationStore } from '../generation/store.ts';
import { readClocks, type Clocks } from '../network/clocks.ts';
import type { Leases } from './leases.ts';
import { endOfLostInput } from './lost-input.ts';
import { recordAnswer, refusalIn, uncertain } from './record-answer.ts';
import { callbackUrlOf, requestOf } from './request-of.ts';
import type { Submission, Submissions } from './submissions.ts';
import type { UpstreamKey } from './request-budget.ts';
import { whileLeased } from './while-leased.ts';

export interface SubmitOptions {
  outcomes: Outcomes;
  images: InputImages;
  /** How a submission of the second generation names a stored file. */
  handOver: (file: StoredMedia, generation: VideoGeneration) => Promise<StoredMedia | string>;
  store: GenerationStore;
  leases: Leases;
  submissions: Submissions;
  key: UpstreamKey;
  /** The one that speaks a generation of the API with the sending account's key. */
  clientOf: (apiGeneration: number) => TaskClient;
  log: Logger;
  now: () => Date;
  pollIntervalMs: number;
  /** Later than this after its lease was confirmed nothing of a request leaves: others may have it. */
  sendWithinMs: number;
  /** Where MiniMax may tell of progress, up to the token; undefined when it cannot reach this service. */
  callbackBaseUrl: string | undefined;
}

/** Sends a leased generation: one call, whose outcome is stored; sending again is a later `nextAttemptAt`. */
export class Submit {
  readonly #options: SubmitOptions;

  constructor(options: SubmitOptions) {
    this.#options = options;
  }

  /** Sends a request that was just claimed for submission, once, and stores the outcome. */
  async submit(generation: LeasedGeneration): Promise<void> {
    const { clientOf, submissions, outcomes, log } = this.#options;
    let prepared: PreparedSubmission;
    let confirmedAt: Clocks;
    try {
      const client = clientOf(generation.apiGeneration);
      prepared = await client.prepare(await this.#requestOf(generation));
      confirmedAt = readClocks();
      if (!(await submissions.confirm(generation, prepared.bodyHash))) {
        // Frozen in between: others have taken the request up, or will when the lease ends.
        log.warn({ generationId: generation.id }, 'a lease had passed: the request was not sent');
        return;
      }
    } catch (error) {
      log.error({ generationId: generation.id, error }, 'a submission could not be prepared');
      const reason = 'the stored request could not be read';
      const end = endOfLostInput(error, generation, this.#options.now());
      if (end !== null) (error as NotAsStored).giveUp();
      return await this.#leave(generation, end ?? this.#postponed(generation, null, { reason }));
    }
    const answer = await this.#send(generation, prepared, confirmedAt);
    const record = () => recordAnswer(this.#options, generation, answer);
    const settled = await record();
    await this.#judgeKey(settled);
    await outcomes.settle(generation, this.#moveAfter(generation, settled), record);
  }

  /** What MiniMax said, or why it did not. */
  async #send(
    generation: LeasedGeneration,
    prepared: PreparedSubmission,
    confirmedAt: Clocks,
  ): Promise<SubmitAnswer | MinimaxError> {
    const { log, leases, sendWithinMs } = this.#options;
    const isHeld = () => leases.isHeld(generation);
    try {
      return await prepared.send(whileLeased(confirmedAt, sendWithinMs, isHeld));
    } catch (error) {
      if (error instanceof MinimaxError) {
        // Its cause names hosts and ports, which are for the log alone.
        if (error.httpStatus === null) {
          const told = answerWithoutPrompt(error, generation.prompt);
          log.warn({ generationId: generation.id, error: told }, 'MiniMax gave no whole answer');
        }
        return error;
      }
      // Whatever broke here, the request may have been sent.
      log.error(
        { generationId: generation.id, error },
        'an answer to a submission broke the client',
      );
      return uncertain('The answer to the submission could not be read.', error);
    }
  }

  /** Before the move, so that whoever sees it also sees the pause. */
  async #judgeKey(answer: SubmitAnswer | MinimaxError): Promise<void> {
    const { key, log } = this.#options;
    try {
      await (answer instanceof MinimaxError ? key.judge(answer) : key.works());
    } catch (error) {
      // No pause is worth losing an outcome.
      log.error({ error }, 'the state of the key could not be stored');
    }
  }

  #moveAfter(generation: LeasedGeneration, answer: SubmitAnswer | MinimaxError): Move {
    if (answer instanceof MinimaxError) return this.#refusedSubmission(generation, answer);
    return this.#accepted(answer.taskId, answered(answer), {
      ...eventOf('SUBMISSION_ACCEPTED', answer, { taskId: answer.taskId }),
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

  /** Without sending it. */
  async #leave(generation: LeasedGeneration, move: Move): Promise<void> {
    const { submissions, outcomes } = this.#options;
    const { id: generationId, leaseToken } = generation;
    const unsent = () => submissions.settleUnsent(leaseToken);
    const record = () => outcomes.store({ generationId }, unsent, unsent);
    await record();
    await outcomes.settle(generation, move, record);
  }

  /** Settles what a server left behind that died while submitting, by what its record says. */
  async settleAbandoned(): Promise<void> {
    const { leases, store, submissions, outcomes } = this.#options;
    for (const { submission, isOurs, ...generation } of await leases.findAbandoned(100)) {
      // Older than what happened: only that it was accepted is true all the same.
      const outcome =
        isOurs || submission?.outcome === 'ACCEPTED' ? submission?.outcome : 'UNKNOWN';
      if (outcome === 'PREPARED' && !(await submissions.giveBack(submission!.id))) continue;
      const move = this.#moveOfAbandoned(generation, submission, outcome);
      // First, since whoever is killed in between must leave it to be taken up again. An answer that comes late settles it.
      if (move.to === 'UNCERTAIN' && submission) await submissions.giveUp(submission.id);
      const moved = await store.giveUp(generation, move);
      if (moved) outcomes.logMove(moved, 'SUBMITTING');
    }
  }

  #moveOfAbandoned(
    generation: LeasedGeneration,
    submission: Submission | null,
    outcome: Submission['outcome'] | undefined,
  ): Move {
    const stopped = 'the server that was submitting it stopped before an answer was stored';
    switch (outcome) {
      case 'PREPARED':
      case 'NOT_SENT':
        return this.#postponed(generation, null, {
          reason: 'the server that was to send it stopped before it did',
        });
      case 'REFUSED': {
        const refusal = refusalIn(submission!);
        if (refusal) return this.#refusedSubmission(generation, refusal);
        return this.#postponed(generation, null, {
          reason: `MiniMax did not accept it, and ${stopped}`,
        });
      }
      case 'ACCEPTED': {
        const { taskId, statusCode, statusMessage, traceId } = submission!;
        return this.#accepted(
          taskId!,
          { statusCode, statusMessage, traceId },
          {
            action: 'SUBMISSION_ACCEPTED',
            httpStatus: submission!.httpStatus,
            upstreamCode: statusCode,
            upstreamMessage: statusMessage,
            traceId,
            latencyMs: submission!.latencyMs,
            detail: { taskId },
          },
        );
      }
      case 'SENT':
      case 'UNKNOWN':
      case undefined: {
        const taskId = submission?.taskId ?? null;
        const named = taskId === null ? '' : ` Its answer named task ${taskId}.`;
        return {
          to: 'UNCERTAIN',
          patch: {
            failureKind: 'OUTCOME_UNKNOWN' satisfies FailureKind,
            statusMessage: `Nobody knows whether MiniMax accepted this request: ${stopped}.${named}`,
            nextAttemptAt: null,
          },
          event: {
            action: 'SUBMISSION_UNCERTAIN',
            detail: { reason: stopped, ...(taskId !== null && { taskId }) },
          },
        };
      }
    }
  }

  async #requestOf(generation: VideoGeneration): Promise<SubmitRequest> {
    const { images, handOver, callbackBaseUrl } = this.#options;
    const stored = await images.of(generation);
    if (stored === null) throw new NotAsStored('gone');
    const given = new Map<InputRole, StoredMedia | string>(stored);
    if (generation.apiGeneration === 2) {
      for (const [role, file] of stored) given.set(role, await handOver(file, generation));
    }
    return requestOf(generation, given, callbackUrlOf(generation, callbackBaseUrl));
  }

  #refusedSubmission(generation: VideoGeneration, error: MinimaxError): Move {
    const patch = { ...answered(error), failureKind: error.failureKind };
    // MiniMax could not reach the callback address: surely refused, so once more without it.
    if (
      error.kind === 'refused' &&
      error.statusCode === 2013 &&
      /callback/i.test(error.statusMessage ?? '') &&
      callbackUrlOf(generation, this.#options.callbackBaseUrl) !== null
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
