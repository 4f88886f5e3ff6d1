import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { DatabaseLogger } from './database-logger.ts';
import { DatabaseStartError } from './start-error.ts';

/** The same path from `src/database/` and from `dist/database/`. */
export const migrationsDirectory = fileURLToPath(
  new URL('../../prisma/migrations', import.meta.url),
);

/** The number under which Prisma's own engine locks, so that the two exclude each other. */
const ADVISORY_LOCK = 72707369;

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
 * Several servers may start together: one migrates, the others wait and find nothing to do. The
 * bookkeeping is Prisma's, so `prisma migrate status` and `deploy` agree with it. Rejects with a
 * `DatabaseStartError` that names the migration when one was edited after it had been applied, was
 * left half-failed by another tool, or fails now (nothing of it remains then).
 */
export async function migrate(
  pool: pg.Pool,
  logger: DatabaseLogger,
  directory = migrationsDirectory,
): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await lock(client, logger);
    return await applyMissing(client, migrations, logger);
  } catch (error) {
    if (error instanceof DatabaseStartError) throw error;
    throw new DatabaseStartError(`The database cannot be migrated: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await client.query('SELECT pg_advisory_unlock_all()').catch(onError);
    client.off('error', onError);
    client.release(broken);
  }
}

async function lock(client: pg.PoolClient, logger: DatabaseLogger): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS locked',
    [ADVISORY_LOCK],
  );
  if (rows[0]?.locked) return;
  logger.info({}, 'Another server is migrating the database: waiting for it');
  await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
}

async function applyMissing(
  client: pg.PoolClient,
  migrations: Migration[],
  logger: DatabaseLogger,
): Promise<string[]> {
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
    await apply(client, migration);
    logger.info({ migration: migration.name }, 'Applied a database migration');
  }
  return missing.map(({ name }) => name);
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

async function apply(client: pg.PoolClient, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations
         (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new DatabaseStartError(
      `Migration ${name} failed and was rolled back: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
