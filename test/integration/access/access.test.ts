import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import type { ApiKeys, NewApiKey } from '../../../src/access/api-keys.ts';
import { keysOf, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';

let issuer: TestIssuer;
let app: TestApp;
let apiKeys: ApiKeys;

beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(async () => await issuer.close());
beforeEach(async () => {
  app = await startTestApp({ env: { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: 'reelgraph' } });
  apiKeys = keysOf(app);
});
afterEach(async () => {
  await app.stop();
});

async function key(callerId: string, more: Partial<NewApiKey> = {}): Promise<string> {
  const { secret } = await apiKeys.create(
    {
      callerId,
      name: callerId,
      role: 'CLIENT',
      tenant: null,
      expiresAt: null,
      ...more,
    },
    null,
  );
  return secret;
}

async function as(secret: string | null, query: string, variables: object = {}) {
  return await app.graphql(
    query,
    variables,
    secret === null ? {} : { authorization: `Bearer ${secret}` },
  );
}

const create = `mutation C($input: CreateVideoGenerationInput!) {
  createVideoGeneration(input: $input) { generation { id status } userErrors { code } } }`;

async function createdBy(secret: string): Promise<string> {
  const { data } = await as(secret, create, { input: usualInput });
  return data.createVideoGeneration.generation.id;
}

const me = '{ me { callerId kind role tenant } }';

describe('a caller', () => {
  test('is known by an API key', async () => {
    const secret = await key('web-shop', { tenant: 'acme' });
    expect((await as(secret, me)).data.me).toEqual({
      callerId: 'web-shop',
      kind: 'API_KEY',
      role: 'CLIENT',
      tenant: 'acme',
    });
  });

  test('is known by a token of the issuer', async () => {
    const answer = await as(await issuer.token({ role: ['viewer', 'admin'], tenant: 'acme' }), me);
    expect(answer.data.me).toEqual({
      callerId: 'jwt:alice',
      kind: 'JWT',
      role: 'ADMIN',
      tenant: 'acme',
    });
  });

  test.each([
    ['nothing', () => null],
    ['nonsense', () => 'nonsense'],
    ['an unknown key', () => 'rg_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['an expired key', () => key('x', { expiresAt: new Date(app.clock.now().getTime() - 1000) })],
    [
      'a revoked key',
      async () => {
        const issued = await apiKeys.create(
          {
            callerId: 'x',
            name: 'x',
            role: 'ADMIN',
            tenant: null,
            expiresAt: null,
          },
          null,
        );
        await apiKeys.revoke(issued.apiKey.id, null);
        return issued.secret;
      },
    ],
    ['a token for another audience', () => issuer.token({}, 'another-service')],
    ['an expired token', () => issuer.token({}, 'reelgraph', '-1m')],
    ['a token without a role', () => issuer.token({ role: 'viewer' })],
    ['a token whose role only looks like one', () => issuer.token({ role: 'admın' })],
    ['a token with a role beside what is no text', () => issuer.token({ role: ['admin', null] })],
    ['a token whose subject is an object', () => issuer.token({ sub: { id: 1 } })],
    ['a token whose subject is null', () => issuer.token({ sub: null })],
    ['a token whose subject is blank', () => issuer.token({ sub: ' ' })],
    ['a token whose subject has control characters', () => issuer.token({ sub: 'a\u0000b' })],
    ['a token whose subject is endless', () => issuer.token({ sub: 'a'.repeat(256) })],
    ['a token whose tenant is empty', () => issuer.token({ tenant: '' })],
    ['a token whose tenant is an object', () => issuer.token({ tenant: {} })],
    ['a token whose tenant is no name', () => issuer.token({ tenant: 'acme ' })],
    [
      'a token that demands what nobody knows',
      () => issuer.token({}, 'reelgraph', '5m', { crit: ['unheard'], unheard: 1 }),
    ],
    [
      'a token that nobody signed',
      () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ sub: 'a', role: 'admin', iss: issuer.url, aud: 'reelgraph', exp: 9e9 })).toString('base64url')}.`,
    ],
    [
      'a token signed by somebody else',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return await new SignJWT({ role: 'admin' })
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .setSubject('a')
          .setIssuer(issuer.url)
          .setAudience('reelgraph')
          .setExpirationTime('5m')
          .sign(privateKey);
      },
    ],
  ])('with %s is refused everywhere, in the same words', async (_name, credentials) => {
    const secret = await credentials();
    const http = await as(secret, me);
    expect(http.status).toBe(401);
    expect(http.data).toBeUndefined();
    expect(http.errors).toHaveLength(1);
    expect(http.errors![0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    expect((await as(secret, create, { input: usualInput })).errors![0].message).toBe(
      http.errors![0].message,
    );
    expect((await as(secret, '{ __schema { queryType { name } } }')).status).toBe(401);
    expect(app.upstream.submits).toHaveLength(0);

    const closed = await new Promise<{ code: number }>((done) => {
      const subscriber = app.subscriber(
        secret === null ? undefined : { Authorization: `Bearer ${secret}` },
      );
      subscriber.on('closed', (event) => done(event as { code: number }));
      subscriber.subscribe(
        { query: 'subscription { generationUpdated(id: "x") { id } }' },
        { next: () => undefined, error: () => undefined, complete: () => undefined },
      );
    });
    expect(closed.code).toBe(4403);
  });

  test('is known by claims whose names have dots', async () => {
    await app.stop();
    const role = 'https://example.com/role';
    app = await startTestApp({
      env: { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: 'reelgraph', OIDC_ROLE_CLAIM: role },
    });
    const answer = await as(await issuer.token({ [role]: 'auditor', tenant: null }), me);
    expect(answer.data.me).toMatchObject({ role: 'AUDITOR', tenant: null });
  });

  test('whose tokens are refused meets the limit, whatever is wrong with them', async () => {
    const tokens = [
      await issuer.token({}, 'reelgraph', '5m', { crit: ['unheard'], unheard: 1 }),
      await issuer.token({ sub: null }),
      'a.b.c',
    ];
    const statuses: number[] = [];
    for (let count = 0; count < 63; count++) {
      statuses.push((await as(tokens[count % 3]!, me)).status);
    }
    expect(statuses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 401));
    expect(statuses.slice(60)).toEqual([429, 429, 429]);
  });

  test('is told to ask again while the issuer does not answer', async () => {
    await app.stop();
    const silent = await startIssuer();
    const token = await silent.token();
    app = await startTestApp({ env: { OIDC_ISSUER: silent.url, OIDC_AUDIENCE: 'reelgraph' } });
    await silent.close();
    const answer = await as(token, me);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
    const closed = await new Promise<{ code: number }>((done) => {
      const subscriber = app.subscriber({ Authorization: `Bearer ${token}` });
      subscriber.on('closed', (event) => done(event as { code: number }));
      subscriber.subscribe(
        { query: 'subscription { generationUpdated(id: "x") { id } }' },
        { next: () => undefined, error: () => undefined, complete: () => undefined },
      );
    });
    expect(closed.code).toBe(1013);
  });

  test('without a key is let in on its own machine, until a key exists', async () => {
    await app.stop();
    app = await startTestApp();
    apiKeys = keysOf(app);
    expect((await as(null, me)).data.me).toMatchObject({ kind: 'LOCAL', role: 'ADMIN' });
    await key('first');
    expect((await as(null, me)).status).toBe(401);
  });

  test('without a key is not let in where the network can ask', async () => {
    await app.stop();
    app = await startTestApp({ env: { HOST: '0.0.0.0' } });
    expect((await as(null, me)).status).toBe(401);
  });
});

describe('what belongs to another', () => {
  test('does not exist, whichever way one asks', async () => {
    const [a, b] = [await key('a'), await key('b')];
    const id = await createdBy(a);
    const own = await createdBy(b);
    const { data } = await as(
      a,
      `{ generations { edges { cursor } } generation(id: "${id}") { taskId } }`,
    );
    const cursor = data.generations.edges[0].cursor;

    for (const query of [
      `{ generation(id: "${id}") { id } }`,
      `{ node(id: "${id}") { id } }`,
      `mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`,
      `mutation { retryVideoGeneration(id: "${id}") { userErrors { code } } }`,
      `mutation { refreshVideoGeneration(id: "${id}") { userErrors { code } } }`,
    ]) {
      const hidden = await as(b, query);
      const absent = await as(b, query.replace(id, '01a20a96-2550-7661-bd8f-63b10abfa24d'));
      expect(hidden.errors![0].extensions.code).toBe('NOT_FOUND');
      expect({ ...hidden, headers: null }).toEqual({ ...absent, headers: null });
    }
    for (const filter of [
      '',
      `filter: { id: "${id}" }`,
      `filter: { taskId: "${data.generation.taskId}" }`,
      'filter: { or: [{}, {}] }',
      'filter: { not: { status: FAILED } }',
      `after: "${cursor}"`,
      `before: "${cursor}"`,
    ]) {
      const args = filter ? `(${filter})` : '';
      const listed = (await as(b, `{ generations${args} { totalCount nodes { id } } }`)).data
        .generations;
      const ids = listed.nodes.map((node: { id: string }) => node.id);
      expect(ids).not.toContain(id);
      expect(listed.totalCount).toBeLessThanOrEqual(1);
      expect(ids.every((seen: string) => seen === own)).toBe(true);
    }
    const updates = app
      .subscriber({ Authorization: `Bearer ${b}` })
      .iterate({ query: `subscription { generationUpdated(id: "${id}") { id } }` });
    const first: unknown = await updates.next().catch((error: unknown) => error);
    expect(JSON.stringify(first)).toContain('NOT_FOUND');
    expect(app.upstream.queries).toHaveLength(0);
  });

  test('is shared within a tenant, and nowhere else', async () => {
    const [a, b, c] = [
      await key('a', { tenant: 'acme' }),
      await key('b', { tenant: 'acme' }),
      await key('c', { tenant: 'other' }),
    ];
    const id = await createdBy(a);
    expect((await as(b, `{ generation(id: "${id}") { id } }`)).data.generation).toEqual({ id });
    expect((await as(c, `{ generation(id: "${id}") { id } }`)).data.generation).toBeNull();
  });

  test('has idempotency keys of its own', async () => {
    const [a, b] = [await key('a'), await key('b')];
    const input = { ...usualInput, idempotencyKey: 'order-1' };
    const ids = new Set<string>();
    for (const secret of [a, b, a]) {
      ids.add((await as(secret, create, { input })).data.createVideoGeneration.generation.id);
    }
    expect(ids.size).toBe(2);
  });
});

describe('a role', () => {
  const admin = [
    'mutation { attachVideoGenerationTask(id: "ID", version: 3, taskId: "1") { userErrors { code } } }',
    'mutation { declareVideoGenerationNotCreated(id: "ID", version: 3) { userErrors { code } } }',
    'mutation { resubmitVideoGeneration(id: "ID", version: 3) { userErrors { code } } }',
    '{ apiKeys { id } }',
    'mutation { createApiKey(input: { callerId: "x", role: ADMIN }) { secret } }',
    'mutation { rotateApiKey(id: "ID") { secret } }',
    'mutation { revokeApiKey(id: "ID") { id } }',
  ];
  const changes = [
    'mutation { cancelVideoGeneration(id: "ID") { userErrors { code } } }',
    'mutation { retryVideoGeneration(id: "ID") { userErrors { code } } }',
    'mutation { refreshVideoGeneration(id: "ID") { userErrors { code } } }',
    `mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { userErrors { code } } }`,
  ];
  const reads = [
    '{ generation(id: "ID") { id } }',
    '{ node(id: "ID") { id } }',
    '{ generations { totalCount } }',
  ];

  test.each([
    ['CLIENT', [...reads, ...changes], [...admin, '{ providerStatus { simulated } }']],
    ['AUDITOR', [...reads, '{ providerStatus { simulated } }'], [...admin, ...changes]],
    ['ADMIN', [...reads, ...changes, ...admin, '{ providerStatus { simulated } }'], []],
  ] as const)('%s may do what it is for and nothing else', async (role, allowed, forbidden) => {
    const id = await createdBy(await key('owner'));
    const secret = await key(role === 'CLIENT' ? 'owner' : 'somebody', { role });
    for (const query of forbidden) {
      const answer = await as(secret, query.replace('ID', id));
      expect([query, answer.errors?.[0].extensions.code]).toEqual([query, 'FORBIDDEN']);
    }
    expect(app.upstream.submits).toHaveLength(1);
    for (const query of allowed) {
      const code = (await as(secret, query.replace('ID', id))).errors?.[0].extensions.code;
      expect([query, code === undefined || code === 'NOT_FOUND']).toEqual([query, true]);
    }
  });
});

describe('an API key', () => {
  test('is shown once and stored as a hash', async () => {
    const admin = await key('root', { role: 'ADMIN' });
    const { data } = await as(
      admin,
      'mutation { createApiKey(input: { callerId: "shop", role: CLIENT, tenant: "acme" }) { secret apiKey { id prefix usable } } }',
    );
    const { secret, apiKey } = data.createApiKey;
    expect(secret).toMatch(/^rg_[\da-f]{8}_[\w-]{32}$/);
    expect(secret.startsWith(apiKey.prefix)).toBe(true);
    expect((await as(secret, me)).data.me).toMatchObject({ callerId: 'shop', tenant: 'acme' });
    expect(JSON.stringify(await app.database.prisma.apiKey.findMany())).not.toContain(secret);
    expect(app.logLines.join('')).not.toContain(secret);
    const listed = (await as(admin, '{ apiKeys { prefix lastUsedAt usable } }')).data.apiKeys;
    expect(listed).toHaveLength(2);
    expect(listed[0].lastUsedAt).toEqual(expect.any(String));
  });

  test('that is rotated overlaps with the new one, and its caller keeps what it has', async () => {
    const admin = await key('root', { role: 'ADMIN' });
    const { data } = await as(
      admin,
      'mutation { createApiKey(input: { callerId: "shop", role: CLIENT }) { secret apiKey { id } } }',
    );
    const old = data.createApiKey;
    const id = await createdBy(old.secret);
    const rotated = (
      await as(
        admin,
        `mutation { rotateApiKey(id: "${old.apiKey.id}", overlapHours: 1) { secret } }`,
      )
    ).data.rotateApiKey;
    for (const secret of [old.secret, rotated.secret]) {
      expect((await as(secret, `{ generation(id: "${id}") { id } }`)).data.generation).toEqual({
        id,
      });
    }
    app.clock.advance(3_600_001);
    expect((await as(old.secret, me)).status).toBe(401);
    expect(
      (await as(rotated.secret, `{ generation(id: "${id}") { id } }`)).data.generation,
    ).toEqual({ id });
  });

  test('that is revoked ends at once', async () => {
    const admin = await key('root', { role: 'ADMIN' });
    const { data } = await as(
      admin,
      'mutation { createApiKey(input: { callerId: "shop", role: CLIENT }) { secret apiKey { id } } }',
    );
    const { secret, apiKey } = data.createApiKey;
    await as(admin, `mutation { revokeApiKey(id: "${apiKey.id}") { revokedAt } }`);
    expect((await as(secret, me)).status).toBe(401);
  });

  test.each([
    ['callerId: "", role: CLIENT'],
    ['callerId: "a b", role: CLIENT'],
    ['callerId: "a", role: CLIENT, tenant: "ü"'],
    ['callerId: "a", role: CLIENT, expiresAt: "2020-01-01T00:00:00Z"'],
    [`callerId: "a", role: CLIENT, name: "${'x'.repeat(101)}"`],
    ['callerId: "a", role: CLIENT, name: "\\u0000"'],
  ])('with (%s) is not made', async (input) => {
    const admin = await key('root', { role: 'ADMIN' });
    const answer = await as(admin, `mutation { createApiKey(input: { ${input} }) { secret } }`);
    expect(answer.errors![0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

test('one caller’s queue does not hold up another’s request', async () => {
  const [a, b] = [await key('a'), await key('b')];
  app.upstream.onSubmit(...Array.from({ length: 3 }, () => coded(1002)));
  for (let i = 0; i < 3; i++) await createdBy(a);
  const id = await createdBy(b);
  expect((await as(b, `{ generation(id: "${id}") { status } }`)).data.generation.status).toBe(
    'PROCESSING',
  );
  await step(app);
});
