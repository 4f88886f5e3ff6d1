import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'undici';
import { MinuteCounts } from '../../../src/graphql/minute-counts.ts';
import { RateLimits } from '../../../src/graphql/rate-limits.ts';
import { keysOf, startTestApp, usualInput, type TestApp } from '../../support/app.ts';

/** Requests of one caller in a minute. */
const limit = 12;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    env: { OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: String(limit), CREATE_WAIT_MS: '0' },
  });
});
afterAll(async () => await app.stop());

let callers = 0;
/** Somebody who has not asked for anything yet. */
async function newcomer(): Promise<Record<string, string>> {
  callers += 1;
  const { secret } = await keysOf(app).create(
    {
      callerId: `caller-${callers}`,
      name: 'n',
      role: 'ADMIN',
      tenant: null,
      expiresAt: null,
    },
    null,
  );
  return { authorization: `Bearer ${secret}` };
}

const create = 'createVideoGeneration(input: $input) { generation { id } }';
const creates = (count: number) =>
  `mutation ($input: CreateVideoGenerationInput!) { ${Array.from({ length: count }, (_, number) => `c${number}: ${create}`).join(' ')} }`;
const variables = { input: usualInput };

/** What is sent and answered, however it gets there. */
type Send = (
  query: string,
  headers: Record<string, string>,
  variables?: object,
) => Promise<{
  data?: unknown;
  errors?: { message: string; extensions: Record<string, unknown> }[] | undefined;
  headers?: Record<string, unknown>;
}>;

const overHttp: Send = (query, headers, given = variables) => app.graphql(query, given, headers);

const overWebSocket: Send = (query, { authorization }, given = variables) =>
  new Promise((done) => {
    app.subscriber({ authorization }).subscribe(
      { query, variables: { ...given } },
      {
        next: (answer) => done(answer as Awaited<ReturnType<Send>>),
        error: (errors) => done({ errors } as Awaited<ReturnType<Send>>),
        complete: () => undefined,
      },
    );
  });

const overEventStream: Send = async (query, headers, given = variables) => {
  const answer = await request(`${app.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query, variables: given }),
  });
  const data = /^data: (\{.*\})$/m.exec(await answer.body.text())![1]!;
  return { ...(JSON.parse(data) as object), headers: answer.headers };
};

const ways: [string, Send][] = [
  ['HTTP', overHttp],
  ['WebSocket', overWebSocket],
  ['event stream', overEventStream],
];

/** What is left of somebody's minute; asking takes one. */
async function remaining(headers: Record<string, string>): Promise<number> {
  const { data } = await app.graphql('{ me { rateLimit { remaining } } }', {}, headers);
  return (data as { me: { rateLimit: { remaining: number } } }).me.rateLimit.remaining + 1;
}

const stored = () => app.database.prisma.videoGeneration.count();

test.each(ways)('over %s, each field that requests a video is a request', async (_name, send) => {
  const headers = await newcomer();
  const answer = await send(creates(5), headers);
  expect(answer.errors).toBeUndefined();
  if (answer.headers) expect(answer.headers).toMatchObject({ 'ratelimit-remaining': '7' });
  expect(await remaining(headers)).toBe(7);
});

test.each(ways)(
  'over %s, more than what is left is refused before anything is stored or sent',
  async (_name, send) => {
    const headers = await newcomer();
    await send(creates(3), headers);
    await app.worker.runOnce();
    const [rows, sent] = [await stored(), app.upstream.submits.length];

    const { data, errors, headers: told } = await send(creates(10), headers);
    await app.worker.runOnce();
    expect([await stored(), app.upstream.submits.length]).toEqual([rows, sent]);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('counts as 10 requests: beside the first, 8 of 12'),
        extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
      },
    ]);
    if (told) {
      expect(Number(told['retry-after'])).toBeGreaterThan(0);
      expect(told).toMatchObject({ 'ratelimit-remaining': '8', 'ratelimit-limit': '12' });
    }
    // The refused operation was a request itself, and the rest can still be used.
    expect(await remaining(headers)).toBe(8);
    const last = await send(creates(7), headers);
    expect(last.errors).toBeUndefined();
    expect((await stored()) - rows).toBe(7);
  },
);

test('over HTTP the refusal is a 429', async () => {
  const headers = await newcomer();
  const answer = await app.graphql(creates(limit + 1), variables, headers);
  expect(answer.status).toBe(429);
  expect(answer.errors![0].message).toContain(`Request at most ${limit} at a time.`);
  expect(answer.errors![0].extensions).toEqual({
    code: 'RATE_LIMITED',
    retryAfterSeconds: expect.any(Number),
  });
});

test.each<[string, string, object, number]>([
  [
    'no video',
    'mutation { a: cancelVideoGeneration(id: "x") { generation { id } } b: cancelVideoGeneration(id: "y") { generation { id } } }',
    {},
    1,
  ],
  ['a query of many fields', '{ a: me { callerId } b: me { callerId } c: me { callerId } }', {}, 1],
  [
    'retries',
    'mutation { a: retryVideoGeneration(id: "x") { replayed } b: retryVideoGeneration(id: "y") { replayed } c: resubmitVideoGeneration(id: "z", version: 1) { generation { id } } }',
    {},
    3,
  ],
  [
    'fragments, and fields that are left out',
    `mutation ($input: CreateVideoGenerationInput!, $no: Boolean!) { ...F a: ${create} b: createVideoGeneration(input: $input) @include(if: $no) { generation { id } } ...F @skip(if: $no) } fragment F on Mutation { c: ${create} ... { d: ${create} } }`,
    { ...variables, no: false },
    3,
  ],
  ['one that is not valid', `mutation { a: ${create} b: ${create} }`, {}, 1],
  ['one whose variables do not fit', creates(5), { input: {} }, 1],
])('an operation with %s counts as that', async (_name, query, given, count) => {
  const headers = await newcomer();
  await app.graphql(query, given, headers);
  expect(await remaining(headers)).toBe(limit - count);
});

test('a mutation of the REST API is one request', async () => {
  const headers = await newcomer();
  const answer = await request(`${app.url}/minimax/v1/video_generation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: usualInput.model, prompt: 'A boat' }),
  });
  await answer.body.dump();
  expect(await remaining(headers)).toBe(limit - 1);
});

