import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { request } from 'undici';
import { startApp } from '../../../src/app.ts';
import { loadConfig, type Config } from '../../../src/config.ts';
import { DatabaseStartError } from '../../../src/database/database.ts';
import { createLogger } from '../../../src/logger.ts';
import { usualInput } from '../../support/app.ts';
import { createServerDatabase, testDataDirectory } from '../../support/database.ts';
import { aFakeUpstream, undo } from '../../support/process.ts';
import { ThrowawayCluster } from '../../support/cluster.ts';
import { cert, key } from '../../support/tls-front.ts';
import { testTogether } from '../../support/together.ts';
import { until } from '../../support/until.ts';

/** Addresses as libpq's users write them: the service starts on them, or says in one line why not. */
const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

const socketDirectory = '/var/run/postgresql';
/** Debian's PgBouncer (the package `pgbouncer`); without it the tests about poolers are left out. */
const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync);

async function anEmptyDatabase(): Promise<URL> {
  const { url, drop } = await createServerDatabase({ migrated: false });
  undo.push(drop);
  return new URL(url);
}

async function run(url: URL | string, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: String(url) });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

function configOf(url: URL | string, more: Record<string, string>): Config {
  return loadConfig({
    PORT: '0',
    DATA_DIR: testDataDirectory,
    DATABASE_URL: String(url),
    ...more,
  });
}

/** What is said instead of starting: `main.ts` prints what these errors say, as one line. */
async function refusalOf(url: URL | string, more: Record<string, string> = {}): Promise<string> {
  const starting = startApp(configOf(url, more), createLogger('silent'));
  undo.push(async () => await (await starting.catch(() => undefined))?.stop());
  const error: unknown = await starting.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatabaseStartError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

/** A role of its own, which goes with the test. */
async function aRole(database: URL, options = ''): Promise<URL> {
  const name = `reelgraph_test_${process.pid}_${Date.now()}`;
  await run(database, `CREATE ROLE ${name} LOGIN PASSWORD 'secret' ${options}`);
  await run(database, `GRANT ALL ON DATABASE ${database.pathname.slice(1)} TO ${name}`);
  await run(database, `GRANT ALL ON SCHEMA public TO ${name}`);
  undo.push(() => run(database, `DROP OWNED BY ${name}`, `DROP ROLE ${name}`));
  const url = new URL(database);
  url.username = name;
  url.password = 'secret';
  return url;
}

interface Started {
  graphql: (query: string, variables?: object) => Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  logLines: string[];
  stop: () => Promise<void>;
}

async function startOn(url: URL | string, more: Record<string, string>): Promise<Started> {
  const logLines: string[] = [];
  const log = createLogger('info', { write: (line) => void logLines.push(line) });
  const app = await startApp(configOf(url, more), log);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= app.stop());
  undo.push(stop);
  return {
    ...{ logLines, stop },
    async graphql(query, variables = {}) {
      const { body } = await request(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await body.json()) as { data: unknown; errors?: unknown };
      expect(answer.errors).toBeUndefined();
      return answer.data;
    },
  };
}

/** Makes a generation, and sees it accepted. */
async function works({ graphql }: Started): Promise<void> {
  const { createVideoGeneration } = await graphql(
    'mutation ($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) { generation { id } } }',
    { input: usualInput },
  );
  const { id } = createVideoGeneration.generation;
  const waiting = 'query ($id: ID!) { generation(id: $id, waitMs: 1000) { status } }';
  await until(async () =>
    ['PROCESSING', 'SUCCEEDED'].includes((await graphql(waiting, { id })).generation.status),
  );
}

async function startsOn(url: URL | string, more: Record<string, string> = {}): Promise<void> {
  const { upstream, env } = await aFakeUpstream();
  const started = await startOn(url, { ...env, ...more });
  await works(started);
  expect(upstream.submits).toHaveLength(1);
  await started.stop();
}

