import { Prisma } from './generated/client.ts';
import { toColumn } from './read-rows.ts';

/** Types of the columns that are compared and are not text. */
const types: Readonly<Record<string, string>> = {
  id: 'uuid',
  status: 'video_generation_status',
  kind: 'generation_kind',
  statusCode: 'integer',
  listPriceUsd: 'numeric',
  updatedAt: 'timestamptz',
  generationId: 'uuid',
  upstreamCode: 'integer',
};

/** A condition in Prisma's form; `matches`, a regular expression, only SQL has. */
export interface Condition {
  AND?: Condition | Condition[];
  OR?: Condition[];
  NOT?: Condition | Condition[];
  [field: string]: unknown;
}

const signs: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

/**
 * The condition as SQL.
 *
 * Knows the forms that `toWhere`, `visibleTo` and `toEventWhere` use and throws for any other: so a
 * filter has one meaning wherever it is used. What says nothing is true of every row, also as one of
 * several alternatives and under a negation, where Prisma would leave it out.
 */
export function toSql(where: Condition): Prisma.Sql {
  return conditionOf(where) ?? Prisma.sql`TRUE`;
}

/** Null where nothing is said. */
function conditionOf(where: Condition): Prisma.Sql | null {
  const conditions = Object.entries(where).map(([key, value]) => {
    const parts = () => [value as Condition].flat().map(conditionOf);
    if (key === 'AND') return join(parts(), ' AND ');
    if (key === 'OR') return parts().includes(null) ? null : join(parts(), ' OR ');
    if (key !== 'NOT') return compare(key, value);
    const negated = join(parts(), ' AND ');
    return negated ? Prisma.sql`NOT (${negated})` : Prisma.sql`FALSE`;
  });
  return join(conditions, ' AND ');
}

function join(conditions: (Prisma.Sql | null)[], operator: ' AND ' | ' OR '): Prisma.Sql | null {
  const said = conditions.filter((condition) => condition !== null);
  return said.length === 0 ? null : Prisma.sql`(${Prisma.join(said, operator)})`;
}

function compare(field: string, value: unknown): Prisma.Sql | null {
  const column = Prisma.raw(`"${toColumn(field)}"`);
  const as = Prisma.raw(`::${types[field] ?? 'text'}`);
  const one = (operand: unknown) =>
    Prisma.sql`${operand instanceof Date ? operand.toISOString() : String(operand)}${as}`;
  const list = (operand: unknown) => Prisma.sql`${(operand as unknown[]).map(String)}${as}[]`;
  if (typeof value === 'string' || value instanceof Date)
    return Prisma.sql`${column} = ${one(value)}`;
  if (value === null) return Prisma.sql`${column} IS NULL`;
  const { mode, ...operations } = value as Record<string, unknown>;
  return join(
    Object.entries(operations).map(([operation, operand]) => {
      if (operation === 'in') {
        const values = operand as unknown[];
        // Of one value an index has the rows in order; of a list PostgreSQL does not see that it is one.
        return values.length === 1
          ? Prisma.sql`${column} = ${one(values[0])}`
          : Prisma.sql`${column} = ANY (${list(values)})`;
      }
      if (operation === 'hasSome') return Prisma.sql`${column} && ${list(operand)}`;
      if (operation === 'not' && operand === null) return Prisma.sql`${column} IS NOT NULL`;
      if (operation === 'contains' && mode === 'insensitive')
        return Prisma.sql`${column} ILIKE ${`%${String(operand)}%`}`;
      if (operation === 'matches') return Prisma.sql`${column} ~ ${String(operand)}`;
      const sign = signs[operation];
      if (sign === undefined) throw new Error(`no SQL is known for ${field}.${operation}`);
      return Prisma.sql`${column} ${Prisma.raw(sign)} ${one(operand)}`;
    }),
    ' AND ',
  );
}
