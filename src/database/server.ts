import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLogger } from './database-logger.ts';
import { DatabasePool } from './pool.ts';
import { DatabaseStartError } from './start-error.ts';

/** Older ones get no fixes any more, and nothing here is tried on them. */
const OLDEST_SERVER = 14;

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

/**
 * A pool over a server that has answered and is fit for use, and the settings for further
 * connections to it.
 *
 * Waits up to ten seconds for a server that is still starting.
 */
export async function openServer(
  url: string,
  poolSize: number,
  logger: DatabaseLogger,
  connectWithinMs = 10_000,
): Promise<{ pool: pg.Pool; config: pg.ClientConfig }> {
  const config: pg.ClientConfig = {
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: connectWithinMs,
    fallback_application_name: 'reelgraph',
  };
  const where = describeTarget(url, config);
  const pool = new DatabasePool({ ...config, max: poolSize });
  // An idle connection that breaks is replaced when the next query needs one.
  pool.on('error', (error) => logger.warn({ error }, 'Lost an idle database connection'));
  try {
    await waitForServer(pool, where, connectWithinMs, logger);
    await checkServer(pool, where);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return { pool, config };
}

/** What searches have in them: patterns, arrays, matches looked up before they are sorted, counts, statistics. */
const search = /\b(i?like|materialized|percentile_cont)\b|&&|\bcount\(\*\)/i;

/**
 * Names for prepared statements, so that PostgreSQL plans a repeated query once per connection.
 *
 * Not for searches: after five runs PostgreSQL may settle on one plan for all values, and for
 * `ILIKE '%…%'` or whatever is rare that is a scan of the whole table instead of the index. Only the first 500
 * different texts get a name, since each takes memory in every connection.
 */
export function statementNames(): (query: { sql: string; args: readonly unknown[] }) => string {
  const names = new Map<string, string>();
  return ({ sql, args }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // Without parameters there is nothing to save, and BEGIN and COMMIT take the simple protocol.
    if (args.length === 0 || names.size >= 500 || search.test(sql)) return '';
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  };
}

/** Host, port and database, never the user or the password. */
function describeTarget(url: string, config: pg.ClientConfig): string {
  try {
    if (!/^(postgres|postgresql|socket):/.test(url)) throw new Error('not a PostgreSQL URL');
    const { host, port, database } = new pg.Client(config);
    return `${host.startsWith('/') ? host : `${host}:${port}`}, database ${database ?? 'of the user'}`;
  } catch (error) {
    // What the URL parser throws holds the URL, with its password; an unreadable certificate's error does not.
    const reason = error instanceof Error && 'path' in error ? ` (${error.message})` : '';
    throw new DatabaseStartError(
      `DATABASE_URL cannot be used${reason}. It looks like postgres://user:password@host:5432/name, with special characters in the password percent-encoded.`,
    );
  }
}

async function waitForServer(
  pool: pg.Pool,
  where: string,
  connectWithinMs: number,
  logger: DatabaseLogger,
): Promise<void> {
  const deadline = Date.now() + connectWithinMs;
  for (let waiting = false; ; waiting = true) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const worthWaiting =
        (code !== undefined && NOT_YET.has(code)) || /terminated|timeout/i.test(message);
      if (!worthWaiting || Date.now() > deadline) {
        throw new DatabaseStartError(
          `Cannot connect to PostgreSQL at ${where}: ${message || code}. Check DATABASE_URL and that the server is running.`,
          { cause: error },
        );
      }
      if (!waiting) logger.info({ code }, `Waiting for PostgreSQL at ${where}`);
      await pause(250);
    }
  }
}

async function checkServer(pool: pg.Pool, where: string): Promise<void> {
  const { rows } = await pool.query<{ version: string; number: number; trigram: boolean }>(
    `SELECT current_setting('server_version') AS version,
            current_setting('server_version_num')::int AS number,
            EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigram`,
  );
  const { version, number, trigram } = rows[0]!;
  if (number < OLDEST_SERVER * 10_000) {
    throw new DatabaseStartError(
      `PostgreSQL at ${where} has version ${version}; version ${OLDEST_SERVER} or later is needed.`,
    );
  }
  if (!trigram) {
    throw new DatabaseStartError(
      `PostgreSQL at ${where} lacks the extension pg_trgm; install it on the server (on Debian and Fedora it is in the package postgresql-contrib).`,
    );
  }
}
