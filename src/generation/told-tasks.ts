import type pg from 'pg';
import type { Actor } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { writeTogether } from '../database/write-together.ts';
import type { Logger } from '../logger.ts';
import type { VideoGeneration } from './generation.ts';
import { generationFields, readGenerations } from './rows.ts';
import type { Trail } from './trail.ts';
import { writeGeneration, type Changes } from './write.ts';

export interface ToldTaskOptions {
  database: Pick<Database, 'pool'>;
  trail: Trail;
  log: Logger;
  now: () => Date;
}

/** What came to the callback address of a generation. */
export interface Told {
  taskId: string;
  status: string;
  actor: Actor;
}

/**
 * Callbacks that name a task which no answer has told: the answer may be lost, still to come, or a
 * refusal of somebody in between. The record of what was sent has the task from then on, and is in
 * doubt, whatever its answer said.
 */
export class ToldTasks {
  readonly #options: ToldTaskOptions;

  constructor(options: ToldTaskOptions) {
    this.#options = options;
  }

  /**
   * Notes the task, in the record and as an event, once; what waits to be sent again, or repeats the
   * generation and waits, is held: two may be paid. The generation as it is then; null where it is gone.
   */
  async note({ id }: { id: string }, told: Told): Promise<VideoGeneration | null> {
    const { database, trail, log } = this.#options;
    const { taskId } = told;
    const isNew = (await trail.taskToldOf(id)) !== taskId;
    return await writeTogether(database.pool, async (client) => {
      const [current] = await read(client, Prisma.sql`WHERE id = ${id}::uuid FOR UPDATE`);
      if (!current || current.taskId === taskId) return current ?? null;
      const submissionId = await ownerOf(client, id, taskId);
      const { status } = current;
      const isDoubtful = status === 'SUBMITTING' || status === 'UNCERTAIN';
      if (submissionId === null && !(isNew && isDoubtful)) return current;
      // What has ended is looked at by nobody else.
      log[status === 'FAILED' || status === 'CANCELLED' ? 'error' : 'warn'](
        { generationId: id, status, taskId, submissionId },
        'a callback told of a task that no answer has told',
      );
      const event = {
        action: 'CALLBACK_RECEIVED',
        actor: told.actor,
        detail: { status: told.status, taskId, ...(submissionId !== null && { submissionId }) },
      } as const;
      const changes = {
        ...(isDoubtful && { callbackStatus: told.status }),
        ...(status === 'UNCERTAIN' && submissionId !== null && withTask(current, taskId)),
      };
      const noted = await writeGeneration(client, current, Prisma.sql`TRUE`, changes, {
        ...{ event, now: this.#options.now(), parts: [] },
      });
      if (submissionId !== null) {
        if (status !== 'SUBMITTING') await this.#hold(client, id, taskId);
        // Last: whoever stores its answer waits for this to be committed.
        await store(client, submissionId, taskId);
      }
      return noted;
    });
  }

  /** It, or those that repeat it, directly or not, where they wait to be sent. */
  async #hold(client: pg.PoolClient, id: string, taskId: string): Promise<void> {
    const now = this.#options.now();
    const waiting = await read(
      client,
      Prisma.sql`WHERE status = 'QUEUED' AND held_at IS NULL AND id IN (
        WITH RECURSIVE repeating AS (
          SELECT id, successor_id FROM video_generation WHERE id = ${id}::uuid
          UNION
          SELECT later.id, later.successor_id
          FROM repeating JOIN video_generation AS later ON later.id = repeating.successor_id
        )
        SELECT id FROM repeating
      ) FOR UPDATE`,
    );
    const reason = `a callback told of task ${taskId}: what was sent before may have been accepted, and two would be paid`;
    const event = { action: 'GENERATION_HELD', detail: { reason, taskId } } as const;
    for (const generation of waiting) {
      this.#options.log.error({ generationId: generation.id, taskId }, `held, since ${reason}`);
      await writeGeneration(
        client,
        generation,
        Prisma.sql`TRUE`,
        { heldAt: now, nextAttemptAt: null },
        { event, now, parts: [] },
      );
    }
  }
}

/** For whoever decides. */
function withTask({ statusMessage }: VideoGeneration, taskId: string): Changes {
  const told = `A callback told of task ${taskId}.`;
  return { statusMessage: statusMessage ? `${statusMessage} ${told}` : told };
}

async function read(client: pg.PoolClient, choice: Prisma.Sql): Promise<VideoGeneration[]> {
  return await readGenerations(client, generationFields, choice);
}

const isTaskless = Prisma.sql`task_id IS NULL AND outcome IN ('UNKNOWN', 'SENT', 'REFUSED')`;

/**
 * The id of the submission that it may be the task of: of which nobody knows what came, or else which
 * waits for its answer, or was refused, the latest of several; null where there is none, or another one
 * has the task.
 */
async function ownerOf(
  client: pg.PoolClient,
  generationId: string,
  taskId: string,
): Promise<string | null> {
  const [owner] = await readRows<{ id: string }>(
    client,
    Prisma.sql`
      SELECT id::text FROM submission
      WHERE generation_id = ${generationId}::uuid AND ${isTaskless} AND NOT EXISTS (
        SELECT FROM submission AS other
        WHERE other.account_id = submission.account_id AND other.task_id = ${taskId}
      )
      ORDER BY array_position(ARRAY['UNKNOWN', 'SENT', 'REFUSED'], outcome::text), number DESC
      LIMIT 1`,
  );
  return owner?.id ?? null;
}

/** Unless its answer has told one meanwhile. */
async function store(client: pg.PoolClient, id: string, taskId: string): Promise<void> {
  await readRows(
    client,
    Prisma.sql`
      UPDATE submission SET task_id = ${taskId}, settled_by = NULL,
        outcome = CASE outcome WHEN 'SENT' THEN outcome ELSE 'UNKNOWN' END
      WHERE id = ${id}::uuid AND ${isTaskless}`,
  );
}
