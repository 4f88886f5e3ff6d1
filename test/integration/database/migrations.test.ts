import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { DatabaseStartError } from '../../../src/database/database.ts';
import { migrationLimits, usualLimits } from '../../../src/database/limits.ts';
import { migrate, migrationsDirectory, readMigrations } from '../../../src/database/migrate.ts';
import { openServer } from '../../../src/database/server.ts';
import { createServerDatabase, openEmptyEmbedded, silent } from '../../support/database.ts';
import { ServerProxy } from '../../support/server-proxy.ts';
import { until } from '../../support/until.ts';

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

let folder: string;
let pool: pg.Pool;
let closePool: () => Promise<void>;

beforeAll(async () => {
  if (globalThis.databaseUrl === undefined) {
    const embedded = await openEmptyEmbedded();
    pool = embedded.pool;
    closePool = () => embedded.close();
  } else {
    const { url, drop } = await createServerDatabase({ migrated: false });
    pool = (await openServer({ url, logger: silent })).directPool({ max: 4 });
    closePool = async () => {
      await pool.end();
      await drop();
    };
  }
});
afterAll(() => closePool());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  await addMigration('0001_films', 'CREATE TABLE film (id int); INSERT INTO film VALUES (1);');
  await addMigration('0002_title', 'ALTER TABLE film ADD COLUMN title text;');
});
afterEach(async () => {
  await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await rm(folder, { recursive: true });
});

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
}

async function tableExists(name: string): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS found',
    [name],
  );
  return rows[0]!.found;
}

async function urlOfServer(): Promise<string> {
  const { rows } = await pool.query<{ name: string }>('SELECT current_database() AS name');
  const url = new URL(globalThis.databaseUrl!);
  url.pathname = rows[0]!.name;
  return url.href;
}

test('migrations are applied in the order of their names, and only once', async () => {
  expect(await migrate(pool, silent, folder)).toEqual(['0001_films', '0002_title']);
  expect(await migrate(pool, silent, folder)).toEqual([]);
  const { rows } = await pool.query('SELECT id, title FROM film');
  expect(rows).toEqual([{ id: 1, title: null }]);
});

test('runners that start together apply each migration once', async () => {
  const applied = await Promise.all([1, 2, 3].map(() => migrate(pool, silent, folder)));
  expect(applied.flat().sort()).toEqual(['0001_films', '0002_title']);
});

test('a migration edited after it was applied is refused by name', async () => {
  await migrate(pool, silent, folder);
  await addMigration('0001_films', 'CREATE TABLE film (id bigint);');
  await addMigration('0003_new', 'CREATE TABLE newer (id int);');
  const second = migrate(pool, silent, folder);
  await expect(second).rejects.toThrow(DatabaseStartError);
  await expect(second).rejects.toThrow('Migration 0001_films was edited');
  expect(await tableExists('newer')).toBe(false);
});

test('a checkout with Windows line endings is the same migration', async () => {
  await addMigration('0003_lines', 'CREATE TABLE line\n  (id int);\n');
  await migrate(pool, silent, folder);
  await addMigration('0003_lines', 'CREATE TABLE line\r\n  (id int);\r\n');
  expect(await migrate(pool, silent, folder)).toEqual([]);
});

test('a migration that another tool left half-failed is refused by name', async () => {
  await migrate(pool, silent, folder);
  await pool.query(
    "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '0002_title'",
  );
  await expect(migrate(pool, silent, folder)).rejects.toThrow('Migration 0002_title failed');
  await pool.query(
    "UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '0002_title'",
  );
  await pool.query('ALTER TABLE film DROP COLUMN title');
  expect(await migrate(pool, silent, folder)).toEqual(['0002_title']);
});

test('a migration that fails leaves nothing of itself, and works once mended', async () => {
  await addMigration('0003_bad', 'CREATE TABLE half (id int); SELECT 1 / 0;');
  const failing = migrate(pool, silent, folder);
  await expect(failing).rejects.toThrow(DatabaseStartError);
  await expect(failing).rejects.toThrow(
    'Migration 0003_bad failed and was rolled back: division by zero',
  );
  expect(await tableExists('half')).toBe(false);
  expect(await tableExists('film')).toBe(true);
  await addMigration('0003_bad', 'CREATE TABLE half (id int);');
  expect(await migrate(pool, silent, folder)).toEqual(['0003_bad']);
});

