import type { Database } from '../../database/database.ts';
import { Prisma } from '../../database/generated/client.ts';
import { readRows } from '../../database/read-rows.ts';
import { toSql } from '../../database/where-sql.ts';

type Pool = Pick<Database['pool'], 'query'>;

interface Expected {
  count: number;
  until: number;
}

/** A statistic changes slowly, and only the way to the rows depends on it, never which they are. */
const keptMs = 10 * 60_000;

/** Texts whose numbers are kept, for each database. */
const mostKept = 1_000;

const known = new WeakMap<Pool, Map<string, Expected>>();

/**
 * How many prompts PostgreSQL expects to match an expression (letter-case.ts), by its statistics of
 * the column: it tries the expression on a hundred of them.
 */
export async function expectedMatches(pool: Pool, expression: string): Promise<number> {
  let ofPool = known.get(pool);
  if (!ofPool) {
    ofPool = new Map<string, Expected>();
    known.set(pool, ofPool);
  }
  const now = performance.now();
  const kept = ofPool.get(expression);
  if (kept && kept.until > now) return kept.count;
  const [row] = await readRows<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    pool,
    Prisma.sql`EXPLAIN (FORMAT JSON)
      SELECT FROM video_generation WHERE ${toSql({ prompt: { matches: expression } })}`,
  );
  const count = row!['QUERY PLAN'][0].Plan['Plan Rows'];
  ofPool.delete(expression);
  ofPool.set(expression, { count, until: now + keptMs });
  if (ofPool.size > mostKept) ofPool.delete(ofPool.keys().next().value!);
  return count;
}
