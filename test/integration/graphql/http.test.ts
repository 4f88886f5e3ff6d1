import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type pg from 'pg';
import { request } from 'undici';
import { startTestApp, usualInput, type TestApp } from '../../support/app.ts';
import { bigPngDataUrl } from '../../support/images.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { BODY_LIMIT_MB: '30' } });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app.stop();
});

async function post(body: string, headers: Record<string, string> = {}) {
  const answer = await request(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await answer.body.text();
  const parsed: { errors?: { extensions: { code: string } }[] } = JSON.parse(text);
  return {
    status: answer.statusCode,
    text,
    codes: parsed.errors?.map((error) => error.extensions.code),
  };
}

/** Makes the database fail with a message that must not get out. */
function breakDatabase() {
  const pool = app.database.pool as {
    query(statement: pg.QueryConfig): Promise<unknown>;
  };
  const query = pool.query.bind(pool);
  jest.spyOn(pool, 'query').mockImplementation(async (statement) => {
    if (!statement.text.includes('video_generation')) return await query(statement);
    throw new Error('connection to postgres://admin:hunter2@db:5432 failed at /srv/secret/path.ts');
  });
}

const id = '01a20a96-2550-7661-bd8f-63b10abfa24d';

describe('an error that nobody expected', () => {
  test('reaches an HTTP client as one sentence with an id, and the log in full', async () => {
    breakDatabase();
    const answer = await app.graphql(`{ generation(id: "${id}") { id } }`);
    const [error] = answer.errors!;
    expect(error.extensions).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      errorId: expect.any(String),
    });
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|secret|postgres|stack/);
    const line = app.logLines.find((logged) => logged.includes(error.extensions.errorId))!;
    expect(line).toContain('hunter2');
    expect(line).toContain('"level":50');
  });

  test('reaches a WebSocket client as one sentence too', async () => {
    breakDatabase();
    for (const query of [
      `query { generation(id: "${id}") { id } }`,
      `subscription { generationUpdated(id: "${id}") { id } }`,
    ]) {
      const messages: unknown[] = [];
      await new Promise<void>((done) => {
        app.subscriber().subscribe(
          { query },
          {
            next: (message) => messages.push(message),
            error: (error) => {
              messages.push(error);
              done();
            },
            complete: () => done(),
          },
        );
      });
      expect(messages).toHaveLength(1);
      expect(JSON.stringify(messages)).toContain('INTERNAL_SERVER_ERROR');
      expect(JSON.stringify(messages)).not.toMatch(/hunter2|secret|postgres/);
    }
  });
});

