import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { request } from 'undici';
import { v7 as uuidV7 } from 'uuid';
import WebSocket from 'ws';
import { openDatabase } from '../../../src/database/database.ts';
import type { VideoGenerationStatus as Status } from '../../../src/database/generated/client.ts';
import { isUnavailable } from '../../../src/database/unavailable.ts';
import { toSql } from '../../../src/database/where-sql.ts';
import { matcherOf } from '../../../src/generation/finding/filter-in-memory.ts';
import { toWhere, type GenerationFilter } from '../../../src/generation/finding/filter.ts';
import {
  keysOf,
  startTestApp,
  step,
  usualInput,
  type TestApp,
  type TestAppOptions,
} from '../../support/app.ts';
import { CuttingProxy } from '../../support/cutting-proxy.ts';
import { silent } from '../../support/database.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { randomFrom } from '../../support/random-operations.ts';

interface Row {
  id: string;
  version: number;
  status: string;
  updatedAt: string;
}
type Update = Partial<Record<'generationUpdated' | 'generationsUpdated', Row>>;

const finals = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
const watchOne = `subscription ($id: ID!, $afterVersion: Int) {
  generationUpdated(id: $id, afterVersion: $afterVersion) { id version status updatedAt }
}`;
const watchAll = `subscription ($filter: VideoGenerationFilter, $updatedAfter: DateTime) {
  generationsUpdated(filter: $filter, updatedAfter: $updatedAfter) { id version status updatedAt }
}`;

let app: TestApp;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(options: TestAppOptions = {}): Promise<TestApp> {
  const started = await startTestApp(options);
  undo.push(() => started.stop());
  return started;
}

async function key(callerId: string, tenant: string | null = null): Promise<string> {
  const named = { callerId, name: callerId, role: 'CLIENT' as const, tenant, expiresAt: null };
  return (await keysOf(app).create(named, null)).secret;
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

type Rows = AsyncIterator<{ data?: Update | null }, unknown>;

function overWebSocket(
  query: string,
  variables: Record<string, unknown>,
  { port = portOf(app), secret = '' } = {},
): Rows {
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${secret}` },
  });
  undo.push(() => client.dispose());
  return client.iterate<Update>({ query, variables }) as Rows;
}

function overEventStream(
  query: string,
  variables: Record<string, unknown>,
  { port = portOf(app), secret = '' } = {},
): Rows {
  const client = createStreamClient({
    url: `http://127.0.0.1:${port}/graphql/stream`,
    retryAttempts: 0,
    headers: bearer(secret),
  });
  undo.push(() => client.dispose());
  return client.iterate<Update>({ query, variables }) as Rows;
}

const transports = [
  ['WebSocket', overWebSocket],
  ['event stream', overEventStream],
] as const;

function portOf({ url }: TestApp): number {
  return Number(new URL(url).port);
}

async function take(rows: Rows): Promise<Row> {
  const { value, done } = await rows.next();
  if (done) throw new Error('the stream has completed');
  const { data } = value;
  if (!data) throw new Error(JSON.stringify(value));
  return (data.generationUpdated ?? data.generationsUpdated)!;
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await pause(10);
}

