import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import WebSocket from 'ws';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { ask, bearer, closeCodeOf, rawClient } from '../../support/raw-client.ts';

let app: TestApp;
const { post, openSocket, key } = rawClient(() => app);

describe('with limits of its own', () => {
  beforeAll(async () => {
    app = await startTestApp({
      env: {
        OPEN_ACCESS: 'off',
        RATE_LIMIT_PER_MINUTE: '5',
        WS_CONNECTIONS_PER_IP: '2',
        PUBLIC_URL: 'https://video.example.com',
      },
    });
  });
  afterAll(async () => await app.stop());

  test('each caller has a budget, told in headers that pages may read, and then waits', async () => {
    const [a, b] = [await key('a'), await key('b')];
    const answers = [];
    for (let count = 0; count < 6; count += 1) {
      answers.push(await post({ query: '{ __typename }' }, bearer(a)));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[0]!.headers).toMatchObject({
      'ratelimit-limit': '5',
      'ratelimit-remaining': '4',
      'ratelimit-reset': expect.stringMatching(/^\d+$/),
      'access-control-expose-headers': expect.stringContaining('RateLimit-Remaining'),
    });
    const refused = answers[5]!;
    expect(refused.codes).toEqual(['RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['content-type']).toContain('application/json');

    const socket = await openSocket({ Authorization: `Bearer ${a}` });
    expect((await ask(socket, { query: '{ __typename }' })).codes).toEqual(['RATE_LIMITED']);
    socket.close();
    expect((await post({ query: '{ __typename }' }, bearer(b))).status).toBe(200);
  });

  test('what is left can be asked for, over HTTP and WebSocket', async () => {
    const secret = await key('asks');
    const query = '{ me { rateLimit { limit remaining resetSeconds } } }';
    const http = await post({ query }, bearer(secret));
    const socket = await openSocket({ Authorization: `Bearer ${secret}` });
    const ws = await ask(socket, { query });
    const left = (remaining: number) => ({
      data: { me: { rateLimit: { limit: 5, remaining, resetSeconds: expect.any(Number) } } },
    });
    expect(JSON.parse(http.text)).toMatchObject(left(4));
    expect(JSON.parse(ws.text)).toMatchObject(left(3));
    socket.close();
  });

  test('who comes in many requests at once gets as many as are allowed', async () => {
    const secret = await key('crowd');
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => post({ query: '{ __typename }' }, bearer(secret))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  test('those without a key are counted by address; health and callbacks are not', async () => {
    const statuses = [];
    for (let count = 0; count < 6; count += 1) {
      statuses.push((await post({ query: '{ __typename }' })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    for (let count = 0; count < 20; count += 1) {
      const health = await request(`${app.url}/healthz`);
      await health.body.dump();
      expect(health.statusCode).toBe(200);
    }
    const callback = await request(`${app.url}/callbacks/minimax/unknown`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ challenge: 'c' }),
    });
    await callback.body.dump();
    expect(callback.statusCode).not.toBe(429);
  });

  test('more connections than allowed are told to come later, and others are served again', async () => {
    const secret = await key('sockets');
    const params = { Authorization: `Bearer ${secret}` };
    const open = [await openSocket(params), await openSocket(params)];
    const third = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    expect(await closeCodeOf(third)).toBe(1013);
    open[0]!.close();
    await closeCodeOf(open[0]!);
    const fourth = await openSocket(params);
    expect((await ask(fourth, { query: '{ __typename }' })).codes).toEqual([]);
    fourth.close();
    open[1]!.close();
  });

  test('browsers are held to https where that is the public address', async () => {
    const health = await request(`${app.url}/healthz`);
    await health.body.dump();
    expect(health.headers['strict-transport-security']).toMatch(/max-age=\d+/);
  });
});

describe('behind a proxy', () => {
  const env = { OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: '2', WS_CONNECTIONS_PER_IP: '1' };
  const from = (forwarded: string) => ({ 'x-forwarded-for': forwarded });
  const statusFor = async (forwarded: string) =>
    (await post({ query: '{ __typename }' }, from(forwarded))).status;
  const refusedAddresses = async () => {
    await app.stop();
    const events = await app.database.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } });
    // Those that are summed up have none.
    return events.flatMap(({ ip }) => ip ?? []);
  };

  test('that is trusted, its word for the address is taken, and no other', async () => {
    app = await startTestApp({ env: { ...env, TRUST_PROXY: '1' } });
    expect(await statusFor('203.0.113.1')).toBe(401);
    // What a client writes into the header comes before what the proxy adds.
    expect(await statusFor('10.0.0.1, 203.0.113.1')).toBe(401);
    expect(await statusFor('10.0.0.2, 203.0.113.1')).toBe(429);
    expect(await statusFor('203.0.113.2')).toBe(401);
    expect(await statusFor('no address')).toBe(401);

    const params = { Authorization: `Bearer ${await key('sockets')}` };
    const first = await openSocket(params, from('203.0.113.3'));
    const other = await openSocket(params, from('203.0.113.4'));
    expect((await ask(other, { query: '{ __typename }' })).codes).toEqual([]);
    const url = `${app.url.replace('http', 'ws')}/graphql`;
    const second = new WebSocket(url, 'graphql-transport-ws', { headers: from('203.0.113.3') });
    expect(await closeCodeOf(second)).toBe(1013);
    first.close();
    other.close();

    const stranger = await openSocket(undefined, from('203.0.113.5'));
    expect(stranger.readyState).toBeGreaterThan(WebSocket.OPEN);
    expect(await refusedAddresses()).toEqual([
      '203.0.113.1',
      '203.0.113.2',
      '127.0.0.1',
      '203.0.113.5',
    ]);
  });

  test('that is not, the header is ignored', async () => {
    app = await startTestApp({ env });
    expect(await statusFor('203.0.113.1')).toBe(401);
    expect(await statusFor('203.0.113.2')).toBe(401);
    expect(await statusFor('203.0.113.3')).toBe(429);
    const params = { Authorization: `Bearer ${await key('sockets')}` };
    const first = await openSocket(params, from('203.0.113.4'));
    const url = `${app.url.replace('http', 'ws')}/graphql`;
    const second = new WebSocket(url, 'graphql-transport-ws', { headers: from('203.0.113.5') });
    expect(await closeCodeOf(second)).toBe(1013);
    first.close();
    expect(await refusedAddresses()).toEqual(['127.0.0.1']);
  });
});
