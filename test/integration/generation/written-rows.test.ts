import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  execute,
  isLeafType,
  getNamedType,
  parse,
  validate,
  type GraphQLObjectType,
} from 'graphql';
import type { AuditLog } from '../../../src/audit/log.ts';
import { GenerationQueries } from '../../../src/generation/api/queries.ts';
import type { GenerationOrder } from '../../../src/generation/finding/list.ts';
import { GenerationStore } from '../../../src/generation/store.ts';
import { VisibleGenerations } from '../../../src/generation/visible-generations.ts';
import { writtenColumn, WrittenGenerations } from '../../../src/generation/written-rows.ts';
import { createContext, type Context, type Resolvers } from '../../../src/graphql/context.ts';
import { Written, stringify } from '../../../src/graphql/written.ts';
import { withWrittenFields } from '../../../src/graphql/written-fields.ts';
import { createSchema } from '../../../src/schema.ts';
import { openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { randomDocument } from '../../support/random-documents.ts';
import { randomFrom } from '../../support/random-operations.ts';

const schema = await createSchema();
let database: TestDatabase;
let ids: string[];

const seed = Number(process.env['RANDOM_SEED'] || 3);
const random = randomFrom(seed);
const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;

/** Whatever JSON escapes, and what it does not. */
const characters = ['a', ' ', '"', '\\', '/', '\n', '\t', '\b', '\f', '\r', '\u0001', '\u001f', '\u007f', '\u0085', '\u2028', 'ü', '🎬', "'", '$1', '<', 'null']; // prettier-ignore
const text = () => Array.from({ length: pick([0, 1, 3, 12]) }, () => pick(characters)).join('');
const maybe = <T>(value: T) => pick([value, value, null]);
const at = () =>
  pick([
    new Date(0),
    new Date('2026-11-28T00:00:00.000Z'),
    new Date('2026-02-28T23:59:59.999Z'),
    new Date('1999-12-31T10:00:00.120Z'),
    new Date(1_790_000_000_000 + Math.floor(random() * 1e9)),
  ]);

beforeAll(async () => {
  database = await openTestDatabase();
  ids = Array.from({ length: 60 }, () => randomUUID());
  const data = ids.map((id, index) => ({
    ...{ id, createdAt: at(), prompt: maybe(text()), inputHash: '0' },
    ...{ callerId: pick(['ann', 'ann', text()]), tenant: maybe(text()), model: text() },
    ...{ updatedAt: at(), submittedAt: maybe(at()), completedAt: maybe(at()) },
    ...{ stalledAt: maybe(at()), nextAttemptAt: maybe(at()), redactedAt: maybe(at()) },
    ...pick([
      { status: 'QUEUED' as const, heldAt: at(), nextAttemptAt: null },
      { status: 'SUCCEEDED' as const, heldAt: null },
      { status: 'UNCERTAIN' as const, heldAt: null },
    ]),
    ...{ version: pick([1, 2 ** 31 - 1]), duration: maybe(6), resolution: maybe('768P') },
    ...{ promptOptimizer: pick([true, false]), fastPretreatment: maybe(pick([true, false])) },
    ...{ aigcWatermark: maybe(true), simulated: pick([true, false]), attempts: pick([0, 3]) },
    ...{ firstFrameImage: maybe(text()), lastFrameImage: maybe(text()), subjectImage: maybe('') },
    ...{ tags: Array.from({ length: pick([0, 1, 4]) }, text), webhookUrl: maybe(text()) },
    keepForDays: maybe(30),
    ...{ taskId: maybe(text()), statusCode: maybe(pick([0, -1])), statusMessage: maybe(text()) },
    ...{ upstreamStatus: maybe(text()), traceId: maybe(text()), fileId: maybe(text()) },
    ...{ videoWidth: maybe(1366), videoHeight: maybe(768), apiGeneration: pick([1, 2]) },
    enhancedPrompt: maybe(text()),
    ...{ aspectRatio: maybe('16:9'), promptExpansion: maybe('QUALITY') },
    ...{ referenceImages: [text(), text()], referenceVideos: [], referenceAudios: [text()] },
    ...(index % 2 === 0 ? { successorId: ids[index + 1]! } : { retryOfId: ids[index - 1]! }),
    ...(index % 2 === 0
      ? { kind: 'GENERATION' as const, regenerationId: ids[index + 1]! }
      : { kind: 'REGENERATION' as const, sourceId: ids[index - 1]! }),
  }));
  await database.prisma.videoGeneration.createMany({ data });
});
afterAll(() => database.close());

/** The real queries, asked for what is there. */
function context(orderBy: GenerationOrder | null): Context & { written: () => number } {
  const audit = { recordSearch: () => Promise.resolve() } as unknown as AuditLog;
  const store = new GenerationStore({
    database,
    now: () => new Date(),
    enqueueWebhooks: () => null,
    enqueueArchive: () => null,
  });
  const visible = new VisibleGenerations({
    ...{ store, audit },
    written: new WrittenGenerations(database),
  });
  const watches = { wait: (_id: string, _how: object, read: () => unknown) => read() };
  const queries = new GenerationQueries({ database, visible, watches, audit } as never);
  let written = 0;
  const noted = <T>(found: T): T => {
    if (found instanceof Written) written += 1;
    return found;
  };
  const answers: Record<string, (...args: never[]) => unknown> = {
    generation: async (id: string, _waitMs: never, _since: never, ...rest: [Context, never]) =>
      noted(await queries.generation(ids[id.length % ids.length]!, null, null, ...rest)),
    generations: async (...args: unknown[]) => {
      const [asked, info] = args.slice(3) as [Context, never];
      const found = await queries.generations({ first: 30 }, null, orderBy, asked, info);
      noted(found.nodes[0]);
      return found;
    },
    events: () => [],
    submissions: () => [],
    inputFiles: () => [],
    requestAsSent: () => null,
    candidates: () => [],
    totalCount: () => 60,
    totalCountIsExact: () => true,
  };
  const resolver = new Proxy(
    {},
    {
      get: (_, method) =>
        method === 'then' ? undefined : (answers[String(method)] ?? (() => null)),
    },
  );
  const caller = { id: 'ann', kind: 'LOCAL', role: 'ADMIN', tenant: null } as const;
  const request = { requestId: 'r', caller, budget: null } as unknown as Context;
  const made = createContext(request, { get: () => resolver } as unknown as Resolvers);
  return { ...made, written: () => written };
}

// "npm run bench:operations" asks for 20,000.
const count = Number(process.env['RANDOM_DOCUMENTS'] || 1_000) / 8;

test(`${count} random documents are answered byte for byte as by graphql-js: from what PostgreSQL writes`, async () => {
  let compared = 0;
  let written = 0;
  while (compared < count) {
    const { query, operationName, variables } = randomDocument(schema, random, [
      'generations',
      'generation',
    ]);
    const document = parse(query);
    if (validate(schema, document).length > 0) continue;
    compared += 1;
    const orderBy = pick([null, { field: 'UPDATED_AT', direction: 'ASC' } as const]);
    const run = async (executed: typeof document) => {
      const contextValue = context(orderBy);
      const { data, errors } = await execute({
        ...{ schema, document: executed, operationName, contextValue },
        variableValues: variables,
      });
      written += contextValue.written();
      return { query, variables, text: stringify(data), errors: JSON.stringify(errors) };
    };
    const before = written;
    const plain = await run(document);
    expect(written).toBe(before);
    expect(await run(withWrittenFields(schema, document))).toEqual(plain);
  }
  expect(written).toBeGreaterThan(count / 8);
}, 600_000);

test('every plain field of a generation can be written', () => {
  const type = schema.getType('VideoGeneration') as GraphQLObjectType;
  const plain = Object.values(type.getFields()).filter(
    (field) => !field.resolve && isLeafType(getNamedType(field.type)),
  );
  expect(plain.length).toBeGreaterThan(30);
  for (const { name } of plain)
    expect({ name, sql: writtenColumn(new Map([[name, name]])) }).not.toEqual({ name, sql: null });
  expect(writtenColumn(new Map([['inputHash', 'videoUrl']]))).toBeNull();
});
