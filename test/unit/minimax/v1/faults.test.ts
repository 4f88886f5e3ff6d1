import { setTimeout as sleep } from 'node:timers/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MinimaxClient } from '../../../../src/minimax/v1/client.ts';
import { MinimaxError } from '../../../../src/minimax/errors.ts';
import { retryAfterMs } from '../../../../src/network/retry-after.ts';
import { closedPortUrl, startFakeUpstream } from '../../../support/fake-upstream.ts';
import type {
  Fault,
  FakeUpstream,
  Reply,
  Route as AnyRoute,
} from '../../../support/fake-upstream.ts';

/** Those of the first generation. */
type Route = Exclude<AnyRoute, 'list' | 'remove' | 'upload'>;

const apiKey = 'sk-api-very-secret-key-0123456789';
let fake: FakeUpstream;
const clients: MinimaxClient[] = [];

beforeEach(async () => {
  fake = await startFakeUpstream();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await fake.close();
});

function aClient({ baseUrl = fake.url, timeoutMs = 5000 } = {}): MinimaxClient {
  const client = new MinimaxClient({ baseUrl, apiKey, timeoutMs });
  clients.push(client);
  return client;
}

async function errorOf(route: Route, client: MinimaxClient): Promise<MinimaxError> {
  const attempts = {
    submit: () => client.submit({ model: 'm', prompt: 'p' }),
    query: () => client.queryTask('1'),
    retrieve: () => client.retrieveFile('1'),
  };
  const error: unknown = await attempts[route]().then(
    () => new Error('there was no error'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MinimaxError);
  expect(String((error as Error).stack)).not.toContain(apiKey);
  // Callers read it.
  expect((error as Error).message).not.toMatch(/127\.0\.0\.1|localhost|\.invalid|:\d{2,}/);
  return error as MinimaxError;
}

const unknownOutcome = (route: Route) =>
  route === 'submit' ? 'OUTCOME_UNKNOWN' : 'UPSTREAM_ERROR';

describe.each(['submit', 'query', 'retrieve'] as const)('%s', (route) => {
  const faults: [Fault, number | null][] = [
    ['resetBeforeRead', null],
    ['resetAfterRead', null],
    ['halfBody', 200],
    ['html', 502],
    ['invalidJson', 200],
    ['hugeBody', 200],
  ];
  test.each(faults)('is uncertain after %s, and is not repeated', async (fault, httpStatus) => {
    fake.on(route, { fault });
    const error = await errorOf(route, aClient());
    expect(error).toMatchObject({
      kind: 'uncertain',
      failureKind: unknownOutcome(route),
      httpStatus,
      statusCode: null,
    });
    expect(error.latencyMs).toBeGreaterThanOrEqual(0);
    expect(fake.submits.length + fake.queries.length + fake.retrieves.length).toBe(1);
  });

  test.each(['hang', 'slowDrip'] as const)(
    'is uncertain when the time limit passes during %s',
    async (fault) => {
      fake.on(route, { fault });
      const error = await errorOf(route, aClient({ timeoutMs: 200 }));
      expect(error).toMatchObject({ kind: 'uncertain', failureKind: unknownOutcome(route) });
      expect(error.httpStatus).toBe(fault === 'hang' ? null : 200);
      expect(error.latencyMs).toBeGreaterThanOrEqual(190);
      expect(error.latencyMs).toBeLessThan(3000);
    },
  );

  test('is unreachable, with the cause, when nothing listens', async () => {
    const error = await errorOf(route, aClient({ baseUrl: await closedPortUrl() }));
    expect(error).toMatchObject({ kind: 'unreachable', httpStatus: null });
    expect(error.message).toMatch(/: connection refused$/);
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is unreachable when the host has no address', async () => {
    const error = await errorOf(route, aClient({ baseUrl: 'http://nowhere.invalid' }));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toMatch(/: the host name (was not found|could not be looked up)$/);
    expect(error.cause).toMatchObject({ hostname: 'nowhere.invalid' });
  });

  test('is unreachable when the other side does not speak TLS', async () => {
    const error = await errorOf(route, aClient({ baseUrl: fake.url.replace('http:', 'https:') }));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toMatch(/: TLS failed$/);
  });

  test('is unreachable when the connection is reset during the TLS handshake', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(route, aClient({ baseUrl: `https://127.0.0.1:${port}` }));
    expect(error.kind).toBe('unreachable');
    await new Promise((done) => server.close(done));
  });

  test('is uncertain when the answer is no HTTP, and the error does not carry it', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nno header Signature=abc\r\n\r\n{}'));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(route, aClient({ baseUrl: `http://127.0.0.1:${port}` }));
    expect(error.kind).toBe('uncertain');
    expect(error.message).toMatch(/: the answer is no HTTP$/);
    expect(inspect(error)).not.toContain('Signature');
    await new Promise((done) => server.close(done));
  });

  test('follows no redirect', async () => {
    fake.on(route, { fault: 'redirect' });
    const error = await errorOf(route, aClient());
    expect(error.kind).toBe(route === 'submit' ? 'refused' : 'uncertain');
    expect(error.message).toContain('MINIMAX_BASE_URL');
    expect(fake.submits.length + fake.queries.length + fake.retrieves.length).toBe(1);
    expect(fake.others).toHaveLength(0);
  });

  const json = { error: { message: 'said so', type: 't', code: 'c' } };
  const answers: [Reply, string, string][] = [
    [{ status: 400, json }, 'refused', 'INPUT_INVALID'],
    [{ status: 422, json }, 'refused', 'INPUT_INVALID'],
    [{ status: 413, text: 'too large' }, 'refused', 'INPUT_INVALID'],
    [{ status: 404, text: '<h1>404</h1>' }, 'refused', 'UNKNOWN'],
    [{ status: 405, json: {} }, 'refused', 'UNKNOWN'],
    [{ status: 402, json }, 'refused', 'BALANCE_EXHAUSTED'],
    [{ status: 401, json }, 'unauthorized', 'UNAUTHORIZED'],
    [{ status: 403, json }, 'unauthorized', 'UNAUTHORIZED'],
    [{ status: 403, text: '<h1>Forbidden</h1>' }, 'refused', 'UNKNOWN'],
    [{ status: 429, text: '' }, 'throttled', 'THROTTLED'],
    [{ status: 408, json }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 409, json }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 500, json }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 503, text: 'busy' }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 200, json }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 200, json: {} }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 200, json: [] }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 200, text: 'null' }, 'uncertain', 'UPSTREAM_ERROR'],
    [{ status: 200, text: '' }, 'uncertain', 'UPSTREAM_ERROR'],
  ];
  test.each(answers)('reads %j without a status code by HTTP', async (reply, kind, failureKind) => {
    fake.on(route, reply);
    const error = await errorOf(route, aClient());
    if (route === 'submit') {
      expect(error.kind).toBe(kind);
      expect(error.failureKind).toBe(kind === 'uncertain' ? 'OUTCOME_UNKNOWN' : failureKind);
    } else {
      expect(error.kind).toBe(kind === 'refused' ? 'uncertain' : kind);
      // A retrieval that is well but has no link in it has a failure kind of its own.
      expect([failureKind, 'RESULT_MISSING']).toContain(error.failureKind);
    }
    if ('json' in reply && reply.json === json) expect(error.statusMessage).toBe('said so');
  });

  test('honours Retry-After', async () => {
    fake.on(route, { status: 429, headers: { 'retry-after': '17' }, json: {} });
    const error = await errorOf(route, aClient());
    expect(error).toMatchObject({ kind: 'throttled', retryAfterMs: 17_000 });
  });

  test('is refused as unreachable once the client is closed', async () => {
    const client = aClient();
    await client.close();
    expect((await errorOf(route, client)).kind).toBe('unreachable');
    expect(fake.submits.length + fake.queries.length + fake.retrieves.length).toBe(0);
  });
});

