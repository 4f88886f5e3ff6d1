import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type pg from 'pg';
import { getIntrospectionQuery, type GraphQLSchema } from 'graphql';
import { request } from 'undici';
import { KnownQueries } from '../../../src/graphql/known-queries.ts';
import { createSchema } from '../../../src/schema.ts';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { randomFrom, randomRequest } from '../../support/random-operations.ts';

let app: TestApp;
let schema: GraphQLSchema;
const ids: string[] = [];

/** Generations in several states. */
beforeAll(async () => {
  app = await startTestApp();
  schema = await createSchema();
  for (const code of [0, 1026, 0]) {
    app.upstream.onSubmit(coded(code));
    ids.push((await app.create({ prompt: `A boat ${code}`, tags: ['a'] })).generation.id);
  }
  await step(app);
  ids.push((await app.create({ prompt: 'A ship' })).generation.id);
});
afterAll(async () => {
  await app.stop();
});

interface Answer {
  status: number;
  /** All but what differs with each answer. */
  headers: object;
  text: string;
}

async function post(body: object, accept?: string): Promise<Answer> {
  const answer = await request(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(accept !== undefined && { accept }) },
    body: JSON.stringify(body),
  });
  const headers = { ...answer.headers, date: null, 'x-request-id': null };
  // Of each unexpected error another.
  const text = (await answer.body.text()).replaceAll(/[\da-f-]{36}(?= when you|"\}\})/g, 'errorId');
  return { status: answer.statusCode, headers, text };
}

/** The answers of one request, sent three times. */
async function thrice(query: string, variables: object = {}): Promise<string[]> {
  const answers: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { status, headers, text } = await post({ query, variables });
    answers.push(`${status} ${JSON.stringify(headers)} ${text}`);
  }
  return answers;
}

// Each was answered wrongly from the third time on by an executor that compiled queries.
test.each<[string, string, object, string]>([
  [
    'variables left out within an input, which has defaults',
    `query ($f: VideoGenerationOrderField, $d: OrderDirection) {
       generations(first: 1, orderBy: { field: $f, direction: $d }) { nodes { prompt } pageInfo { endCursor } }
     }`,
    {},
    '"nodes":[{"prompt":"A ship"}],"pageInfo":{"endCursor":"WyJDUkVBVEVEX0FU',
  ],
  [
    'null within an input that takes none',
    `query ($f: VideoGenerationOrderField = UPDATED_AT) {
       generations(first: 1, orderBy: { field: $f }) { pageInfo { endCursor } }
     }`,
    { f: null },
    'BAD_USER_INPUT',
  ],
  [
    'a variable left out within a list of inputs',
    `query ($t: String, $i: [String!]!) {
       validateVideoGeneration(input: { model: "S2V-01", prompt: "A", subjectReference: [{ type: $t, image: $i }] }) {
         valid userErrors { message }
       }
     }`,
    { i: ['https://example.com/face.png'] },
    '"valid":true',
  ],
  [
    'a fragment spread twice, once with a literal @include',
    `query { generations(first: 1) { nodes { ...F @include(if: false) } edges { node { ...F } } } }
     fragment F on VideoGeneration { prompt status }`,
    {},
    '"edges":[{"node":{"prompt":"A ship","status":"PROCESSING"}}]',
  ],
  [
    'the order of keys',
    `query { generations(first: 1) { nodes { status ...F prompt id } } }
     fragment F on VideoGeneration { version prompt }`,
    {},
    '{"status":"PROCESSING","version":3,"prompt":"A ship","id":',
  ],
  [
    'names that every object has',
    `{ generations(first: 1) { nodes { __proto__: prompt constructor: status } __proto__: edges { toString: __typename } } }`,
    {},
    '{"nodes":[{"__proto__":"A ship","constructor":"PROCESSING"}],"__proto__":[{"toString":"VideoGenerationEdge"}]}',
  ],
  ['a type that there is not', '{ __type(name: "Read") { name } }', {}, '{"__type":null}'],
  [
    'fields with resolvers beside what is plain',
    '{ generations(first: 1) { nodes { prompt events(last: 1) { action } failure { kind } } } }',
    {},
    '"nodes":[{"prompt":"A ship","events":[{"action":"SUBMISSION_ACCEPTED"}],"failure":null}]',
  ],
])('%s: the third answer equals the first', async (_, query, variables, part) => {
  const [first, ...others] = await thrice(query, variables);
  expect(first).toContain(part);
  expect(others).toEqual([first, first]);
});