test('servers that share a database count several at a time together', async () => {
  if (app.database.kind !== 'postgres') return;
  const { pool } = app.database;
  const servers = [1, 2, 3].map(() => new RateLimits({ perMinute: 100, pool }));
  const caller = { id: 'shared', kind: 'API_KEY', role: 'CLIENT', tenant: null } as const;
  let granted = 0;
  for (let times = 0; times < 30; times += 1) {
    const count = 1 + (times % 7) * 3;
    const budgets = await Promise.all(servers.map((server) => server.take(caller, null, count)));
    granted += count * budgets.filter((budget) => !budget!.exhausted).length;
  }
  for (const server of servers) server.close();
  expect(granted).toBeLessThanOrEqual(100);
  // What one server holds is missing at another.
  expect(granted).toBeGreaterThan(70);
});

test('a count that began before another and waited for it goes on with its minute', async () => {
  if (app.database.kind !== 'postgres') return;
  const early = await app.database.pool.connect();
  await early.query('BEGIN');
  await sleep(5);
  const first = await new MinuteCounts('test', app.database.pool).add('early', 3);
  const second = await new MinuteCounts('test', early).add('early', 4);
  await early.query('COMMIT');
  early.release();
  expect([first.taken, second.taken]).toEqual([3, 7]);
  expect(second.endsAt - performance.now()).toBeLessThanOrEqual(60_000);
});

test('what is refused at one server is left to the others', async () => {
  if (app.database.kind !== 'postgres') return;
  const { pool } = app.database;
  const [a, b] = [1, 2].map(() => new RateLimits({ perMinute: 40, pool }));
  const caller = { id: 'refused', kind: 'API_KEY', role: 'CLIENT', tenant: null } as const;
  const take = async (server: RateLimits, count: number) =>
    !(await server.take(caller, null, count))!.exhausted;
  expect(await take(a!, 1)).toBe(true);
  expect(await take(b!, 28)).toBe(true);
  expect(await take(a!, 20)).toBe(false);
  let granted = 0;
  while (await take(b!, 1)) granted += 1;
  // All but what the first holds: a twentieth of the limit.
  expect(granted).toBeGreaterThanOrEqual(8);
  expect(granted).toBeLessThanOrEqual(11);
  for (const server of [a!, b!]) server.close();
});
