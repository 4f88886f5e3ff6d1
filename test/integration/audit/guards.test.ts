import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { judgeGuards, readGuards } from '../../../src/audit/guards.ts';
import { Look } from '../../../src/audit/look.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { AuditWatch } from '../../../src/audit/watch.ts';
import { silent, withoutTriggers } from '../../support/database.ts';
import {
  aGeneration,
  app,
  checkpoints,
  found,
  prisma,
  shareLog,
  trust,
} from '../../support/tampering.ts';

const drop = 'DROP TRIGGER audit_event_append_only ON audit_event';
const trigger = (events: string) =>
  `CREATE TRIGGER audit_event_append_only BEFORE ${events} ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`;
const whole = trigger('UPDATE OR DELETE OR TRUNCATE');

describe('what guards the log', () => {
  shareLog(0);

  test.each([
    [
      'a trigger that is switched off',
      ['ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only'],
      ['ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only'],
      'trigger audit_event_append_only on audit_event was altered or switched off',
    ],
    [
      'a trigger that is gone',
      [drop],
      [whole],
      'trigger audit_event_append_only on audit_event is missing',
    ],
    [
      'a trigger that refuses less',
      [drop, trigger('TRUNCATE')],
      [drop, whole],
      'trigger audit_event_append_only on audit_event was altered or switched off',
    ],
    [
      'a function that refuses nothing',
      [
        'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
      ],
      ['SOURCE'],
      'function refuse_change() was altered or switched off',
    ],
    [
      'a function of the same name in another schema',
      [
        'CREATE SCHEMA evil',
        'CREATE FUNCTION evil.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
        drop,
        whole.replace('refuse_change', 'evil.refuse_change'),
      ],
      [drop, 'DROP SCHEMA evil CASCADE', whole],
      'trigger audit_event_append_only on audit_event was altered or switched off',
    ],
    [
      'a function that another one of its name hides',
      [
        'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
        'HIDING',
      ],
      ['DROP FUNCTION refuse_change(integer)', 'SOURCE'],
      'function refuse_change() was altered or switched off',
    ],
    [
      'a function that another one could hide',
      ['HIDING'],
      ['DROP FUNCTION refuse_change(integer)'],
      'function refuse_change(i integer) was added',
    ],
    [
      'a function that reads other tables',
      ['ALTER FUNCTION audit_event_chain() SET search_path = pg_temp, public'],
      ['ALTER FUNCTION audit_event_chain() SET search_path = pg_catalog, public, pg_temp'],
      'function audit_event_chain() was altered or switched off',
    ],
    [
      'a rule that lets events vanish',
      ['CREATE RULE nothing AS ON INSERT TO audit_event DO INSTEAD NOTHING'],
      ['DROP RULE nothing ON audit_event'],
      'a rule or row security on audit_event was added',
    ],
  ])('is looked at: %s', async (_, harm, repair, detail) => {
    const [{ source }] = await prisma.$queryRaw<[{ source: string }]>`
      SELECT pg_get_functiondef('refuse_change'::regproc) AS source`;
    const run = async (statements: string[]) => {
      for (const statement of statements) {
        const hiding = source
          .replace('refuse_change()', 'refuse_change(i integer)')
          .replace('RETURNS trigger', 'RETURNS integer');
        await prisma.$executeRawUnsafe(
          statement.replace('SOURCE', () => source).replace('HIDING', () => hiding),
        );
      }
    };
    expect(await found()).toBeNull();
    await run(harm);
    const broken = await found();
    await run(repair);
    expect(broken).toMatchObject({ reason: 'GUARD_CHANGED', detail });
    expect(await found()).toBeNull();
  });
});

