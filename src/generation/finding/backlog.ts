import type { Database } from '../../database/database.ts';
import { toSql } from '../../database/where-sql.ts';
import { seenBy, type Visibility } from './filter.ts';

/** How many generations wait for something, or for somebody. */
export interface GenerationBacklog {
  queued: number;
  /** Among the queued. */
  held: number;
  running: number;
  uncertain: number;
}

/** Counts what is not at its end: in one pass, along the indexes of what is under way. */
export async function countBacklog(
  prisma: Database['prisma'],
  visible: Visibility,
): Promise<GenerationBacklog> {
  const [row] = await prisma.$queryRaw<[GenerationBacklog]>`
    SELECT
      count(*) FILTER (WHERE status = 'QUEUED')::int AS queued,
      count(*) FILTER (WHERE held_at IS NOT NULL)::int AS held,
      count(*) FILTER (WHERE status IN ('SUBMITTING', 'PROCESSING'))::int AS running,
      count(*) FILTER (WHERE status = 'UNCERTAIN')::int AS uncertain
    FROM video_generation
    WHERE status IN ('QUEUED', 'SUBMITTING', 'PROCESSING', 'UNCERTAIN') AND ${toSql(seenBy(visible))}`;
  return row;
}
