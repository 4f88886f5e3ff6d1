import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditAction, NewEvent } from '../audit/events.ts';
import { isUnavailable } from '../database/unavailable.ts';
import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { Exchange } from '../minimax/exchange.ts';
import type { LeasedGeneration, Move, Patch, VideoGeneration } from './generation.ts';
import type { GenerationStore } from './store.ts';

/** What MiniMax said to a request, or what kept it from doing so. */
export type Answer = Exchange | MinimaxError;

/** How a move follows from the record of a submission. */
export interface ByRecord {
  /** The move, by what is known now. */
  made: () => Promise<Move>;
  /** Stores once more what came of the submission. */
  record: () => Promise<unknown>;
}

/** Stored in place of words, numbers and ids of an answer that the database refuses. */
export const notStorable = 'MiniMax’s answer could not be stored as it came.';

/** How long to wait before an outcome that could not be stored is stored again. */
const storeAgainMs = 500;

/** Stores what came of a step, and logs the move. */
export class Outcomes {
  readonly #store: GenerationStore;
  readonly #log: Logger;

  constructor({ store, log }: { store: GenerationStore; log: Logger }) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * Makes the move of a leased generation, as `store` does; of one that was submitted what `by` makes of it.
   * Where it cannot be made, what it follows from is stored once more first: a database that its standby
   * replaced may have lost it.
   */
  async settle(generation: LeasedGeneration, move: Move, by?: ByRecord): Promise<void> {
    const make = async (less: (made: Move) => Move) => {
      const makeOnce = async () => {
        const made = less(by ? await by.made() : move);
        return [await this.#store.move(generation, made), made] as const;
      };
      let [moved, made] = await makeOnce();
      if (!moved && by) {
        await by.record();
        [moved, made] = await makeOnce();
      }
      if (moved) this.logMove(moved, generation.status);
      else await this.#recordLate(generation, made);
    };
    const taskId = move.patch.taskId;
    await this.store(
      { generationId: generation.id, to: move.to, ...(taskId != null && { taskId }) },
      () => make((made) => made),
      () => make(smaller),
    );
  }

  /**
   * Has an outcome stored, however long the database is away: it may be a paid task's only trace.
   *
   * Only an outage is waited for. What the database refuses for another reason it would refuse for
   * ever: then `storeLess` is to store what cannot be refused. `about` is for the log.
   */
  async store(
    about: { generationId: string; to?: string; taskId?: unknown },
    store: () => Promise<unknown>,
    storeLess: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await this.#storeOnce(about, store);
    } catch (error) {
      this.#log.error({ ...about, error }, 'an outcome was refused by the database; storing less');
      await this.#storeOnce(about, storeLess);
    }
  }

  async #storeOnce(about: object, store: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await store();
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        this.#log.error({ ...about, error }, 'an outcome could not be stored yet; trying again');
        await sleep(storeAgainMs);
      }
    }
  }

  /** Changes a leased generation that stays where it is, or less of it. An outage is for the next look. */
  async keep(
    generation: LeasedGeneration,
    patch: Patch & { nextAttemptAt: Date },
    event: NewEvent | undefined,
  ): Promise<void> {
    try {
      await this.#store.keep(generation, patch, event);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      this.#log.error(
        { generationId: generation.id, error },
        'what was seen of a task was refused by the database; storing less',
      );
      const lessSeen = { ...patch, ...withoutAnswer };
      await this.#store.keep(generation, lessSeen, event && { action: event.action });
    }
  }

  logMove(generation: VideoGeneration, from: string): void {
    const { id, status, attempts, taskId, statusCode, failureKind, traceId } = generation;
    this.#log.info(
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

  /** Somebody else moved the generation; a task that was accepted all the same must not be lost sight of. */
  async #recordLate(generation: LeasedGeneration, { to, patch, event }: Move): Promise<void> {
    const { id } = generation;
    const current = await this.#store.find(id);
    // Stored by an earlier try, whose confirmation was lost with the connection.
    if (current && patch.taskId === current.taskId && patch.taskId != null) return;
    if (event.action === 'SUBMISSION_UNCERTAIN' && event.detail?.['taskId'] !== undefined) {
      await this.#store.record(generation, event);
      return;
    }
    // By what settled its record, which goes on with another task.
    const last = current && (await this.#store.trail.eventAt(id, current.version));
    const told = last?.detail as { submissionId?: unknown } | null | undefined;
    if (told?.submissionId === generation.leaseToken && last?.action === 'SUBMISSION_ANSWERED_LATE')
      return;
    if (to !== 'PROCESSING') {
      this.#log.warn({ generationId: id, to }, 'somebody else moved this generation');
      return;
    }
    this.#log.error(
      { generationId: id, taskId: patch.taskId },
      'MiniMax accepted a submission after a person had decided otherwise, or the database had lost it',
    );
    const late: NewEvent = { ...event, action: 'SUBMISSION_ANSWERED_LATE' };
    const { leaseToken, accountId, submittedAt } = generation;
    const accepted = { id: leaseToken, accountId: accountId!, claimedAt: submittedAt! };
    const takenUp = await this.#store.takeUp(generation, accepted, { to, patch, event: late });
    if (takenUp) this.logMove(takenUp, current!.status);
    else await this.#store.record(generation, late);
  }
}

const withoutAnswer = {
  statusCode: null,
  statusMessage: notStorable,
  traceId: null,
  upstreamStatus: null,
  videoWidth: null,
  videoHeight: null,
} satisfies Patch;

/** The same move without anything of MiniMax's but the ids. */
function smaller({ to, patch, version, event: { action, detail: told } }: Move): Move {
  const taskId = patch.taskId ?? told?.['taskId'];
  const detail = { reason: notStorable, ...(typeof taskId === 'string' && { taskId }) };
  const event = { action, detail };
  return {
    to,
    patch: { ...patch, ...withoutAnswer },
    event,
    ...(version !== undefined && { version }),
  };
}

/** What upstream said last, as the generation shows it. */
export function answered(answer: Answer) {
  return {
    statusCode: answer.statusCode,
    statusMessage: answer.statusMessage ?? (answer instanceof MinimaxError ? answer.message : null),
    ...(answer.traceId !== null && { traceId: answer.traceId }),
  };
}

/** An event that tells of an answer. */
export function eventOf(
  action: AuditAction,
  answer: Answer,
  detail?: NewEvent['detail'],
): NewEvent {
  return {
    action,
    httpStatus: answer.httpStatus,
    latencyMs: Math.round(answer.latencyMs),
    upstreamCode: answer.statusCode,
    upstreamMessage: answer.statusMessage,
    traceId: answer.traceId,
    ...(detail && { detail }),
  };
}

/** The instant `ms` after `now`. */
export function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
