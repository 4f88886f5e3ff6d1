import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDatabase, type Database } from '../../../src/database/database.ts';
import { Prisma } from '../../../src/database/generated/client.ts';
import { readRows } from '../../../src/database/read-rows.ts';
import { toSql } from '../../../src/database/where-sql.ts';
import { matcherOf } from '../../../src/generation/finding/filter-in-memory.ts';
import { toWhere } from '../../../src/generation/finding/filter.ts';
import { createServerDatabase, openTestDatabase, silent } from '../../support/database.ts';
import { randomFrom } from '../../support/random-operations.ts';

const seed = Number(process.env['RANDOM_SEED'] || 7);
const random = randomFrom(seed);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

const letters = [...'aAbBiIıİkK\u212AsSſßẞäÄöÖéÉΣσςοΟδΔжЖըԸǆǅǄ𐐀𐐨字語😀', 'i\u0307', 'e\u0301'];
const signs = [...'.*+?()[]{}|\\^$%_-#/ \n'];
const any = (): string => (random() < 0.85 ? pick(letters) : pick(signs));
const text = (length: number) => Array.from({ length }, any).join('');

/** As somebody might type what is in a prompt. */
function askedFor(prompt: string): string {
  const all = Array.from(prompt);
  const start = Math.floor(random() * all.length);
  const part = all.slice(start, start + pick([1, 2, 3, 4, 5, 8, 40]));
  return part
    .map((letter) => pick([letter, letter, letter.toUpperCase(), letter.toLowerCase()]))
    .join('');
}

async function addPrompts({ prisma }: Database, prompts: (string | null)[]): Promise<void> {
  const now = new Date();
  await prisma.videoGeneration.createMany({
    data: prompts.map((prompt) => ({
      ...{ id: randomUUID(), createdAt: now, updatedAt: now, callerId: 'ann', inputHash: 'hash' },
      ...{ model: 'T2V-01', prompt, promptOptimizer: true, simulated: false, version: 1 },
      status: 'FAILED' as const,
    })),
  });
}

/** Finds in the database, by reading everything and by the index alike, what is found in memory. */
async function expectAlike(database: Database, rounds = 250): Promise<void> {
  const prompts = Array.from({ length: 200 }, () => text(pick([1, 3, 10, 60])));
  await addPrompts(database, [...prompts, null]);
  const rows = await database.prisma.videoGeneration.findMany();
  const cases = Array.from({ length: rounds }, (_, number) => {
    const asked = { promptContains: random() < 0.9 ? askedFor(pick(prompts)) : text(3) };
    const filter = random() < 0.8 ? asked : { not: asked };
    const matching = rows.filter(matcherOf(filter)).map(({ id }) => id);
    return { number, filter, expected: matching.sort() };
  });
  const client = await database.pool.connect();
  try {
    for (const way of ['everything', 'index']) {
      const isOn = way === 'everything' ? 'on' : 'off';
      await client.query(
        `SET enable_seqscan = ${isOn}; SET enable_indexscan = ${isOn}; SET enable_indexonlyscan = ${isOn}`,
      );
      for (const { number, filter, expected } of cases) {
        const inDatabase = await readRows<{ id: string }>(
          client,
          Prisma.sql`SELECT id::text FROM video_generation WHERE ${toSql(toWhere(filter))}`,
        );
        const ids = inDatabase.map(({ id }) => id).sort();
        expect({ seed, number, way, filter, ids }).toEqual({
          ...{ seed, number, way, filter },
          ids: expected,
        });
      }
    }
  } finally {
    await client.query('RESET ALL');
    client.release();
  }
  const found = cases.flatMap(({ expected }) => expected);
  expect(found.length).toBeGreaterThan(2 * rounds);
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => {
  await database.close();
});

test('a prompt is found in the database as in memory, whatever the case of its letters', async () => {
  await expectAlike(database);
}, 120_000);

(globalThis.databaseUrl === undefined ? describe.skip : describe)('whatever the locale', () => {
  test.each([
    ['C', "LOCALE 'C'"],
    ['Turkish of ICU', "LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'"],
    ['any of ICU', "LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'und'"],
  ])(
    '%s',
    async (_, locale) => {
      const { url, drop } = await createServerDatabase({ migrated: false, locale });
      const database = await openDatabase({ url, dataDir: '', logger: silent });
      try {
        await expectAlike(database, 100);
      } finally {
        await database.close();
        await drop();
      }
    },
    120_000,
  );
});

test('the index has the prompts that contain a text', async () => {
  const client = await database.pool.connect();
  try {
    await client.query('SET enable_seqscan = off; SET enable_indexscan = off');
    for (const promptContains of ['zeppelin', 'ÄGYPTEN', 'zeppelin over ägypten']) {
      const { text, values } = Prisma.sql`
        EXPLAIN SELECT id FROM video_generation WHERE ${toSql(toWhere({ promptContains }))}`;
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(text, values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/video_generation_prompt_trgm_idx[^]*Index Cond: \(prompt ~/);
    }
  } finally {
    await client.query('RESET ALL');
    client.release();
  }
}, 60_000);