test('what an older dump left there when it was restored over a later version is named for what it is', async () => {
  await migrate(pool, silent, folder);
  await pool.query('CREATE TABLE actor (id int)');
  await addMigration('0003_actors', 'CREATE TABLE actor (id int);');
  await expect(migrate(pool, silent, folder)).rejects.toThrow(
    /^Migration 0003_actors found what it would make: .* Restore it into an empty database: relation "actor" already exists/,
  );
});

test('indexes can be made while others write, and what was not finished is made anew', async () => {
  await migrate(pool, silent, folder);
  await addMigration(
    '0003_index',
    '-- concurrently\nCREATE INDEX CONCURRENTLY IF NOT EXISTS "film_title" ON film (title);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS "film_id" ON film (id);\n',
  );
  // As a server leaves it that is killed in the middle.
  await pool.query('CREATE INDEX film_title ON film (id)');
  await pool.query(
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'film_title'::regclass",
  );
  expect(await migrate(pool, silent, folder)).toEqual(['0003_index']);
  const { rows } = await pool.query(
    "SELECT indexdef FROM pg_indexes WHERE tablename = 'film' ORDER BY indexname",
  );
  expect(rows).toEqual([
    { indexdef: expect.stringContaining('(id)') },
    { indexdef: expect.stringContaining('(title)') },
  ]);
  expect(await migrate(pool, silent, folder)).toEqual([]);
});

onServer('on a server', () => {
  // As the service's own, but for how long it waits for a table.
  let hasty: pg.Pool;

  beforeEach(async () => {
    const server = await openServer({ url: await urlOfServer(), logger: silent });
    hasty = server.directPool({ max: 1, limits: { ...usualLimits, lockMs: 300 } });
  });
  afterEach(() => hasty.end());

  test('a migration that waits for a table lets others use it, and is applied when it is free', async () => {
    await migrate(pool, silent, folder);
    await addMigration('0003_year', 'ALTER TABLE film ADD COLUMN year int;');
    const reader = await pool.connect();
    await reader.query("SET idle_in_transaction_session_timeout = '1min'");
    await reader.query('BEGIN; SELECT FROM film');
    const told: string[] = [];
    const logger = { ...silent, info: (_: object, message: string) => void told.push(message) };
    const applied = migrate(hasty, logger, folder);
    await until(() => told.length > 0);
    // Would wait behind the migration for as long as that waits for the reader.
    await pool.query('SELECT FROM film');
    await reader.query('COMMIT');
    reader.release();
    expect(await applied).toEqual(['0003_year']);
    expect(told[0]).toBe('A migration waits for a table that others use');
  });

  test('a migration that never gets its table says so in one line', async () => {
    await migrate(pool, silent, folder);
    await addMigration('0003_year', 'ALTER TABLE film ADD COLUMN year int;');
    const reader = await pool.connect();
    await reader.query("SET idle_in_transaction_session_timeout = '1min'");
    await reader.query('BEGIN; SELECT FROM film');
    await expect(migrate(hasty, silent, folder, 0)).rejects.toThrow(
      'Migration 0003_year could not have its tables: a long transaction or a backup holds them.',
    );
    await reader.query('COMMIT');
    reader.release();
  });
});

onServer('over connections that may lead nowhere', () => {
  const limits = { ...migrationLimits, silenceMs: 1_000 };
  let proxy: ServerProxy;
  let through: pg.Pool;
  let lost: string[];
  let onApplied: () => void;
  const logger = {
    ...silent,
    info: (_: object, message: string) => void (/^Applied/.test(message) && onApplied()),
    warn: (_: object, message: string) => void lost.push(message),
  };

  beforeEach(async () => {
    proxy = await ServerProxy.start(await urlOfServer());
    const server = await openServer({ url: proxy.url, logger: silent });
    through = server.patientPool({ max: 1, limits });
    lost = [];
    onApplied = () => undefined;
  });
  afterEach(async () => {
    await through.end();
    await proxy.close();
  });

  // Its backend has the lock of migrations, and would keep it for a minute.
  test('one that swallows what it carries is replaced, and its backend ended', async () => {
    onApplied = () => {
      onApplied = () => undefined;
      proxy.swallow();
    };
    expect(await migrate(through, logger, folder)).toEqual(['0001_films', '0002_title']);
    expect(lost).toEqual(['Lost the connection while migrating: trying again']);
  });

  test('a statement that takes long is not cut', async () => {
    await addMigration('0003_long', 'SELECT pg_sleep(2.5)');
    expect(await migrate(through, logger, folder)).toHaveLength(3);
    expect(lost).toEqual([]);
  });

  test('one that leads nowhere again and again is told of in one line', async () => {
    await addMigration('0001_cut', 'SELECT pg_terminate_backend(pg_backend_pid())');
    await expect(migrate(through, logger, folder)).rejects.toThrow(
      /^Migration 0001_cut failed and was rolled back: terminating connection/,
    );
    expect(lost).toHaveLength(2);
  });
});

