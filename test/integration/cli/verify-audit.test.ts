import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ApiKeys } from '../../../src/access/api-keys.ts';
import { AuditLog } from '../../../src/audit/log.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { silent } from '../../support/database.ts';
import { aPlace, launchCommand, undo, type Place } from '../../support/process.ts';

const head = /^Head: (reelgraph-head-1\.(\d+)\.\S+)$/m;

/** What an operator sees of a run. */
async function verifyAudit(place: Place, args: string[] = [], more: Record<string, string> = {}) {
  const { ended, output } = launchCommand(place, ['verify-audit', ...args], more);
  const code = await ended;
  return {
    code,
    ...output,
    head: head.exec(output.stdout)?.[1],
    number: head.exec(output.stdout)?.[2],
  };
}

/** Each key that is made leaves an event. It is made here: a process of its own would take seconds to start. */
async function addEvent({ cwd, env }: Place): Promise<void> {
  const url = env['DATABASE_URL'];
  const dataDir = join(cwd, 'data');
  const database = await openDatabase({ ...(url && { url }), dataDir, logger: silent });
  const { prisma } = database;
  const now = () => new Date();
  const audit = new AuditLog({ prisma, log: silent, now });
  const keys = new ApiKeys({ prisma, now, record: audit.recordKeyChange });
  await keys.create(
    { callerId: 'me', name: '', role: 'ADMIN', tenant: null, expiresAt: null },
    null,
  );
  await database.close();
}

test('verify-audit tells that all is well, seals it, and goes on from what it was told before', async () => {
  const place = await aPlace();
  const made = launchCommand(place, ['keys', 'create', '--caller', 'me', '--role', 'admin']);
  expect(await made.ended).toBe(0);
  const first = await verifyAudit(place);
  expect(first).toMatchObject({ code: 0, stderr: '', number: '1' });
  expect(first.stdout).toContain('1 events are as they were written.');

  await addEvent(place);
  const kept = first.head!;
  const second = await verifyAudit(place, ['--expect', kept, '--since', kept]);
  expect(second).toMatchObject({ code: 0, stderr: '', number: '2' });
  expect(second.stdout).toContain('1 events after checkpoint 1 are as they were written.');

  // Nothing is new: the last checkpoint is told again. The last line of the file is expected.
  const file = join(place.cwd, 'heads');
  await writeFile(file, `${second.head}\n${kept}\n`);
  const third = await verifyAudit(place, ['--since', '2'], { AUDIT_HEAD_FILE: file });
  expect(third).toMatchObject({ code: 0, stderr: '', head: second.head });
  expect(third.stdout).toContain('0 events after checkpoint 2');
}, 120_000);

test('verify-audit exits with 1 and a sentence when it is asked for what is not there', async () => {
  const place = await aPlace();
  await addEvent(place);
  const { head: kept } = await verifyAudit(place);
  const [name, number, made, ...rest] = kept!.split('.');
  const later = [name, '7', made, ...rest].join('.');
  const other = [
    name,
    number,
    made,
    ...rest.map((part) => part.replace(/^[\da-f]{64}$/, 'ff')),
  ].join('.');
  const file = join(place.cwd, 'heads');
  await writeFile(file, `${kept}\n${later}\n`);
  const gone = (sequence: string) =>
    `The database has no checkpoint ${sequence} as it was kept elsewhere: it was rewritten or removed.\n`;
  const cases: [string[], unknown, Record<string, string>?][] = [
    [['--expect', later], gone('7')],
    [['--expect', kept!, '--expect', other], gone('1')],
    [[], gone('7'), { AUDIT_HEAD_FILE: file }],
    [['--since', '7'], 'The database has no checkpoint 7.\n'],
    [['--since', other], expect.stringContaining('with the hash and the counts of this head')],
    [['--expect', 'nonsense'], 'This is not a head: nonsense\n'],
    [['--until', '1'], expect.stringContaining('npm run verify-audit -- --since')],
  ];
  const check = async ([args, stderr, more]: (typeof cases)[number]) => {
    expect([args, await verifyAudit(place, args, more)]).toEqual([
      args,
      expect.objectContaining({ code: 1, stdout: '', stderr }),
    ]);
  };
  // Of an embedded database one process has the directory.
  if (globalThis.databaseUrl === undefined) for (const each of cases) await check(each);
  else await Promise.all(cases.map(check));
}, 180_000);

(globalThis.databaseUrl === undefined ? describe.skip : describe)(
  'verify-audit on a server',
  () => {
    test('names the first event that was altered, and with --since believes what came before', async () => {
      const place = await aPlace();
      await addEvent(place);
      const { head: kept } = await verifyAudit(place);
      await addEvent(place);
      const client = new pg.Client({ connectionString: place.env['DATABASE_URL']! });
      await client.connect();
      undo.push(() => client.end());
      await client.query(`SET session_replication_role = replica`);
      const { rows } = await client.query<{ id: string }>(
        `UPDATE audit_event SET caller_id = 'nobody' WHERE sequence = 1 RETURNING id`,
      );
      const stderr = `Event ${rows[0]!.id} (number 1 of no generation), or the one before it, was altered or moved.\n`;
      expect(await verifyAudit(place)).toMatchObject({ code: 1, stdout: '', stderr });
      expect(await verifyAudit(place, ['--since', kept!])).toMatchObject({ code: 0, stderr: '' });
    }, 120_000);

    test('exits with 1 and a sentence where nothing can be looked at', async () => {
      const place = await aPlace();
      await addEvent(place);
      const client = new pg.Client({ connectionString: place.env['DATABASE_URL']! });
      await client.connect();
      undo.push(() => client.end());
      await client.query('ALTER TABLE audit_event RENAME COLUMN facts_hash TO other');
      expect(await verifyAudit(place)).toMatchObject({
        ...{ code: 1, stdout: '' },
        stderr:
          'The audit log could not be looked at to its end: nothing is known of how it is. PostgreSQL’s log says why.\n',
      });
    }, 120_000);

    test('exits with 2 and seals nothing where what guards the log is of a version that it does not know', async () => {
      const place = await aPlace();
      await addEvent(place);
      const client = new pg.Client({ connectionString: place.env['DATABASE_URL']! });
      await client.connect();
      undo.push(() => client.end());
      await client.query(`
        INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
          VALUES ('x', 'x', '9999_x', now(), 1);
        CREATE OR REPLACE FUNCTION audit_event_hash(event audit_event, previous text) RETURNS text
          LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT event.hash $$`);
      const unjudged = await verifyAudit(place);
      expect(unjudged).toMatchObject({ code: 2, stdout: '' });
      expect(unjudged.stderr).toMatch(/^What guards the log was not judged: .*9999_x/);
      await client.query(`
        SET session_replication_role = replica;
        UPDATE audit_event SET caller_id = 'mallory'`);
      const altered = await verifyAudit(place);
      expect(altered).toMatchObject({ code: 1, stdout: '' });
      expect(altered.stderr).toMatch(/was altered or moved\.\nWhat guards the log was not judged/);
    }, 120_000);
  },
);
