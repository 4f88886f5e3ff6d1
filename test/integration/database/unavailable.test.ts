import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openDatabase } from '../../../src/database/database.ts';
import { isUnavailable } from '../../../src/database/unavailable.ts';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';
import { createServerDatabase, silent } from '../../support/database.ts';
import { ServerProxy } from '../../support/server-proxy.ts';

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

const id = '01a20a96-2550-7661-bd8f-63b10abfa24d';
const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 };

onServer('while the database does not answer', () => {
  let target: { url: string; drop: () => Promise<void> };
  let proxy: ServerProxy;
  let issuer: Server;
  let app: TestApp;
  /** Whoever has a token is known without the database. */
  let token: Record<string, string>;
  let key: Record<string, string>;

  beforeEach(async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' };
    issuer = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((done) => issuer.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    const signed = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setSubject('alice')
      .setIssuer(url)
      .setAudience('reelgraph')
      .setExpirationTime('5m')
      .sign(privateKey);
    token = { authorization: `Bearer ${signed}` };

    target = await createServerDatabase({ migrated: true });
    proxy = await ServerProxy.start(target.url);
    const database = await openDatabase({ url: proxy.url, dataDir: '', logger: silent });
    app = await startTestApp({ database, env: { OIDC_ISSUER: url, OIDC_AUDIENCE: 'reelgraph' } });
    const named = { callerId: 'shop', name: 'shop', role: 'CLIENT' as const };
    const { secret } = await keysOf(app).create({ ...named, tenant: null, expiresAt: null }, null);
    key = { authorization: `Bearer ${secret}` };
    expect((await app.graphql('{ me { callerId } }', {}, token)).status).toBe(200);
  });
  afterEach(async () => {
    await app.stop();
    await target.drop();
    await new Promise((done) => issuer.close(done));
  });

  test('operations say so with 503 and when to ask again, and work afterwards', async () => {
    const port = Number(new URL(proxy.url).port);
    await proxy.close();
    for (const [query, headers] of [
      [`{ generation(id: "${id}") { id } }`, token],
      ['{ generations { totalCount nodes { id } } }', token],
      ['{ auditEvents { nodes { id } } }', token],
      [`mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`, token],
      [
        'mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { replayed } }',
        token,
      ],
      ['{ __typename }', key],
    ] as const) {
      const answer = await app.graphql(query, {}, headers);
      expect([query, answer.status, answer.headers['retry-after']]).toEqual([query, 503, '2']);
      for (const { extensions, message } of answer.errors!) {
        expect(extensions).toEqual(unavailable);
        expect(message).not.toMatch(/127\.0\.0\.1|prisma|ECONN/i);
      }
    }
    const partly = await app.graphql(
      `{ videoModels { name } generation(id: "${id}") { id } }`,
      {},
      token,
    );
    expect(partly).toMatchObject({
      status: 200,
      data: { generation: null, videoModels: expect.any(Array) },
      errors: [{ path: ['generation'], extensions: unavailable }],
    });

    proxy = await ServerProxy.start(target.url, port);
    for (const headers of [token, key]) {
      const { errors } = await app.graphql('{ generations { totalCount } }', {}, headers);
      expect(errors).toBeUndefined();
    }
    await proxy.close();
  });

  test('WebSockets say so too, and who cannot be known is to come later', async () => {
    await proxy.close();
    const known = app.subscriber({ Authorization: token.authorization });
    for (const query of [
      `{ generation(id: "${id}") { id } }`,
      `subscription { generationUpdated(id: "${id}") { id } }`,
    ]) {
      const answer: unknown = await known
        .iterate({ query })
        .next()
        .then(({ value }) => value?.errors as unknown)
        .catch((error: unknown) => error);
      expect(answer).toMatchObject([{ extensions: unavailable }]);
    }
    const unknown = app.subscriber({ Authorization: key.authorization });
    const closed = new Promise((done) => unknown.on('closed', done));
    unknown.subscribe(
      { query: '{ __typename }' },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
    expect(await closed).toMatchObject({ code: 1013, reason: 'Service unavailable' });
  });
});

describe('an error', () => {
  const withCode = (code: string, more: object = {}) =>
    Object.assign(new Error('x'), { code, ...more });
  const driver = (cause: object) => ({ meta: { driverAdapterError: { cause } } });

  // As they were seen with a server that was stopped, killed, or had no free connection.
  test.each([
    withCode('P1001'),
    withCode('P2010', driver({ kind: 'DatabaseNotReachable' })),
    withCode('P2010', driver({ kind: 'postgres', originalCode: '57P01' })),
    withCode('P2028'),
    withCode('ECONNREFUSED'),
    withCode('57P03'),
    withCode('53300'),
    withCode('40P01'),
    withCode('P2034'),
    new Error('Connection terminated unexpectedly'),
    new Error('Client has encountered a connection error and is not queryable'),
    new Error('timeout exceeded when trying to connect'),
  ])('of a database that does not answer is known: %s', (error) => {
    expect(isUnavailable(error)).toBe(true);
  });

  test.each([
    withCode('P2002', driver({ kind: 'UniqueConstraintViolation', originalCode: '23505' })),
    withCode('P2010', driver({ kind: 'postgres', originalCode: '22021' })),
    withCode('ENOENT', { syscall: 'open' }),
    new Error('x'),
    'Connection terminated',
  ])('of another kind is not taken for one: %s', (error) => {
    expect(isUnavailable(error)).toBe(false);
  });
});