test('a submission is unreachable when the time limit passes before there is a connection', async () => {
  // Accepts TCP and never speaks TLS, so that not one byte of the request is sent.
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client = aClient({ baseUrl: `https://127.0.0.1:${port}`, timeoutMs: 200 });
  expect((await errorOf('submit', client)).kind).toBe('unreachable');
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
});

test('code 0 without a task id is uncertain', async () => {
  const ok = { status_code: 0, status_msg: 'success' };
  for (const json of [
    { base_resp: ok },
    { task_id: '', base_resp: ok },
    { task_id: null, base_resp: ok },
    ...[0, -5, 'null', 'undefined'].map((task_id) => ({ task_id, base_resp: ok })),
  ]) {
    fake.onSubmit({ json });
    expect(await errorOf('submit', aClient())).toMatchObject({
      kind: 'uncertain',
      failureKind: 'OUTCOME_UNKNOWN',
      statusCode: 0,
    });
  }
});

test('an id beside an error object is not taken for a task', async () => {
  fake.onSubmit({ json: { id: 'req-1', error: { message: 'overloaded' } } });
  expect((await errorOf('submit', aClient())).kind).toBe('uncertain');
});

test('a file answer without a link says that the result is missing', async () => {
  fake.onRetrieve({ json: { file: { file_id: 1 }, base_resp: { status_code: 0 } } });
  expect(await errorOf('retrieve', aClient())).toMatchObject({
    kind: 'uncertain',
    failureKind: 'RESULT_MISSING',
  });
});

