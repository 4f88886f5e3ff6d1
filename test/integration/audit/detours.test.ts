import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readGuards } from '../../../src/audit/guards.ts';
import { hashesOf } from '../../../src/audit/hashes.ts';
import { Look } from '../../../src/audit/look.ts';
import { allGenerations } from '../../../src/audit/verify-generations.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';

// What lies beside the log, and by which it would be read as other than it is.

let app: TestApp;
let prisma: TestApp['database']['prisma'];

beforeEach(async () => {
  app = await startTestApp();
  prisma = app.database.prisma;
});
afterEach(async () => {
  await app.stop();
});

const run = async (statements: string[]) => {
  for (const statement of statements) await prisma.$executeRawUnsafe(statement);
};

describe('a function that PostgreSQL would prefer to its own', () => {
  // Its own is convert_to(text, name): that of two texts fits better, wherever it comes in the path.
  const preferred = `CREATE FUNCTION convert_to(t text, e text) RETURNS bytea LANGUAGE sql AS $$
    SELECT pg_catalog.convert_to(replace(t, 'stranger', 'local'), 'UTF8'::name) $$`;

  afterEach(async () => {
    await run(['DROP FUNCTION convert_to(text, text)']);
  });

  test('has no part in the hashes', async () => {
    await app.create();
    await run([preferred]);
    const look = await Look.into(prisma);
    const found = async () => {
      for await (const { bad } of allGenerations(look, hashesOf(await readGuards()))) {
        if (bad !== null) return bad;
      }
      return null;
    };
    expect(await found()).toBeNull();
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET caller_id = 'stranger'`,
      `UPDATE submission SET caller_id = 'stranger'`,
    );
    expect(await found()).toMatchObject({
      reason: 'GENERATION_CHANGED',
      detail: expect.stringContaining('what never changes'),
    });
  });
});
