import { expect, test } from '@jest/globals';
import {
  parse,
  subscribe,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { createContext, type Context, type Resolvers } from '../../../src/graphql/context.ts';
import { ApiError } from '../../../src/graphql/errors.ts';
import { readDocument } from '../../../src/graphql/operation-limits.ts';
import { SharedResults } from '../../../src/graphql/shared-results.ts';
import { createSchema } from '../../../src/schema.ts';
import { randomSubscription } from '../../support/random-documents.ts';
import { randomFrom } from '../../support/random-operations.ts';

const schema = await createSchema();

/** Changes of generations, as all who watch are given them. */
function changesOf(random: () => number): object[] {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
  return Array.from({ length: 3 }, (_, index) => ({
    ...{ id: `id ${index}`, version: index, model: 'MiniMax-H3', prompt: pick(['a "boat"', null]) },
    // Some are such as the schema does not know.
    status: pick(['QUEUED', 'FAILED', 'SUCCEEDED', 'LOST']),
    createdAt: pick([new Date(0), new Error('no date')]),
    updatedAt: new Date(5),
    ...{ callerId: 'c', simulated: true, attempts: 1, kind: 'GENERATION', apiGeneration: 2 },
    ...{ tags: ['a'], referenceImages: [], referenceVideos: [], referenceAudios: [] },
    ...{ promptOptimizer: pick([true, 1]), listPriceUsd: 1, usage: null },
  }));
}

interface Watcher {
  caller: string;
  changes: object[];
}

/** Resolvers that answer each caller otherwise, but for what is told of a change alone. */
function contextOf({ caller, changes }: Watcher): Context {
  async function* watch() {
    for (const change of changes) yield await Promise.resolve(change);
  }
  const answers: Record<string, unknown> = {
    ...{ watchOne: watch, watchMany: watch },
    failure: ({ status }: { status: string }) =>
      status === 'FAILED' ? { kind: 'UNKNOWN', message: status, retryable: false } : null,
    listPrice: () => ({ amount: '1.00', currency: 'USD' }),
    cost: ({ id }: { id: string }) => ({ amount: id, currency: 'USD', basis: 'REQUEST' }),
    usage: () => null,
    videoUrl: () => Promise.resolve(`https://example.com/${caller}`),
    ...{ events: () => [], submissions: () => [], candidates: () => [] },
  };
  const resolver = new Proxy(
    {},
    {
      get: (_, method) =>
        method === 'then' ? undefined : (answers[String(method)] ?? (() => null)),
    },
  );
  const who = { id: caller, kind: 'LOCAL', role: 'ADMIN', tenant: null } as const;
  const request = { requestId: 'r', caller: who, budget: null } as unknown as Context;
  return createContext(request, { get: () => resolver } as unknown as Resolvers);
}

async function all(
  results: AsyncIterable<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult[]> {
  if (!(Symbol.asyncIterator in results)) return [results];
  const found: ExecutionResult[] = [];
  for await (const result of results) found.push(result);
  return found;
}

/** Null for one that is refused. */
function read(query: string): DocumentNode | null {
  try {
    return readDocument(query);
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

const seed = Number(process.env['RANDOM_SEED'] || 3);

test('watchers of the same are told what graphql-js tells each of them, of whatever is asked', async () => {
  const random = randomFrom(seed);
  const shared = new SharedResults();
  let [isShared, isNot] = [0, 0];
  while (isShared < 150 || isNot < 150) {
    const { query, variables, operationName } = randomSubscription(schema, random, [
      'generationUpdated',
      'generationsUpdated',
    ]);
    const document = read(query);
    if (!document) continue;
    if (validate(schema, document).length > 0) continue;
    const changes = changesOf(random);
    const argsOf = (caller: string): ExecutionArgs => ({
      ...{ schema, document, operationName, variableValues: variables },
      contextValue: contextOf({ caller, changes }),
    });
    const told = await Promise.all(
      ['ann', 'bob'].map(async (caller) => await all(await shared.subscribe(argsOf(caller)))),
    );
    const expected = await Promise.all(
      ['ann', 'bob'].map(async (caller) => await all(await subscribe(argsOf(caller)))),
    );
    expect({ query, told: JSON.stringify(told) }).toEqual({
      ...{ query, told: JSON.stringify(expected) },
    });
    if (told[0]!.length < changes.length) continue;
    if (told[0]!.every((result, at) => result === told[1]![at])) isShared += 1;
    else isNot += 1;
  }
}, 60_000);

test('who ends the results ends the changes, also while they are waited for', async () => {
  let ended = false;
  const changes = {
    next: () => new Promise<never>(() => undefined),
    return: () => {
      ended = true;
      return Promise.resolve({ done: true as const, value: undefined });
    },
    [Symbol.asyncIterator]: () => changes,
  };
  const resolvers = { get: () => ({ watchMany: () => changes }) } as unknown as Resolvers;
  const contextValue = createContext({ caller: {} } as unknown as Context, resolvers);
  const document = parse('subscription { generationsUpdated { id } }');
  const results = await new SharedResults().subscribe({ schema, document, contextValue });
  if (!(Symbol.asyncIterator in results)) throw new Error(JSON.stringify(results));
  void results.next();
  expect(await results.return!()).toEqual({ done: true, value: undefined });
  expect(ended).toBe(true);
});