test('an error repeats neither the key, nor signed links, nor images', async () => {
  const said = `invalid key ${apiKey} for https://cdn.example/v.mp4?Signature=abc and data:image/png;base64,${'A'.repeat(300)}`;
  fake.onSubmit({ json: { base_resp: { status_code: 2013, status_msg: said } } });
  const error = await errorOf('submit', aClient());
  for (const text of [error.message, error.statusMessage ?? '']) {
    expect(text).toContain('invalid key [redacted] for https://cdn.example/v.mp4');
    expect(text).not.toMatch(/Signature|AAAA/);
  }
});

test('every submission has a connection of its own, and queries share one', async () => {
  const client = aClient();
  await client.submit({ model: 'm' });
  await client.submit({ model: 'm' });
  await client.queryTask('1');
  await sleep(20); // It is free when the answer has been read to its end.
  await client.queryTask('1');
  const [first, second] = fake.submits.map(({ fromPort }) => fromPort);
  const [query, nextQuery] = fake.queries.map(({ fromPort }) => fromPort);
  expect(new Set([first, second, query]).size).toBe(3);
  expect(nextQuery).toBe(query);
});

test('closing waits for the submission under way', async () => {
  let answer = () => {};
  const gate = new Promise<undefined>((done) => (answer = () => done(undefined)));
  fake.onSubmit(() => gate);
  const client = aClient();
  const submitted = client.submit({ model: 'm' });
  await fake.received('submit');
  const closed = client.close();
  answer();
  expect((await submitted).taskId).toMatch(/^\d{15}$/);
  await closed;
});

test('Retry-After is read as seconds or as a date, and kept within a day', () => {
  const now = Date.parse('2026-11-18T09:00:00Z');
  expect(retryAfterMs('2', now)).toBe(2000);
  expect(retryAfterMs('0', now)).toBe(0);
  expect(retryAfterMs('Wed, 18 Nov 2026 09:01:00 GMT', now)).toBe(60_000);
  expect(retryAfterMs('Wed, 18 Nov 2026 08:00:00 GMT', now)).toBe(0);
  expect(retryAfterMs('999999999', now)).toBe(24 * 60 * 60_000);
  expect(retryAfterMs('soon', now)).toBeNull();
  expect(retryAfterMs(undefined, now)).toBeNull();
});
