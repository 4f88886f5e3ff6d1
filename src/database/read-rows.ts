import pg from 'pg';
import { Prisma } from './generated/client.ts';
import type { Database } from './database.ts';

/**
 * The fields of a model as SQL, under the names that Prisma gives them: every column is the field's
 * name in snake case.
 */
export function columnsOf(fields: Readonly<Record<string, string>>): Prisma.Sql {
  const columns = Object.keys(fields).map((field) => `"${toColumn(field)}" AS "${field}"`);
  return Prisma.raw(columns.join(', '));
}

export function toColumn(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The rows of a statement as Prisma would give them, in a third of the time (bench/README.md, "Reads"). */
export async function readRows<Row extends object>(
  pool: Database['pool'],
  { text, values }: Prisma.Sql,
): Promise<Row[]> {
  return (await pool.query<Row>({ text, values, types })).rows;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

const parsers = new Map<number, (text: string) => unknown>([
  // Sessions are in UTC: `2026-11-24 00:12:44.031+00`.
  [pg.types.builtins.TIMESTAMPTZ, (text) => new Date(`${text.slice(0, 10)}T${text.slice(11)}:00`)],
  [pg.types.builtins.NUMERIC, (text) => new Prisma.Decimal(text)],
]);