describe.each(transports)('over %s', (_name, watch) => {
  test('one generation goes on after the version that is known', async () => {
    app = await start();
    const { id, version } = (await app.create()).generation;
    const rows = watch(watchOne, { id, afterVersion: version });
    const first = take(rows);
    await step(app);
    expect((await first).version).toBeGreaterThan(version);
    await step(app);
    const last = await take(rows);
    expect(last.status).toBe('SUCCEEDED');
    expect((await rows.next()).done).toBe(true);
    const known = watch(watchOne, { id, afterVersion: last.version });
    expect((await known.next()).done).toBe(true);
  });

  test('a list shows what is not final, what is new, and how what it showed ended', async () => {
    app = await start({ upstream: { processingAnswers: 0 } });
    app.upstream.onSubmit(coded(1026));
    const failed = (await app.create()).generation;
    expect(failed.status).toBe('FAILED');
    const old = (await app.create()).generation;
    const rows = watch(watchAll, { filter: { status: ['PROCESSING'] } });
    expect(await take(rows)).toMatchObject({ id: old.id, status: 'PROCESSING' });
    const { id } = (await app.create()).generation;
    expect(await take(rows)).toMatchObject({ id, status: 'PROCESSING' });
    await step(app);
    const ends = [await take(rows), await take(rows)];
    expect(ends.map((row) => row.status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(new Set(ends.map((row) => row.id))).toEqual(new Set([old.id, id]));
  });

  test('a list that is taken up again tells what ended meanwhile, and of nothing older', async () => {
    app = await start({ upstream: { processingAnswers: 0 } });
    const old = (await app.create()).generation;
    await step(app);
    app.clock.advance(120_000);
    const { id, updatedAt } = (await app.create()).generation;
    await step(app);
    const rows = watch(watchAll, {
      filter: { status: ['PROCESSING'] },
      updatedAfter: updatedAt,
    });
    expect(await take(rows)).toMatchObject({ id, status: 'SUCCEEDED' });
    expect(old.id).not.toBe(id);
  });

  test('nobody is shown what belongs to others', async () => {
    app = await start();
    const [shop, studio, friend] = [
      await key('shop'),
      await key('studio', 't'),
      await key('x', 't'),
    ];
    const create = `mutation ($prompt: String!) { createVideoGeneration(input: {
      model: "MiniMax-Hailuo-02", prompt: $prompt, duration: 6, resolution: "768P"
    }) { generation { id } } }`;
    const createAs = async (secret: string) =>
      (await app.graphql(create, { prompt: 'A boat' }, bearer(secret))).data.createVideoGeneration
        .generation.id as string;
    const ofShop = await createAs(shop);
    const rows = watch(watchAll, {}, { secret: friend });
    const ofStudio = await createAs(studio);
    const seen = new Set([(await take(rows)).id]);
    await createAs(shop);
    await step(app);
    const ofFriend = await createAs(friend);
    await until(async () => seen.add((await take(rows)).id).has(ofFriend));
    expect(seen).toEqual(new Set([ofStudio, ofFriend]));
    const foreign = watch(watchOne, { id: ofShop }, { secret: friend });
    const refused = await take(foreign).catch(
      (error: unknown) => JSON.stringify(error) + String(error),
    );
    expect(refused).toContain('NOT_FOUND');
  });

  test('ends when the key is revoked', async () => {
    app = await start({ patience: { recheckMs: 50 } });
    await key('other');
    const secret = await key('shop');
    const rows = watch(watchAll, {}, { secret });
    const next = take(rows).catch((error: unknown) => error);
    await app.graphql('{ me { callerId } }', {}, bearer(secret));
    const shops = (await keysOf(app).list()).find(({ callerId }) => callerId === 'shop')!;
    await keysOf(app).revoke(shops.id, null);
    expect(await next).not.toHaveProperty('version');
  });

  test('a filter that is too large to be watched is refused', async () => {
    app = await start();
    const filter = { or: Array.from({ length: 101 }, () => ({ promptContains: 'x' })) };
    const refused = await take(watch(watchAll, { filter })).catch(
      (error: unknown) => JSON.stringify(error) + String(error),
    );
    expect(refused).toContain('BAD_USER_INPUT');
  });

  test('a change at one server reaches who watches at another', async () => {
    const a = await start();
    const { url } = a.database;
    app = await start({
      fake: a.upstream,
      database:
        url === undefined
          ? { ...a.database, close: () => Promise.resolve() }
          : await openDatabase({ url, dataDir: '', logger: silent }),
    });
    const rows = watch(watchAll, {});
    const { id } = (await a.create()).generation;
    const seen = await take(rows);
    expect(seen.id).toBe(id);
  });
});

/** Rows as requests would leave them, due now. */
async function enqueue(count: number): Promise<string[]> {
  const at = app.clock.now();
  const data = Array.from({ length: count }, () => ({
    ...usualInput,
    id: uuidV7({ msecs: at.getTime() }),
    callerId: 'local',
    inputHash: '',
    promptOptimizer: true,
    simulated: false,
    status: 'QUEUED' as const,
    version: 1,
    createdAt: at,
    updatedAt: at,
    nextAttemptAt: at,
  }));
  await app.database.prisma.videoGeneration.createMany({ data });
  return data.map(({ id }) => id);
}

type Connect = (known: { afterVersion: number; updatedAfter: string }) => Rows;

/** A client that connects again and again, and what it was told. */
class Persistent {
  readonly ended = new Map<string, string>();
  readonly disorder: string[] = [];
  readonly #connect: Connect;
  readonly #wanted: ReadonlySet<string>;
  #afterVersion = 0;
  #updatedAfter: string;

  constructor(wanted: string[], from: Date, connectTo: Connect) {
    this.#wanted = new Set(wanted);
    this.#updatedAfter = from.toISOString();
    this.#connect = connectTo;
  }

  async run(): Promise<void> {
    while (this.ended.size < this.#wanted.size) {
      const versions = new Map<string, number>();
      const rows = this.#connect({
        afterVersion: this.#afterVersion,
        updatedAfter: this.#updatedAfter,
      });
      try {
        while (this.ended.size < this.#wanted.size) this.#note(await take(rows), versions);
      } catch {
        // Cut, or refused because the cut came before the connection was up.
      }
      await rows.return?.().catch(() => undefined);
    }
  }

  #note({ id, version, status, updatedAt }: Row, versions: Map<string, number>): void {
    if (version <= (versions.get(id) ?? 0)) this.disorder.push(`${id} ${version}`);
    versions.set(id, version);
    this.#afterVersion = version;
    if (updatedAt > this.#updatedAfter) this.#updatedAfter = updatedAt;
    if (this.#wanted.has(id) && finals.includes(status)) this.ended.set(id, status);
  }
}

/** Again, as the service does it, when a busy machine had no connection free in time. */
async function whenFree<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
  }
}

