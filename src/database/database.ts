import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { Channels } from './channels.ts';
import type { DatabaseLogger } from './database-logger.ts';
import { durabilityProblems } from './durability.ts';
import { DirectoryLock } from './directory-lock.ts';
import { openEmbedded } from './embedded.ts';
import { PrismaClient } from './generated/client.ts';
import { ServerListener } from './listener.ts';
import { migrationLimits, slowLimits } from './limits.ts';
import { migrate } from './migrate.ts';
import type { DatabasePool } from './pool.ts';
import { openServer, type Server } from './server.ts';
import { statementNames } from './statement-names.ts';

export { DatabaseStartError } from './start-error.ts';

export interface Connections {
  /**
   * Prisma's client. On the embedded database there is one connection only: inside an interactive
   * transaction use `tx` for everything, the outer client would wait for the transaction to end.
   */
  readonly prisma: PrismaClient;
  /** The connections under it, for libraries that speak to `pg` themselves. */
  readonly pool: pg.Pool;
}

/** Connections for what callers ask for and wait for, and others beside them. */
export interface Database extends Connections {
  /** Where the rows live: on a PostgreSQL server, or in a PGlite inside this process. */
  readonly kind: 'postgres' | 'embedded';
  /** For claims, leases, outcomes, links, webhooks and readiness: however much callers read, a lease is renewed. */
  readonly work: Connections;
  /** For what may take minutes: exports, the check of the audit log, tidying up. */
  readonly slow: Connections;
  /**
   * Calls `onMessage` with the payload of each NOTIFY on the channel, and `onGap` after a lost
   * connection was regained: those of the last `deafMs` milliseconds may be missing, so read again.
   *
   * Resolves once listening, to a function that ends it. Callbacks that throw are logged.
   */
  listen(
    channel: string,
    onMessage: (payload: string) => void,
    onGap: (deafMs: number) => void,
  ): Promise<() => Promise<void>>;
  /** Resolves when the database answers a query now and can be written to, rejects otherwise. */
  ping(): Promise<void>;
  /** Ends all connections; the embedded database is written out and its directory unlocked. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:5432/name`; undefined for the embedded database. */
  url?: string | undefined;
  /** Directory of the embedded database, or `memory://` for one that is gone when closed. */
  dataDir: string;
  /** The server itself, where `url` leads to a pooler. */
  directUrl?: string | undefined;
  logger: DatabaseLogger;
  /** Most connections to the server at a time, besides the one that listens. */
  poolSize?: number | undefined;
  workPoolSize?: number | undefined;
  slowPoolSize?: number | undefined;
  /** With `memory://`: a dumped PGlite data directory to start from. */
  snapshot?: Blob | undefined;
}

/** How long a transaction may wait for a free connection, and then take; Prisma's 2 s and 5 s are short for a single connection. */
const transactionOptions = { maxWait: 10_000, timeout: 10_000 };

/** How long slow work waits for other slow work. */
const slowConnectMs = 60_000;

/**
 * A database that is reachable and has every migration of `prisma/migrations`.
 *
 * Rejects with a `DatabaseStartError` whose message tells a person what to change when the server
 * cannot be reached within some seconds, refuses, is too old, or when a migration cannot be applied;
 * and when another process uses the embedded database's directory.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.url === undefined ? openOnEmbedded(options) : openOnServer(options.url, options);
}

async function openOnServer(url: string, options: DatabaseOptions): Promise<Database> {
  const { logger, directUrl, poolSize = 10, workPoolSize = 5, slowPoolSize = 3 } = options;
  const needed = poolSize + workPoolSize + slowPoolSize + 1;
  const server = await openServer({ url, directUrl, logger, needed });
  await migrateServer(server, logger);
  const pools = [
    server.pool({ max: poolSize }),
    server.pool({ max: workPoolSize }),
    server.directPool({
      max: slowPoolSize,
      limits: slowLimits,
      connectionTimeoutMillis: slowConnectMs,
    }),
  ] as const;
  const [callers, work, slow] = pools.map((pool) => connect(pool, server.schema)) as [
    Connections,
    Connections,
    Connections,
  ];
  for (const problem of await durabilityProblems(callers.pool)) logger.warn({}, problem);
  const listener = new ServerListener(server.direct, logger);
  return {
    kind: 'postgres',
    ...callers,
    work,
    slow,
    listen: (channel, onMessage, onGap) => listener.subscribe(channel, { onMessage, onGap }),
    // Callers who use up their connections do not make a server that works look dead.
    ping: () => ping(work.pool, server),
    async close() {
      await listener.close();
      for (const { prisma, pool } of [callers, work, slow]) {
        await prisma.$disconnect();
        await pool.end();
      }
    },
  };
}

function connect(pool: DatabasePool, schema: string): Connections {
  const adapter = new PrismaPg(pool, { schema, statementNameGenerator: statementNames() });
  return { pool, prisma: new PrismaClient({ adapter, transactionOptions }) };
}

async function migrateServer(server: Server, logger: DatabaseLogger): Promise<void> {
  const pool = server.patientPool({ max: 1, limits: migrationLimits });
  try {
    await migrate(pool, logger);
  } finally {
    await pool.end();
  }
}

async function openOnEmbedded(options: DatabaseOptions): Promise<Database> {
  const { logger } = options;
  const directory = options.dataDir === 'memory://' ? undefined : join(options.dataDir, 'postgres');
  const lock = directory === undefined ? undefined : await DirectoryLock.acquire(directory, logger);
  try {
    const embedded = await openEmbedded({ directory, snapshot: options.snapshot, logger });
    lock?.onLost((error) => embedded.refuse(error));
    const channels = new Channels(embedded, logger);
    embedded.onNotification((channel, payload) => channels.deliver(channel, payload));
    try {
      await migrate(embedded.pool, logger);
      await embedded.markReady();
    } catch (error) {
      await embedded.close();
      throw error;
    }
    const prisma = new PrismaClient({ adapter: new PrismaPg(embedded.pool), transactionOptions });
    const only = { prisma, pool: embedded.pool };
    return {
      kind: 'embedded',
      ...only,
      work: only,
      slow: only,
      listen: (channel, onMessage, onGap) => channels.subscribe(channel, { onMessage, onGap }),
      ping: () => ping(embedded.pool),
      async close() {
        await prisma.$disconnect();
        await embedded.close();
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function ping(pool: pg.Pool, server?: Server): Promise<void> {
  const { rows } = await pool.query<{ mode: string }>(
    "SELECT current_setting('transaction_read_only') AS mode",
  );
  if (rows[0]!.mode === 'off') return;
  // The next connections may lead to a server that is not.
  server?.renew();
  throw new Error('The database is read-only.');
}
