import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';

/** So many statements run at a time, each on a connection of its own. */
const atOnce = 2;

/**
 * The one row of a statement that computes thousands of hashes. PostgreSQL takes it for so expensive
 * that it would compile it first, each time anew, which takes seven times as long as to run it.
 */
export async function lookAt<Row>(prisma: Database['prisma'], query: Prisma.Sql): Promise<Row> {
  const [, rows] = await prisma.$transaction([
    prisma.$queryRaw`SELECT set_config('jit', 'off', true), set_config('enable_memoize', 'off', true)`,
    prisma.$queryRaw<Row[]>(query),
  ]);
  return rows[0]!;
}

/** What becomes of each item, in order; the next one is begun before the one before is done. */
export async function* inTurn<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Whoever waits for it hears of it; when nobody does any more, it is of no interest.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length >= atOnce) yield await begun.shift()!;
  }
  for (const result of begun) yield await result;
}
