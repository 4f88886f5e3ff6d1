import { isUniqueViolation } from '../database/unique-violation.ts';
import { actorOf, type Requester } from '../audit/events.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import { isId } from '../graphql/ids.ts';
import type { InputImages } from './input-images.ts';
import { refused, type CreateResult, type GenerationService, type Request } from './service.ts';
import type { Move, NamedAccount, Settlement, VideoGeneration } from './generation.ts';
import { unseen } from './lifecycle.ts';
import { requestedVideoOf } from './requested-video.ts';
import { orderKeyOf, retryKeyOf, type RecentKeys } from './recent-keys.ts';
import { acceptedAfterAll, redactionProblem, retryProblem } from './problems.ts';
import { noFiles } from './read-request.ts';
import type { GenerationStore } from './store.ts';
import { userError, type UserError } from './user-errors.ts';

/** What is looked for: a request that is stored, or released, makes nothing else due than itself. */
export type Due = 'anything' | 'submissions';

/** What decisions want of the background work. */
export interface Worker {
  /** Looks for due work now; left out: for anything. */
  wake(due?: Due): void;
  /** Looks at one running task now, unless somebody is looking at it already. */
  look(generationId: string): Promise<void>;
  /** Has the queued task of a running one cancelled at MiniMax; false when somebody is looking at it. */
  cancel(generationId: string, requester: Requester): Promise<boolean>;
}

export interface DecisionOptions {
  store: GenerationStore;
  service: GenerationService;
  images: InputImages;
  recentKeys: RecentKeys;
  worker: Worker;
  now: () => Date;
  /** The account that sends. */
  account: NamedAccount;
}

export type DecisionResult =
  | { generation: VideoGeneration; userErrors: readonly [] }
  | { generation: VideoGeneration | null; userErrors: readonly UserError[] };

/** What a decision is about, and what is said of anything else. */
interface Decidable {
  from: VideoGeneration['status'];
  refusal: string;
}

/** What an admin says of a task that was found. */
interface AttachedTask {
  taskId: string;
  version: number;
  submissionId: string | null;
}

/** What no path takes for another place. */
const taskIdPattern = /^(?!(?:.*\/)?\.*(?:\/|$))[\w.:+/=~@-]{1,256}$/;

/** What a person decides about a generation, beyond having it made. Each decision is an event. */
export class Decisions {
  readonly #options: DecisionOptions;

  constructor(options: DecisionOptions) {
    this.#options = options;
  }

