import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';

/** The tables that are read. */
export const tables = [
  ...['audit_event', 'audit_checkpoint', 'audit_event_position', 'video_generation'],
  ...['submission', 'video_archive', 'stored_object', '_prisma_migrations'],
] as const;

export type Table = (typeof tables)[number];

/** So many statements run at a time, each on a connection of its own. */
const atOnce = 2;

/**
 * Asks the database so that whatever is made beside the service's tables has no part in the answer:
 * a name without a schema is PostgreSQL's own, be it of a function, an operator, a type or a table.
 * To be one among others of the search path is not enough: PostgreSQL would prefer
 * `convert_to(text, text)` of anybody to its own `convert_to(text, name)`.
 */
export class Look {
  readonly #prisma: Database['prisma'];
  /** Where the service's tables are. */
  readonly schema: string;
  /** The schemas in which everybody else looks for names, with those that are meant silently. */
  readonly path: readonly string[];

  private constructor(prisma: Database['prisma'], schema: string, path: readonly string[]) {
    this.#prisma = prisma;
    this.schema = schema;
    this.path = path;
  }

  static async into(prisma: Database['prisma']): Promise<Look> {
    const [{ schema, path }] = await prisma.$queryRaw<[{ schema: string; path: string[] }]>`
      SELECT pg_catalog.current_schema()::pg_catalog.text AS schema,
        pg_catalog.current_schemas(true)::pg_catalog.text[] AS path`;
    return new Look(prisma, schema, path);
  }

  /** One of the service's tables, with its schema. */
  table(name: Table): Prisma.Sql {
    return Prisma.raw(this.quoted(name));
  }

  /** A name with the service's schema before it, as SQL says it. */
  quoted(name: string): string {
    return `"${this.schema.replaceAll('"', '""')}"."${name}"`;
  }

  async rows<Row>(query: Prisma.Sql): Promise<Row[]> {
    return await this.ask(this.#prisma.$queryRaw<Row[]>(query));
  }

  /** The one row of a statement. */
  async row<Row>(query: Prisma.Sql): Promise<Row> {
    const [row] = await this.rows<Row>(query);
    return row!;
  }

  /**
   * What a query of Prisma's gives. PostgreSQL takes a statement that computes thousands of hashes
   * for so expensive that it would compile it first, each time anew, which takes seven times as long
   * as to run it. What a constraint says of rows is not believed.
   */
  async ask<Result>(query: Prisma.PrismaPromise<Result>): Promise<Result> {
    const [, result] = await this.#prisma.$transaction([
      this.#prisma
        .$queryRaw`SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
        pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('enable_memoize', 'off', true),
        pg_catalog.set_config('constraint_exclusion', 'off', true)`,
      query,
    ]);
    return result;
  }
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
