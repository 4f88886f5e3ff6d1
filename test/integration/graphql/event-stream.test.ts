import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { step, type TestApp } from '../../support/app.ts';
import {
  bearer,
  enqueue,
  key,
  overEventStream,
  portOf,
  start,
  undo,
  watchAll,
} from '../../support/live.ts';
import { until } from '../../support/until.ts';

let app: TestApp;

describe('the event stream', () => {
  const send = async (options: {
    method?: string;
    query?: string;
    headers?: Record<string, string>;
    body?: string;
  }) => {
    const { method = 'POST', query = '', headers = {}, body } = options;
    const answer = await request(`${app.url}/graphql/stream${query}`, {
      method,
      headers: { accept: 'text/event-stream', ...headers },
      ...(body !== undefined && { body }),
    });
    return { ...answer, text: await answer.body.text() };
  };
  const json = { 'content-type': 'application/json' };

  test('answers queries and subscriptions, with request id, CORS and keep-alive comment', async () => {
    app = await start();
    const answer = await send({
      headers: { ...json, origin: 'https://example.com', 'x-request-id': 'abc' },
      body: JSON.stringify({ query: '{ me { callerId } }' }),
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': 'abc',
      'access-control-allow-origin': '*',
    });
    expect(answer.text).toBe(
      ':\n\nevent: next\ndata: {"data":{"me":{"callerId":"local"}}}\n\nevent: complete\ndata:\n\n',
    );
  });

  test('lets nobody have something changed by a link or a form', async () => {
    app = await start();
    const mutation = encodeURIComponent(
      'mutation { cancelVideoGeneration(id: "x") { userErrors { code } } }',
    );
    expect((await send({ method: 'GET', query: `?query=${mutation}` })).text).toContain(
      'BAD_USER_INPUT',
    );
    const form = await send({
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: '{ me { callerId } }' }),
    });
    expect(form.statusCode).toBe(415);
    expect((await send({ method: 'PUT' })).statusCode).toBe(405);
    expect((await send({ headers: { ...json, accept: 'text/html' }, body: '{}' })).statusCode).toBe(
      406,
    );
    expect((await send({ headers: json, body: '{}' })).statusCode).toBe(400);
  });

  test('has the limits of the other ways in', async () => {
    app = await start({ env: { WS_CONNECTIONS_PER_IP: '1', RATE_LIMIT_PER_MINUTE: '20' } });
    const ask = async (query: string, headers: Record<string, string> = {}) =>
      await send({ headers: { ...json, ...headers }, body: JSON.stringify({ query }) });
    const aliases = Array.from({ length: 60 }, (_, index) => `a${index}: __typename`).join(' ');
    expect((await ask(`{ me { ${aliases} } }`)).text).toContain('TOO_MANY_ALIASES');
    expect((await ask('{ nothing }')).text).toContain('GRAPHQL_VALIDATION_FAILED');
    expect((await ask('{ me { callerId')).text).toContain('GRAPHQL_PARSE_FAILED');
    const secret = await key(app, 'shop');
    expect((await ask('{ me { callerId } }')).statusCode).toBe(401);
    const open = overEventStream(app, watchAll, {}, { secret });
    const next = open.next().catch(() => undefined);
    await until(async () => (await ask('{ me { callerId } }', bearer(secret))).statusCode === 429);
    expect((await ask('{ me { callerId } }', bearer(secret))).text).toMatch(
      /TOO_MANY_CONNECTIONS|RATE_LIMITED/,
    );
    await open.return?.();
    await next;
  });

  test('drops a client that does not read', async () => {
    app = await start({
      env: { WS_CONNECTIONS_PER_IP: '1', MINIMAX_RPM: '6000' },
      patience: { unreadMs: 100 },
      upstream: { processingAnswers: 0 },
    });
    const aliases = Array.from({ length: 45 }, (_, index) => `p${index}: prompt`).join(' ');
    const body = JSON.stringify({ query: `subscription { generationsUpdated { id ${aliases} } }` });
    const socket = connect(portOf(app), '127.0.0.1');
    undo.push(() => socket.destroy());
    socket.pause();
    socket.write(
      `POST /graphql/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const isFull = async () =>
      (await send({ headers: json, body: '{"query":"{ me { callerId } }"}' })).statusCode === 429;
    await until(isFull);
    // Some 20 MB of changes, more than lies between a server and a client: a few large ones are quickly made.
    const ids = await enqueue(app, 60);
    await app.database.prisma.videoGeneration.updateMany({
      where: { id: { in: ids } },
      data: { prompt: 'x'.repeat(8_000) },
    });
    await step(app);
    await until(async () => !(await isFull()));
  });
});