  /**
   * Makes a new generation, of the same caller and tenant, from one that failed, was cancelled or is uncertain: once,
   * whoever asks. A second call gives the same new generation.
   */
  async retry(generation: VideoGeneration, request: Request): Promise<CreateResult> {
    const problem = retryProblem(generation) ?? redactionProblem(generation);
    if (problem) return refused([problem]);
    if (!(await this.#options.images.areStored(generation))) {
      return refused([userError('id', 'IMAGES_NO_LONGER_STORED', imagesGone)]);
    }
    return await this.#options.service.submit(requestedVideoOf(generation), noFiles(), request, {
      as: 'retry',
      generation,
    });
  }

  /** Looks at MiniMax now when there is a running task; the generation afterwards. */
  async refresh(generation: VideoGeneration): Promise<DecisionResult> {
    const { store, worker } = this.#options;
    await worker.look(generation.id);
    return { generation: (await store.find(generation.id)) ?? generation, userErrors: [] };
  }

  /**
   * Has a task followed as usual that was found in MiniMax's console, and settles an uncertain
   * generation by it. One that failed because MiniMax did not find its task or its file, or because a
   * person had said that there is none, is taken up again, with the same task or another, and so is one
   * that was cancelled after it had been sent; one that is held had been sent.
   */
  async attachTask(
    generation: VideoGeneration,
    { taskId, version, submissionId }: AttachedTask,
    requester: Requester,
  ): Promise<DecisionResult> {
    const { worker, store, account, now } = this.#options;
    const isHeld = generation.heldAt !== null;
    const refuse = (code: UserError['code'], message: string, field = 'taskId') => ({
      generation,
      userErrors: [userError(field, code, message)],
    });
    if (!taskIdPattern.test(taskId)) {
      return refuse(
        'TASK_ID_INVALID',
        'A task id is the number that MiniMax shows, such as 106916112212032.',
      );
    }
    const isOpen =
      submissionId === null ||
      generation.version !== version ||
      (isId(submissionId) && (await store.trail.isOpenSubmission(generation.id, submissionId)));
    if (!isOpen) return refuse('SUBMISSION_NOT_OPEN', onlyOpen, 'submissionId');
    try {
      const result = await this.#settle(
        generation,
        version,
        requester,
        {
          to: 'PROCESSING',
          patch: {
            ...{ ...unseen, taskId, nextAttemptAt: now() },
            ...(isHeld && { submittedAt: now() }),
          },
          event: { action: 'TASK_ATTACHED', detail: { taskId } },
        },
        { settledBy: requester.caller.id, found: { taskId, submissionId, account } },
        {
          from: isHeld
            ? 'QUEUED'
            : (await store.trail.mayBeTakenUp(generation))
              ? generation.status
              : 'UNCERTAIN',
          refusal: onlyWithoutTask,
        },
      );
      worker.wake();
      return result;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const other = await store.trail.ownerOf(taskId, generation.id);
      return refuse('TASK_ATTACHED_ELSEWHERE', takenTask(other ?? 'another generation'));
    }
  }

  /** Settles an uncertain one that MiniMax never accepted. */
  async declareNotCreated(
    generation: VideoGeneration,
    version: number,
    requester: Requester,
  ): Promise<DecisionResult> {
    return await this.#settle(
      generation,
      version,
      requester,
      {
        to: 'FAILED',
        patch: {
          failureKind: 'NOT_CREATED' satisfies FailureKind,
          completedAt: this.#options.now(),
        },
        event: { action: 'DECLARED_NOT_CREATED' },
      },
      { settledBy: requester.caller.id, found: null },
    );
  }

  /**
   * Sends an uncertain one again, which may be paid twice; not one that was retried, whose successor
   * is sent. What was ordered before, or retried, and the database has forgotten, may have been sent:
   * then it is held.
   */
  async resubmit(
    generation: VideoGeneration,
    version: number,
    requester: Requester,
  ): Promise<DecisionResult> {
    const { worker, images, recentKeys, now } = this.#options;
    const problem = redactionProblem(generation);
    if (problem) return { generation, userErrors: [problem] };
    if (generation.status === 'UNCERTAIN' && !(await images.areStored(generation))) {
      return { generation, userErrors: [userError('id', 'IMAGES_NO_LONGER_STORED', imagesGone)] };
    }
    const orderKey = orderKeyOf(generation.id);
    const lost = await recentKeys.findLost([orderKey, retryKeyOf(generation.id)]);
    const isRepeated = lost !== undefined;
    const result = await this.#settle(generation, version, requester, {
      to: 'QUEUED',
      patch: {
        ...{ failureKind: null, submittedAt: null },
        ...(isRepeated ? { heldAt: now(), nextAttemptAt: null } : { nextAttemptAt: now() }),
      },
      event: {
        action: 'RESUBMISSION_ORDERED',
        ...(isRepeated && { detail: { held: forgottenOrder } }),
      },
      keys: [orderKey],
    });
    if (result.userErrors.length === 0) recentKeys.note([orderKey], result.generation!);
    worker.wake();
    return result;
  }

  /** A decision about what was uncertain, or lost, at this version; one that was made before is told. */
  async #settle(
    seen: VideoGeneration,
    version: number,
    requester: Requester,
    move: Move,
    settlement?: Settlement,
    { from, refusal }: Decidable = { from: 'UNCERTAIN', refusal: onlyUncertain },
  ): Promise<DecisionResult> {
    const { store } = this.#options;
    if (seen.version === version) {
      const result = await this.#decide(
        ...([seen, from, requester, refusal, move, settlement] as const),
      );
      if (result.userErrors.length === 0) return result;
    }
    const generation = (await store.find(seen.id)) ?? seen;
    const next =
      version < generation.version ? await store.trail.eventAt(seen.id, version + 1) : null;
    const refuse = (code: UserError['code'], message: string) => ({
      generation,
      userErrors: [userError('version', code, message)],
    });
    const settles = next?.action === 'TASK_ATTACHED' || next?.action === 'GENERATION_RELEASED';
    const isSettled = next?.fromStatus === 'UNCERTAIN' || next?.fromStatus === 'FAILED';
    if (next && (settles || isSettled)) {
      const by = next.callerId ?? "MiniMax's answer, which came late";
      return refuse(
        'SETTLED_ALREADY',
        `This was settled at ${next.occurredAt.toISOString()} by ${by}: ${next.action}. It is ${generation.status} now.`,
      );
    }
    if (generation.status !== from) {
      return refuse('WRONG_STATUS', `${refusal} This one is ${generation.status}.`);
    }
    if (move.to === 'QUEUED' && generation.successorId !== null) {
      const message = `It was retried already, and is not sent again: its successor is ${generation.successorId}.`;
      return refuse('SETTLED_ALREADY', message);
    }
    const isRedacted = generation.redactedAt !== null && seen.redactedAt === null;
    if (generation.version === version && !isRedacted)
      return refuse('SETTLED_ALREADY', acceptedAfterAll);
    return refuse(
      'WRONG_VERSION',
      `This generation has version ${generation.version}, not ${version}: look at it again, then decide.`,
    );
  }

  async #decide(
    generation: VideoGeneration,
    from: VideoGeneration['status'],
    requester: Requester,
    refusal: string,
    move: Move,
    settlement?: Settlement,
  ): Promise<DecisionResult> {
    const { store } = this.#options;
    const moved =
      generation.status === from
        ? await store.decide(
            generation,
            { ...move, event: { ...move.event, actor: actorOf(requester) } },
            settlement,
          )
        : null;
    if (moved) return { generation: moved, userErrors: [] };
    const current = (await store.find(generation.id)) ?? generation;
    return {
      generation: current,
      userErrors: [userError('id', 'WRONG_STATUS', `${refusal} This one is ${current.status}.`)],
    };
  }
}

const imagesGone =
  'The images of this generation are no longer stored: create a new one with the images.';

const forgottenOrder =
  'it had been ordered before, or retried, and the database lost that: it may have been paid';

const onlyOpen =
  'Name one of the submissions of this generation that is UNKNOWN, or that a person said was not created.';

const takenTask = (other: string) =>
  `A submission of ${other} has this task already: attach it there, or declare first that that one was not created.`;

const onlyUncertain = 'Only an UNCERTAIN generation needs this decision.';

const onlyWithoutTask =
  'Only an UNCERTAIN generation needs this decision, one that is held, one that FAILED with TASK_UNKNOWN, RESULT_MISSING or NOT_CREATED, one without a task that was CANCELLED after it had been sent, or one that FAILED or was CANCELLED while one of its submissions is UNKNOWN.';