describe('what guards the log', () => {
  // What a newer version did to it is not known here; whether somebody only says so neither.
  describe('in a database with a migration that this version lacks', () => {
    const migration = `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
      VALUES ('x', 'x', '9999_x', now(), 1)`;
    let repair: string[];

    beforeEach(async () => {
      const sources = await prisma.$queryRaw<{ source: string }[]>`
        SELECT pg_get_functiondef(name::regproc) AS source
        FROM unnest(ARRAY['audit_event_hash', 'video_generation_facts_hash']) AS name`;
      repair = sources.map(({ source }) => source);
      await prisma.$executeRawUnsafe(migration);
    });
    afterEach(async () => {
      await prisma.$executeRawUnsafe(`DELETE FROM _prisma_migrations WHERE id = 'x'`);
      for (const source of repair) await prisma.$executeRawUnsafe(source);
    });

    const blind = [
      `CREATE OR REPLACE FUNCTION audit_event_hash(event audit_event, previous text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT event.hash $$`,
      `CREATE OR REPLACE FUNCTION video_generation_facts_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT facts_hash FROM audit_event WHERE generation_id = generation.id AND sequence = 1 $$`,
    ];

    test('is judged as before where it is as it was made', async () => {
      await aGeneration();
      expect(await verifyAuditLog(prisma, { trust })).toMatchObject({ ok: true, unjudged: null });
      await prisma.$executeRawUnsafe(drop);
      const unjudged = expect.stringMatching(
        /audit_event_append_only on audit_event is missing.*9999_x/,
      );
      const verification = await verifyAuditLog(prisma, { trust });
      await prisma.$executeRawUnsafe(whole);
      expect(verification).toMatchObject({ ok: true, unjudged });
    });

    test.each([
      ['EVENT_CHANGED', `UPDATE audit_event SET caller_id = 'mallory' WHERE sequence = 2`],
      ['GENERATION_CHANGED', `UPDATE video_generation SET list_price_usd = 0.01`],
    ])('is not what hashes are reckoned by: %s', async (reason, change) => {
      await aGeneration();
      await withoutTriggers(prisma, ...blind, change);
      const logged: [string, object, string][] = [];
      const logs = (level: string) => (details: object, message: string) =>
        void logged.push([level, details, message]);
      const log = { info: logs('info'), warn: logs('warn'), error: logs('error') };
      const watch = new AuditWatch({ prisma, checkpoints, log, now: app.clock.now, trust });
      const look = await watch.look();
      await watch.stop();
      const unjudged = expect.stringMatching(/function audit_event_hash\(.*\) was altered/);
      expect(look).toMatchObject({ ok: false, firstBad: { reason }, unjudged });
      // Not an alarm while servers are replaced, nor nothing.
      const once = expect.objectContaining({ unjudged });
      expect(logged.map(([level, details]) => [level, details])).toEqual([
        ['warn', once],
        ['warn', once],
      ]);
    });

    test('does not make less of what no version does', async () => {
      await aGeneration();
      await checkpoints.make();
      await withoutTriggers(
        prisma,
        ...blind,
        `UPDATE audit_checkpoint SET hash = 'ff', public_key = NULL, signature = NULL`,
      );
      const errors: string[] = [];
      const log = { ...silent, error: (_: object, message: string) => void errors.push(message) };
      const watch = new AuditWatch({ prisma, checkpoints, log, now: app.clock.now, trust });
      await watch.look();
      await watch.stop();
      expect(errors).toEqual([expect.stringContaining('AUDIT ALARM')]);
    });
  });

  test('is looked at: a column that repeats others no more', async () => {
    const broken = await prisma
      .$transaction(async (tx) => {
        await tx.$executeRawUnsafe(
          'ALTER TABLE audit_event ALTER COLUMN search_text DROP EXPRESSION',
        );
        const ask = {
          $queryRaw: tx.$queryRaw.bind(tx),
          $transaction: (all: unknown[]) => Promise.all(all),
        };
        const look = await Look.into(ask as unknown as typeof prisma);
        const { broken: detail } = await judgeGuards(look, await readGuards());
        await tx.$executeRawUnsafe('SET LOCAL search_path = DEFAULT');
        throw new Error(detail!);
      })
      .catch((error: Error) => error.message);
    expect(broken).toBe('column search_text is missing');
  });

  test('is looked at by PostgreSQL’s own functions only', async () => {
    const { rows: before } = await app.database.pool.query<{ path: string }>(
      `SELECT current_setting('search_path') AS path`,
    );
    const guards = await readGuards();
    const { broken } = await prisma.$transaction(async (tx) => {
      await tx.$executeRawUnsafe(`SET LOCAL search_path = ${before[0]!.path}, pg_catalog`);
      return await judgeGuards(await Look.into(tx as typeof prisma), guards);
    });
    expect(broken).toContain('search_path');
  });
});
