import type { Database } from '../database/database.ts';
import { Prisma, type VideoGeneration } from '../database/generated/client.ts';
import { columnsOf, readRows } from '../database/read-rows.ts';

const columns = columnsOf(Prisma.VideoGenerationScalarFieldEnum);

/** The rows that the end of a statement chooses among those of `generation`: `WHERE … ORDER BY … LIMIT …`. */
export async function readGenerations(
  pool: Database['pool'],
  choice: Prisma.Sql,
): Promise<VideoGeneration[]> {
  return await readRows(
    pool,
    Prisma.sql`SELECT ${columns} FROM video_generation AS generation ${choice}`,
  );
}
