/**
 * How fast the API reads beside others on the same 1,000,000 rows: each server a process of its own,
 * loaded in turns, after their answers were found to be the same. Where there are two processors and
 * it may, the server that is loaded has one, PostgreSQL and the load the other. The tables and a plot
 * go to bench/results. See bench/README.md, "Reads".
 *
 * `npm run bench:reads -- --seconds 5 --rounds 3 --database URL`; `--keep` leaves the database there.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import pg from 'pg';
import { Pool } from 'undici';
import { createServerDatabase } from '../test/support/database.ts';
import { freePort } from '../test/support/free-port.ts';
import { fill } from './plans/fill.ts';
import { caller, contenders, type Case, type Contender } from './reads/contenders.ts';
import { compareTo, load, type Row, type Run } from './reads/load.ts';
import { plot, type Bars } from './reads/plot.ts';
import { hideFunctions, makeKey } from './reads/prepare.ts';
import { findPostgres, keepTo } from './reads/processors.ts';

const { values: options } = parseArgs({
  options: {
    generations: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    /** Leaves the database there and prints its URL. */
    keep: { type: 'boolean', default: false },
    /** The URL of one that was kept: nothing is filled. */
    database: { type: 'string' },
    /** Only the cases whose names have this in them; the results are not written then. */
    only: { type: 'string', default: '' },
  },
});
const generations = Number(options.generations);
const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const concurrency = 32;
const startWithinMs = 60_000;
const peerName = 'PostGraphile 5';
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

type Node = Record<string, unknown>;
interface Answer {
  data: Record<string, Node & { edges?: { node: Node; cursor: string }[] }>;
}

interface Running extends Contender {
  child: ChildProcess;
  pool: Pool;
  headers: Record<string, string>;
  /** Sent in turns. */
  bodies: Record<Case, string[]>;
}

interface Table {
  each: Case;
  rows: Row[];
}

const { url, drop } = options.database
  ? { url: options.database, drop: () => Promise.resolve() }
  : await createServerDatabase({ migrated: true, server: databaseServer });
const running: Running[] = [];
const postgres = await findPostgres(url);
const unpin = cpus().length > 1 && keepTo(process.pid, '1') ? postgres?.pin(1) : undefined;
try {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  if (!options.database) await fill(client, { generations, events: generations });
  await hideFunctions(client);
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM video_generation WHERE caller_id = $1 ORDER BY id DESC',
    [caller],
  );
  // By hand: the names of the callers that are filled in are none that a key may have.
  const key = await makeKey(client, caller);
  await client.end();
  const ids = rows.slice(0, 1_000).map(({ id }) => id);
  const after = rows[Math.floor(rows.length / 2)]!.id;
  for (const contender of contenders) running.push(await start(contender, ids, after, key));
  const cases = Object.keys(running[0]!.bodies) as Case[];
  await compare(cases);
  const tables: Table[] = [];
  const asked = cases.filter((each) => each.includes(options.only));
  for (const each of asked) tables.push(await measure(each));
  report(tables);
} finally {
  unpin?.();
  for (const { child, pool } of running) {
    child.kill();
    await pool.destroy();
  }
  if (options.keep) console.log(url);
  else await drop();
}

async function start(
  contender: Contender,
  ids: readonly string[],
  after: string,
  key: string,
): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, contender.program(url, port), {
    // Not where a .env of the developer's lies.
    cwd: path('.'),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      DATABASE_URL: url,
      PORT: String(port),
      SIMULATOR: 'on',
      RATE_LIMIT_PER_MINUTE: '0',
      SWC_NODE_PROJECT: path('../tsconfig.json'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (unpin) keepTo(child.pid!, '0');
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency });
  const { edge, requests } = contender;
  // The others take no credentials, and do not look at this.
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const list = JSON.stringify(requests(after, after).list);
  const startedAt = performance.now();
  while (!(await send({ pool, headers }, list).catch(() => null))) {
    if (child.exitCode !== null || performance.now() - startedAt > startWithinMs) {
      child.kill();
      throw new Error(`${contender.name} does not answer`);
    }
    await sleep(100);
  }
  const cursorOf = async (asked: object) => {
    const answer = JSON.parse(await send({ pool, headers }, JSON.stringify(asked))) as Answer;
    return Object.values(answer.data)[0]!.edges![0]!.cursor;
  };
  const cursor = edge ? await cursorOf(edge(after)) : after;
  const bodies = Object.fromEntries(
    Object.keys(requests(after, cursor)).map((each) => [
      each,
      [...new Set(ids.map((id) => JSON.stringify(requests(id, cursor)[each as Case])))],
    ]),
  ) as Record<Case, string[]>;
  return { ...contender, child, pool, headers, bodies };
}

async function send(
  { pool, headers }: Pick<Running, 'pool' | 'headers'>,
  body: string,
): Promise<string> {
  const answer = await pool.request({
    method: 'POST',
    path: '/graphql',
    headers,
    body,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 || text.includes('"errors"')) throw new Error(text.slice(0, 500));
  return text;
}

/** Throws when not all show the same rows. */
async function compare(cases: readonly Case[]): Promise<void> {
  for (const each of cases) {
    const shown = await Promise.all(
      running.map(async (contender) => {
        return shownBy(JSON.parse(await send(contender, contender.bodies[each][0]!)) as Answer);
      }),
    );
    shown.forEach((rows, index) => {
      if (!isDeepStrictEqual(rows, shown[0])) {
        throw new Error(`${each}: ${running[index]!.name} does not answer like the floor`);
      }
    });
  }
}

/** What an answer shows, however its server writes it. */
function shownBy({ data }: Answer): unknown {
  const [root] = Object.values(data);
  if (typeof root !== 'object') return String(root);
  if ('totalCount' in root) return String(root['totalCount']);
  return (root.edges?.map(({ node }) => node) ?? [root]).map((node) => ({
    ...node,
    createdAt: new Date(node['createdAt'] as string).toISOString(),
    updatedAt: new Date(node['updatedAt'] as string).toISOString(),
  }));
}

async function measure(each: Case): Promise<Table> {
  const runs = new Map<string, Run[]>(running.map(({ name }) => [name, []]));
  for (const contender of running) await loadWith(contender, each, 1);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const contender of running) {
      const run = await loadWith(contender, each, Number(options.seconds));
      runs.get(contender.name)!.push(run);
    }
  }
  return { each, rows: compareTo(peerName, each, runs) };
}

/** Stores the figures and a plot of them, and says under what they were taken. */
function report(tables: readonly Table[]): void {
  const machine = {
    node: process.version,
    processors: `${cpus().length} × ${cpus()[0]!.model}`,
    pinned: unpin != null,
    load: Number(loadavg()[0]!.toFixed(1)),
    ...{ generations, concurrency },
  };
  console.log(JSON.stringify(machine));
  if (options.only) return;
  const write = (file: string, text: string) =>
    writeFileSync(new URL(`results/${file}`, import.meta.url), text);
  write('reads.json', `${JSON.stringify({ machine, tables }, null, 2)}\n`);
  const bars = tables.map(({ each, rows }): Bars => ({ title: each, bars: [...rows] }));
  write('reads.svg', plot(bars, peerName));
}

async function loadWith(contender: Running, each: Case, seconds: number): Promise<Run> {
  const bodies = contender.bodies[each];
  let sent = 0;
  return await load({
    ...{ pid: contender.child.pid!, postgres, concurrency, seconds },
    send: () => send(contender, bodies[sent++ % bodies.length]!),
  });
}
