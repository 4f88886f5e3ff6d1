import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditAction, NewEvent } from '../audit/events.ts';
import { isUnavailable } from '../database/unavailable.ts';
import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { Exchange } from '../minimax/exchange.ts';
import type { LeasedGeneration, Move, VideoGeneration } from './generation.ts';
import type { GenerationStore } from './store.ts';

/** What MiniMax said to a request, or what kept it from doing so. */
export type Answer = Exchange | MinimaxError;

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
   * Makes the move of a leased generation, however long the database is away: the answer may be a
   * paid task's only trace.
   */
  async settle(generation: LeasedGeneration, move: Move): Promise<void> {
    for (;;) {
      try {
        const moved = await this.#store.move(generation, move);
        if (moved) this.logMove(moved, generation.status);
        else await this.#recordLate(generation, move);
        return;
      } catch (error) {
        this.#log.error(
          { generationId: generation.id, to: move.to, taskId: move.patch.taskId, error },
          'an outcome could not be stored yet; trying again',
        );
        await sleep(storeAgainMs);
      }
    }
  }

  /** Has something stored, however long the database is away; throws what is no outage. */
  async store(generationId: string, store: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await store();
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        this.#log.error(
          { generationId, error },
          'an outcome could not be stored yet; trying again',
        );
        await sleep(storeAgainMs);
      }
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
    if (to !== 'PROCESSING') {
      this.#log.warn({ generationId: id, to }, 'somebody else moved this generation');
      return;
    }
    this.#log.error(
      { generationId: id, taskId: patch.taskId },
      'MiniMax accepted a submission after a person had decided otherwise',
    );
    await this.#store.record(id, { ...event, action: 'SUBMISSION_ANSWERED_LATE' });
  }
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