onServer('an address', () => {
  test('with a schema, which would be ignored, is refused', async () => {
    const url = await anEmptyDatabase();
    url.searchParams.set('schema', 'other');
    expect(await refusalOf(url)).toMatch(/^DATABASE_URL has "schema=", .* Write options=-c/);
  });

  test('with a search_path in its options has its tables there', async () => {
    const url = await anEmptyDatabase();
    await run(url, 'CREATE SCHEMA other');
    await startsOn(`${url.href}?options=-c%20search_path%3Dother`);
    expect(
      await run(url, "SELECT schemaname FROM pg_tables WHERE tablename = 'video_generation'"),
    ).toEqual([{ schemaname: 'other' }]);
    // Begun again with another path, it would begin anew beside them.
    expect(await refusalOf(`${url.href}?options=-c%20search_path%3Dpublic,other`)).toMatch(
      /has this service's tables in the schema other, but search_path .* begins with public/,
    );
  });

  test('of a role or database with a search_path of its own has its tables there', async () => {
    const url = await anEmptyDatabase();
    const name = url.pathname.slice(1);
    await run(url, 'CREATE SCHEMA mine', `ALTER DATABASE ${name} SET search_path = mine, public`);
    await startsOn(url);
    expect(
      await run(url, "SELECT schemaname FROM pg_tables WHERE tablename = 'audit_event'"),
    ).toEqual([{ schemaname: 'mine' }]);
    await run(url, `ALTER DATABASE ${name} SET search_path = nowhere`);
    expect(await refusalOf(url)).toMatch(/search_path is "nowhere"/);
  });

  // Each changes what comes back, or how a statement is read.
  test('of a database or role with settings of its own works as any other', async () => {
    const url = await anEmptyDatabase();
    const name = url.pathname.slice(1);
    const settings = [
      "datestyle = 'German'",
      "timezone = 'Asia/Tokyo'",
      'extra_float_digits = -14',
      'standard_conforming_strings = off',
      'quote_all_identifiers = on',
      'bytea_output = escape',
      "default_transaction_isolation = 'serializable'",
    ];
    await run(url, ...settings.map((setting) => `ALTER DATABASE ${name} SET ${setting}`));
    const { env } = await aFakeUpstream();
    const started = await startOn(url, env);
    await works(started);
    const { verifyAuditLog, generations } = await started.graphql(
      '{ verifyAuditLog { ok firstBad { reason detail } } generations { nodes { createdAt } } }',
    );
    expect(verifyAuditLog).toEqual({ ok: true, firstBad: null });
    const ageMs = Date.now() - Date.parse(generations.nodes[0].createdAt);
    expect(Math.abs(ageMs)).toBeLessThan(3_600_000);
    await started.stop();
    // One that no other setting may stand in for: it is what ended the start.
    await startsOn(`${url.href}?options=-c%20DateStyle%3DGerman`);
  });

  const onSocket = existsSync(join(socketDirectory, '.s.PGSQL.5432')) ? test : test.skip;
  onSocket('of a Unix socket given as `host` works', async () => {
    const role = await aRole(await anEmptyDatabase());
    const name = role.pathname.slice(1);
    await startsOn(`postgres://${role.username}:${role.password}@/${name}?host=${socketDirectory}`);
  });

  test('of a role with too few connections is refused', async () => {
    const url = await aRole(await anEmptyDatabase(), 'CONNECTION LIMIT 4');
    expect(await refusalOf(url)).toMatch(
      /lets the role \S+ have 4 connections, and this server may need 19: .* DATABASE_POOL_SIZE/,
    );
    await startsOn(url, {
      DATABASE_POOL_SIZE: '1',
      DATABASE_WORK_POOL_SIZE: '1',
      DATABASE_SLOW_POOL_SIZE: '1',
    });
  });

  test('of a database that is not in UTF-8 is refused', async () => {
    const name = `reelgraph_test_latin_${process.pid}`;
    await run(
      globalThis.databaseUrl!,
      `DROP DATABASE IF EXISTS ${name}`,
      `CREATE DATABASE ${name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    );
    undo.push(() => run(globalThis.databaseUrl!, `DROP DATABASE ${name} WITH (FORCE)`));
    const url = new URL(globalThis.databaseUrl!);
    url.pathname = `/${name}`;
    expect(await refusalOf(url)).toMatch(/stores text as LATIN1, .* ENCODING 'UTF8'/);
  });

  test('with sslmode=prefer works with a server that has no TLS', async () => {
    const { url, drop } = await createServerDatabase({ migrated: true });
    undo.push(drop);
    await startsOn(`${url}?sslmode=prefer`);
    expect(await refusalOf(`${url}?sslmode=verify-full`)).toMatch(
      /^Cannot connect to PostgreSQL at /,
    );
  });
});

const withPooler = pgbouncer === undefined ? describe.skip : describe;

onServer('a pooler', () => {
  withPooler('in between', () => {
    test('that shares connections is refused, and works beside the address of the server', async () => {
      const { url: direct, drop } = await createServerDatabase({ migrated: true });
      undo.push(drop);
      const url = await aPooler(direct, 'transaction');
      expect(await refusalOf(url)).toMatch(
        /^There is a pooler in transaction mode at .* Set DATABASE_DIRECT_URL/,
      );
      // Nor is it taken for the server itself.
      expect(await refusalOf(url, { DATABASE_DIRECT_URL: url })).toMatch(
        /^There is a pooler in transaction mode at /,
      );
      const { upstream, env } = await aFakeUpstream();
      const pooled = { ...env, MINIMAX_RPM: '600', DATABASE_DIRECT_URL: direct };
      // Twice: what the first one prepared was in the way of the second.
      const services = await Promise.all([startOn(url, pooled), startOn(url, pooled)]);
      for (const service of services) {
        await Promise.all(Array.from({ length: 4 }, () => works(service)));
      }
      expect(upstream.submits).toHaveLength(8);
      for (const { logLines } of services) {
        expect(logLines.join('')).not.toMatch(/prepared statement|unexpected error/);
      }
    });

    const refusesOne = (mode: 'transaction' | 'session', message: RegExp) => async () => {
      const { url, drop } = await createServerDatabase({ migrated: true });
      undo.push(drop);
      expect(await refusalOf(await aPooler(url, mode, 1))).toMatch(message);
    };
    testTogether({
      'with a single connection is refused in words (transaction)': refusesOne(
        'transaction',
        /^There is a pooler in transaction mode at .* Set DATABASE_DIRECT_URL/,
      ),
      'with a single connection is refused in words (session)': refusesOne(
        'session',
        /^The pooler at .* has a single connection to PostgreSQL, .* default_pool_size/,
      ),
    });

    test('that does not pass on what the address has is told of', async () => {
      const { url, drop } = await createServerDatabase({ migrated: true });
      undo.push(drop);
      const pooler = await aPooler(url, 'session');
      expect(await refusalOf(`${pooler}?options=-c%20search_path%3Dpublic`)).toMatch(
        /unsupported startup parameter.*: options\. The pooler there .*ALTER ROLE/,
      );
    });

    test('beside the address of another server is refused, also with a database of the same name', async () => {
      const { url, drop } = await createServerDatabase({ migrated: false });
      undo.push(drop);
      const other = await ThrowawayCluster.start();
      if (typeof other === 'string') return;
      undo.push(() => other.remove());
      const direct = new URL(other.url);
      direct.pathname = new URL(url).pathname;
      await run(other.url, `CREATE DATABASE "${direct.pathname.slice(1)}"`);
      expect(await refusalOf(url, { DATABASE_DIRECT_URL: direct.href })).toMatch(
        /^DATABASE_URL and DATABASE_DIRECT_URL lead to different servers/,
      );
    });

    test('that keeps a connection for each client works', async () => {
      const { url, drop } = await createServerDatabase({ migrated: true });
      undo.push(drop);
      const pooler = await aPooler(url, 'session');
      await startsOn(pooler);
      // Encrypted, with a certificate that nobody trusts.
      await startsOn(`${pooler}?sslmode=require`);
      expect(await refusalOf(`${pooler}?sslmode=verify-full`)).toContain('self-signed certificate');
    });
  });
});

/** PgBouncer in front of a database; gives its address. */
async function aPooler(
  target: string,
  mode: 'transaction' | 'session',
  connections = 20,
): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(target);
  const directory = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  // It does not run as root.
  await chmod(directory, 0o777);
  const listenPort = 20_000 + Math.floor(Math.random() * 20_000);
  const file = join(directory, 'pgbouncer.ini');
  await writeFile(join(directory, 'users'), `"${username}" "${password}"\n`);
  await writeFile(join(directory, 'key'), key, { mode: 0o644 });
  await writeFile(join(directory, 'cert'), cert);
  await writeFile(
    file,
    `[databases]
* = host=${hostname} port=${port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
auth_file = ${join(directory, 'users')}
pool_mode = ${mode}
default_pool_size = ${connections}
client_tls_sslmode = allow
client_tls_key_file = ${join(directory, 'key')}
client_tls_cert_file = ${join(directory, 'cert')}
`.replace('* = host', `* = user=${username} ${password && `password=${password}`} host`),
  );
  const isRoot = process.getuid?.() === 0;
  const child = spawn(pgbouncer!, [...(isRoot ? ['-u', 'nobody'] : []), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<boolean>((done) => child.on('exit', () => done(false)));
  undo.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const listens = new Promise<boolean>((done) => {
    child.stderr.on('data', (said) => String(said).includes('listening on') && done(true));
  });
  // The port was somebody else's.
  if (!(await Promise.race([listens, ended]))) return await aPooler(target, mode, connections);
  return `postgres://${username}@127.0.0.1:${listenPort}${pathname}`;
}
