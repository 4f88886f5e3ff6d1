import type pg from 'pg';
import { v7 as uuidV7 } from 'uuid';
import { Prisma } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import { eventOf } from '../generation/outcomes.ts';
import { isOpen } from '../generation/settle-submission.ts';
import { writeGeneration } from '../generation/write.ts';
import type { Settled } from './settling.ts';

/*
 * What a person had said about submissions, which MiniMax's answer tells otherwise. Each is done within
 * a transaction, with an event where the generation goes on with another submission then.
 */

interface Said {
  submissionId: string;
  generationId: string;
  prompt: string;
  taskId: string;
}

type Settle = () => Promise<unknown>;

/**
 * Settles a submission that a person had said has another task than its answer tells: that task is the
 * latest other one's that is open, or gets a record of its own. Nothing when the answer names that task,
 * or another answer had settled it.
 */
export async function settleBeside(
  client: pg.PoolClient,
  settled: Settled,
  at: Date,
  settle: Settle,
): Promise<void> {
  const { id, answer } = settled;
  const [said] = await readRows<Said>(
    client,
    Prisma.sql`
      SELECT submission.id::text AS "submissionId", generation_id::text AS "generationId", prompt,
        submission.task_id AS "taskId"
      FROM submission JOIN video_generation AS generation ON generation.id = generation_id
      WHERE submission.id = ${id}::uuid AND settled_by IS NOT NULL
        AND submission.task_id IS NOT NULL FOR UPDATE OF submission`,
  );
  if (!said || said.taskId === answer.taskId) return;
  await readRows(client, Prisma.sql`UPDATE submission SET task_id = NULL WHERE id = ${id}::uuid`);
  const owner = (await giveToOpen(client, said, at)) ?? (await copyFor(client, said, at));
  await settle();
  await goOnWith(client, said, owner.id, settled, at);
}

/**
 * Settles a submission that was given the task that a person had said another one of its generation has:
 * what came of that is unknown then, or, where it stood for one that no record told of, it was never sent.
 * Also one whose task a callback, or what was no success, had named for any other: that stays in doubt.
 */
export async function settleInstead(
  client: pg.PoolClient,
  settled: Settled,
  at: Date,
  settle: Settle,
): Promise<void> {
  const { id, answer } = settled;
  const isSaidOtherwise = Prisma.sql`said.id <> answered.id
    AND said.account_id = answered.account_id AND said.task_id = ${answer.taskId}
    AND (said.outcome IN ('SENT', 'UNKNOWN')
      OR said.settled_by IS NOT NULL AND said.generation_id = answered.generation_id)`;
  // Both, in the same order for all: two may have been given each other's.
  await readRows(
    client,
    Prisma.sql`
      SELECT said.id FROM submission AS said JOIN submission AS answered ON answered.id = ${id}::uuid
      WHERE said.id = answered.id OR ${isSaidOtherwise} ORDER BY said.id FOR UPDATE OF said`,
  );
  const [said] = await readRows<Said>(
    client,
    Prisma.sql`
      UPDATE submission AS said SET task_id = NULL, settled_by = NULL,
        outcome = CASE WHEN said.outcome IN ('SENT', 'UNKNOWN') THEN said.outcome
          WHEN said.body_hash IS NULL AND said.claimed_at = said.settled_at THEN 'NOT_SENT'
          ELSE 'UNKNOWN' END
      FROM submission AS answered, video_generation AS generation
      WHERE answered.id = ${id}::uuid AND generation.id = said.generation_id AND ${isSaidOtherwise}
      RETURNING said.id::text AS "submissionId", generation.id::text AS "generationId", prompt,
        ${answer.taskId} AS "taskId"`,
  );
  await settle();
  if (said) await goOnWith(client, said, id, settled, at);
}

async function giveToOpen(
  client: pg.PoolClient,
  { submissionId, generationId, taskId }: Said,
  at: Date,
): Promise<{ id: string } | undefined> {
  const [given] = await readRows<{ id: string }>(
    client,
    Prisma.sql`
      UPDATE submission SET outcome = 'ACCEPTED', task_id = ${taskId}, settled_at = ${at},
        settled_by = said.settled_by
      FROM submission AS said
      WHERE said.id = ${submissionId}::uuid AND submission.id = (
        SELECT id FROM submission AS other
        WHERE generation_id = ${generationId}::uuid AND id <> ${submissionId}::uuid AND ${isOpen} AND task_id IS NULL
          AND account_id = (SELECT account_id FROM submission WHERE id = ${submissionId}::uuid)
        ORDER BY number DESC LIMIT 1
      )
      RETURNING submission.id::text`,
  );
  return given;
}

async function copyFor(
  client: pg.PoolClient,
  { submissionId, taskId }: Said,
  at: Date,
): Promise<{ id: string }> {
  const id = uuidV7({ msecs: at.getTime() });
  await readRows(
    client,
    Prisma.sql`
      INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation,
        simulated, caller_id, reason, list_price, currency, claimed_at, settled_at, settled_by,
        outcome, task_id)
      SELECT ${id}::uuid, generation_id, (
          SELECT max(other.number) + 1 FROM submission AS other
          WHERE other.generation_id = submission.generation_id
        ), account_id, account_name, api_generation, simulated, caller_id, reason, list_price,
        currency, settled_at, settled_at, settled_by, 'ACCEPTED', ${taskId}
      FROM submission WHERE id = ${submissionId}::uuid`,
  );
  return { id };
}

/** The task that it was said to have is followed as that of another one. */
async function goOnWith(
  client: pg.PoolClient,
  { submissionId, generationId, prompt, taskId }: Said,
  ownerId: string,
  { id, answer }: Settled,
  now: Date,
): Promise<void> {
  const told = answer.taskId ?? null;
  const detail = { submissionId: id, ...(told !== null && { taskId: told }) };
  await writeGeneration(
    client,
    { id: generationId, prompt },
    Prisma.sql`generation.submission_id = ${submissionId}::uuid AND generation.task_id = ${taskId}`,
    { submissionId: ownerId },
    { event: eventOf('SUBMISSION_ANSWERED_LATE', answer, detail), now, parts: [] },
  );
}
