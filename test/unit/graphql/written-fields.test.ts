import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { execute, Kind, parse, validate, visit, type DocumentNode } from 'graphql';
import { createContext, type Context, type Resolvers } from '../../../src/graphql/context.ts';
import { ApiError } from '../../../src/graphql/errors.ts';
import { toConnection } from '../../../src/graphql/page-types.ts';
import { stringify } from '../../../src/graphql/written.ts';
import { errorsWritten, withWrittenFields } from '../../../src/graphql/written-fields.ts';
import { createSchema } from '../../../src/schema.ts';
import { randomDocument } from '../../support/random-documents.ts';
import { randomFrom } from '../../support/random-operations.ts';

const schema = await createSchema();

const strings = ['', 'a boat', '"\\\n\u0001\u2028 🎬', 'MiniMax-Hailuo-02'];

/** A generation that follows from a number; one in `oddEvery` has what the schema does not know. */
function row(seed: number, oddEvery: number): Record<string, unknown> {
  const random = randomFrom(seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
  const at = () => pick([new Date(0), new Date(1_790_000_000_123), null]);
  const isOdd = seed % oddEvery === 0;
  return {
    id: `id ${seed}`,
    status: isOdd ? pick(['LOST', null, 'QUEUED']) : pick(['QUEUED', 'SUCCEEDED']),
    version: isOdd ? pick([1.5, '7', 2 ** 40]) : 3,
    model: isOdd ? pick([undefined, { of: 1 }, 'x']) : pick(strings),
    prompt: pick([...strings, null]),
    duration: isOdd ? pick(['six', 6]) : pick([6, null]),
    promptOptimizer: isOdd ? pick([1, 'yes', true]) : pick([true, false]),
    tags: isOdd ? pick(['none', [null], ['a']]) : pick([[], ['a', '"']]),
    ...{
      apiGeneration: 1,
      kind: 'GENERATION',
      referenceImages: pick([[], ['a', 'b']]),
      referenceVideos: [],
      referenceAudios: ['"'],
    },
    callerId: 'caller',
    tenant: pick([null, 'tenant']),
    simulated: true,
    createdAt: new Date(1_790_000_000_000),
    updatedAt: isOdd ? pick([new Error('no date'), new Date(Number.NaN)]) : new Date(5),
    submittedAt: isOdd ? pick([new Date(Number.NaN), new Error('gone')]) : at(),
    completedAt: at(),
    attempts: 1,
    statusCode: pick([0, null]),
  };
}

/** Resolvers that answer by what they are asked with, and so that reading a field twice would show. */
function answering(oddEvery: number) {
  const seedOf = (method: string, args: unknown[]) =>
    createHash('sha256')
      .update(JSON.stringify([method, args.filter((arg) => !isContextOrInfo(arg))]))
      .digest()
      .readUInt32LE();
  const call = (method: string, args: unknown[]): unknown => {
    // graphql-js lets what rejects in a list go unhandled once another entry has failed.
    if (['events', 'submissions', 'candidates', 'inputFiles'].includes(method)) return [];
    const seed = seedOf(method, args);
    const many = Array.from({ length: seed % 4 }, (_, index) => row(seed + index, oddEvery));
    const page = { rows: many, hasNextPage: true, hasPreviousPage: false };
    if (seed % 11 === 0) throw new ApiError('NOT_FOUND', `nothing for ${seed}`);
    switch (method) {
      case 'generation':
        return row(seed, oddEvery);
      case 'generations':
        return Promise.resolve({
          ...toConnection(page, ({ id }) => String(id)),
          ...(seed % 13 === 0 && { nodes: null, pageInfo: undefined }),
        });
      case 'totalCount':
        return Promise.resolve(seed % 100);
      case 'videoUrl':
        return Promise.resolve(`https://example.com/${seed}`);
      case 'me':
        return { callerId: 'a', kind: 'API_KEY', role: 'ADMIN', tenant: null, rateLimit: null };
      case 'failure':
        return {
          kind: 'UNKNOWN',
          upstreamCode: 1,
          upstreamMessage: null,
          message: 'm',
          retryable: false,
        };
      default:
        return null;
    }
  };
  const resolver = new Proxy(
    {},
    {
      // It is waited for, and no promise.
      get: (_, method) =>
        method === 'then' ? undefined : (...args: unknown[]) => call(String(method), args),
    },
  );
  return { get: () => resolver };
}

function isContextOrInfo(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('once' in value || 'fieldNodes' in value);
}

function contextWith(oddEvery: number): Context {
  const caller = { id: 'a', kind: 'LOCAL', role: 'ADMIN', tenant: null } as const;
  const request = { requestId: 'r', caller, budget: null } as unknown as Context;
  return createContext(request, answering(oddEvery) as unknown as Resolvers);
}

/** The document with what its operation asks for under one key of the first level alone. */
function onlyAt(key: string, operationName: string, document: DocumentNode): DocumentNode {
  return visit(document, {
    OperationDefinition({ name, selectionSet, ...operation }) {
      if (name?.value !== operationName) return false;
      const selections = selectionSet.selections.filter(
        (node) => node.kind === Kind.FIELD && (node.alias ?? node.name).value === key,
      );
      return { ...operation, name, selectionSet: { ...selectionSet, selections } };
    },
  });
}

const seed = Number(process.env['RANDOM_SEED'] || 5);
// "npm run bench:operations" asks for 20,000.
const count = Number(process.env['RANDOM_DOCUMENTS'] || 1_000);
const rootFields = ['generations', 'generation', 'me', 'node'];

test.each([
  ['sound rows', Infinity],
  ['rows that the schema does not know', 3],
])(
  `${count / 2} random documents are answered byte for byte as by graphql-js: %s`,
  async (_, oddEvery) => {
    const random = randomFrom(seed);
    let compared = 0;
    let written = 0;
    let failed = 0;
    let withRows = 0;
    while (compared < count / 2) {
      const {
        query,
        operationName,
        variables: variableValues,
      } = randomDocument(schema, random, rootFields);
      const document = parse(query);
      if (validate(schema, document).length > 0) continue;
      compared += 1;
      const run = async (executed: typeof document) => {
        const contextValue = contextWith(oddEvery);
        const result = await execute({
          schema,
          document: executed,
          operationName,
          variableValues,
          contextValue,
        });
        return {
          result,
          errors: [...(result.errors ?? []), ...errorsWritten(contextValue)],
          apart: errorsWritten(contextValue).length > 0,
        };
      };
      const rewritten = withWrittenFields(schema, document);
      const plain = await run(document);
      if (/:\[?\{"/.test(JSON.stringify(plain.result.data) ?? '')) withRows += 1;
      for (let again = 0; again < 2; again += 1) {
        const ours = await run(rewritten);
        const text = stringify(ours.result.data);
        expect({ query, variableValues, text }).toEqual({
          query,
          variableValues,
          text: JSON.stringify(plain.result.data),
        });
        const told = (errors: typeof ours.errors) => errors.map((error) => JSON.stringify(error));
        // Where several fields of the first level fail, and each takes all with it, the one that fails
        // first is told: which that is depends on how long each takes. Each is told as if it were alone.
        if (rewritten !== document) written += 1;
        if (plain.errors.length > 0) failed += 1;
        if (plain.result.data === null) {
          for (const error of ours.errors) {
            const alone = await run(onlyAt(String(error.path![0]), operationName, document));
            expect({ query, told: told(alone.errors) }).toEqual({
              query,
              told: expect.arrayContaining(told([error])),
            });
          }
          expect(ours.errors.length).toBeGreaterThan(0);
          continue;
        }
        // Errors where there may be null are told after all others.
        const order = (errors: string[]) => (ours.apart ? errors.sort() : errors);
        expect({ query, errors: order(told(ours.errors)) }).toEqual({
          query,
          errors: order(told(plain.errors)),
        });
      }
    }
    expect(written).toBeGreaterThan(compared / 2);
    expect(withRows).toBeGreaterThan(compared / 4);
    expect(failed).toBeGreaterThan(compared / 20);
  },
  600_000,
);