describe('a request that cannot be read', () => {
  test('as JSON is answered in the shape of GraphQL', async () => {
    const answer = await post('{"query": ');
    expect(answer.status).toBe(400);
    expect(answer.codes).toEqual(['BAD_REQUEST']);
  });

  test('as GraphQL keeps the reason and the code', async () => {
    expect((await app.graphql('{ generation(')).errors![0].extensions.code).toBe(
      'GRAPHQL_PARSE_FAILED',
    );
    expect((await app.graphql('{ nothing }')).errors![0].extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    const missing = await app.graphql('query ($id: ID!) { generation(id: $id) { id } }');
    expect(missing.errors![0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['[]'],
    ['"text"'],
    ['{}'],
    ['{"query": 5}'],
    ['{"query": "{ __typename }", "variables": "x"}'],
    ['{"query": "{ __typename }", "extensions": {"persistedQuery": 5}}'],
    ['[{"query": "{ __typename }"}]'],
    ['{"query": "query A { __typename } query B { __typename }"}'],
    ['{"query": "{ __typename }", "operationName": "Unknown"}'],
  ])('such as %s is a clean refusal', async (body) => {
    const answer = await post(body);
    expect(answer.status).toBeLessThan(500);
    expect(answer.codes ?? []).not.toContain('INTERNAL_SERVER_ERROR');
    expect(answer.text).not.toMatch(/node_modules|stack/);
  });

  test('because it is too large says so', async () => {
    const answer = await post(JSON.stringify({ query: 'x'.repeat(31 * 1024 * 1024) }));
    expect(answer.status).toBe(413);
    expect(answer.codes).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  test('from a form of another site is refused', async () => {
    const answer = await request(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: 'mutation { __typename }' }),
    });
    expect(answer.statusCode).toBe(400);
    await answer.body.dump();
  });

  test('at an address where nothing is gets a 404 in the shape of GraphQL', async () => {
    const answer = await request(`${app.url}/nothing/here`);
    expect(answer.statusCode).toBe(404);
    expect(await answer.body.json()).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  });
});

describe('an image as a data URL', () => {
  test('of just under 20 MB is accepted and arrives whole', async () => {
    const image = bigPngDataUrl(20 * 1024 * 1024 - 1024);
    const { generation, userErrors } = await app.create({ firstFrameImage: image });
    expect(userErrors).toEqual([]);
    expect(generation.status).toBe('PROCESSING');
    expect(app.upstream.submits[0]!.body.first_frame_image === image).toBe(true);
  });

  test('of more than 20 MB is refused by name', async () => {
    const image = bigPngDataUrl(21 * 1024 * 1024);
    const { userErrors } = await app.create({ firstFrameImage: image });
    expect(userErrors).toEqual([
      { field: ['firstFrameImage'], code: 'IMAGE_TOO_LARGE', message: expect.any(String) },
    ]);
    expect(app.upstream.submits).toHaveLength(0);
  });

  test('that is no file but a part of a text stays a text, also in a large body', async () => {
    const url = bigPngDataUrl(1024 * 1024);
    const { userErrors } = await app.create({ prompt: `he said, "${url}` });
    expect(userErrors).toMatchObject([{ field: ['prompt'], code: 'PROMPT_TOO_LONG' }]);
    const create = `mutation ($image: String!) { createVideoGeneration(input: {
      model: "MiniMax-Hailuo-02", prompt: $image }) { userErrors { code } } }`;
    const { data } = await app.graphql(create, { image: url });
    expect(data.createVideoGeneration.userErrors).toEqual([{ code: 'PROMPT_TOO_LONG' }]);
  });

  test('is not told by an internal name where a mistake quotes it', async () => {
    const create = `mutation ($input: CreateVideoGenerationInput!) {
      createVideoGeneration(input: $input) { userErrors { code } } }`;
    const input = { firstFrameImage: bigPngDataUrl(1024 * 1024) };
    const { errors } = await app.graphql(create, { input });
    expect(errors?.[0].message).toContain('"data:image/png;base64,…"');
    expect(JSON.stringify(errors)).not.toContain('held:');
  });
});

describe('the service', () => {
  test('tells whether it lives and is ready, and gives figures', async () => {
    const health = await request(`${app.url}/healthz`);
    expect([health.statusCode, await health.body.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await request(`${app.url}/readyz`);
    expect([ready.statusCode, await ready.body.json()]).toEqual([
      200,
      {
        status: 'ready',
        database: app.database.kind,
        simulated: false,
        submissionsPaused: null,
        accountsUnknown: [],
        generationsHeld: 0,
      },
    ]);
    const metrics = await request(`${app.url}/metrics`);
    expect(await metrics.body.text()).toContain('reelgraph_generations_in_flight 0');
  });

  test('is not ready while its database does not answer', async () => {
    jest.spyOn(app.database, 'ping').mockRejectedValue(new Error('gone'));
    const ready = await request(`${app.url}/readyz`);
    expect(ready.statusCode).toBe(503);
    await ready.body.dump();
  });

  test('lets Apollo Studio in and shows it the schema', async () => {
    const preflight = await request(`${app.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://studio.apollographql.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    expect(preflight.headers['access-control-allow-headers']).toContain('authorization');
    const answer = await app.graphql(
      '{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }',
      {},
      { origin: 'https://studio.apollographql.com' },
    );
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.data.__schema.mutationType.name).toBe('Mutation');
  });

  test('keeps the id of a request from header to event', async () => {
    const answer = await app.graphql(
      `mutation C($input: CreateVideoGenerationInput!) {
        createVideoGeneration(input: $input) { generation { events { action requestId } } } }`,
      { input: usualInput },
      { 'x-request-id': 'front-end-42' },
    );
    expect(answer.headers['x-request-id']).toBe('front-end-42');
    expect(answer.data.createVideoGeneration.generation.events[0]).toEqual({
      action: 'GENERATION_CREATED',
      requestId: 'front-end-42',
    });
    const other = await app.graphql('{ __typename }', {}, { 'x-request-id': 'no\tgood "id"' });
    expect(other.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
  });

  test('never logs its key', async () => {
    await app.create();
    await app.create({ model: 'no-such-model' });
    expect(app.logLines.join('')).not.toContain('test-key-5f2a');
  });
});
