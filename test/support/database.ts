import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openDatabase } from '../../src/database/database.ts';
import type { Database } from '../../src/database/database.ts';
import type { DatabaseLogger } from '../../src/database/database-logger.ts';
import { openEmbedded, type Embedded } from '../../src/database/embedded.ts';
import { migrate, readMigrations } from '../../src/database/migrate.ts';

/** `DATA_DIR` of the apps that tests start: not the developer's own. */
export const testDataDirectory = join(tmpdir(), 'reelgraph-tests');

declare global {
  /** Set by the jest project: a server's URL, or undefined for the embedded database. */
  var databaseUrl: string | undefined;
  var isMainDatabase: boolean;
  /** What outlives a test file (environment.js): the embedded database, and the URL of one on the server. */
  var kept: { embedded?: TestDatabase; url?: string };
}

/** On a server the database has a `url`, so that a test can open it a second time. */
export type TestDatabase = Database & { url?: string };

export const silent: DatabaseLogger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A migrated, empty database of the kind that the jest project tests on; `close` removes it. */
export async function openTestDatabase(): Promise<TestDatabase> {
  if (globalThis.databaseUrl === undefined) {
    return openDatabase({
      dataDir: 'memory://',
      logger: silent,
      snapshot: await readSnapshot(),
    });
  }
  const { url, drop } = await createServerDatabase({ migrated: true });
  const database = await openDatabase({ url, dataDir: '', logger: silent });
  return {
    ...database,
    url,
    async close() {
      await database.close();
      await drop();
    },
  };
}

/**
 * An embedded database without any table, in a directory or in memory: a migrated one that is
 * emptied, since to make one anew takes seconds.
 */
export async function openEmptyEmbedded(directory?: string): Promise<Embedded> {
  const embedded = await openEmbedded({
    ...{ directory, logger: silent },
    snapshot: await readSnapshot(),
  });
  await embedded.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  return embedded;
}

async function readSnapshot(): Promise<Blob> {
  return new Blob([await readFile(await migratedSnapshot())]);
}

/**
 * One that all test files of a worker use one after the other, as they left it: to make one takes up
 * to seconds. On the server it goes when all tests are over (drop-databases.js).
 */
export async function openKeptDatabase(): Promise<TestDatabase> {
  if (globalThis.databaseUrl === undefined) {
    kept.embedded ??= await openTestDatabase();
    return { ...kept.embedded, close: () => Promise.resolve() };
  }
  kept.url ??= (await createServerDatabase({ migrated: true })).url;
  const database = await openDatabase({ url: kept.url, dataDir: '', logger: silent });
  await emptyTables(database);
  // Rows lie in the order in which they come again.
  await database.pool.query(`VACUUM ${tables.join(', ')}`);
  return { ...database, url: kept.url };
}

/** A database of its own on the server: a copy of a migrated one, or an empty one, with a `locale` as SQL says it. */
export async function createServerDatabase({
  migrated,
  server,
  locale = '',
}: {
  migrated: boolean;
  server?: string;
  locale?: string;
}): Promise<{ url: string; drop: () => Promise<void> }> {
  const run = process.env['REELGRAPH_TEST_RUN'] ?? process.pid;
  const name = `reelgraph_test_${run}_${randomUUID().replaceAll('-', '')}`;
  const place = server ?? globalThis.databaseUrl!;
  const template = migrated ? await ensureTemplate(place) : 'template0';
  await onServer(place, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} ${locale}`);
    // No commit waits for the disk: what a power cut takes is not what tests are about. It is what
    // benches, which name their server, are about.
    if (server === undefined)
      await client.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  });
  return {
    url: withDatabase(place, name),
    async drop() {
      await onServer(place, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      );
    },
  };
}

/** Copying a migrated database takes a fraction of the time of migrating each one. */
async function ensureTemplate(server: string): Promise<string> {
  const name = `reelgraph_template_${await migrationsHash()}`;
  await onServer(server, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const { rows } = await client.query<{ finished: boolean }>(
      'SELECT datistemplate AS finished FROM pg_database WHERE datname = $1',
      [name],
    );
    if (rows[0]?.finished) return;
    // One that is not marked was left by a run that was killed while making it.
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    const database = await openDatabase({
      url: withDatabase(server, name),
      dataDir: '',
      logger: silent,
    });
    await database.close();
    await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true`);
  });
  return name;
}

/** The file with a migrated embedded database's data directory as tar archive, made once for all test files. */
export async function migratedSnapshot(): Promise<string> {
  const directory = fileURLToPath(new URL('../../node_modules/.cache/reelgraph', import.meta.url));
  const file = `${directory}/snapshot-${await migrationsHash()}.tar`;
  if (!existsSync(file)) {
    const embedded = await openEmbedded({ logger: silent });
    await migrate(embedded.pool, silent);
    // Nobody makes databases from these, and without them opening takes half the time.
    await embedded.pglite.exec(`UPDATE pg_database SET datistemplate = false;`);
    for (const template of ['template0', 'template1']) {
      await embedded.pglite.exec(`DROP DATABASE ${template};`);
    }
    await embedded.pglite.exec('CHECKPOINT;');
    const snapshot = await embedded.pglite.dumpDataDir('none');
    await embedded.close();
    await mkdir(directory, { recursive: true });
    // Those of earlier migrations, 40 MB each.
    for (const other of await readdir(directory)) {
      const isSnapshot = /^(migrated|snapshot)-/.test(other);
      if (isSnapshot && !`${directory}/${other}`.startsWith(file))
        await rm(`${directory}/${other}`);
    }
    // Renamed into place: another worker may be reading, or making the same.
    const unfinished = `${file}.${randomUUID()}`;
    await writeFile(unfinished, Buffer.from(await snapshot.arrayBuffer()));
    await rename(unfinished, file);
  }
  return file;
}

/** Runs SQL as somebody could who has the database in his hands: no trigger stops it. */
export async function withoutTriggers(
  prisma: Database['prisma'],
  ...statements: string[]
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    await tx.$executeRawUnsafe(`SET LOCAL session_replication_role = replica`);
    for (const statement of statements) await tx.$executeRawUnsafe(statement);
  });
}

const tables = [
  ...['video_generation', 'submission', 'input_image_chunk', 'audit_event', 'audit_checkpoint'],
  ...['upstream_key', 'api_key', 'webhook_endpoint', 'webhook_delivery', 'webhook_attempt'],
  ...['rate_limit', 'export', 'uploaded_file', 'stored_object', 'media_use', 'media_upload'],
  ...['video_archive', 'media_key'],
];

/** Deletes, because TRUNCATE makes every table and index anew: half a second for a test that had ten rows. */
export async function emptyTables({ pool }: Pick<Database, 'pool'>): Promise<void> {
  await pool.query(
    [
      'BEGIN',
      'SET LOCAL session_replication_role = replica',
      ...tables.map((table) => `DELETE FROM ${table}`),
      'DELETE FROM database_life',
      'INSERT INTO database_life SELECT database_incarnation(), to_timestamp(0)',
      'COMMIT',
    ].join(';\n'),
  );
}

async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, checksum } of await readMigrations()) hash.update(`${name} ${checksum}\n`);
  return hash.digest('hex').slice(0, 12);
}

async function onServer<T>(server: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
