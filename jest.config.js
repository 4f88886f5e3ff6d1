import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import pg from 'pg';

const postgresUrl = process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/postgres';

const common = {
  testEnvironment: '<rootDir>/test/support/environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  // As the service is compiled (.swcrc).
  transform: { '^.+\\.ts$': '@swc/jest' },
  setupFiles: ['<rootDir>/test/support/native-modules.ts'],
};

/**
 * Tests about something else than what is stored: they run once, on the server when there is one.
 * All other integration tests run on each database.
 */
const onAnyDatabase = [
  ...['cli/', 'client/', 'drop-in/', 'graphql/', 'pages/', 'simulator/', 'start/'],
  // What comes of MiniMax's answers.
  'media/(archive-kills|download|fetched-inputs|lost-inputs|seeking|serving|storage|storage-failures|uploads-in-pieces)\\.test',
  'following/(accounts|callbacks|follow|second-generation)\\.test',
  'submission/(addresses|decisions|dying-server|empty-account|image-room|key|named-tasks|second-generation|spend-once)\\.test',
];

/** Whether a PostgreSQL server can be reached; it must be tried first. */
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
  // In the names of its databases, by which they are found when it is over.
  process.env.REELGRAPH_TEST_RUN = randomBytes(4).toString('hex');
  const databases = [['embedded', undefined]];
  if (await postgresAnswers()) databases.push(['postgres', postgresUrl]);
  else {
    process.stderr.write(
      'No PostgreSQL server answers (set TEST_DATABASE_URL): testing on the embedded database only.\n',
    );
  }
  return {
    // For a machine that others keep busy; nothing takes as long by itself.
    testTimeout: 120_000,
    // A third of the time a worker waits; more than three on two cores starve each other.
    maxWorkers: Math.max(3, Math.ceil(availableParallelism() / 2)),
    // Modules of finished files are never given back: a worker that has run many is slow for its garbage.
    workerIdleMemoryLimit: '1GB',
    projects: [
      { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
      ...databases.map(([displayName, databaseUrl], index) => ({
        ...common,
        displayName,
        testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
        // The last one is the server, where there is one.
        testPathIgnorePatterns:
          index === databases.length - 1
            ? []
            : [`<rootDir>/test/integration/(${onAnyDatabase.join('|')})`],
        // On one of them what is about something else as well is tested in full.
        globals: { databaseUrl, isMainDatabase: index === databases.length - 1 },
        globalTeardown: '<rootDir>/test/support/drop-databases.js',
      })),
    ],
  };
}
