/**
 * `npm run migration -- check` compares prisma/schema.prisma with what the migrations build and
 * exits with 1 when they differ, printing the SQL that is missing.
 * `npm run migration -- new NAME` writes that SQL into a new migration.
 *
 * Prisma's own commands for this need a native engine that is downloaded at run time. This runs the
 * same engine, compiled to WebAssembly, on PostgreSQL in memory: offline and without a server.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { migrationsDirectory, readMigrations } from '../src/database/migrate.ts';

const schemaPath = fileURLToPath(new URL('../prisma/schema.prisma', import.meta.url));

/** TypeScript declares it for browsers only. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

/** Node 20 cannot import a .wasm file as the package's own entry does. */
async function loadEngine(): Promise<void> {
  const file = new URL(
    './schema_engine_bg.wasm',
    import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    './schema_engine_bg.js': engine,
  });
  // Left out of the package's own types.
  const glue = engine as unknown as { __wbg_set_wasm(exports: object): void };
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

async function emptyDatabase(): Promise<SqlDriverAdapter> {
  const pglite = await PGlite.create({ extensions: { pg_trgm } });
  const adapter = await new PrismaPGlite(pglite).connect();
  // The original starts the script and does not wait for it.
  adapter.executeScript = async (script) => void (await pglite.exec(script));
  adapter.dispose = () => pglite.close();
  return adapter;
}

async function listMigrations(): Promise<MigrationList> {
  const lockfile = await readFile(`${migrationsDirectory}/migration_lock.toml`, 'utf8');
  const migrations = await readMigrations();
  return {
    baseDir: migrationsDirectory,
    lockfile: { path: 'migration_lock.toml', content: lockfile },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      // The engine runs a migration in one transaction, in which no index can be made concurrently.
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: sql.replaceAll('INDEX CONCURRENTLY', 'INDEX') },
      },
    })),
  };
}

/** The SQL that leads from what the migrations build to the schema; empty when they agree. */
async function findDrift(): Promise<string> {
  await loadEngine();
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: 'pglite',
    connect: emptyDatabase,
    connectToShadowDb: emptyDatabase,
  });
  const files = [{ path: schemaPath, content: await readFile(schemaPath, 'utf8') }];
  const schemaEngine = await engine.SchemaEngine.new(
    { datamodels: files.map(({ path, content }) => [path, content]) },
    () => undefined,
    factory,
  );
  const { stdout, exitCode } = await schemaEngine.diff({
    from: { tag: 'migrations', ...(await listMigrations()) },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: true,
    filters: { externalTables: [], externalEnums: [] },
  });
  return exitCode === 2 ? (stdout ?? '') : '';
}

async function writeMigration(name: string, sql: string): Promise<string> {
  const existing = await readMigrations();
  const number = Math.max(0, ...existing.map((migration) => parseInt(migration.name, 10))) + 1;
  const directory = `${migrationsDirectory}/${String(number).padStart(4, '0')}_${name}`;
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/migration.sql`, `${sql.trim()}\n`);
  return `${directory}/migration.sql`;
}

const [command, name = ''] = process.argv.slice(2);
if (command === 'check') {
  const drift = await findDrift();
  if (drift) {
    console.error(`The migrations do not build prisma/schema.prisma. Missing:\n\n${drift}`);
    process.exitCode = 1;
  } else {
    console.log('The migrations build exactly what prisma/schema.prisma describes.');
  }
} else if (command === 'new' && /^[a-z0-9_]+$/.test(name)) {
  const drift = await findDrift();
  console.log(
    drift ? `Wrote ${await writeMigration(name, drift)}` : 'There is nothing to migrate.',
  );
} else {
  console.error(
    'Usage: npm run migration -- check | new NAME   (NAME: lower-case letters, digits, _)',
  );
  process.exitCode = 2;
}
