import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { root } from '../root.ts';
import type { DatabaseLogger } from './database-logger.ts';
import { DatabaseStartError } from './start-error.ts';

export const migrationsDirectory = fileURLToPath(new URL('prisma/migrations', root));

/** The number under which Prisma's own engine locks, so that the two exclude each other. */
const ADVISORY_LOCK = 72707369;

/** How often another server is asked for whether it has migrated. */
const TURN_EVERY_MS = 250;

/** So many connections may be lost on the way. */
const CONNECTIONS = 3;

/**
 * The first line of a migration that makes indexes while others write: they cannot be made so in a
 * transaction. Each of its statements is run by itself, and must be one that may be run again.
 */
const CONCURRENTLY = '-- concurrently\n';

export interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedMigration {
  migration_name: string;
  checksum: string;
  finished: boolean;
}

/** The migrations of a folder in the order in which they are applied: by name. */
export async function readMigrations(directory = migrationsDirectory): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      // A checkout with Windows line endings is the same migration.
      const sql = (await readFile(`${directory}/${name}/migration.sql`, 'utf8')).replaceAll(
        '\r\n',
        '\n',
      );
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Applies what is missing, each migration in one transaction, and resolves to the names applied.
 *
 * Other servers work on meanwhile: a migration that has to wait for a lock gives way after the
 * connection's `lock_timeout`, since whoever comes after it would wait too, and tries again.
 *
 * Several servers may start together: one migrates, the others wait and find nothing to do. The
 * bookkeeping is Prisma's, so `prisma migrate status` and `deploy` agree with it. A connection that is
 * lost on the way is replaced. Rejects with a
 * `DatabaseStartError` that names the migration when one was edited after it had been applied, was
 * left half-failed by another tool, or fails now (nothing of it remains then).
 */
export async function migrate(
  pool: pg.Pool,
  logger: DatabaseLogger,
  directory = migrationsDirectory,
  patienceMs = 60_000,
): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const applied: string[] = [];
  for (let left = CONNECTIONS; ; left -= 1) {
    const { failure, lost } = await onOneConnection(pool, async (client) => {
      await lock(client, logger);
      await applyMissing(client, migrations, logger, patienceMs, applied);
    });
    if (failure === undefined) return applied;
    if (lost === undefined || left <= 1) {
      if (failure instanceof DatabaseStartError) throw failure;
      throw new DatabaseStartError(`The database cannot be migrated: ${messageOf(failure)}`, {
        cause: failure,
      });
    }
    logger.warn({ reason: lost.message }, 'Lost the connection while migrating: trying again');
  }
}

/** What went wrong with the work, and with the connection itself. */
async function onOneConnection(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<{ failure?: unknown; lost?: Error | undefined }> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (failure) {
    return { failure };
  }
  let lost: Error | undefined;
  const onError = (error: Error) => {
    lost ??= error;
  };
  client.on('error', onError);
  const failure = await work(client).then(
    () => undefined,
    (error: unknown) => error,
  );
  await client.query('SELECT pg_advisory_unlock_all()').catch(onError);
  client.off('error', onError);
  client.release(lost);
  return { failure, lost };
}

async function lock(client: pg.PoolClient, logger: DatabaseLogger): Promise<void> {
  for (let waiting = false; ; waiting = true) {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS locked',
      [ADVISORY_LOCK],
    );
    if (rows[0]?.locked) return;
    if (!waiting) logger.info({}, 'Another server is migrating the database: waiting for it');
    await pause(TURN_EVERY_MS);
  }
}

