import type { Database } from '../database/database.ts';
import { Prisma, type VideoGeneration } from '../database/generated/client.ts';
import { readTogether } from '../database/read-together.ts';
import { statementNames } from '../database/statement-names.ts';
import type { AskedFields } from '../graphql/plain-selections.ts';
import { readRows, toColumn } from '../database/read-rows.ts';
import { isGenerationField, selectGenerations, type GenerationField } from './rows.ts';

/** In their text is nothing that JSON escapes. */
const quoted: ReadonlySet<string> = new Set<GenerationField>([
  'id',
  'retryOfId',
  'successorId',
  'sourceId',
  'regenerationId',
  'kind',
  'status',
]);
/** Their text is JSON. */
const bare: ReadonlySet<string> = new Set<GenerationField>([
  'version',
  'apiGeneration',
  'duration',
  'statusCode',
  'videoWidth',
  'videoHeight',
  'attempts',
  'keepForDays',
  'promptOptimizer',
  'fastPretreatment',
  'aigcWatermark',
  'simulated',
]);
const instants: ReadonlySet<string> = new Set<GenerationField>([
  'createdAt',
  'updatedAt',
  'submittedAt',
  'completedAt',
  'stalledAt',
  'heldAt',
  'redactedAt',
  'nextAttemptAt',
]);
const texts: ReadonlySet<string> = new Set<GenerationField>([
  'model',
  'prompt',
  'resolution',
  'aspectRatio',
  'promptExpansion',
  'referenceImages',
  'referenceVideos',
  'referenceAudios',
  'firstFrameImage',
  'lastFrameImage',
  'subjectImage',
  'idempotencyKey',
  'webhookUrl',
  'tags',
  'callerId',
  'tenant',
  'taskId',
  'statusMessage',
  'upstreamStatus',
  'traceId',
  'fileId',
  'enhancedPrompt',
]);

/**
 * The column `written` of a SELECT: what is answered for a generation, as JSON, character by
 * character what graphql-js and `JSON.stringify` make of its row. Null when something is asked that
 * is no column by itself.
 *
 * It costs PostgreSQL less than `json_build_object` (docs/performance.md).
 */
export function writtenColumn(asked: AskedFields): Prisma.Sql | null {
  const known = columns.get(asked);
  if (known !== undefined) return known;
  const fields = [...asked].map(([key, name]) => [key, jsonOf(name)] as const);
  const isKnown = fields.every(([, json]) => json !== null);
  // A key is a GraphQL name: it needs no escaping, neither in JSON nor in SQL.
  const parts = fields.map(([key, json], at) => `'${at === 0 ? '{' : ','}"${key}":' || ${json}`);
  const made = isKnown ? Prisma.raw(`${parts.join(' || ')} || '}' AS written`) : null;
  columns.set(asked, made);
  return made;
}

const columns = new WeakMap<AskedFields, Prisma.Sql | null>();

function jsonOf(name: string): string | null {
  if (name === '__typename') return `'"VideoGeneration"'`;
  if (!isGenerationField(name)) return null;
  const column = toColumn(name);
  const json = bare.has(name)
    ? `${column}::text`
    : quoted.has(name)
      ? `'"' || ${column}::text || '"'`
      : instants.has(name)
        ? // Sessions are in UTC.
          `'"' || to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'`
        : texts.has(name)
          ? `to_json(${column})::text`
          : null;
  return json && `coalesce(${json}, 'null')`;
}

/** What tells who may see a generation, and what is answered for it. */
export type WrittenGeneration = Pick<VideoGeneration, 'id' | 'callerId' | 'tenant'> & {
  written: string;
};

const nameOf = statementNames('written');

/** Reads single generations as they are answered; those asked for together share a statement. */
export class WrittenGenerations {
  readonly #pool: Database['pool'];
  readonly #reads = new WeakMap<Prisma.Sql, (id: string) => Promise<WrittenGeneration | null>>();

  constructor({ pool }: Pick<Database, 'pool'>) {
    this.#pool = pool;
  }

  /** With a `writtenColumn`. */
  async find(id: string, column: Prisma.Sql): Promise<WrittenGeneration | null> {
    let read = this.#reads.get(column);
    if (!read) {
      read = readTogether(
        (ids) => this.#readAll(ids, column),
        (row) => row.id,
      );
      this.#reads.set(column, read);
    }
    return await read(id.toLowerCase());
  }

  async #readAll(ids: string[], column: Prisma.Sql): Promise<WrittenGeneration[]> {
    const statement = selectGenerations(
      ['id', 'callerId', 'tenant'],
      Prisma.sql`video_generation AS generation WHERE id = ANY (${ids}::uuid[])`,
      column,
    );
    const name = nameOf({ sql: statement.text, args: statement.values });
    return await readRows(this.#pool, statement, name);
  }
}
