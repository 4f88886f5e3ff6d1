import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { readAddress, type Address } from './address.ts';
import { DatabaseClient, isSilence } from './client.ts';
import type { DatabaseLogger } from './database-logger.ts';
import { Era } from './era.ts';
import { connectWithinMs, usualLimits } from './limits.ts';
import { ServerPool, type ServerPoolConfig } from './pool.ts';
import { checkServer, readFacts, type Facts } from './server-facts.ts';
import { DatabaseStartError } from './start-error.ts';

/** What a server answers, or the system, while a server is being started. */
const NOT_YET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  '53300',
  '57P03',
]);

export interface ServerOptions {
  url: string;
  /** The server itself, where `url` leads to a pooler. */
  directUrl?: string | undefined;
  logger: DatabaseLogger;
  /** How many connections will be opened, at most. */
  needed?: number;
  /** How long a server that is still starting is waited for, in milliseconds. */
  startsWithinMs?: number;
}

/** A server that has answered and is fit for use. */
export interface Server {
  /** Over this many connections to the address that callers and work use. */
  pool(config: ServerPoolConfig): ServerPool;
  /** The same to the server itself. */
  directPool(config: ServerPoolConfig): ServerPool;
  /** The same, where a statement may take any time. */
  patientPool(config: ServerPoolConfig): ServerPool;
  /** For single connections to the server itself. */
  direct: pg.ClientConfig;
  /** Where the tables are, or will be. */
  schema: string;
  /** The connections that were made before this are not used again. */
  renew(): void;
}

/** Waits some seconds for a server that is still starting, or is read-only because another one is about to be. */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { logger, startsWithinMs = 10_000, needed = 1 } = options;
  const address = readAddress(options.url);
  const { config, facts } = await reach(address, 'DATABASE_URL', startsWithinMs, logger);
  const direct = options.directUrl && readAddress(options.directUrl, 'DATABASE_DIRECT_URL');
  const directly = direct
    ? await reach(direct, 'DATABASE_DIRECT_URL', startsWithinMs, logger)
    : { config, facts };
  checkServer(facts, address.where, needed);
  if (directly.facts.isPooled) await refuseSharing(directly.config, (direct || address).where);
  if (directly.facts.database !== facts.database || directly.facts.schema !== facts.schema) {
    throw new DatabaseStartError(
      `DATABASE_URL leads to the database ${facts.database}, schema ${facts.schema}, and DATABASE_DIRECT_URL to ${directly.facts.database}, schema ${directly.facts.schema}: both must lead to the same tables.`,
    );
  }
  if (directly.facts.identity !== facts.identity) {
    throw new DatabaseStartError(
      `DATABASE_URL and DATABASE_DIRECT_URL lead to different servers, each with a database ${facts.database}: both must lead to the same one.`,
    );
  }
  const era = new Era();
  const make = (config: pg.ClientConfig, more: ServerPoolConfig) => {
    const pool = new ServerPool({ ...config, era, ...more });
    // An idle connection that breaks is replaced when the next query needs one.
    // Not the error itself: the whole connection hangs on it.
    pool.on('error', ({ message: reason }) =>
      logger.warn({ reason }, 'Lost an idle database connection'),
    );
    return pool;
  };
  return {
    pool: (more) => make(config, { named: !direct, ...more }),
    directPool: (more) => make(directly.config, more),
    patientPool: (more) =>
      make(directly.config, {
        isAtWork: (backend) => withClient(directly.config, (client) => isAtWork(client, backend)),
        ...more,
      }),
    direct: directly.config,
    schema: facts.schema!,
    renew: () => era.end(),
  };
}

/** The way in which the server can be reached, and what is to be known of it. */
async function reach(
  { ways, where }: Address,
  variable: string,
  startsWithinMs: number,
  logger: DatabaseLogger,
): Promise<{ config: pg.ClientConfig; facts: Facts }> {
  const deadline = performance.now() + startsWithinMs;
  for (let waiting = false; ; waiting = true) {
    let failure: unknown;
    for (const config of ways) {
      try {
        const facts = await withClient(config, readFacts);
        if (!facts.readOnly) return { config, facts };
        failure = Object.assign(new Error('it is read-only, as a standby is'), { code: '57P03' });
        break;
      } catch (error) {
        failure ??= error;
      }
    }
    const { code, message } = failure as { code?: string; message: string };
    const worthWaiting =
      (code !== undefined && NOT_YET.has(code)) || /terminated|timeout/i.test(message);
    if (!worthWaiting || performance.now() > deadline) {
      throw new DatabaseStartError(
        `Cannot connect to PostgreSQL at ${where}: ${message || code}. ${adviceOn(message, variable)}`,
        { cause: failure },
      );
    }
    if (!waiting) logger.info({ code }, `Waiting for PostgreSQL at ${where}`);
    await pause(250);
  }
}

function adviceOn(message: string, variable: string): string {
  return /unsupported startup parameter/.test(message)
    ? `The pooler there does not pass it on: leave it out of ${variable}, and set what it says for the role (ALTER ROLE … SET search_path = …).`
    : `Check ${variable} and that the server is running.`;
}

/**
 * Refuses a pooler that gives each transaction whatever connection is free: names of statements and
 * LISTEN belong to one. Poolers that keep a connection for each client pass.
 */
async function refuseSharing(config: pg.ClientConfig, where: string): Promise<void> {
  const pid = 'SELECT pg_backend_pid() AS pid';
  const isShared = await withClient(config, (first) =>
    withClient(config, async (second) => {
      const ask = async (client: pg.Client) =>
        (await client.query<{ pid: number }>(pid)).rows[0]!.pid;
      for (let round = 0; round < 3; round++) {
        const before = await ask(first);
        await second.query('BEGIN').catch((error: unknown) => {
          if (!isSilence(error)) throw error;
          throw new DatabaseStartError(
            `The pooler at ${where} has a single connection to PostgreSQL, and one waits for the other: allow more (in PgBouncer, default_pool_size).`,
          );
        });
        const other = await ask(second);
        // The only connection there is may be the other one's as long as its transaction is open.
        const after = await ask(first).catch((error: unknown) => {
          if (!isSilence(error)) throw error;
        });
        if (before === other || before !== after) return true;
        await second.query('COMMIT');
      }
      return false;
    }),
  );
  if (!isShared) return;
  throw new DatabaseStartError(
    `There is a pooler in transaction mode at ${where}, such as PgBouncer. Set DATABASE_DIRECT_URL to the address of the PostgreSQL server itself, for migrations and notifications; or let DATABASE_URL lead there.`,
  );
}

/**
 * Whether a backend still works at what its client waits for. One that is idle has not heard of it,
 * or was not heard: it is ended, and with it the locks that it holds.
 */
async function isAtWork(client: pg.Client, backend: number): Promise<boolean> {
  const { rows } = await client.query<{ idle: boolean }>(
    `SELECT idle, CASE WHEN idle THEN pg_terminate_backend(pid) END
      FROM (
        SELECT pid, coalesce(state LIKE 'idle%', false) AS idle FROM pg_stat_activity WHERE pid = $1
      ) AS found`,
    [backend],
  );
  return rows[0]?.idle === false;
}

async function withClient<T>(
  config: pg.ClientConfig,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new DatabaseClient({
    connectionTimeoutMillis: connectWithinMs,
    ...config,
    silenceMs: usualLimits.silenceMs,
  });
  // What breaks is seen by the query; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
