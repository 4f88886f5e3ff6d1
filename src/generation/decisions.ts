import { actorOf, type NewEvent, type Requester } from '../audit/events.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import type { InputImages } from './input-images.ts';
import type { CreateResult, GenerationService, Request } from './service.ts';
import type { Move, VideoGeneration } from './generation.ts';
import type { GenerationStore } from './store.ts';
import { userError, type UserError } from './user-errors.ts';

/** What decisions want of the background work. */
export interface Worker {
  /** Looks for due work now. */
  wake(): void;
  /** Looks at one running task now, unless somebody is looking at it already. */
  look(generationId: string): Promise<void>;
}

export interface DecisionOptions {
  store: GenerationStore;
  service: GenerationService;
  images: InputImages;
  worker: Worker;
  now: () => Date;
}

export type DecisionResult =
  | { generation: VideoGeneration; userErrors: readonly [] }
  | { generation: VideoGeneration | null; userErrors: readonly UserError[] };

const taskIdPattern = /^[\w-]{1,128}$/;

/** What a person decides about a generation, beyond having it made. Each decision is an event. */
export class Decisions {
  readonly #options: DecisionOptions;

  constructor(options: DecisionOptions) {
    this.#options = options;
  }

  /** Withdraws a request that MiniMax has not accepted. */
  async cancel(generation: VideoGeneration, requester: Requester): Promise<DecisionResult> {
    return await this.#decide(
      generation,
      'QUEUED',
      requester,
      'Only a QUEUED generation can be cancelled: what was sent to MiniMax cannot be taken back.',
      {
        to: 'CANCELLED',
        patch: { nextAttemptAt: null, completedAt: this.#options.now() },
        event: { action: 'GENERATION_CANCELLED' },
      },
    );
  }

  /**
   * Makes a new generation from a failed or uncertain one.
   *
   * Without an idempotency key of its own a generation is retried once only:
   * a second call gives the same new generation.
   */
  async retry(generation: VideoGeneration, request: Request): Promise<CreateResult> {
    const refuse = (code: UserError['code'], message: string): CreateResult => ({
      generation: null,
      replayed: false,
      userErrors: [userError('id', code, message)],
    });
    if (generation.status !== 'FAILED' && generation.status !== 'UNCERTAIN') {
      return refuse(
        'WRONG_STATUS',
        `Only a FAILED or UNCERTAIN generation can be retried; this one is ${generation.status}.`,
      );
    }
    if (generation.redactedAt !== null) return refuse('GENERATION_REDACTED', redacted);
    const images = await this.#options.images.of(generation);
    if (images === null) {
      return refuse(
        'IMAGES_NO_LONGER_STORED',
        'The images of this generation are no longer stored: create a new one with the images.',
      );
    }
    const { model, prompt, duration, resolution, promptOptimizer, fastPretreatment } = generation;
    const {
      aigcWatermark,
      firstFrameImage,
      lastFrameImage,
      subjectImage,
      listPriceUsd,
      tags,
      webhookUrl,
    } = generation;
    return await this.#options.service.submit(
      {
        model,
        prompt,
        duration,
        resolution,
        promptOptimizer,
        fastPretreatment,
        aigcWatermark,
        firstFrameImage,
        lastFrameImage,
        subjectImage,
        listPriceUsd,
        tags,
        webhookUrl,
      },
      images,
      { ...request, idempotencyKey: request.idempotencyKey ?? `retry-of-${generation.id}` },
      generation.id,
    );
  }

  /** Looks at MiniMax now when there is a running task; the generation afterwards. */
  async refresh(generation: VideoGeneration): Promise<DecisionResult> {
    const { store, worker } = this.#options;
    await worker.look(generation.id);
    return { generation: (await store.find(generation.id)) ?? generation, userErrors: [] };
  }

  /** Settles an uncertain one whose task was found in MiniMax's console; it is then followed as usual. */
  async attachTask(
    generation: VideoGeneration,
    taskId: string,
    requester: Requester,
  ): Promise<DecisionResult> {
    const { store, worker, now } = this.#options;
    const refuse = (code: UserError['code'], message: string) => ({
      generation,
      userErrors: [userError('taskId', code, message)],
    });
    if (!taskIdPattern.test(taskId)) {
      return refuse(
        'TASK_ID_INVALID',
        'A task id is the number that MiniMax shows, such as 106916112212032.',
      );
    }
    const owner = await store.findByTask(taskId);
    if (owner)
      return refuse('TASK_ATTACHED_ELSEWHERE', 'This task belongs to another generation already.');
    const result = await this.#decide(generation, 'UNCERTAIN', requester, onlyUncertain, {
      to: 'PROCESSING',
      patch: { taskId, failureKind: null, nextAttemptAt: now() },
      event: { action: 'TASK_ATTACHED', detail: { taskId } },
    });
    worker.wake();
    return result;
  }

  /** Settles an uncertain one that MiniMax never accepted. */
  async declareNotCreated(
    generation: VideoGeneration,
    requester: Requester,
  ): Promise<DecisionResult> {
    return await this.#decide(generation, 'UNCERTAIN', requester, onlyUncertain, {
      to: 'FAILED',
      patch: { failureKind: 'NOT_CREATED' satisfies FailureKind, completedAt: this.#options.now() },
      event: { action: 'DECLARED_NOT_CREATED' },
    });
  }

  /** Sends an uncertain one again, which may be paid twice. */
  async resubmit(generation: VideoGeneration, requester: Requester): Promise<DecisionResult> {
    const { worker, now } = this.#options;
    if (generation.redactedAt !== null) {
      return { generation, userErrors: [userError('id', 'GENERATION_REDACTED', redacted)] };
    }
    const result = await this.#decide(generation, 'UNCERTAIN', requester, onlyUncertain, {
      to: 'QUEUED',
      patch: { failureKind: null, submittedAt: null, nextAttemptAt: now() },
      event: { action: 'RESUBMISSION_ORDERED' },
    });
    worker.wake();
    return result;
  }

  async #decide(
    generation: VideoGeneration,
    from: VideoGeneration['status'],
    requester: Requester,
    refusal: string,
    move: Move & { event: NewEvent },
  ): Promise<DecisionResult> {
    const { store } = this.#options;
    const moved =
      generation.status === from
        ? await store.decide(generation, {
            ...move,
            event: { ...move.event, actor: actorOf(requester) },
          })
        : null;
    if (moved) return { generation: moved, userErrors: [] };
    const current = (await store.find(generation.id)) ?? generation;
    return {
      generation: current,
      userErrors: [userError('id', 'WRONG_STATUS', `${refusal} This one is ${current.status}.`)],
    };
  }
}

const redacted =
  'Prompt and images of this generation were removed, so it cannot be sent again: create a new one.';

const onlyUncertain = 'Only an UNCERTAIN generation needs this decision.';