// On a server more than the 500 that are read at once; what is about the database needs fewer.
const many = globalThis.databaseUrl === undefined ? 150 : 600;

test(`over ${many} generations and a line that breaks, no end is missed and nothing comes out of order`, async () => {
  const seed = Math.floor(Math.random() * 1e9);
  process.stdout.write(`live: seed ${seed}\n`);
  app = await start({
    env: { MINIMAX_RPM: '6000', WS_CONNECTIONS_PER_IP: '1000' },
    upstream: { processingAnswers: 0 },
  });
  let asked = 0;
  app.upstream.onQuery(({ query }) => {
    asked += 1;
    return asked % 7 === 0 ? taskReply({ task_id: query.task_id, status: 'Fail' }) : undefined;
  });
  const proxy = new CuttingProxy(portOf(app), randomFrom(seed));
  const port = await proxy.listen();
  undo.push(() => proxy.close());

  const startedAt = app.clock.now();
  const ids = await enqueue(many);
  const running = { status: ['QUEUED', 'SUBMITTING', 'PROCESSING'] satisfies Status[] };
  const lists = transports.flatMap(([, watch]) =>
    [{}, running].map(
      (filter) =>
        new Persistent(ids, startedAt, ({ updatedAfter }) =>
          watch(watchAll, { filter, updatedAfter }, { port }),
        ),
    ),
  );
  const singles = ids
    .slice(0, many / 5)
    .map(
      (id, index) =>
        new Persistent([id], startedAt, ({ afterVersion }) =>
          transports[index % 10 === 0 ? 1 : 0][1](watchOne, { id, afterVersion }, { port }),
        ),
    );
  const watchers = [...lists, ...singles];
  const watched = Promise.all(watchers.map((each) => each.run()));
  const { prisma } = app.database;
  const underway = { status: { in: running.status } };
  while ((await whenFree(() => prisma.videoGeneration.count({ where: underway }))) > 0) {
    await whenFree(() => step(app));
  }
  expect(await prisma.videoGeneration.count({ where: { status: 'UNCERTAIN' } })).toBe(0);
  await watched;

  const rows = await prisma.videoGeneration.findMany();
  const expected = new Map(rows.map(({ id, status }) => [id, status as string]));
  expect([...expected.values()].filter((status) => status === 'FAILED').length).toBeGreaterThan(
    many / 12,
  );
  for (const { ended, disorder } of watchers) {
    expect(disorder).toEqual([]);
    for (const [id, status] of ended) expect(status).toBe(expected.get(id));
  }
  expect(proxy.cuts).toBeGreaterThan(many / 50);
}, 180_000);

