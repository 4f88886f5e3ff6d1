import { visibleTo } from '../access/permissions.ts';
import type { AuditEventFilter } from '../audit/graphql-types.ts';
import { toEventWhere } from '../audit/list.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { toSql } from '../database/where-sql.ts';
import type { VideoGenerationFilter } from '../generation/api/filter-types.ts';
import { findTraced, seenBy, toWhere } from '../generation/finding/filter.ts';
import type { Caller } from '../graphql/caller.ts';
import { lowestId } from '../graphql/ids.ts';

/** Rows that are read, and are in memory, at one time. More would be quicker, and take more memory. */
const pageSize = 200;

/** Rows that are handed on together; larger pieces would lie about until they are collected. */
const chunkSize = 50;

/** What can be exported: its columns, and its rows as JSON objects, oldest first, some at a time. */
export interface Source {
  columns: readonly string[];
  chunks(): AsyncGenerator<string[]>;
}

/*
 * PostgreSQL writes the JSON, so that no objects are made of a million rows here. So the columns
 * are SQL.
 */
const instant = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The address of an image may be a signed link; the signature is behind the question mark. */
const withoutQuery = (column: string) => `regexp_replace(${column}, '[?#].*', '')`;

/** The same of a list of them. */
const withoutQueries = (column: string) =>
  `(SELECT array_agg(regexp_replace(url, '[?#].*', '') ORDER BY place) FROM unnest(${column}) WITH ORDINALITY AS listed (url, place))`;

/** What was asked for and what came of it; no links, tokens, leases or hashes to guess a prompt by. */
const generationColumns = {
  id: 'id',
  createdAt: instant('created_at'),
  updatedAt: instant('updated_at'),
  callerId: 'caller_id',
  tenant: 'tenant',
  idempotencyKey: 'idempotency_key',
  retryOfId: 'retry_of_id',
  kind: 'kind',
  sourceId: 'source_id',
  sourceTaskId: 'source_task_id',
  simulated: 'simulated',
  status: 'status',
  version: 'version',
  model: 'model',
  prompt: 'prompt',
  tags: 'tags',
  duration: 'duration',
  resolution: 'resolution',
  promptOptimizer: 'prompt_optimizer',
  fastPretreatment: 'fast_pretreatment',
  aigcWatermark: 'aigc_watermark',
  firstFrameImage: withoutQuery('first_frame_image'),
  lastFrameImage: withoutQuery('last_frame_image'),
  subjectImage: withoutQuery('subject_image'),
  apiGeneration: 'api_generation',
  aspectRatio: 'aspect_ratio',
  promptExpansion: 'prompt_expansion',
  referenceImages: withoutQueries('reference_images'),
  referenceVideos: withoutQueries('reference_videos'),
  referenceAudios: withoutQueries('reference_audios'),
  baseVideo: withoutQuery('base_video'),
  taskId: 'task_id',
  upstreamStatus: 'upstream_status',
  statusCode: 'status_code',
  statusMessage: 'status_message',
  failureKind: 'failure_kind',
  traceId: 'trace_id',
  fileId: 'file_id',
  videoWidth: 'video_width',
  videoHeight: 'video_height',
  listPriceUsd: 'trim_scale(list_price_usd)',
  enhancedPrompt: 'enhanced_prompt',
  usage: 'usage',
  usageCostUsd: 'trim_scale(usage_cost_usd)',
  attempts: 'attempts',
  submittedAt: instant('submitted_at'),
  completedAt: instant('completed_at'),
  stalledAt: instant('stalled_at'),
  redactedAt: instant('redacted_at'),
};

/** Everything, and the text that the hash was made of. */
const eventColumns = {
  id: 'id',
  occurredAt: instant('occurred_at'),
  action: 'action',
  generationId: 'generation_id',
  objectId: 'object_id',
  sequence: 'sequence',
  fromStatus: 'from_status',
  toStatus: 'to_status',
  httpStatus: 'http_status',
  latencyMs: 'latency_ms',
  upstreamCode: 'upstream_code',
  upstreamMessage: 'upstream_message',
  traceId: 'trace_id',
  requestId: 'request_id',
  detail: 'detail',
  callerId: 'caller_id',
  callerKind: 'caller_kind',
  ip: 'ip',
  userAgent: 'user_agent',
  hash: 'hash',
  content: 'audit_event_content(exported)',
};

/** The generations that match and that the caller may see. Throws BAD_USER_INPUT for a filter that cannot be read. */
export function generationSource(
  { prisma, pool }: Pick<Database, 'prisma' | 'pool'>,
  filter: VideoGenerationFilter,
  caller: Caller,
): Source {
  // Throws here for what cannot be read.
  toWhere(filter);
  return {
    columns: Object.keys(generationColumns),
    async *chunks() {
      const seen = seenBy(visibleTo(caller));
      const where = { AND: [seen, toWhere(await findTraced(prisma, filter))] };
      yield* keyset(pool, 'video_generation', generationColumns, toSql(where));
    },
  };
}

/** The events that match. */
export function eventSource({ pool }: Pick<Database, 'pool'>, filter: AuditEventFilter): Source {
  const where = toSql(toEventWhere(filter));
  return {
    columns: Object.keys(eventColumns),
    chunks: () => keyset(pool, 'audit_event', eventColumns, where),
  };
}

/**
 * Everything up to the newest row of this moment, in the order of the ids, a page at a time: each
 * page begins where the one before ended, so that all together cost one pass.
 *
 * Past Prisma, whose answers outlive V8's quick collections: with it a million rows make the memory
 * grow by 150 MB, without it not at all (bench/README.md).
 */
async function* keyset(
  pool: Database['pool'],
  table: string,
  columns: Readonly<Record<string, string>>,
  where: Prisma.Sql,
): AsyncGenerator<string[]> {
  const from = Prisma.raw(`FROM ${table} AS exported`);
  const pairs = Object.entries(columns).map(([name, column]) => `'${name}', ${column}`);
  const line = Prisma.raw(`json_build_object(${pairs.join(', ')})::text`);
  const newest = await read<[string]>(
    pool,
    Prisma.sql`SELECT exported.id ${from} ORDER BY exported.id DESC LIMIT 1`,
  );
  if (newest.length === 0) return;
  const [[last]] = newest as [[string]];
  let after = lowestId;
  for (;;) {
    const rows = await read<[id: string, line: string]>(
      pool,
      Prisma.sql`SELECT exported.id, ${line} ${from}
        WHERE exported.id > ${after}::uuid AND exported.id <= ${last}::uuid AND ${where}
        ORDER BY exported.id LIMIT ${pageSize}`,
    );
    for (let start = 0; start < rows.length; start += chunkSize) {
      yield rows.slice(start, start + chunkSize).map(([, text]) => text);
    }
    if (rows.length < pageSize) return;
    after = rows.at(-1)![0];
  }
}

async function read<Row extends unknown[]>(
  pool: Database['pool'],
  { text, values }: Prisma.Sql,
): Promise<Row[]> {
  return (await pool.query<Row>({ text, values, rowMode: 'array' })).rows;
}
