import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getIntrospectionQuery, type GraphQLSchema } from 'graphql';
import { request } from 'undici';
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

async function post(body: object): Promise<{ status: number; text: string }> {
  const answer = await request(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

test('what comes again is answered as it was the first time', async () => {
  const random = randomFrom(7);
  let answered = 0;
  for (let count = 0; count < 400;) {
    const { kind, ...body } = randomRequest(schema, random, ids);
    // What waits takes as long as it says.
    if (kind !== 'query' || body.query.includes('waitMs')) continue;
    count += 1;
    const first = await post(body);
    if (first.text.includes('"data":{')) answered += 1;
    for (let again = 0; again < 2; again += 1) {
      expect({ body, ...(await post(body)) }).toEqual({ body, ...first });
    }
  }
  expect(answered).toBeGreaterThan(100);
});

test('introspection too', async () => {
  const query = getIntrospectionQuery();
  const first = await post({ query });
  expect(first.text).toContain('"VideoGeneration"');
  for (let again = 0; again < 2; again += 1) expect(await post({ query })).toEqual(first);
});
