import type pg from 'pg';
import { v7 as uuidV7 } from 'uuid';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { writeTogether } from '../database/write-together.ts';
import { eventOf, type Answer } from '../generation/outcomes.ts';
import { writeGeneration } from '../generation/write.ts';

export type SettledAnswer = Answer & { taskId?: string | null };

/** What came of a submission, by its id. */
export interface Settled {
  id: string;
  answer: SettledAnswer;
}

interface Said {
  generationId: string;
  prompt: string;
  taskId: string;
}

/**
 * Settles a submission that a person had said has another task than its answer tells: that task gets a
 * record of its own, which the generation goes on with, and there is an event. Nothing when the answer
 * names that task, or another answer had settled it.
 */
export async function settleBeside(
  pool: Database['pool'],
  { id, answer }: Settled,
  at: Date,
  settle: (client: pg.PoolClient) => Promise<unknown>,
): Promise<void> {
  await writeTogether(pool, async (client) => {
    const [said] = await readRows<Said>(
      client,
      Prisma.sql`
        SELECT generation_id::text AS "generationId", prompt, submission.task_id AS "taskId"
        FROM submission JOIN video_generation AS generation ON generation.id = generation_id
        WHERE submission.id = ${id}::uuid AND settled_by IS NOT NULL
          AND submission.task_id IS NOT NULL FOR UPDATE OF submission`,
    );
    if (!said || said.taskId === answer.taskId) return;
    const copyId = uuidV7({ msecs: at.getTime() });
    await readRows(client, Prisma.sql`UPDATE submission SET task_id = NULL WHERE id = ${id}::uuid`);
    await readRows(
      client,
      Prisma.sql`
        INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation,
          simulated, caller_id, reason, list_price, currency, claimed_at, settled_at, settled_by,
          outcome, task_id)
        SELECT ${copyId}::uuid, generation_id, (
            SELECT max(other.number) + 1 FROM submission AS other
            WHERE other.generation_id = submission.generation_id
          ), account_id, account_name, api_generation, simulated, caller_id, reason, list_price,
          currency, settled_at, settled_at, settled_by, 'ACCEPTED', ${said.taskId}
        FROM submission WHERE id = ${id}::uuid`,
    );
    await settle(client);
    const taskId = answer.taskId ?? null;
    const detail = { submissionId: id, ...(taskId !== null && { taskId }) };
    await writeGeneration(
      client,
      { id: said.generationId, prompt: said.prompt },
      Prisma.sql`generation.submission_id = ${id}::uuid AND generation.task_id = ${said.taskId}`,
      { submissionId: copyId },
      { event: eventOf('SUBMISSION_ANSWERED_LATE', answer, detail), now: at, parts: [] },
    );
  });
}
