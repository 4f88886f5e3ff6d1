import type { Database } from '../database/database.ts';
import { Prisma, type Submission, type SubmissionOutcome } from '../database/generated/client.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import { readRows } from '../database/read-rows.ts';
import type { Answer } from '../generation/outcomes.ts';
import type { LeasedGeneration } from '../generation/generation.ts';
import { MinimaxError } from '../minimax/errors.ts';

export type { Submission };

export interface SubmissionsOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  now: () => Date;
  /** So much of a lease must be left when a request leaves, in milliseconds. */
  marginMs: number;
}

/** A submission whose answer names a task that belongs to another one. */
export class TaskTaken extends Error {}

/**
 * The records of what goes out and costs money: one for each POST that may leave, made with the
 * claim (leases.ts), marked before the connection is opened, settled by the answer.
 */
export class Submissions {
  readonly #options: SubmissionsOptions;

  constructor(options: SubmissionsOptions) {
    this.#options = options;
  }

  /**
   * Says that the request is about to leave; false when its lease has passed or is about to: it must
   * not be sent then.
   */
  async confirm({ leaseToken }: LeasedGeneration, bodyHash: string): Promise<boolean> {
    const { database, now, marginMs } = this.#options;
    const at = now();
    const until = new Date(at.getTime() + marginMs);
    const confirmed = await readRows(
      database.pool,
      Prisma.sql`
        UPDATE submission SET outcome = 'SENT', sent_at = ${at}, body_hash = ${bodyHash}
        WHERE id = ${leaseToken}::uuid AND outcome = 'PREPARED' AND EXISTS (
          SELECT FROM video_generation AS generation
          WHERE generation.id = submission.generation_id AND generation.status = 'SUBMITTING'
            AND generation.lease_token = submission.id AND generation.leased_until > ${until}
        )
        RETURNING id::text`,
      'confirm submission',
    );
    return confirmed.length > 0;
  }

  /**
   * Stores what came of it, in one statement. An answer that comes late settles also what had been
   * called unknown, or what a person had decided about it: what was paid is told by MiniMax.
   *
   * Throws `TaskTaken` when another submission of the account has the task.
   */
  async settle(id: string, answer: Answer & { taskId?: string | null }): Promise<void> {
    const { database, now } = this.#options;
    const outcome = outcomeOf(answer);
    const at = now();
    try {
      await readRows(
        database.pool,
        Prisma.sql`
          UPDATE submission SET outcome = ${outcome}::submission_outcome,
            answered_at = ${answer.httpStatus === null ? null : at}, settled_at = ${at},
            settled_by = NULL, http_status = ${answer.httpStatus}, status_code = ${answer.statusCode},
            status_message = ${answer.statusMessage}, trace_id = ${answer.traceId},
            latency_ms = ${Math.round(answer.latencyMs)}, task_id = ${answer.taskId ?? null}
          WHERE id = ${id}::uuid
            AND (outcome IN ('PREPARED', 'SENT', 'UNKNOWN') OR settled_by IS NOT NULL)`,
        'settle submission',
      );
    } catch (error) {
      if (answer.taskId && isUniqueViolation(error)) throw new TaskTaken();
      throw error;
    }
  }

  /** Stores that nobody knows what came of it: its server stopped. */
  async giveUp(id: string): Promise<void> {
    await this.#options.database.prisma.submission.updateMany({
      where: { id, outcome: { in: ['PREPARED', 'SENT'] } },
      data: { outcome: 'UNKNOWN', settledAt: this.#options.now() },
    });
  }

  /** Stores what the server that claimed it knows: that it did not leave. */
  async settleUnsent(id: string): Promise<void> {
    await this.#options.database.prisma.submission.updateMany({
      where: { id, outcome: { in: ['PREPARED', 'SENT'] } },
      data: { outcome: 'NOT_SENT', settledAt: this.#options.now() },
    });
  }

  /** Stores that what another server claimed was not sent; false when it was, or is settled already. */
  async giveBack(id: string): Promise<boolean> {
    const { database, now } = this.#options;
    const { count } = await database.prisma.submission.updateMany({
      where: { id, outcome: 'PREPARED' },
      data: { outcome: 'NOT_SENT', settledAt: now() },
    });
    return count > 0;
  }
}

function outcomeOf(answer: Answer): SubmissionOutcome {
  if (!(answer instanceof MinimaxError)) return 'ACCEPTED';
  switch (answer.kind) {
    case 'refused':
    case 'throttled':
    case 'unauthorized':
      return 'REFUSED';
    case 'unreachable':
      return 'NOT_SENT';
    case 'uncertain':
      return 'UNKNOWN';
  }
}
