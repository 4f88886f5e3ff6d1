import type { Database } from '../../database/database.ts';
import {
  Prisma,
  type GenerationKind,
  type VideoGenerationStatus,
} from '../../database/generated/client.ts';
import { toSql } from '../../database/where-sql.ts';
import { ApiError } from '../../graphql/errors.ts';
import { firstIdAt } from '../../graphql/ids.ts';
import { findTraced, seenBy, toWhere, type GenerationFilter, type Visibility } from './filter.ts';

export type StatsDimension = 'DAY' | 'MODEL' | 'CALLER' | 'TENANT' | 'STATUS' | 'KIND';

/** The generations of one group, counted. */
export interface GenerationGroup {
  /** By what they are grouped; null for what is not grouped by. */
  day: string | null;
  model: string | null;
  callerId: string | null;
  tenant: string | null;
  status: VideoGenerationStatus | null;
  kind: GenerationKind | null;
  count: number;
  queued: number;
  submitting: number;
  processing: number;
  succeeded: number;
  failed: number;
  uncertain: number;
  cancelled: number;
  /** Seconds, in the order of `percentiles`; null when none has succeeded. */
  latencies: number[] | null;
  /** US dollars. */
  spend: Prisma.Decimal;
  possibleSpend: Prisma.Decimal;
  unpriced: number;
}

export interface GenerationStats {
  from: Date;
  to: Date;
  groups: GenerationGroup[];
  hasMoreGroups: boolean;
}

export const maxGroups = 1_000;
export const maxPeriodDays = 366;
export const defaultPeriodDays = 30;
const dayMs = 86_400_000;

const dimensions: Readonly<Record<StatsDimension, { name: string; sql: Prisma.Sql }>> = {
  DAY: {
    name: 'day',
    sql: Prisma.sql`to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  },
  MODEL: { name: 'model', sql: Prisma.sql`model` },
  CALLER: { name: 'callerId', sql: Prisma.sql`caller_id` },
  TENANT: { name: 'tenant', sql: Prisma.sql`tenant` },
  STATUS: { name: 'status', sql: Prisma.sql`status::text` },
  KIND: { name: 'kind', sql: Prisma.sql`kind::text` },
};

/** Any two of them at once would still be few; a third makes lists of single generations. */
const maxDimensions = 2;

export interface StatsRequest {
  filter: GenerationFilter | null;
  groupBy: readonly StatsDimension[];
  period: { from?: Date | null; to?: Date | null } | null;
  /** Whether the simulator's generations are counted, or MiniMax's. */
  simulated: boolean;
}

/**
 * Counts the generations that were requested in a period, the latest days or the largest groups first.
 *
 * One pass over the rows of the period, along the primary key. Throws BAD_USER_INPUT for a period
 * or a grouping that is not offered.
 */
export async function generationStats(
  prisma: Database['prisma'],
  { filter, groupBy, period, simulated }: StatsRequest,
  visible: Visibility,
  now: Date,
): Promise<GenerationStats> {
  const { from, to } = readPeriod(period, now);
  if (groupBy.length > maxDimensions || new Set(groupBy).size < groupBy.length) {
    throw new ApiError(
      'BAD_USER_INPUT',
      `Generations are grouped by up to ${maxDimensions} different dimensions.`,
    );
  }
  const rows = await prisma.$queryRaw<GenerationGroup[]>`
    SELECT ${Prisma.join(selected(groupBy))},
      count(*)::int AS count,
      ${Prisma.join(statuses.map(countOf))},
      percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
        ORDER BY extract(epoch FROM completed_at - submitted_at)::float8
      ) FILTER (WHERE status = 'SUCCEEDED') AS latencies,
      coalesce(sum(spend - coalesce(unspent, 0)), 0) AS spend,
      coalesce(sum(possible_spend), 0) AS "possibleSpend",
      coalesce(sum(unpriced), 0)::int AS unpriced
    FROM video_generation LEFT JOIN (
      SELECT generation_id,
        sum(list_price) FILTER (WHERE outcome = 'ACCEPTED') AS spend,
        sum(list_price) FILTER (WHERE outcome <> 'ACCEPTED') AS possible_spend,
        count(*) FILTER (WHERE list_price IS NULL) AS unpriced
      FROM submission
      -- None is claimed before its generation is requested.
      WHERE id >= ${firstIdAt(from)}::uuid AND outcome IN ('ACCEPTED', 'SENT', 'UNKNOWN')
      GROUP BY generation_id
    ) AS paid ON paid.generation_id = id
    -- What MiniMax cancelled while it had it queued costs nothing.
    LEFT JOIN (
      SELECT id AS taken_back, task_id AS taken_task, list_price AS unspent
      FROM submission WHERE outcome = 'ACCEPTED'
    ) AS cancelled ON status = 'CANCELLED' AND taken_back = submission_id AND taken_task = task_id
    WHERE ${toSql({
      AND: [
        // Until now means everything: another server's clock may be ahead.
        toWhere({ createdAt: { from, to: period?.to ?? null } }),
        seenBy(visible),
        toWhere(await findTraced(prisma, filter)),
      ],
    })} AND simulated = ${simulated}
    ${groupBy.length === 0 ? Prisma.empty : Prisma.sql`GROUP BY ${Prisma.join(groupBy.map((by) => dimensions[by].sql))}`}
    ORDER BY ${groupBy.includes('DAY') ? Prisma.sql`day DESC, count DESC` : Prisma.sql`count DESC`},
      model, "callerId", tenant, status, kind
    LIMIT ${maxGroups + 1}`;
  return { from, to, groups: rows.slice(0, maxGroups), hasMoreGroups: rows.length > maxGroups };
}

const statuses = [
  'QUEUED',
  'SUBMITTING',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'UNCERTAIN',
  'CANCELLED',
] as const satisfies VideoGenerationStatus[];

function countOf(status: VideoGenerationStatus): Prisma.Sql {
  return Prisma.raw(`count(*) FILTER (WHERE status = '${status}')::int AS ${status.toLowerCase()}`);
}

function selected(groupBy: readonly StatsDimension[]): Prisma.Sql[] {
  return (Object.keys(dimensions) as StatsDimension[]).map((dimension) => {
    const { name, sql } = dimensions[dimension];
    const value = groupBy.includes(dimension) ? sql : Prisma.sql`NULL::text`;
    return Prisma.sql`${value} AS ${Prisma.raw(`"${name}"`)}`;
  });
}

function readPeriod(period: StatsRequest['period'], now: Date): { from: Date; to: Date } {
  const to = period?.to ?? now;
  const from = period?.from ?? new Date(to.getTime() - defaultPeriodDays * dayMs);
  const days = (to.getTime() - from.getTime()) / dayMs;
  if (days <= 0 || days > maxPeriodDays) {
    throw new ApiError(
      'BAD_USER_INPUT',
      `A period ends after it begins, ${maxPeriodDays} days later at most.`,
    );
  }
  return { from, to };
}
