import { expect, test } from '@jest/globals';
import type { GraphQLRequestContextResponseForOperation } from '@apollo/server';
import { buildSchema, getOperationAST, GraphQLError, graphqlSync, parse } from 'graphql';
import { createCompiledQueries } from '../../../src/graphql/compiled-queries.ts';
import type { Context } from '../../../src/graphql/context.ts';

const schema = buildSchema(`
  input Filter { not: Filter, and: [Filter!], or: [Filter!], names: [String!] = ["none"], size: Size = SMALL }
  enum Size { SMALL LARGE }
  input Order { by: Size! = SMALL, sizes: [Size!] }
  interface Node { id: ID }
  type Thing implements Node { id: ID }
  type Query { echo(filter: Filter, count: Int! = 3, order: Order): String, fails: String, node: Node }
  type Mutation { echo: String }
`);
const echo = (_source: unknown, args: object) =>
  JSON.stringify(Object.entries(args).sort(([a], [b]) => a.localeCompare(b)));
schema.getQueryType()!.getFields()['echo']!.resolve = echo;
schema.getMutationType()!.getFields()['echo']!.resolve = echo;
schema.getQueryType()!.getFields()['node']!.resolve = () => ({ id: '1' });
let failure = new Error('as told');
schema.getQueryType()!.getFields()['fails']!.resolve = () => {
  throw failure;
};

/** Answers one operation again and again; null where it is left to graphql-js. */
function answerer(query: string) {
  const document = parse(query);
  const operation = getOperationAST(document);
  const told: object[] = [];
  const plugin = createCompiledQueries({
    info: (details) => told.push(details),
    error: (_details, message) => {
      throw new Error(message);
    },
  });
  const answer = async (variables: object = {}) => {
    const listener = await plugin.requestDidStart!({} as never);
    const response = await (listener as Required<typeof listener & object>).responseForOperation({
      schema,
      document,
      operation,
      request: { variables },
      contextValue: {} as Context,
    } as unknown as GraphQLRequestContextResponseForOperation<Context>);
    return response && response.body.kind === 'single' ? response.body.singleResult : null;
  };
  return { answer, told };
}

const filtered = 'query ($f: Filter, $c: Int! = 7) { echo(filter: $f, count: $c) }';

test('a query is compiled when it comes for the third time', async () => {
  const { answer } = answerer('{ echo }');
  expect([await answer(), await answer()]).toEqual([null, null]);
  expect(await answer()).toEqual({ data: { echo: '[["count",3]]' } });
});

test.each<[string, object]>([
  ['left out', {}],
  ['null', { f: null }],
  ['one value for a list', { f: { names: 'a', or: { size: 'LARGE' } } }],
  ['an input in itself', { f: { not: { and: [{ not: { names: ['b'] } }] } }, c: 1 }],
])('variables are read as graphql-js reads them: %s', async (_, variables) => {
  const { answer } = answerer(filtered);
  for (let before = 0; before < 2; before += 1) await answer(variables);
  const { data } = graphqlSync({ schema, source: filtered, variableValues: { ...variables } });
  expect(await answer(variables)).toEqual({ data: { ...data } });
});

const ordered =
  'query ($by: Size, $size: Size = LARGE) { echo(order: { by: $by, sizes: [$size] }) }';

test.each<[string, object]>([
  ['with values', { by: 'LARGE', size: 'SMALL' }],
  ['with the default of the variable', { by: 'LARGE' }],
])('a query with variables that may be null elsewhere is compiled: %s', async (_, variables) => {
  const { answer } = answerer(ordered);
  for (let before = 0; before < 2; before += 1) await answer(variables);
  const { data } = graphqlSync({ schema, source: ordered, variableValues: { ...variables } });
  expect(await answer(variables)).toEqual({ data: { ...data } });
});

test.each<[string, string, object]>([
  ['null where an input object has a default', ordered, { by: null }],
  ['a default of an input object', ordered, {}],
  ['null in a list that takes none', ordered, { by: 'SMALL', size: null }],
  ['an interface', '{ node { id } }', {}],
  ['a mutation', 'mutation { echo }', {}],
  ['what has an error', '{ echo fails }', {}],
  ['variables that are refused', filtered, { f: { names: [5] } }],
])('%s is left to graphql-js', async (_, query, variables) => {
  const { answer } = answerer(query);
  const answers = [await answer(variables), await answer(variables), await answer(variables)];
  expect(answers).toEqual([null, null, null]);
});

test.each([
  ['told to the log', new Error('as told'), 1],
  ['not, when it is meant for the caller', new GraphQLError('as told'), 0],
])('an error is %s', async (_, error, lines) => {
  failure = error;
  const { answer, told } = answerer('{ fails }');
  for (let count = 0; count < 3; count += 1) await answer();
  expect(told).toEqual(
    Array(lines).fill({ error: expect.objectContaining({ originalError: error }) }),
  );
});