test('a database that is ahead of this version is used, with a warning', async () => {
  await migrate(pool, silent, folder);
  await rm(join(folder, '0002_title'), { recursive: true });
  const warnings: object[] = [];
  const logger = { ...silent, warn: (details: object) => void warnings.push(details) };
  expect(await migrate(pool, logger, folder)).toEqual([]);
  expect(warnings).toEqual([{ migration: '0002_title' }]);
});

test('the migrations of this repository can be applied one version at a time', async () => {
  const all = await readMigrations();
  const copy = await mkdtemp(join(tmpdir(), 'migrations-'));
  for (const { name } of all) {
    await cp(join(migrationsDirectory, name), join(copy, name), { recursive: true });
    expect(await migrate(pool, silent, copy)).toEqual([name]);
  }
  expect(await migrate(pool, silent)).toEqual([]);
  await rm(copy, { recursive: true });
});

describe('what was queued before the database had its mark', () => {
  let migrations: string;
  beforeEach(async () => void (migrations = await mkdtemp(join(tmpdir(), 'migrations-'))));
  afterEach(() => rm(migrations, { recursive: true }));

  /** A database of the version that has the migrations up to one, with something queued. */
  async function databaseOf(version: string): Promise<void> {
    for (const { name } of await readMigrations())
      if (name.slice(0, 4) <= version)
        await cp(join(migrationsDirectory, name), join(migrations, name), { recursive: true });
    await migrate(pool, silent, migrations);
    await queue('database_incarnation()');
    await queue(`'elsewhere'`);
  }

  async function queue(incarnation: string): Promise<void> {
    await pool.query(`
      WITH created AS (
        INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model, prompt,
          duration, resolution, prompt_optimizer, simulated, status, version, next_attempt_at, incarnation)
        SELECT gen_random_uuid(), now(), now(), 'me', '', 'MiniMax-Hailuo-02', 'A boat', 6, '768P',
          true, false, 'QUEUED', 1, now(), ${incarnation} RETURNING id
      )
      INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, to_status)
      SELECT (lpad((SELECT count(*) FROM audit_event)::text, 8, '0') || '-0000-7000-8000-000000000000')::uuid,
        now(), 'GENERATION_CREATED', id, 1, 'QUEUED' FROM created`);
  }

  /** Leaves the rows of each table as a dump does, whose COPY is one transaction. */
  async function restoreADump(): Promise<void> {
    await pool.query('UPDATE _prisma_migrations SET finished_at = finished_at');
    await pool.query(`BEGIN; SET LOCAL session_replication_role = replica;
      UPDATE audit_event SET sequence = sequence; COMMIT`);
  }

  const arePresent = async () => {
    const { rows } = await pool.query<{ isPresent: boolean }>(
      'SELECT incarnation = database_incarnation() AS "isPresent" FROM video_generation ORDER BY 1',
    );
    return rows.map(({ isPresent }) => isPresent);
  };

  test('is not held after it', async () => {
    await databaseOf('0033');
    expect(await migrate(pool, silent)).toContain('0034_restored_dumps');
    expect(await arePresent()).toEqual([false, true]);
  });

  test.each(['0033', '0030'])('is held when it comes from a dump of %s', async (version) => {
    await databaseOf(version);
    await restoreADump();
    await migrate(pool, silent);
    expect(await arePresent()).toEqual([false, false]);
  });

  test('is not held when a dump had been restored before it was queued', async () => {
    await databaseOf('0033');
    await restoreADump();
    await queue('database_incarnation()');
    await migrate(pool, silent);
    expect(await arePresent()).toEqual([false, false, true]);
  });

  test('is not held by a later version, which finds the mark there', async () => {
    await databaseOf('0034');
    await restoreADump();
    await pool.query(
      `UPDATE _prisma_migrations SET finished_at = finished_at - interval '2 hours'`,
    );
    await migrate(pool, silent);
    expect(await arePresent()).toEqual([false, true]);
  });
});
