import { describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/database/database.ts';
import type { VideoGenerationStatus as Status } from '../../../src/database/generated/client.ts';
import { isUnavailable } from '../../../src/database/unavailable.ts';
import { toSql } from '../../../src/database/where-sql.ts';
import { matcherOf } from '../../../src/generation/finding/filter-in-memory.ts';
import { toWhere, type GenerationFilter } from '../../../src/generation/finding/filter.ts';
import { keysOf, step, type TestApp } from '../../support/app.ts';
import { CuttingProxy } from '../../support/cutting-proxy.ts';
import { silent } from '../../support/database.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import {
  bearer,
  enqueue,
  key,
  portOf,
  start,
  transports,
  undo,
  watchAll,
  watchOne,
  type Row,
  type Rows,
} from '../../support/live.ts';
import { randomFrom } from '../../support/random-operations.ts';
import { until } from '../../support/until.ts';

const finals = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

let app: TestApp;

async function take(rows: Rows): Promise<Row> {
  const { value, done } = await rows.next();
  if (done) throw new Error('the stream has completed');
  const { data } = value;
  if (!data) throw new Error(JSON.stringify(value));
  return (data.generationUpdated ?? data.generationsUpdated)!;
}

describe.each(transports)('over %s', (_name, watch) => {
  test('one generation goes on after the version that is known', async () => {
    app = await start();
    const { id, version } = (await app.create()).generation;
    const rows = watch(app, watchOne, { id, afterVersion: version });
    const first = take(rows);
    await step(app);
    expect((await first).version).toBeGreaterThan(version);
    await step(app);
    const last = await take(rows);
    expect(last.status).toBe('SUCCEEDED');
    expect((await rows.next()).done).toBe(true);
    const known = watch(app, watchOne, { id, afterVersion: last.version });
    expect((await known.next()).done).toBe(true);
  });

  test('a list shows what is not final, what is new, and how what it showed ended', async () => {
    app = await start({ upstream: { processingAnswers: 0 } });
    app.upstream.onSubmit(coded(1026));
    const failed = (await app.create()).generation;
    expect(failed.status).toBe('FAILED');
    const old = (await app.create()).generation;
    const rows = watch(app, watchAll, { filter: { status: ['PROCESSING'] } });
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
    const rows = watch(app, watchAll, {
      filter: { status: ['PROCESSING'] },
      updatedAfter: updatedAt,
    });
    expect(await take(rows)).toMatchObject({ id, status: 'SUCCEEDED' });
    expect(old.id).not.toBe(id);
  });

  test('nobody is shown what belongs to others', async () => {
    app = await start();
    const [shop, studio, friend] = [
      await key(app, 'shop'),
      await key(app, 'studio', 't'),
      await key(app, 'x', 't'),
    ];
    const create = `mutation ($prompt: String!) { createVideoGeneration(input: {
      model: "MiniMax-Hailuo-02", prompt: $prompt, duration: 6, resolution: "768P"
    }) { generation { id } } }`;
    const createAs = async (secret: string) =>
      (await app.graphql(create, { prompt: 'A boat' }, bearer(secret))).data.createVideoGeneration
        .generation.id as string;
    const ofShop = await createAs(shop);
    const rows = watch(app, watchAll, {}, { secret: friend });
    const ofStudio = await createAs(studio);
    const seen = new Set([(await take(rows)).id]);
    await createAs(shop);
    await step(app);
    const ofFriend = await createAs(friend);
    await until(async () => seen.add((await take(rows)).id).has(ofFriend));
    expect(seen).toEqual(new Set([ofStudio, ofFriend]));
    const foreign = watch(app, watchOne, { id: ofShop }, { secret: friend });
    const refused = await take(foreign).catch(
      (error: unknown) => JSON.stringify(error) + String(error),
    );
    expect(refused).toContain('NOT_FOUND');
  });

  test('ends when the key is revoked', async () => {
    app = await start({ patience: { recheckMs: 50 } });
    await key(app, 'other');
    const secret = await key(app, 'shop');
    const rows = watch(app, watchAll, {}, { secret });
    const next = take(rows).catch((error: unknown) => error);
    await app.graphql('{ me { callerId } }', {}, bearer(secret));
    const shops = (await keysOf(app).list()).find(({ callerId }) => callerId === 'shop')!;
    await keysOf(app).revoke(shops.id, null);
    expect(await next).not.toHaveProperty('version');
  });

  test('a filter that is too large to be watched is refused', async () => {
    app = await start();
    const filter = { or: Array.from({ length: 101 }, () => ({ promptContains: 'x' })) };
    const refused = await take(watch(app, watchAll, { filter })).catch(
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
    const rows = watch(app, watchAll, {});
    const { id } = (await a.create()).generation;
    const seen = await take(rows);
    expect(seen.id).toBe(id);
  });
});

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
const many = globalThis.databaseUrl === undefined ? 150 : 510;

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
  const ids = await enqueue(app, many);
  const running = { status: ['QUEUED', 'SUBMITTING', 'PROCESSING'] satisfies Status[] };
  const lists = transports.flatMap(([, watch]) =>
    [{}, running].map(
      (filter) =>
        new Persistent(ids, startedAt, ({ updatedAfter }) =>
          watch(app, watchAll, { filter, updatedAfter }, { port }),
        ),
    ),
  );
  const singles = ids
    .slice(0, many / 5)
    .map(
      (id, index) =>
        new Persistent([id], startedAt, ({ afterVersion }) =>
          transports[index % 10 === 0 ? 1 : 0][1](app, watchOne, { id, afterVersion }, { port }),
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
  const ids = await enqueue(app, 60);
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
