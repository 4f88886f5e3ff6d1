import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type pg from 'pg';
import { readRows } from '../../../src/database/read-rows.ts';
import { Prisma } from '../../../src/database/generated/client.ts';
import { generationFields, readGenerations } from '../../../src/generation/rows.ts';
import { openTestDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

function aGeneration(fields: { id?: string; createdAt?: Date; prompt?: string } = {}) {
  return {
    id: randomUUID(),
    createdAt: new Date(),
    updatedAt: new Date(),
    callerId: 'tester',
    inputHash: 'none',
    model: 'MiniMax-Hailuo-02',
    promptOptimizer: true,
    simulated: true,
    status: 'QUEUED' as const,
    version: 1,
    ...fields,
  };
}

test('an instant comes back as the same instant, whatever the time zone of the machine', async () => {
  const createdAt = new Date('2024-07-01T23:30:00.123-07:00');
  const { id } = await database.prisma.videoGeneration.create({ data: aGeneration({ createdAt }) });
  const [row] = await database.prisma.$queryRaw<
    { zone: string; same: boolean }[]
  >`SELECT current_setting('TimeZone') AS zone, created_at = '2024-07-02T06:30:00.123Z' AS same
      FROM video_generation WHERE id = ${id}::uuid`;
  expect(row).toEqual({ zone: 'UTC', same: true });
  const read = await database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
  expect(read.createdAt).toEqual(createdAt);
});

test('rows that are read past Prisma are those of Prisma', async () => {
  const { prisma, pool } = database;
  const full = {
    ...aGeneration({ createdAt: new Date('2024-07-01T23:30:00.120-07:00'), prompt: '' }),
    ...{ tenant: 'north', idempotencyKey: 'k', requestSalt: 's', duration: 6, resolution: '768P' },
    ...{
      fastPretreatment: false,
      aigcWatermark: true,
      firstFrameImage: 'urn:sha256:0',
      attempts: 2,
    },
    ...{ tags: ['a', 'it\'s "so" {1,2}', ''], listPriceUsd: '0.2800', taskId: '1', statusCode: 0 },
    ...{
      statusMessage: 'süß',
      traceId: 't',
      failureKind: 'UNKNOWN',
      videoWidth: 1366,
      fileId: '2',
    },
    ...{ videoUrl: 'https://example.com', videoUrlExpiresAt: new Date(0), stalledAt: new Date() },
    ...{
      leaseToken: randomUUID(),
      callbackToken: 'c',
      callbackStatus: 'processing',
      queryErrors: 3,
    },
  };
  const [{ id: first }, { id: second }] = [
    await prisma.videoGeneration.create({ data: full }),
    await prisma.videoGeneration.create({ data: aGeneration() }),
  ];
  const chosen = { id: { in: [first, second] } };
  const expected = await prisma.videoGeneration.findMany({ where: chosen, orderBy: { id: 'asc' } });
  const read = await readGenerations(
    pool,
    generationFields,
    Prisma.sql`WHERE id = ANY (${[first, second]}::uuid[]) ORDER BY generation.id`,
  );
  expect(read).toEqual(expected);
  // Decimals are equal as objects only when they are of one precision.
  expect(read.map((row) => row.listPriceUsd?.toFixed(4))).toContain('0.2800');
});

test('only what is given a name is prepared', async () => {
  const names: unknown[] = [];
  const pool = {
    query: (statement: pg.QueryConfig) => {
      names.push(statement.name);
      return database.pool.query(statement);
    },
  } as unknown as pg.Pool;
  for (const value of [1, 2, 3]) {
    const text = Prisma.raw(`SELECT ${value} AS "value"`);
    expect(await readRows(pool, text)).toEqual([{ value }]);
    expect(await readRows(pool, text, '')).toEqual([{ value }]);
  }
  expect(names).toEqual(Array.from({ length: 6 }, () => undefined));
});

test('a megabyte of bytes comes back unchanged', async () => {
  const bytes = new Uint8Array(randomBytes(1024 * 1024));
  const { id: generationId } = await database.prisma.videoGeneration.create({
    data: aGeneration(),
  });
  const key = { generationId, role: 'subject', index: 0 };
  await database.prisma.inputImageChunk.create({ data: { ...key, bytes } });
  const read = await database.prisma.inputImageChunk.findUniqueOrThrow({
    where: { generationId_role_index: key },
  });
  expect(Buffer.compare(read.bytes, bytes)).toBe(0);
});

test('JSON, arrays of instants, decimals and text beyond ASCII come back unchanged', async () => {
  const detail = { list: [1, 'two', null, { deep: true }], quote: `'"\\`, emoji: '🎬' };
  const id = randomUUID();
  await database.prisma.auditEvent.create({
    data: { id, occurredAt: new Date(), action: 'TEST', detail },
  });
  const event = await database.prisma.auditEvent.findUniqueOrThrow({ where: { id } });
  expect(event.detail).toEqual(detail);

  const recentSubmissions = [new Date('2024-01-01T00:00:00.001Z'), new Date()];
  await database.prisma.upstreamKey.create({ data: { id, recentSubmissions } });
  const key = await database.prisma.upstreamKey.findUniqueOrThrow({ where: { id } });
  expect(key.recentSubmissions).toEqual(recentSubmissions);

  const generation = await database.prisma.videoGeneration.create({
    data: { ...aGeneration({ prompt: 'ein Füchslein 🦊' }), listPriceUsd: '0.2700' },
  });
  expect(generation.listPriceUsd?.toString()).toBe('0.27');
  expect(
    await database.prisma.videoGeneration.count({
      where: { prompt: { contains: 'FÜCHS', mode: 'insensitive' } },
    }),
  ).toBe(1);
});

test('a transaction that throws leaves nothing behind', async () => {
  const data = aGeneration();
  await expect(
    database.prisma.$transaction(async (tx) => {
      await tx.videoGeneration.create({ data });
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await database.prisma.videoGeneration.count({ where: { id: data.id } })).toBe(0);
});

test('a transaction in which a statement fails is rolled back and the next one works', async () => {
  const data = aGeneration();
  await expect(
    database.prisma.$transaction(async (tx) => {
      await tx.videoGeneration.create({ data });
      await tx.videoGeneration.create({ data });
    }),
  ).rejects.toMatchObject({ code: 'P2002' });
  await database.prisma.$transaction((tx) => tx.videoGeneration.create({ data }));
  expect(await database.prisma.videoGeneration.count({ where: { id: data.id } })).toBe(1);
});

test('queries beside an open transaction finish, before it or after it', async () => {
  // The embedded database has one connection: waiting inside for one outside would never end.
  const outside: Promise<number>[] = [];
  const data = aGeneration();
  await database.prisma.$transaction(async (tx) => {
    await tx.videoGeneration.create({ data });
    for (let i = 0; i < 20; i++) outside.push(database.prisma.auditEvent.count());
    await tx.videoGeneration.update({ where: { id: data.id }, data: { version: 2 } });
  });
  expect(await Promise.all(outside)).toHaveLength(20);
});

test('forty transactions at once all commit', async () => {
  const id = randomUUID();
  await database.prisma.videoGeneration.create({ data: aGeneration({ id }) });
  await Promise.all(
    Array.from({ length: 40 }, () =>
      database.prisma.$transaction(async (tx) => {
        await tx.videoGeneration.update({ where: { id }, data: { attempts: { increment: 1 } } });
        await tx.auditEvent.create({
          data: { id: randomUUID(), occurredAt: new Date(), action: 'TEST' },
        });
      }),
    ),
  );
  const { attempts } = await database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
  expect(attempts).toBe(40);
});

test('a refused statement does not cost the connection', async () => {
  const backend = async () => {
    const [row] = await database.prisma.$queryRaw<
      { pid: number }[]
    >`SELECT pg_backend_pid() AS pid`;
    return row?.pid;
  };
  const before = await backend();
  for (let i = 0; i < 3; i++) {
    await expect(database.prisma.$queryRaw`SELECT 1 / 0`).rejects.toThrow('division by zero');
    await expect(database.prisma.$queryRaw`SELEKT`).rejects.toThrow('syntax error');
  }
  expect(await backend()).toBe(before);
});

test('a transaction abandoned by its time limit leaves no lock and no row', async () => {
  const data = aGeneration();
  await expect(
    database.prisma.$transaction(
      async (tx) => {
        await tx.videoGeneration.create({ data });
        await tx.$queryRaw`SELECT pg_sleep(0.2)::text`;
        await tx.videoGeneration.count();
      },
      { timeout: 50 },
    ),
  ).rejects.toMatchObject({ code: 'P2028' });
  await database.prisma.videoGeneration.create({ data });
  await database.ping();
});
