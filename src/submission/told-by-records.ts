import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import { hasNoneInItsPlace, wasAcceptedLast } from '../generation/settle-submission.ts';
import { isOfThisDatabase } from './leases.ts';
import type { Submission } from './submissions.ts';

/** A generation that does not show yet what this record of it tells. */
interface Told {
  generation: VideoGeneration;
  record: Submission;
}

/**
 * Generations of which a record tells the task, and which do not follow it, nor tell of it where they
 * have ended in another way; not what somebody has locked.
 */
export async function findAccepted(
  prisma: Database['prisma'],
  simulated: boolean,
): Promise<Told[]> {
  return await read(
    prisma,
    Prisma.sql`
    WITH doubtful AS MATERIALIZED (
      SELECT id FROM video_generation
      WHERE simulated = ${simulated} AND task_id IS NULL
        AND (status = 'UNCERTAIN' OR status = 'QUEUED' AND attempts > 0
          OR failure_kind = 'NOT_CREATED' OR status = 'CANCELLED' AND attempts > 0)
    )
    SELECT generation.id::text, accepted.id::text AS "recordId"
    FROM doubtful JOIN video_generation AS generation ON generation.id = doubtful.id
      JOIN submission AS accepted ON accepted.generation_id = generation.id
    WHERE ${wasAcceptedLast(Prisma.sql`accepted`)} AND (
      generation.status IN ('UNCERTAIN', 'QUEUED')
      OR generation.status = 'FAILED' AND generation.redacted_at IS NULL AND ${hasNoneInItsPlace}
      OR NOT EXISTS (
        SELECT FROM audit_event AS event
        WHERE event.generation_id = generation.id AND action = 'SUBMISSION_ANSWERED_LATE'
          AND event.detail->>'taskId' = accepted.task_id
      )
    )
    FOR UPDATE OF generation, accepted SKIP LOCKED`,
  );
}

/**
 * Generations that are uncertain although their records tell, since before `settledBefore`, that nothing
 * that was sent was accepted; with the latest. Not those of another incarnation of the database, which
 * may have forgotten what was sent.
 */
export async function findNotAccepted(
  prisma: Database['prisma'],
  simulated: boolean,
  settledBefore: Date,
): Promise<Told[]> {
  return await read(
    prisma,
    Prisma.sql`
    WITH uncertain AS MATERIALIZED (
      SELECT id FROM video_generation
      WHERE status = 'UNCERTAIN' AND simulated = ${simulated} AND task_id IS NULL AND ${isOfThisDatabase}
    )
    SELECT uncertain.id::text, latest.id::text AS "recordId"
    FROM uncertain CROSS JOIN LATERAL (
      SELECT id FROM submission WHERE generation_id = uncertain.id ORDER BY number DESC LIMIT 1
    ) AS latest
    WHERE NOT EXISTS (
      SELECT FROM submission AS other
      WHERE other.generation_id = uncertain.id AND NOT (
        outcome IN ('REFUSED', 'NOT_SENT') AND settled_by IS NULL AND settled_at < ${settledBefore}
      )
    )`,
  );
}

async function read(prisma: Database['prisma'], query: Prisma.Sql): Promise<Told[]> {
  const found = await prisma.$queryRaw<{ id: string; recordId: string }[]>(query);
  const [generations, records] = await Promise.all([
    prisma.videoGeneration.findMany({ where: { id: { in: found.map(({ id }) => id) } } }),
    prisma.submission.findMany({ where: { id: { in: found.map(({ recordId }) => recordId) } } }),
  ]);
  return records.flatMap((record) => {
    const generation = generations.find(({ id }) => id === record.generationId);
    return generation ? [{ generation, record }] : [];
  });
}
