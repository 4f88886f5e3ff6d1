import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseStartError, openDatabase } from '../../../src/database/database.ts';
import { openServer } from '../../../src/database/server.ts';
import { createServerDatabase, silent } from '../../support/database.ts';
import { ServerProxy } from '../../support/server-proxy.ts';
import { testTogether } from '../../support/together.ts';
import { until } from '../../support/until.ts';

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

onServer('a server', () => {
  let target: { url: string; drop: () => Promise<void> };
  beforeAll(async () => {
    target = await createServerDatabase({ migrated: true });
  });
  afterAll(() => target.drop());

  testTogether({
    'that comes up a little later is waited for': async () => {
      const proxy = await ServerProxy.start(target.url);
      const { url } = proxy;
      await proxy.close();
      let later: Promise<ServerProxy> | undefined;
      const database = await openDatabase({
        url,
        dataDir: '',
        logger: {
          ...silent,
          info() {
            later ??= ServerProxy.start(target.url, Number(new URL(url).port));
          },
        },
      });
      await database.ping();
      expect(later).toBeDefined();
      await database.close();
      await (await later)?.close();
    },

    'whose connections swallow everything does not keep slow work for minutes': async () => {
      const proxy = await ServerProxy.start(target.url);
      const database = await openDatabase({ url: proxy.url, dataDir: '', logger: silent });
      const slow = database.slow.pool.query('SELECT pg_sleep(240)');
      slow.catch(() => undefined);
      const sleeping = `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND query = 'SELECT pg_sleep(240)' AND state = 'active'`;
      await until(async () => (await database.slow.pool.query(sleeping)).rowCount === 1);
      proxy.swallow();
      // A slow one alone would wait for as long as its statement may take.
      await expect(database.pool.query('SELECT 1')).rejects.toThrow('silent for 5000 ms');
      await expect(slow).rejects.toThrow('silent for 5000 ms');
      await proxy.close();
      await database.close();
    },

    'of which one idle slow connection was swallowed still answers slow work soon': async () => {
      const proxy = await ServerProxy.start(target.url);
      const database = await openDatabase({ url: proxy.url, dataDir: '', logger: silent });
      await database.slow.pool.query('SELECT 1');
      proxy.swallow();
      // Nothing else is asked that would show that the way is dead.
      const { rows } = await database.slow.pool.query('SELECT 2 AS answer');
      expect(rows).toEqual([{ answer: 2 }]);
      await proxy.close();
      await database.close();
    },
  });

  test('that does not come up is named without the password', async () => {
    const proxy = await ServerProxy.start(target.url);
    const url = new URL(proxy.url);
    url.password = 'hunter2';
    await proxy.close();
    const opening = openServer({ url: url.href, logger: silent, startsWithinMs: 50 });
    await expect(opening).rejects.toThrow(DatabaseStartError);
    await expect(opening).rejects.toThrow(
      `Cannot connect to PostgreSQL at ${url.host}, database ${url.pathname.slice(1)}`,
    );
    await expect(opening).rejects.not.toThrow('hunter2');
  });

  test('that refuses is not asked again', async () => {
    const url = new URL(target.url);
    url.pathname = '/no_such_database';
    const opening = openDatabase({ url: url.href, dataDir: '', logger: silent });
    await expect(opening).rejects.toThrow('database "no_such_database" does not exist');
  });

  test('that cuts every connection is used again by the next queries', async () => {
    const proxy = await ServerProxy.start(target.url);
    const database = await openDatabase({ url: proxy.url, dataDir: '', logger: silent });
    const idle = 5;
    await Promise.all(Array.from({ length: idle }, () => database.ping()));
    const interrupted = expect(
      database.prisma.$transaction(async (tx) => {
        await tx.videoGeneration.count();
        proxy.cut();
        await tx.videoGeneration.count();
      }),
    ).rejects.toThrow();
    await interrupted;
    expect(await database.prisma.videoGeneration.count()).toBe(0);
    await Promise.all(Array.from({ length: idle }, () => database.ping()));
    await database.close();
    await proxy.close();
  });

  test.each([
    ['table with another column', 'ALTER TABLE restored ADD COLUMN more text'],
    [
      'type of the same name',
      `DROP TABLE restored; DROP TYPE mood; CREATE TYPE mood AS ENUM ('calm', 'wild');
       CREATE TABLE restored (id serial, mood mood)`,
    ],
  ])('that has a %s is asked anew by every connection', async (_, change) => {
    const database = await openDatabase({ url: target.url, dataDir: '', logger: silent });
    await database.pool.query(`
      DROP TABLE IF EXISTS restored; DROP TYPE IF EXISTS mood;
      CREATE TYPE mood AS ENUM ('calm', 'wild'); CREATE TABLE restored (id serial, mood mood)`);
    const write = () => {
      const text = 'INSERT INTO restored (mood) VALUES ($1) RETURNING *';
      return database.pool.query({ name: 'write', text, values: ['wild'] });
    };
    const together = () => Promise.all(Array.from({ length: 4 }, write));
    await together();
    await together();
    await database.pool.query(change);
    await together();
    const { rows } = await database.pool.query('SELECT count(*)::int AS count FROM restored');
    expect(rows).toEqual([{ count: change.startsWith('DROP') ? 4 : 12 }]);
    await database.close();
  });

  test('keeps prepared statements for repeated queries but not for searches', async () => {
    const database = await openDatabase({
      url: target.url,
      dataDir: '',
      logger: silent,
      poolSize: 1,
    });
    const { prisma } = database;
    for (const prompt of ['a', 'b', 'c']) {
      await prisma.videoGeneration.findMany({ where: { model: prompt } });
      await prisma.videoGeneration.findMany({
        where: { prompt: { contains: prompt, mode: 'insensitive' } },
      });
    }
    const prepared = await prisma.$queryRaw<
      { statement: string }[]
    >`SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'`;
    expect(prepared).toHaveLength(1);
    expect(prepared[0]!.statement).toContain('"model" = $1');
    await database.close();
  });
});

test('a URL that cannot be read is refused without repeating it', async () => {
  for (const url of [
    'localhost',
    'mysql://root:hunter2@localhost/x',
    'postgres://u:hunter2#@h/x',
  ]) {
    const opening = openDatabase({ url, dataDir: '', logger: silent });
    await expect(opening).rejects.toThrow(DatabaseStartError);
    await expect(opening).rejects.toThrow(/^DATABASE_URL cannot be used\. It looks like/);
  }
});