async function applyMissing(
  client: pg.PoolClient,
  migrations: Migration[],
  logger: DatabaseLogger,
  patienceMs: number,
  added: string[],
): Promise<void> {
  const applied = await readApplied(client);
  for (const { migration_name: name, finished, checksum } of applied) {
    const migration = migrations.find((candidate) => candidate.name === name);
    if (!finished) {
      throw new DatabaseStartError(
        `Migration ${name} failed half-way earlier. Repair the tables, then mark it with "prisma migrate resolve", or restore a backup.`,
      );
    }
    if (!migration) {
      logger.warn({ migration: name }, 'The database has a migration that this version lacks');
    } else if (migration.checksum !== checksum) {
      throw new DatabaseStartError(
        `Migration ${name} was edited after it had been applied to this database. Put the file back as it was, and make the change in a new migration.`,
      );
    }
  }
  const known = new Set(applied.map((migration) => migration.migration_name));
  const missing = migrations.filter(({ name }) => !known.has(name));
  for (const migration of missing) {
    await applyPatiently(client, migration, logger, patienceMs);
    added.push(migration.name);
    logger.info({ migration: migration.name }, 'Applied a database migration');
  }
}

async function readApplied(client: pg.PoolClient): Promise<AppliedMigration[]> {
  // Checked first, because IF NOT EXISTS would ask for the right to create tables at every start.
  const { rows: tables } = await client.query<{ name: string | null }>(
    "SELECT to_regclass('_prisma_migrations')::text AS name",
  );
  if (!tables[0]?.name) {
    await client.query(`
      CREATE TABLE _prisma_migrations (
        id                  VARCHAR(36) PRIMARY KEY NOT NULL,
        checksum            VARCHAR(64) NOT NULL,
        finished_at         TIMESTAMPTZ,
        migration_name      VARCHAR(255) NOT NULL,
        logs                TEXT,
        rolled_back_at      TIMESTAMPTZ,
        started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
        applied_steps_count INTEGER NOT NULL DEFAULT 0
      )`);
  }
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** PostgreSQL's, of a table, column, type, function or schema that is there. */
const remains = new Set(['42P07', '42701', '42710', '42723', '42P06']);

async function applyPatiently(
  client: pg.PoolClient,
  migration: Migration,
  logger: DatabaseLogger,
  patienceMs: number,
): Promise<void> {
  const { name } = migration;
  const deadline = performance.now() + patienceMs;
  for (let waiting = false; ; waiting = true) {
    try {
      return await apply(client, migration);
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      const isLocked = ['55P03', '40P01'].includes(code);
      if (isLocked && performance.now() < deadline) {
        if (!waiting)
          logger.info({ migration: name }, 'A migration waits for a table that others use');
        // Of different lengths, so that it does not meet the same again and again.
        await pause(200 + Math.random() * 800);
        continue;
      }
      const problem = isLocked
        ? 'could not have its tables: a long transaction or a backup holds them. End it and start again'
        : remains.has(code)
          ? 'found what it would make: a dump of an earlier version was restored over a later one. Restore it into an empty database'
          : 'failed and was rolled back';
      throw new DatabaseStartError(`Migration ${name} ${problem}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

async function apply(client: pg.PoolClient, { name, sql, checksum }: Migration): Promise<void> {
  const record = () =>
    client.query(
      `INSERT INTO _prisma_migrations
         (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
  if (sql.startsWith(CONCURRENTLY)) {
    await makeIndexes(client, sql);
    await record();
    return;
  }
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await record();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Nobody waits for these, so they may wait for whatever transactions there are. */
async function makeIndexes(client: pg.PoolClient, sql: string): Promise<void> {
  const { rows } = await client.query<{ wait: string }>(
    "SELECT current_setting('lock_timeout') AS wait",
  );
  await client.query('SET lock_timeout = 0');
  try {
    for (const [, name] of sql.matchAll(/INDEX CONCURRENTLY IF NOT EXISTS "?(\w+)"?/gi)) {
      // One that was not finished is there, and never used.
      const { rows: unfinished } = await client.query(
        'SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid',
        [`"${name}"`],
      );
      if (unfinished.length > 0) await client.query(`DROP INDEX "${name}"`);
    }
    for (const statement of sql.split(/;\s*$/m)) {
      if (statement.trim() !== '') await client.query(statement);
    }
  } finally {
    await client.query(`SET lock_timeout = '${rows[0]!.wait}'`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
