import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { readGuards } from '../../../src/audit/guards.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { emptyTables, silent, withoutTriggers } from '../../support/database.ts';

// What the owner of the tables leaves out is not what was written.

let app: TestApp;
let prisma: TestApp['database']['prisma'];
let id: string;

const loosened = [
  ['video_generation', 'version'],
  ['audit_event', 'hash'],
] as const;

beforeEach(async () => {
  app = await startTestApp();
  prisma = app.database.prisma;
  await app.create();
  ({ id } = (await app.create()).generation);
});
afterEach(async () => {
  await app.stop();
  await emptyTables(app.database);
  for (const [table, column] of loosened) {
    await prisma.$executeRawUnsafe(`ALTER TABLE ${table} ALTER ${column} SET NOT NULL`);
  }
  await prisma.$executeRawUnsafe(`DELETE FROM _prisma_migrations WHERE id = 'x'`);
});

const found = async () => (await verifyAuditLog(prisma)).firstBad;

const loosen = async () => {
  for (const [table, column] of loosened) {
    await prisma.$executeRawUnsafe(`ALTER TABLE ${table} ALTER ${column} DROP NOT NULL`);
  }
};

/** Guards are not judged then. */
const aLaterMigration = () =>
  prisma.$executeRawUnsafe(`
    INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
    VALUES ('x', 'x', '9999_x', now(), 1)`);

test.each(loosened)('%s.%s that may be null is found', async (table, column) => {
  expect(await found()).toBeNull();
  await prisma.$executeRawUnsafe(`ALTER TABLE ${table} ALTER ${column} DROP NOT NULL`);
  expect(await found()).toMatchObject({
    reason: 'GUARD_CHANGED',
    detail: `NOT NULL of column ${column} of ${table} is missing`,
  });
});

test('all that is unique by the migrations is so', async () => {
  const { unique } = await readGuards();
  const there = await prisma.$queryRawUnsafe<{ count: number }[]>(`
    SELECT count(*)::int AS count FROM pg_index WHERE indisunique AND indrelid = ANY (
      '{audit_event,audit_checkpoint,submission,video_generation,video_archive,stored_object}'::regclass[])`);
  expect(unique.size).toBe(there[0]!.count);
  expect(await found()).toBeNull();
});

test.each([
  ['audit_event', 'generation_id, sequence'],
  ['audit_event', 'lane, sequence'],
  ['submission', 'generation_id, number'],
])('of %s more than one row for each %s is found', async (table, columns) => {
  const name = `${table}_${columns.replace(', ', '_')}_key`;
  const [index] = await prisma.$queryRawUnsafe<[{ definition: string }]>(
    `SELECT pg_get_indexdef('${name}'::regclass) AS definition`,
  );
  await prisma.$executeRawUnsafe(`DROP INDEX ${name}`);
  await prisma.$executeRawUnsafe(`CREATE INDEX ${name} ON ${table} (${columns})`);
  const bad = await found();
  await prisma.$executeRawUnsafe(`DROP INDEX ${name}`);
  await prisma.$executeRawUnsafe(index.definition);
  const detail = expect.stringContaining(`the unique index of ${table} on ${columns}`);
  expect(bad).toMatchObject({ reason: 'GUARD_CHANGED', detail });
});

test('a kept video that may have two rows is found', async () => {
  await prisma.$executeRawUnsafe('ALTER TABLE video_archive DROP CONSTRAINT video_archive_pkey');
  const bad = await found();
  await prisma.$executeRawUnsafe(
    'ALTER TABLE video_archive ADD CONSTRAINT video_archive_pkey PRIMARY KEY (generation_id)',
  );
  expect(bad).toMatchObject({ reason: 'GUARD_CHANGED' });
});

describe('where what guards the log is not judged', () => {
  beforeEach(async () => {
    await aLaterMigration();
    await loosen();
  });

  const forgedEvent = (values: string) => `
    INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, position, hash)
    VALUES (gen_random_uuid(), ${values})`;

  test('a generation without a version is found', async () => {
    expect(await found()).toBeNull();
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET version = NULL, list_price_usd = 99, caller_id = 'mallory',
        prompt = 'forged', status = 'FAILED' WHERE id = '${id}'`,
    );
    expect(await found()).toMatchObject({
      generationId: id,
      reason: 'GENERATION_CHANGED',
      detail: 'its version',
    });
  });

  test.each<[string, (generation: string) => string]>([
    [
      'without a hash, before the first',
      (generation) => `now(), 'GENERATION_REDACTED', '${generation}', 0, NEXT, NULL`,
    ],
    [
      'without a hash, of no generation and without a number',
      () => `now(), 'SIGN_IN_REFUSED', NULL, NULL, NEXT, NULL`,
    ],
    [
      'without a number',
      (generation) => `now(), 'GENERATION_REDACTED', '${generation}', NULL, NEXT, 'ff'`,
    ],
    ['without a hash, the next', () => `now(), 'SIGN_IN_REFUSED', NULL, 1, NEXT, NULL`],
  ])('an event is found that was made up %s', async (_, values) => {
    await withoutTriggers(
      prisma,
      forgedEvent(values(id).replace('NEXT', `nextval('audit_event_position')`)),
    );
    const [event] = await prisma.auditEvent.findMany({ orderBy: { position: 'desc' }, take: 1 });
    expect(await found()).toMatchObject({ eventId: event!.id, reason: 'EVENT_CHANGED' });
  });

  test('an event without a hash is found when nothing else is to be sealed', async () => {
    const checkpoints = new Checkpoints({ prisma, log: silent, now: app.clock.now });
    await checkpoints.make();
    await withoutTriggers(
      prisma,
      forgedEvent(`now(), 'SIGN_IN_REFUSED', NULL, 1, nextval('audit_event_position'), NULL`),
    );
    expect(await found()).toMatchObject({ reason: 'EVENT_CHANGED' });
    // Nor does it keep what comes after from being sealed.
    expect(await checkpoints.make()).toMatchObject({ id: 2, eventCount: 1 });
    expect(await found()).toMatchObject({ reason: 'EVENT_CHANGED' });
  });
});
