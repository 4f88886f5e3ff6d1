import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import type { GenerationStore } from '../generation/store.ts';
import type { Move, VideoGeneration } from '../generation/generation.ts';
import { notCreated } from '../generation/lifecycle.ts';
import { later, type Outcomes } from '../generation/outcomes.ts';
import type { Logger } from '../logger.ts';
import type { FailureKind } from '../minimax/failure-kind.ts';
import { isOfThisDatabase, type Abandoned, type Leases } from './leases.ts';
import type { Moves } from './moves.ts';
import { refusalIn } from './record-answer.ts';
import type { Submission, Submissions } from './submissions.ts';
import { findAccepted, findNotAccepted } from './told-by-records.ts';
import { unlessOpen } from './unless-open.ts';

export interface LeftBehindOptions {
  prisma: Database['prisma'];
  leases: Pick<Leases, 'findAbandoned'>;
  store: GenerationStore;
  submissions: Submissions;
  moves: Moves;
  outcomes: Outcomes;
  log: Logger;
  now: () => Date;
  /** Only generations of this kind are touched. */
  simulated: boolean;
}

/** One that could not be settled is left alone for so long: it keeps none of the others waiting. */
const againAfterMs = 60_000;

/** So long whoever stored an answer has time for what follows from it. */
const settledByThenMs = 60_000;

const atOnce = 100;

/** What servers left behind that died, were frozen, or lost their database in between. */
export class LeftBehind {
  readonly #options: LeftBehindOptions;
  /** When each of those that could not be settled was tried. */
  readonly #failed = new Map<string, number>();

  constructor(options: LeftBehindOptions) {
    this.#options = options;
  }

  /** Settles what was being submitted, by what its record says. */
  async settleAbandoned(): Promise<void> {
    const { leases, now } = this.#options;
    const since = now().getTime() - againAfterMs;
    for (const [id, at] of this.#failed) if (at <= since) this.#failed.delete(id);
    for (const abandoned of await leases.findAbandoned(atOnce, [...this.#failed.keys()]))
      await this.#each(abandoned.id, () => this.#settle(abandoned));
  }

  /**
   * Has the tasks followed that records tell, and their generations do not, and ends what is uncertain
   * although all records of it tell that it was not accepted: whoever stored what MiniMax answered late
   * came to nothing more. What waits to be sent again is not sent meanwhile (claim.ts).
   */
  async settleByRecords(): Promise<void> {
    const { prisma, simulated, log, now } = this.#options;
    const before = later(now(), -settledByThenMs);
    try {
      for (const { generation, record } of await findAccepted(prisma, simulated))
        await this.#each(generation.id, () => this.#takeUp(generation, record));
      const ended = await findNotAccepted(prisma, simulated, before);
      for (const { generation, record } of ended)
        await this.#each(generation.id, () => this.#end(generation, record));
    } catch (error) {
      log.error({ error }, 'what only records tell could not be looked for; trying again');
    }
  }

  async #takeUp(generation: VideoGeneration, accepted: Submission): Promise<void> {
    const { store, outcomes, moves } = this.#options;
    const { event, ...move } = moves.followed(accepted);
    const { status, version } = generation;
    const isLate = status !== 'UNCERTAIN';
    const action = isLate ? 'SUBMISSION_ANSWERED_LATE' : event.action;
    const told = { ...event, action } as const;
    const moved = await store.takeUp(generation, accepted, { ...move, event: told });
    if (moved) outcomes.logMove(moved, status);
    // Where it ended in another way, it is told, once.
    else if (status === 'FAILED' || status === 'CANCELLED')
      await store.record(generation, told, Prisma.sql`generation.version = ${version}`);
  }

  async #end(generation: VideoGeneration, latest: Submission): Promise<void> {
    const { store, outcomes, now } = this.#options;
    // Somebody said that there is a task all the same.
    if ((await store.trail.taskToldOf(generation.id)) !== null) return;
    const told = this.#moveOf(generation, latest, latest.outcome);
    const event = { ...told.event, action: 'SUBMISSION_REFUSED' } as const;
    // Of a refusal without a code of MiniMax's its words are known.
    const { statusCode, statusMessage, traceId } = latest;
    const patch = { ...told.patch, statusCode, statusMessage, traceId };
    const move = told.to === 'FAILED' ? told : notCreated({ ...told, patch, event }, now());
    // Still: a standby may have taken over since.
    const moved = await store.decide(generation, move, undefined, isOfThisDatabase);
    if (moved) outcomes.logMove(moved, generation.status);
  }

  async #each(generationId: string, settle: () => Promise<void>): Promise<void> {
    try {
      await settle();
    } catch (error) {
      this.#failed.set(generationId, this.#options.now().getTime());
      this.#options.log.error(
        { generationId, error },
        'what a server left behind could not be settled; trying again in a minute',
      );
    }
  }

  async #settle({ submission, isOurs, ...generation }: Abandoned): Promise<void> {
    const { store, submissions, outcomes, log, now } = this.#options;
    // Older than what happened: only that it was accepted is true all the same.
    const outcome = isOurs || submission?.outcome === 'ACCEPTED' ? submission?.outcome : 'UNKNOWN';
    if (outcome === 'PREPARED' && !(await submissions.giveBack(submission!.id))) return;
    const told = this.#moveOf(generation, submission, outcome);
    const move = await unlessOpen(submissions, generation, told, now());
    // First, since whoever is killed in between must leave it to be taken up again. An answer that comes late settles it.
    if (move.to === 'UNCERTAIN' && submission) await submissions.giveUp(submission.id);
    const moved = await store.giveUp(generation, move);
    if (moved) outcomes.logMove(moved, 'SUBMITTING');
    else {
      // By another server, or its record has just been settled.
      log.warn({ generationId: generation.id, to: move.to }, 'somebody else moved this generation');
      this.#failed.set(generation.id, now().getTime());
    }
  }

  #moveOf(
    generation: VideoGeneration,
    submission: Submission | null,
    outcome: Submission['outcome'] | undefined,
  ): Move {
    const { moves } = this.#options;
    const stopped = 'the server that was submitting it stopped before an answer was stored';
    switch (outcome) {
      case 'PREPARED':
      case 'NOT_SENT':
        return moves.postponed(generation, null, {
          reason: 'it was not sent before its lease ended',
        });
      case 'REFUSED': {
        const refusal = refusalIn(submission!);
        if (refusal) return moves.notAccepted(generation, refusal);
        return moves.postponed(generation, null, {
          reason: `MiniMax did not accept it, and ${stopped}`,
        });
      }
      case 'ACCEPTED':
        return moves.followed(submission!);
      case 'SENT':
      case 'UNKNOWN':
      case undefined: {
        const taskId = submission?.taskId ?? null;
        const named = taskId === null ? '' : ` Task ${taskId} was named.`;
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
}
