import type pg from 'pg';
import type { Actor } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import { Prisma, type VideoGenerationStatus as Status } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import { writeTogether } from '../database/write-together.ts';
import type { Logger } from '../logger.ts';
import type { VideoGeneration } from './generation.ts';
import type { Holds } from './holds.ts';
import { generationFields, readGenerations } from './rows.ts';
import { isToldBy } from './settle-submission.ts';
import { writeGeneration, type Changes } from './write.ts';

export interface ToldTaskOptions {
  database: Pick<Database, 'pool'>;
  holds: Holds;
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
  /** Of each generation what is being noted of it last. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(options: ToldTaskOptions) {
    this.#options = options;
  }

  /**
   * Notes the task, in the record and as an event, once; what waits to be sent again, or repeats the
   * generation and waits, is held: two may be paid. The generation as it is then; null where it is gone.
   */
  async note({ id }: { id: string }, told: Told): Promise<VideoGeneration | null> {
    // One after the other of a generation, or each would find its row locked.
    const before = this.#last.get(id) ?? Promise.resolve();
    const noting = before.then(async () => {
      try {
        return await this.#note(id, told);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        // Another one was given the task in the same moment.
        return await this.#note(id, told);
      }
    });
    const last = noting
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(id) === last) this.#last.delete(id);
      });
    this.#last.set(id, last);
    return await noting;
  }

  async #note(id: string, { taskId, status: word, actor }: Told): Promise<VideoGeneration | null> {
    const { database, holds, log, now } = this.#options;
    let isNoted = false;
    const noted = await writeTogether(database.pool, async (client) => {
      const [current] = await readGenerations(
        client,
        generationFields,
        // Waiting for it would keep a connection from others.
        Prisma.sql`WHERE id = ${id}::uuid FOR UPDATE NOWAIT`,
      );
      if (!current || current.taskId === taskId) return current ?? null;
      const isKept = (await ownerOf(client, id, taskId)) !== null;
      // Any other server may have told of it while the row was waited for.
      if (!isKept && (await wasTold(client, id, taskId))) return current;
      const { status } = current;
      const isDoubtful = status === 'SUBMITTING' || status === 'UNCERTAIN';
      // What has ended is looked at by nobody else.
      log[status === 'FAILED' || status === 'CANCELLED' ? 'error' : 'warn'](
        { generationId: id, status, taskId },
        'a callback told of a task that no answer has told',
      );
      const event = {
        action: 'CALLBACK_RECEIVED',
        actor,
        detail: { status: word, taskId },
      } as const;
      const changes = {
        ...(isDoubtful && { callbackStatus: word }),
        ...(isKept && isShownMessage.has(status) && withTask(current, taskId)),
      };
      isNoted = true;
      const told = { event, now: now(), parts: [] };
      const changed = await writeGeneration(client, current, Prisma.sql`TRUE`, changes, told);
      // Last: whoever stores its answer waits for this to be committed.
      if (isKept) await giveTask(client, id, taskId);
      return changed;
    });
    if (isNoted) await holds.holdNeedless(await this.#repeating(id));
    return noted;
  }

  /** It, what repeats it, and what was made anew of the same video. */
  async #repeating(id: string): Promise<string[]> {
    const found = await readRows<{ id: string }>(
      this.#options.database.pool,
      Prisma.sql`
        WITH RECURSIVE repeating AS (
          SELECT id, successor_id, source_id FROM video_generation WHERE id = ${id}::uuid
          UNION
          SELECT later.id, later.successor_id, later.source_id
          FROM repeating JOIN video_generation AS later
            ON later.id = repeating.successor_id OR later.source_id = repeating.source_id
        )
        SELECT id::text FROM repeating`,
    );
    return found.map((row) => row.id);
  }
}

/** Of others it is soon another one, or that of the task that is followed. */
const isShownMessage = new Set<Status>(['QUEUED', 'UNCERTAIN', 'FAILED', 'CANCELLED']);

/** For whoever decides. */
function withTask({ statusMessage }: VideoGeneration, taskId: string): Changes {
  const said = statusMessage ? `${statusMessage.replace(/\.$/, '')}. ` : '';
  return { statusMessage: `${said}A callback told of task ${taskId}.` };
}

/** Whether a callback has told of this task of it. */
export async function wasTold(
  pool: Pick<Database['pool'], 'query'>,
  generationId: string,
  taskId: string,
): Promise<boolean> {
  const told = await readRows(
    pool,
    Prisma.sql`
      SELECT id FROM audit_event AS event
      WHERE generation_id = ${generationId}::uuid AND ${isToldBy(Prisma.sql`event`)}
        AND detail->>'taskId' = ${taskId} LIMIT 1`,
  );
  return told.length > 0;
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

/** Gives the task to that submission; to the next one where its answer has told one meanwhile. */
export async function giveTask(
  client: pg.PoolClient,
  generationId: string,
  taskId: string,
): Promise<void> {
  for (;;) {
    const id = await ownerOf(client, generationId, taskId);
    if (id === null) return;
    const given = await readRows(
      client,
      Prisma.sql`
        UPDATE submission SET task_id = ${taskId}, settled_by = NULL,
          outcome = CASE outcome WHEN 'SENT' THEN outcome ELSE 'UNKNOWN' END
        WHERE id = ${id}::uuid AND ${isTaskless} RETURNING id::text`,
    );
    if (given.length > 0) return;
  }
}
