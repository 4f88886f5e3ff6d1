import { availableParallelism } from 'node:os';
import pg from 'pg';

const postgresUrl = process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/postgres';

const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  setupFiles: ['reflect-metadata'],
};

/** The integration tests run once for each database that can be reached; the server must be tried first. */
async function postgresAnswers() {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

export default async function config() {
  const databases = [['embedded', undefined]];
  if (await postgresAnswers()) databases.push(['postgres', postgresUrl]);
  else {
    process.stderr.write(
      'No PostgreSQL server answers (set TEST_DATABASE_URL): testing on the embedded database only.\n',
    );
  }
  return {
    testTimeout: 60_000,
    maxWorkers: Math.max(2, availableParallelism() / 2),
    // Modules of finished files are never given back: a worker that has run many is slow for its garbage.
    workerIdleMemoryLimit: '1GB',
    projects: [
      { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
      ...databases.map(([displayName, databaseUrl]) => ({
        ...common,
        displayName,
        testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
        globals: { databaseUrl },
      })),
    ],
  };
}
