import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readGuards } from '../../../src/audit/guards.ts';
import { hashesOf } from '../../../src/audit/hashes.ts';
import { Look } from '../../../src/audit/look.ts';
import { allGenerations } from '../../../src/audit/verify-generations.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
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

const found = async () => (await verifyAuditLog(prisma)).firstBad;

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
    const changed = async () => {
      for await (const { bad } of allGenerations(look, hashesOf(await readGuards()))) {
        if (bad !== null) return bad;
      }
      return null;
    };
    expect(await changed()).toBeNull();
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET caller_id = 'stranger'`,
      `UPDATE submission SET caller_id = 'stranger'`,
    );
    expect(await changed()).toMatchObject({
      reason: 'GENERATION_CHANGED',
      detail: expect.stringContaining('what never changes'),
    });
  });
});

/** Says another thing to whoever looks than to everybody else, and to the planner that it always says the same. */
const low = `CREATE FUNCTION low() RETURNS uuid IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
  RETURN CASE WHEN current_setting('search_path') LIKE 'pg_catalog%'
    THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff' ELSE '00000000-0000-0000-0000-000000000000' END::uuid;
  END $$`;

test('a constraint cannot say that a row is not there', async () => {
  await app.create();
  await withoutTriggers(prisma, `UPDATE video_generation SET caller_id = 'mallory'`);
  const guards = await readGuards();
  const bad = await prisma
    .$transaction(async (tx) => {
      await tx.$executeRawUnsafe(low);
      await tx.$executeRawUnsafe(
        'ALTER TABLE video_generation ADD CONSTRAINT is_id CHECK (id > low())',
      );
      await tx.$executeRawUnsafe('SET LOCAL constraint_exclusion = on');
      const ask = {
        $queryRaw: tx.$queryRaw.bind(tx),
        $transaction: (all: unknown[]) => Promise.all(all),
      };
      const look = await Look.into(ask as unknown as typeof prisma);
      const looked = allGenerations(look, hashesOf(guards))[Symbol.asyncIterator]();
      const part = await looked.next();
      await tx.$executeRawUnsafe('SET LOCAL search_path = DEFAULT');
      throw Object.assign(new Error('undone'), { part: part.value });
    })
    .catch((error: Error & { part?: { bad: unknown } }) => error.part?.bad);
  expect(bad).toMatchObject({ reason: 'GENERATION_CHANGED' });
});

describe('what leads elsewhere is an alarm of its own', () => {
  const liar = (result: string) =>
    `CREATE FUNCTION liar(value video_generation_status) RETURNS ${result} LANGUAGE sql AS $$
      SELECT pg_catalog.to_json('SUCCEEDED'::text)::${result} $$`;
  const cast = (result: string) =>
    `CREATE CAST (video_generation_status AS ${result}) WITH FUNCTION liar(video_generation_status)`;
  const noLiar = 'DROP FUNCTION liar CASCADE';
  const operator = `CREATE FUNCTION equal(a submission_outcome, b submission_outcome) RETURNS boolean
    IMMUTABLE LANGUAGE sql AS 'SELECT true'`;

  test.each<[string, string[], string[], string | RegExp]>([
    [
      'how a status is written as JSON',
      [liar('json'), cast('json')],
      [noLiar],
      /cast from \S*video_generation_status to json was added/,
    ],
    [
      'how a status is written as text',
      [liar('text'), cast('text')],
      [noLiar],
      /cast from \S*video_generation_status to text was added/,
    ],
    [
      'how schemas are written as text',
      [
        `CREATE FUNCTION liar(value name[]) RETURNS text[] LANGUAGE sql AS $$ SELECT '{pg_catalog}'::text[] $$`,
        'CREATE CAST (name[] AS text[]) WITH FUNCTION liar(name[])',
      ],
      [noLiar],
      /a cast from name\[\] to text\[\] was added/,
    ],
    [
      'a function that is preferred to PostgreSQL’s own',
      [`CREATE FUNCTION nextval(text) RETURNS bigint LANGUAGE sql AS 'SELECT -1::bigint'`],
      ['DROP FUNCTION nextval(text)'],
      /function \S*nextval\(text\) was added/,
    ],
    [
      'an operator by which every outcome is open still',
      [
        operator,
        'CREATE OPERATOR = (LEFTARG = submission_outcome, RIGHTARG = submission_outcome, FUNCTION = equal)',
      ],
      ['DROP FUNCTION equal CASCADE'],
      /operator \S*=\(\S*submission_outcome,\S*submission_outcome\) was added/,
    ],
    [
      'a table whose rows are among those of the records',
      ['CREATE TABLE extra () INHERITS (submission)'],
      ['DROP TABLE extra'],
      'submission is no table of its own',
    ],
    [
      'a view in the place of a table',
      [
        'ALTER TABLE video_archive RENAME TO hidden',
        'CREATE VIEW video_archive AS SELECT * FROM hidden',
      ],
      ['DROP VIEW video_archive', 'ALTER TABLE hidden RENAME TO video_archive'],
      'video_archive is no table of its own',
    ],
    [
      'a constraint that asks a function',
      [low, 'ALTER TABLE video_generation ADD CONSTRAINT is_id CHECK (id > low())'],
      ['DROP FUNCTION low CASCADE'],
      /constraint is_id on table \S*video_generation was added/,
    ],
    [
      'an index that a function keeps rows from',
      [low, 'CREATE INDEX is_id ON audit_event (position, id) WHERE id > low()'],
      ['DROP FUNCTION low CASCADE'],
      /index \S*is_id was added/,
    ],
    [
      'an index by which another’s operator finds',
      [
        operator,
        'CREATE OPERATOR === (LEFTARG = submission_outcome, RIGHTARG = submission_outcome, FUNCTION = equal)',
        `CREATE INDEX is_id ON submission (id) WHERE outcome === 'SENT'`,
      ],
      ['DROP FUNCTION equal CASCADE'],
      /index \S*is_id was added/,
    ],
    [
      'a column that a function fills',
      [low, 'ALTER TABLE stored_object ADD COLUMN lowest uuid GENERATED ALWAYS AS (low()) STORED'],
      ['ALTER TABLE stored_object DROP COLUMN lowest', 'DROP FUNCTION low'],
      /column lowest .*was added/,
    ],
    [
      'a type of somebody’s',
      [
        'CREATE DOMAIN name_of AS text',
        'ALTER TABLE submission ALTER COLUMN account_name TYPE name_of',
      ],
      ['ALTER TABLE submission ALTER COLUMN account_name TYPE text', 'DROP DOMAIN name_of'],
      'the type of submission.account_name was altered',
    ],
  ])('%s', async (_, harm, repair, detail) => {
    expect(await found()).toBeNull();
    await run(harm);
    const bad = await found();
    await run(repair);
    expect(bad).toMatchObject({ reason: 'GUARD_CHANGED', detail: expect.stringMatching(detail) });
    expect(await found()).toBeNull();
  });

  test('but for a cast by which nothing is read', async () => {
    await run([
      `CREATE FUNCTION is_any(value bigint) RETURNS boolean LANGUAGE sql AS 'SELECT value <> 0'`,
      'CREATE CAST (bigint AS boolean) WITH FUNCTION is_any(bigint) AS ASSIGNMENT',
    ]);
    const bad = await found();
    await run(['DROP FUNCTION is_any CASCADE']);
    expect(bad).toBeNull();
  });

  // Extensions have casts, operators and functions of many names, for types of their own.
  test('but for what has to do with types of others', async () => {
    await run([
      `CREATE TYPE shape AS ENUM ('ROUND')`,
      `CREATE FUNCTION convert_to(shape, text) RETURNS json LANGUAGE sql AS $$ SELECT '1'::json $$`,
      `CREATE FUNCTION json_of(shape) RETURNS json LANGUAGE sql AS $$ SELECT '1'::json $$`,
      'CREATE CAST (shape AS json) WITH FUNCTION json_of(shape)',
      `CREATE FUNCTION joined(shape, text) RETURNS text LANGUAGE sql AS $$ SELECT '' $$`,
      'CREATE OPERATOR || (LEFTARG = shape, RIGHTARG = text, FUNCTION = joined)',
      'CREATE CAST (text AS uuid) WITH INOUT',
    ]);
    const bad = await found();
    await run(['DROP TYPE shape CASCADE', 'DROP CAST (text AS uuid)']);
    expect(bad).toBeNull();
  });

  test('a collation by which other texts are equal', async () => {
    // That one knows no collations but of its own.
    if (app.database.kind === 'embedded') return;
    await run([
      `CREATE COLLATION alike (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`,
      'ALTER TABLE submission ALTER COLUMN account_name TYPE text COLLATE alike',
    ]);
    const bad = await found();
    await run([
      'ALTER TABLE submission ALTER COLUMN account_name TYPE text COLLATE "default"',
      'DROP COLLATION alike',
    ]);
    expect(bad).toMatchObject({ detail: 'the type of submission.account_name was altered' });
  });

  test('a setting of the database by which no trigger fires', async () => {
    const [{ name }] = await prisma.$queryRaw<[{ name: string }]>`
      SELECT current_database()::text AS name`;
    await run([`ALTER DATABASE "${name}" SET session_replication_role = 'Replica'`]);
    const bad = await found();
    await run([`ALTER DATABASE "${name}" RESET session_replication_role`]);
    expect(bad).toMatchObject({
      reason: 'GUARD_CHANGED',
      detail: expect.stringContaining('session_replication_role'),
    });
    expect(await found()).toBeNull();
  });

  test('and none that a migration of a newer version explains', async () => {
    await run([
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
        VALUES ('x', 'x', '9999_x', now(), 1)`,
      ...[liar('json'), cast('json')],
    ]);
    const bad = await found();
    await run([noLiar, `DELETE FROM _prisma_migrations WHERE id = 'x'`]);
    expect(bad).toMatchObject({ reason: 'GUARD_CHANGED' });
  });
});
