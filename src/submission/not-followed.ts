import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import { wasAcceptedLast } from '../generation/settle-submission.ts';
import type { Submission } from './submissions.ts';

interface NotFollowed {
  generation: VideoGeneration;
  accepted: Submission;
}

/** Generations of which a record tells the task, and which do not follow it; not what somebody has locked. */
export async function findNotFollowed(
  prisma: Database['prisma'],
  simulated: boolean,
): Promise<NotFollowed[]> {
  const found = await prisma.$queryRaw<{ id: string; acceptedId: string }[]>`
    WITH doubtful AS MATERIALIZED (
      SELECT id FROM video_generation
      WHERE simulated = ${simulated} AND task_id IS NULL
        AND (status = 'UNCERTAIN' OR status = 'QUEUED' AND attempts > 0
          OR failure_kind = 'NOT_CREATED' AND successor_id IS NULL)
    )
    SELECT generation.id::text, accepted.id::text AS "acceptedId"
    FROM doubtful JOIN video_generation AS generation ON generation.id = doubtful.id
      JOIN submission AS accepted ON accepted.generation_id = generation.id
    WHERE ${wasAcceptedLast(Prisma.sql`accepted`)}
    FOR UPDATE OF generation, accepted SKIP LOCKED`;
  const [generations, records] = await Promise.all([
    prisma.videoGeneration.findMany({ where: { id: { in: found.map(({ id }) => id) } } }),
    prisma.submission.findMany({
      where: { id: { in: found.map(({ acceptedId }) => acceptedId) } },
    }),
  ]);
  return records.flatMap((accepted) => {
    const generation = generations.find(({ id }) => id === accepted.generationId);
    return generation ? [{ generation, accepted }] : [];
  });
}
