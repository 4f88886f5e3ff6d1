import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getIntrospectionQuery,
  getOperationAST,
  Kind,
  OperationTypeNode,
  parse,
} from 'graphql';
import { request } from 'undici';
import WebSocket from 'ws';
import { TrustedDocuments, TrustedDocumentsError } from '../../../src/graphql/trusted-documents.ts';
import { tour } from '../../../src/pages/tour.ts';
import { generationFields, startTestApp, type TestApp } from '../../support/app.ts';
import { ask, bearer, closeCodeOf, closeOf, codesOf, rawClient } from '../../support/raw-client.ts';

const schemaText = await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8');
const schema = buildSchema(schemaText);

let app: TestApp;

const { post, openSocket, key } = rawClient(() => app);
const many = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => each(index)).join(' ');
const nested = (depth: number, open: string, middle: string, close: string) =>
  open.repeat(depth) + middle + close.repeat(depth);

describe('with default limits', () => {
  let socket: WebSocket;
  beforeAll(async () => {
    app = await startTestApp();
    socket = await openSocket();
    await post({ query: '{ __typename }' });
  });
  afterAll(async () => {
    socket.close();
    await app.stop();
  });

  const page = 'generations(first: 100)';
  test.each<[string, string, string]>([
    ['1,000 aliases', 'TOO_MANY_ALIASES', `{ me { ${many(1_000, (i) => `a${i}: callerId`)} } }`],
    [
      '1,000 aliases of one list',
      'TOO_MANY_ALIASES',
      `{ ${many(600, (i) => `a${i}: apiKeys { id }`)} }`,
    ],
    [
      '1,000 directives on one field',
      'TOO_MANY_DIRECTIVES',
      `{ me { callerId ${many(1_000, () => '@a')} } }`,
    ],
    [
      '1,000 directives on variables',
      'TOO_MANY_DIRECTIVES',
      `query ($a: Int ${many(1_000, () => '@a')}) { me { callerId } }`,
    ],
    [
      '30 fields on the first level',
      'TOO_MANY_ROOT_FIELDS',
      `{ ${many(30, () => '...on Query { me { callerId } }')} }`,
    ],
    ['selections 10,000 deep', 'OPERATION_TOO_DEEP', nested(10_000, '{ a ', '', '}')],
    ['selections that never end', 'OPERATION_TOO_DEEP', '{ a '.repeat(10_000)],
    [
      'inline fragments 10,000 deep',
      'OPERATION_TOO_DEEP',
      `{ ${nested(10_000, '... { ', '__typename', '}')} }`,
    ],
    [
      'lists 10,000 deep in an argument',
      'OPERATION_TOO_DEEP',
      `{ generation(id: ${nested(10_000, '[', '', ']')}) { id } }`,
    ],
    [
      'input objects 10,000 deep',
      'OPERATION_TOO_DEEP',
      `{ generations(filter: ${nested(10_000, '{not:', '{}', '}')}) { totalCount } }`,
    ],
    [
      'a type 10,000 lists deep',
      'OPERATION_TOO_DEEP',
      `query ($a: ${nested(10_000, '[', 'Int', ']')}) { me { callerId } }`,
    ],
    ['fields 16 deep', 'OPERATION_TOO_DEEP', `{ ${nested(15, 'a { ', 'b', '}')} }`],
    [
      'fields 20 deep through fragments',
      'OPERATION_TOO_DEEP',
      `{ ...f0 } ${many(20, (i) => `fragment f${i} on Query { a { ...f${i + 1} } }`)} fragment f20 on Query { a }`,
    ],
    [
      'fragments that contain themselves',
      'GRAPHQL_VALIDATION_FAILED',
      '{ ...A } fragment A on Query { me { callerId } ...B } fragment B on Query { ...A }',
    ],
    [
      'fragments that double 300 times',
      'OPERATION_TOO_COMPLEX',
      `{ me { ...f0 } } ${many(300, (i) => `fragment f${i} on Caller { ...f${i + 1} ... on Caller { ...f${i + 1} } }`)} fragment f300 on Caller { callerId }`,
    ],
    ['300,000 words', 'TOO_MANY_TOKENS', `{ apiKeys { ${'id '.repeat(300_000)} } }`],
    ['one field 4,900 times', 'OPERATION_TOO_COMPLEX', `{ apiKeys { ${'id '.repeat(4_900)} } }`],
    [
      'lists of lists of lists',
      'OPERATION_TOO_COMPLEX',
      `{ ${page} { edges { node { events { id } e2: events { id } e3: events { id } e4: events { id } } } } }`,
    ],
    [
      'several large pages',
      'OPERATION_TOO_COMPLEX',
      `query ($n: Int = 100) { ${many(20, (i) => `p${i}: generations(first: $n) { nodes { id } }`)} }`,
    ],
  ])('%s: %s, at once, over HTTP and WebSocket', async (_name, code, query) => {
    const start = performance.now();
    const http = await post({ query });
    const ws = await ask(socket, { query });
    const end = performance.now();

    expect(http.status).toBe(400);
    expect([...new Set(http.codes)]).toEqual([code]);
    expect([...new Set(ws.codes)]).toEqual([code]);
    expect(http.text + ws.text).not.toMatch(/call stack|INTERNAL/);
    // Far more than it takes, and far less than what it would cost to run: no machine is that slow.
    expect(end - start).toBeLessThan(10_000);
  });

  test('what is refused says the limit and what to do', async () => {
    const { text } = await post({ query: `{ ${many(51, (i) => `a${i}: __typename`)} }` });
    expect(text).toMatch(/51 aliases, and 50 are allowed\. /);
    const costly = await post({
      query: `{ ${page} { nodes { events { id } } edges { node { events(last: 50) { id } listPrice { amount } userErrors: failure { kind } } } } }`,
    });
    expect(JSON.parse(costly.text)).toMatchObject({
      errors: [
        { message: expect.stringMatching(/and 2000 is allowed.*smaller pages/), extensions: {} },
      ],
    });
  });

  test.each([
    ['an unknown variable', '{ __typename }'],
    ['a text', 'query ($v: ID!) { generation(id: $v) { id } }'],
    [
      'an input object',
      'query ($v: VideoGenerationFilter) { generations(filter: $v) { totalCount } }',
    ],
    [
      'a list',
      'query ($v: [VideoGenerationFilter!]) { generations(filter: { and: $v }) { totalCount } }',
    ],
  ])('brackets 100,000 deep in the place of %s are refused', async (_name, query) => {
    for (const [open, close] of [
      ['{"a":', '}'],
      ['{"not":', '}'],
      ['[', ']'],
    ] as const) {
      const value = nested(100_000, open, '{}', close);
      const payload = `{"query":${JSON.stringify(query)},"variables":{"v":${value}}}`;
      const http = await request(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: payload,
      });
      expect(http.statusCode).toBe(400);
      expect(codesOf(await http.body.text())).toEqual(['OPERATION_TOO_DEEP']);
      expect((await ask(socket, payload)).codes).toEqual(['OPERATION_TOO_DEEP']);
    }
  });

  test.each([
    ['U+0000', '\u0000', '\\u0000'],
    ['half a surrogate pair', '\ud800', '\ud800'],
  ])('%s in a text is refused before it reaches the database', async (_name, odd, escaped) => {
    const query = 'query ($f: VideoGenerationFilter) { generations(filter: $f) { totalCount } }';
    const f = { or: [{ promptContains: `a${odd}b` }] };
    const literal = `{ generations(filter: { promptContains: "a${escaped}b" }) { totalCount } }`;
    for (const payload of [{ query, variables: { f } }, { query: literal }]) {
      for (const { codes } of [await post(payload), await ask(socket, payload)]) {
        expect([['BAD_USER_INPUT'], ['GRAPHQL_PARSE_FAILED']]).toContainEqual(codes);
      }
    }
  });

  test('a subscription over HTTP is sent to WebSocket', async () => {
    const { status, codes } = await post({
      query: 'subscription { generationUpdated(id: "x") { id } }',
    });
    expect([status, codes]).toEqual([400, ['SUBSCRIPTION_NEEDS_WEBSOCKET']]);
  });

  test('a message of more than 1 MB closes a WebSocket, known or not, and says why', async () => {
    const url = `${app.url.replace('http', 'ws')}/graphql`;
    const unknown = new WebSocket(url, 'graphql-transport-ws');
    await new Promise((done) => unknown.once('open', done));
    for (const [own, type] of [
      [unknown, 'connection_init'],
      [await openSocket(), 'subscribe'],
    ] as const) {
      const closed = closeOf(own);
      own.send(JSON.stringify({ type, payload: 'x'.repeat(1024 * 1024) }));
      expect(await closed).toEqual({
        code: 1009,
        reason: 'Messages are limited to 1 MB: send larger ones over HTTP',
      });
    }
    const nearly = { query: '{ __typename }', variables: { v: 'x'.repeat(1024 * 1000) } };
    expect((await ask(socket, nearly)).codes).toEqual([]);
  });

  test('the same limits hold for GET and for variables', async () => {
    const answer = await request(`${app.url}/graphql`, {
      query: { query: `{ ${'a { '.repeat(200)}` },
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(codesOf(await answer.body.text())).toEqual(['OPERATION_TOO_DEEP']);

    const query = `query ($n: Int = 5) { ${many(20, (i) => `p${i}: generations(first: $n) { nodes { id } }`)} }`;
    expect((await post({ query })).codes).toEqual([]);
    expect((await post({ query, variables: { n: 100 } })).codes).toEqual(['OPERATION_TOO_COMPLEX']);
    expect((await ask(socket, { query, variables: { n: 100 } })).codes).toEqual([
      'OPERATION_TOO_COMPLEX',
    ]);
  });

  test('a page of 100 whole generations may be asked for, and its cost is told', async () => {
    const { text } = await post({ query: `{ ${page} { nodes { ${generationFields} } } }` });
    expect(JSON.parse(text)).toMatchObject({
      data: { generations: { nodes: [] } },
      extensions: { cost: { requested: 801, limit: 2_000 } },
    });
  });

  test('the standard introspection queries pass', async () => {
    const everything = {
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    for (const query of [getIntrospectionQuery(), getIntrospectionQuery(everything)]) {
      expect((await post({ query })).codes).toEqual([]);
      expect((await ask(socket, { query })).codes).toEqual([]);
    }
  });

  test('the tour passes, step by step and as one document', async () => {
    const whole = tour.map(({ document }) => document).join('\n');
    for (const { document, variables } of tour) {
      const operation = getOperationAST(parse(document))!;
      if (operation.operation === OperationTypeNode.SUBSCRIPTION) continue;
      const operationName = operation.name!.value;
      for (const query of [document, whole]) {
        expect((await post({ query, variables, operationName })).codes).toEqual([]);
      }
    }
  });

  test("the front end's operations pass, also where they page by 100", async () => {
    const folder = new URL('../../../client/operations/', import.meta.url);
    const texts = await Promise.all(
      (await readdir(folder)).map((file) => readFile(new URL(file, folder), 'utf8')),
    );
    const query = texts.join('\n');
    const names = parse(query).definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? [definition.name!.value] : [],
    );
    expect(names.length).toBeGreaterThan(8);
    const id = '01a20a96-2550-7661-bd8f-63b10abfa24d';
    const input = { model: 'MiniMax-Hailuo-02', prompt: 'A boat' };
    const fragments = texts.find((text) => text.includes('fragment GenerationCard'))!;
    for (const operationName of names) {
      if (texts.some((text) => text.includes(`subscription ${operationName}(`))) continue;
      const own = texts.find(
        (text) => text.includes(` ${operationName}(`) || text.includes(` ${operationName} `),
      )!;
      const used = [...own.matchAll(/\.\.\.(\w+)/g)].length > 0 ? `${own}\n${fragments}` : own;
      const variables = { id, input, first: 100 };
      const { codes } = await post({
        query: withUsedFragments(used, operationName),
        operationName,
        variables,
      });
      expect([[], ['NOT_FOUND']]).toContainEqual(codes);
    }
  });

  test('a name that is nearly right is proposed', async () => {
    expect((await post({ query: '{ generation(id: "x") { statu } }' })).text).toContain(
      'Did you mean',
    );
  });

  test('headers hold browsers back', async () => {
    const { headers } = await post({ query: '{ __typename }' });
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
    for (const path of ['/', '/graphiql']) {
      const answer = await request(app.url + path);
      await answer.body.dump();
      expect(answer.headers['content-security-policy']).toMatch(/script-src 'self' 'sha256-/);
      expect(answer.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/);
    }
  });

  test('whoever is let in on this machine has no rate limit', async () => {
    const { headers, text } = await post({ query: '{ me { rateLimit { limit } } }' });
    expect(headers['ratelimit-limit']).toBeUndefined();
    expect(JSON.parse(text)).toMatchObject({ data: { me: { rateLimit: null } } });
  });

  test('a connection runs 20 operations at one time, and more when one ends', async () => {
    const { generation } = await app.create();
    const own = await openSocket();
    const query = `subscription { generationUpdated(id: "${generation.id}") { id } }`;
    for (let count = 0; count < 20; count += 1) {
      expect((await ask(own, { query })).codes).toEqual([]);
    }
    expect((await ask(own, { query })).codes).toEqual(['TOO_MANY_SUBSCRIPTIONS']);
    own.close();
  });

  test('a WebSocket that says nothing is closed after five seconds', async () => {
    const silent = new WebSocket(
      `${app.url.replace('http', 'ws')}/graphql`,
      'graphql-transport-ws',
    );
    const start = performance.now();
    expect(await closeCodeOf(silent)).toBe(4408);
    expect(performance.now() - start).toBeLessThan(8_000);
  });
});

/** The operation and the fragments that it reaches: unused ones are refused by validation. */
function withUsedFragments(text: string, operationName: string): string {
  const { definitions } = parse(text);
  const bodyOf = (start: number, end: number) => text.slice(start, end);
  const wanted = new Set<string>();
  const take = (body: string) => {
    for (const [, name] of body.matchAll(/\.\.\.(\w+)/g)) {
      if (wanted.has(name!)) continue;
      wanted.add(name!);
      const found = definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
      );
      if (found) take(bodyOf(found.loc!.start, found.loc!.end));
    }
  };
  const operation = definitions.find(
    (one) => one.kind === Kind.OPERATION_DEFINITION && one.name?.value === operationName,
  )!;
  take(bodyOf(operation.loc!.start, operation.loc!.end));
  return definitions
    .filter(
      (one) =>
        one === operation || (one.kind === Kind.FRAGMENT_DEFINITION && wanted.has(one.name.value)),
    )
    .map((one) => bodyOf(one.loc!.start, one.loc!.end))
    .join('\n');
}

describe('in production', () => {
  let secret: string;
  beforeAll(async () => {
    app = await startTestApp({ env: { NODE_ENV: 'production', INTROSPECTION: 'off' } });
    secret = await key('front-end');
  });
  afterAll(async () => await app.stop());

  test('nothing is proposed for a name that is nearly right, over HTTP and WebSocket', async () => {
    const socket = await openSocket({ Authorization: `Bearer ${secret}` });
    for (const payload of [
      { query: '{ generation(id: "x") { statu } }' },
      { query: '{ generations(filter: { statu: FAILED }) { totalCount } }' },
      { query: '{ generations(filter: { status: FAILD }) { totalCount } }' },
      {
        query: 'query ($f: VideoGenerationFilter) { generations(filter: $f) { totalCount } }',
        variables: { f: { statu: 'FAILED' } },
      },
    ]) {
      const http = await post(payload, bearer(secret));
      const ws = await ask(socket, payload);
      expect(http.codes).toHaveLength(1);
      expect(ws.codes).toEqual(http.codes);
      expect(http.text + ws.text).not.toMatch(/Did you mean|status/);
    }
    socket.close();
  });

  test('the schema is not told where introspection is off', async () => {
    const socket = await openSocket({ Authorization: `Bearer ${secret}` });
    const query = '{ __schema { queryType { name } } }';
    for (const { codes, text } of [
      await post({ query }, bearer(secret)),
      await ask(socket, { query }),
    ]) {
      expect([...new Set(codes)]).toEqual(['GRAPHQL_VALIDATION_FAILED']);
      expect(text).not.toContain('"data"');
    }
    const file = await request(`${app.url}/schema.graphql`);
    await file.body.dump();
    expect(file.statusCode).toBe(404);
    socket.close();
  });
});

describe('with trusted documents', () => {
  const trusted = 'query Me { me { callerId } }';
  const id = createHash('sha256').update(trusted).digest('hex');
  const anotherId = 'a'.repeat(64);
  const another = 'query Models { videoModels { name } }';
  let folder: string;
  let socket: WebSocket;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reelgraph-trusted-'));
    const file = join(folder, 'documents.json');
    await writeFile(file, JSON.stringify({ [id]: trusted, [anotherId]: another }));
    app = await startTestApp({ env: { TRUSTED_DOCUMENTS: file } });
    socket = await openSocket();
  });
  afterAll(async () => {
    socket.close();
    await app.stop();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['the whole text', { query: trusted }],
    ['its id', { documentId: id }],
    ['its id with the name of the hash', { documentId: `sha256:${id}` }],
    ['a persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: id } } }],
    ['an id that another tool made', { documentId: anotherId }],
  ])('one runs by %s', async (_name, payload) => {
    const http = await post(payload);
    expect([http.status, http.codes]).toEqual([200, []]);
    expect((await ask(socket, { query: '', ...payload })).codes).toEqual([]);
  });

  test.each([
    ['another text', { query: 'query Me { me { callerId role } }' }],
    ['an unknown id', { documentId: 'b'.repeat(64) }],
    ['an id that is no text', { documentId: 5 }],
    ['a registered id beside another text', { documentId: id, query: '{ apiKeys { id } }' }],
    ['the schema', { query: getIntrospectionQuery() }],
    ['nothing', {}],
  ])('%s is refused', async (_name, payload) => {
    const http = await post(payload);
    expect([http.status, http.codes]).toEqual([400, ['DOCUMENT_NOT_TRUSTED']]);
    expect((await ask(socket, { query: '', ...payload })).codes).toEqual(['DOCUMENT_NOT_TRUSTED']);
  });

  test('a GET names one too, and cannot run another', async () => {
    const get = async (query: Record<string, string>) => {
      const headers = { 'apollo-require-preflight': '1' };
      const answer = await request(`${app.url}/graphql`, { query, headers });
      return codesOf(await answer.body.text());
    };
    expect(await get({ documentId: id })).toEqual([]);
    expect(await get({ query: trusted })).toEqual([]);
    expect(await get({ query: '{ apiKeys { id } }' })).toEqual(['DOCUMENT_NOT_TRUSTED']);
    expect(await get({ query: '{ apiKeys { id } }', documentId: id })).toEqual([
      'DOCUMENT_NOT_TRUSTED',
    ]);
  });

  test('a batch runs nothing', async () => {
    expect((await post([{ query: '{ apiKeys { id } }' }])).text).not.toContain('"data"');
  });

  test('documents that do not fit the schema are refused, all of them', () => {
    const file = { [id]: '{ nothing }', [anotherId]: '{ me {' };
    const make = () => new TrustedDocuments(file, schema);
    expect(make).toThrow(TrustedDocumentsError);
    expect(make).toThrow(/Cannot query field "nothing"[^]*Syntax Error/);
  });
});