test('a filter matches in memory what it matches in the database', async () => {
  const seed = Math.floor(Math.random() * 1e9);
  process.stdout.write(`live: seed ${seed}\n`);
  const random = randomFrom(seed);
  const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  app = await start();
  const statuses = ['QUEUED', 'PROCESSING', 'SUCCEEDED', 'FAILED'] as const;
  const ids = await enqueue(60);
  const { prisma } = app.database;
  for (const id of ids) {
    const data = {
      status: one(statuses),
      model: one(['a', 'b']),
      prompt: one(['A red boat', 'a BLUE Boat', '50% off', 'x_y']),
      taskId: one(['1', '2']),
      statusCode: one([0, 1026]),
    };
    await prisma.videoGeneration.update({ where: { id }, data });
  }
  const rows = await prisma.videoGeneration.findMany();
  const condition = (depth: number): GenerationFilter => {
    const some = (): GenerationFilter[] => [condition(depth + 1), condition(depth + 1)];
    const kinds: (() => GenerationFilter)[] = [
      () => ({ id: [one(ids), one(ids)] }),
      () => ({ status: [one(statuses), one(statuses)] }),
      () => ({ model: [one(['a', 'b', 'c'])] }),
      () => ({ promptContains: one(['boat', 'BLUE', '%', '_', 'none']) }),
      () => ({ taskId: [one(['1', '2', '3'])], statusCode: [one([0, 1026])] }),
      () => one([{}, { or: [] }, { promptContains: '' }, { createdAt: {} }]),
      () => ({ createdAt: { from: app.clock.now() } }),
      () => ({ createdAt: { to: app.clock.now() }, model: ['a'] }),
      ...(depth < 3
        ? [() => ({ and: some() }), () => ({ or: some() }), () => ({ not: condition(depth + 1) })]
        : []),
    ];
    return one(kinds)();
  };
  for (let round = 0; round < 150; round++) {
    const filter = condition(0);
    const found = await prisma.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM video_generation WHERE ${toSql(toWhere(filter))}`;
    const matching = rows.filter(matcherOf(filter)).map(({ id }) => id);
    expect({ filter, ids: matching.sort() }).toEqual({
      filter,
      ids: found.map(({ id }) => id).sort(),
    });
  }
});

describe('waiting for one generation', () => {
  const ask = (id: string, waitMs: number, sinceVersion?: number) =>
    app.graphql(
      `query ($id: ID!, $waitMs: Int, $sinceVersion: Int) {
        generation(id: $id, waitMs: $waitMs, sinceVersion: $sinceVersion) { version status }
      }`,
      { id, waitMs, sinceVersion },
    );

  test('answers at the change, and at once when it is final or known to be later', async () => {
    app = await start({ upstream: { processingAnswers: 0 } });
    const { id, version } = (await app.create()).generation;
    expect((await ask(id, 30_000, version - 1)).data.generation.version).toBe(version);
    const answer = ask(id, 30_000, version);
    await pause(50);
    await step(app);
    expect((await answer).data.generation.version).toBeGreaterThan(version);
    expect((await ask(id, 30_000, 99)).data.generation.status).toBe('SUCCEEDED');
  });

  test('answers with the generation as it is when nothing happens, and at shutdown', async () => {
    app = await start();
    const { id, version } = (await app.create()).generation;
    expect((await ask(id, 50)).data.generation.version).toBe(version);
    const answer = ask(id, 30_000);
    await pause(100);
    undo.pop();
    await app.stop();
    expect((await answer).data.generation.version).toBe(version);
  });

  test('has limits, and who hangs up no longer counts', async () => {
    app = await start();
    const { id } = (await app.create()).generation;
    for (const waitMs of [-1, 30_001]) {
      expect((await ask(id, waitMs)).errors![0].extensions.code).toBe('BAD_USER_INPUT');
    }
    const gone = new AbortController();
    const query = `{ generation(id: "${id}", waitMs: 30000) { id } }`;
    setMaxListeners(0, gone.signal);
    // Some more than may wait: what asks below takes places too.
    const waits = Array.from({ length: 120 }, () =>
      request(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
        signal: gone.signal,
      }).catch(() => undefined),
    );
    await until(async () => (await ask(id, 10)).errors?.[0].extensions.code === 'TOO_MANY_WAITING');
    const { statusCode, headers, body } = await request(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    await body.dump();
    expect({ statusCode, wait: headers['retry-after'] }).toEqual({ statusCode: 429, wait: '2' });
    gone.abort();
    await Promise.all(waits);
    await until(async () => (await ask(id, 10)).errors === undefined);
  });
});

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
    const secret = await key('shop');
    expect((await ask('{ me { callerId } }')).statusCode).toBe(401);
    const open = overEventStream(watchAll, {}, { secret });
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
    const ids = await enqueue(60);
    await app.database.prisma.videoGeneration.updateMany({
      where: { id: { in: ids } },
      data: { prompt: 'x'.repeat(8_000) },
    });
    await step(app);
    await until(async () => !(await isFull()));
  });
});
