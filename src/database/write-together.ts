import type pg from 'pg';
import type { Database } from './database.ts';

/**
 * Runs statements of one transaction on a connection of its own, past Prisma: for bytes, of which
 * Prisma makes several texts in a memory that it never gives back.
 */
export async function writeTogether<Result>(
  pool: Database['pool'],
  write: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  // Without a listener a connection that breaks now would end the process.
  const ignore = () => undefined;
  client.on('error', ignore);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await write(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: unknown) => (broken = failure as Error));
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}