test('a query with a failing part waits no longer than it says', async () => {
  const waitMs = 2_000;
  const waits = [0, 1, 2].map(async (times) => {
    // Three texts: one that is new, and those that have been answered once and twice.
    const query = `query Q${times}($waitMs: Int!) {
      generation(id: "${ids[2]}", waitMs: $waitMs) { id } node(id: "none") { id }
    }`;
    for (let count = 0; count < times; count += 1) await post({ query, variables: { waitMs: 0 } });
    const startedAt = performance.now();
    const { text } = await post({ query, variables: { waitMs } });
    expect(text).toContain('NOT_FOUND');
    expect(text).toContain(`"generation":{"id":"${ids[2]}"}`);
    expect(performance.now() - startedAt).toBeLessThan(1.9 * waitMs);
  });
  await Promise.all(waits);
}, 60_000);

const acceptable = [
  undefined,
  '*/*',
  'application/graphql-response+json, application/json;q=0.9',
  'application/json; callbackSpec=1.0, application/json;q=0.9',
  'text/html, application/json;q=0.1',
  'text/html',
];

test('what comes again is answered as it was the first time', async () => {
  const known = jest.spyOn(KnownQueries.prototype, 'run');
  const random = randomFrom(7);
  let answered = 0;
  for (let count = 0; count < 400 || answered <= 100;) {
    const { kind, ...body } = randomRequest(schema, random, ids);
    // What waits takes as long as it says.
    if (kind !== 'query' || body.query.includes('waitMs')) continue;
    count += 1;
    // Chosen so that the count of what is random stays as it was.
    const accept = acceptable[count % acceptable.length];
    const first = await post(body, accept);
    if (first.text.includes('"data":{')) answered += 1;
    for (let again = 0; again < 2; again += 1) {
      expect({ body, accept, ...(await post(body, accept)) }).toEqual({ body, accept, ...first });
    }
  }
  // Most of the second and third answers do not come from Apollo Server.
  const ofKnown = await Promise.all(known.mock.results.map(({ value }) => value));
  known.mockRestore();
  expect(ofKnown.filter((found) => found !== null).length).toBeGreaterThan(answered);
});

test('refused, failed and unexpected too', async () => {
  const unknown = 'query ($id: ID!) { generation(id: $id) { id } }';
  const failing = [
    { query: unknown, variables: { id: '01a20a96-2550-7661-bd8f-63b10abfa24d' } },
    { query: unknown, variables: {} },
    { query: unknown, variables: { id: ids[0] }, operationName: 'Other' },
    { query: unknown, variables: { id: ids[0] }, extensions: { persistedQuery: { version: 1 } } },
    { query: unknown, variables: [ids[0]] },
    { query: unknown, variables: { id: '\u0000' } },
    { query: '{ generations(first: 101) { nodes { id } } }' },
    { query: `{ generation(id: "${ids[0]}", waitMs: -1) { id } me { callerId } }` },
    { query: '{ providerStatus { accountsUnknown { id } } apiKeys { id } }' },
    { query: 'query A { me { role } } query B { me { callerId } }', operationName: 'B' },
  ];
  for (const body of [{ query: unknown, variables: { id: ids[0] } }, ...failing]) {
    const first = await post(body);
    for (let again = 0; again < 2; again += 1)
      expect({ body, ...(await post(body)) }).toEqual({ body, ...first });
  }
});

test('while the database does not answer, too', async () => {
  const query = '{ generations(first: 2) { nodes { prompt } } }';
  const sound = await post({ query });
  const pool = app.database.pool as { query: (statement: pg.QueryConfig) => Promise<unknown> };
  const broken = jest
    .spyOn(pool, 'query')
    .mockRejectedValue(Object.assign(new Error('gone'), { code: '57P01' }));
  const answers = [
    await post({ query: `${query} ` }),
    await post({ query }),
    await post({ query }),
  ];
  broken.mockRestore();
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  expect(await post({ query })).toEqual(sound);
});

test('introspection too', async () => {
  const query = getIntrospectionQuery();
  const first = await post({ query });
  expect(first.text).toContain('"VideoGeneration"');
  for (let again = 0; again < 2; again += 1) expect(await post({ query })).toEqual(first);
});
