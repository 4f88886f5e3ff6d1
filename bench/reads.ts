/**
 * How fast the API reads beside others on the same 1,000,000 rows: each server a process of its own,
 * loaded in turns, after their answers were found to be the same. See bench/README.md, "Reads".
 *
 * `npm run bench:reads -- --seconds 5 --rounds 3 --database URL`; `--keep` leaves the database there.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import pg from 'pg';
import { Pool } from 'undici';
import { createServerDatabase } from '../test/support/database.ts';
import { freePort } from '../test/support/free-port.ts';
import { fill } from './plans/fill.ts';

const { values: options } = parseArgs({
  options: {
    generations: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    /** Leaves the database there and prints its URL. */
    keep: { type: 'boolean', default: false },
    /** The URL of one that was kept: nothing is filled. */
    database: { type: 'string' },
  },
});
const generations = Number(options.generations);
const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const concurrency = 32;
const startWithinMs = 60_000;

const fields = 'status version model prompt duration resolution taskId statusCode statusMessage createdAt updatedAt'; // prettier-ignore
const page = (node: string) => `{ edges { cursor node { ${node} } } pageInfo { endCursor hasNextPage } }`; // prettier-ignore

type Node = Record<string, unknown>;
interface Answer {
  data: Record<string, Node & { edges?: { node: Node }[] }>;
}
/** The bodies of the requests. */
interface Requests {
  'list by status': object;
  list: object;
  'one by id': object;
  'page after half of the rows': object;
}
type Case = keyof Requests;

interface Contender {
  name: string;
  /** The program and its arguments for `node`. */
  program: (url: string, port: number) => string[];
  /** Asks for the edge of a row, whose cursor it is; without it a row's id is its cursor. */
  edge?: (id: string) => object;
  requests: (id: string, after: string) => Requests;
}

/** Whose generations are read: it has a seventh of all, and no tenant. */
const caller = 'caller 0';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const typescript = ['--no-warnings', '--import', '@swc-node/register/esm-register'];

const contenders: Contender[] = [
  {
    name: 'floor: node:http, SQL writes the answer',
    program: (url, port) => [...typescript, path('contenders/floor.ts'), url, String(port), caller],
    requests: (id, after) => ({
      'list by status': { status: 'SUCCEEDED' },
      list: {},
      'one by id': { id },
      'page after half of the rows': { after },
    }),
  },
  {
    name: 'Reelgraph',
    program: () => [path('../dist/main.js')],
    edge: (id) => ({ query: `{ generations(filter: { id: ["${id}"] }) ${page('id')} }` }),
    requests: (id, after) => ({
      'list by status': {
        query: `{ generations(first: 50, filter: { status: [SUCCEEDED] }) ${page(`id ${fields}`)} }`,
      },
      list: { query: `{ generations(first: 50) ${page(`id ${fields}`)} }` },
      'one by id': {
        query: `query ($id: ID!) { generation(id: $id) { id ${fields} } }`,
        variables: { id },
      },
      'page after half of the rows': {
        query: `query ($after: String) { generations(first: 50, after: $after) ${page(`id ${fields}`)} }`,
        variables: { after },
      },
    }),
  },
  {
    name: 'PostGraphile 5',
    program: (url, port) => [path('contenders/postgraphile.mjs'), url, String(port)],
    edge: (id) => ({
      query: `{ allVideoGenerations(condition: { rowId: "${id}", callerId: "${caller}" }, orderBy: ROW_ID_DESC) ${page('id: rowId')} }`,
    }),
    requests: (rowId, after) => ({
      'list by status': {
        query: `{ allVideoGenerations(first: 50, condition: { callerId: "${caller}", status: SUCCEEDED }, orderBy: ROW_ID_DESC) ${page(`id: rowId ${fields}`)} }`,
      },
      list: {
        query: `{ allVideoGenerations(first: 50, condition: { callerId: "${caller}" }, orderBy: ROW_ID_DESC) ${page(`id: rowId ${fields}`)} }`,
      },
      'one by id': {
        query: `query ($rowId: UUID!) { videoGenerationByRowId(rowId: $rowId) { id: rowId ${fields} } }`,
        variables: { rowId },
      },
      'page after half of the rows': {
        query: `query ($after: Cursor) { allVideoGenerations(first: 50, after: $after, condition: { callerId: "${caller}" }, orderBy: ROW_ID_DESC) ${page(`id: rowId ${fields}`)} }`,
        variables: { after },
      },
    }),
  },
  {
    name: 'Apollo 5, type-graphql, Prisma as documented',
    program: (url, port) => [...typescript, path('contenders/plain.ts'), url, String(port), caller],
    requests: (id, after) => ({
      'list by status': {
        query: `{ list(first: 50, status: SUCCEEDED) ${page(`id ${fields}`)} }`,
      },
      list: { query: `{ list(first: 50) ${page(`id ${fields}`)} }` },
      'one by id': {
        query: `query ($id: ID!) { one(id: $id) { id ${fields} } }`,
        variables: { id },
      },
      'page after half of the rows': {
        query: `query ($after: String) { list(first: 50, after: $after) ${page(`id ${fields}`)} }`,
        variables: { after },
      },
    }),
  },
];

interface Running extends Contender {
  child: ChildProcess;
  pool: Pool;
  headers: Record<string, string>;
  /** Sent in turns. */
  bodies: Record<Case, string[]>;
}

interface Run {
  requests: number;
  seconds: number;
  /** Of the server's process. */
  cpuSeconds: number;
  latencies: number[];
}

const { url, drop } = options.database
  ? { url: options.database, drop: () => Promise.resolve() }
  : await createServerDatabase({ migrated: true, server: databaseServer });
const running: Running[] = [];
try {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  if (!options.database) await fill(client, { generations, events: generations });
  // PostGraphile takes the functions of the audit log's chain for columns of one name.
  await client.query(`COMMENT ON FUNCTION audit_event_content(audit_event) IS '@behavior -*';
    COMMENT ON FUNCTION audit_event_hash(audit_event, text) IS '@behavior -*';
    COMMENT ON FUNCTION video_generation_facts_hash(video_generation) IS '@behavior -*';
    COMMENT ON FUNCTION video_generation_content_hash(video_generation) IS '@behavior -*';
    COMMENT ON FUNCTION video_generation_state_hash(video_generation) IS '@behavior -*'`);
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM video_generation WHERE caller_id = $1 ORDER BY id DESC',
    [caller],
  );
  const key = await makeKey(client);
  await client.end();
  const ids = rows.slice(0, 1_000).map(({ id }) => id);
  const after = rows[Math.floor(rows.length / 2)]!.id;
  for (const contender of contenders) running.push(await start(contender, ids, after, key));
  const cases = Object.keys(running[0]!.bodies) as Case[];
  await compare(cases);
  for (const each of cases) await measure(each);
  console.log(`load ${loadavg()[0]!.toFixed(1)}, ${concurrency} requests at a time`);
} finally {
  for (const { child, pool } of running) {
    child.kill();
    await pool.destroy();
  }
  if (options.keep) console.log(url);
  else await drop();
}

/** By hand: the names of the callers that are filled in are none that a key may have. */
async function makeKey(client: pg.Client): Promise<string> {
  const secret = `rg_bench000_${randomBytes(24).toString('base64url')}`;
  await client.query(
    `INSERT INTO api_key (id, caller_id, name, role, prefix, hash, created_at)
     VALUES (gen_random_uuid(), $1, 'bench', 'CLIENT', 'rg_bench000', $2, now())`,
    [caller, createHash('sha256').update(secret).digest('hex')],
  );
  return secret;
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
  const cursor = edge
    ? connection(
        JSON.parse(await send({ pool, headers }, JSON.stringify(edge(after)))) as Answer,
      )[0]!.cursor
    : after;
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

function connection({ data }: Answer): { cursor: string; node: Node }[] {
  return Object.values(data)[0]!.edges as { cursor: string; node: Node }[];
}

/** Throws when not all show the same rows. */
async function compare(cases: readonly Case[]): Promise<void> {
  for (const each of cases) {
    const shown = await Promise.all(
      running.map(async (contender) => {
        const answer = JSON.parse(await send(contender, contender.bodies[each][0]!)) as Answer;
        const edges = connection(answer);
        const nodes = edges ? edges.map(({ node }) => node) : Object.values(answer.data);
        return nodes.map((node) => ({
          ...node,
          createdAt: new Date(node['createdAt'] as string).toISOString(),
          updatedAt: new Date(node['updatedAt'] as string).toISOString(),
        }));
      }),
    );
    shown.forEach((rows, index) => {
      if (!isDeepStrictEqual(rows, shown[0])) {
        throw new Error(`${each}: ${running[index]!.name} does not answer like the floor`);
      }
    });
  }
}

async function measure(each: Case): Promise<void> {
  const runs = new Map<Running, Run[]>(running.map((contender) => [contender, []]));
  for (const contender of running) await load(contender, each, 1);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [contender, results] of runs) {
      results.push(await load(contender, each, Number(options.seconds)));
    }
  }
  const sum = (results: Run[], of: (run: Run) => number) =>
    results.reduce((total, run) => total + of(run), 0);
  const figures = [...runs].map(([{ name }, results]) => {
    const requests = sum(results, (run) => run.requests);
    const latencies = results.flatMap((run) => run.latencies).sort((a, b) => a - b);
    return {
      name,
      perSecond: requests / sum(results, (run) => run.seconds),
      cpuMs: (1_000 * sum(results, (run) => run.cpuSeconds)) / requests,
      p50: latencies[Math.floor(latencies.length * 0.5)]!,
      p99: latencies[Math.floor(latencies.length * 0.99)]!,
    };
  });
  const floor = figures[0]!;
  const peer = figures.find(({ name }) => name.startsWith('PostGraphile'))!;
  console.log(each);
  console.table(
    figures.map(({ name, perSecond, cpuMs, p50, p99 }) => ({
      contender: name,
      'requests/s': Math.round(perSecond),
      '× PostGraphile': (perSecond / peer.perSecond).toFixed(2),
      'CPU, × floor': (cpuMs / floor.cpuMs).toFixed(1),
      'p50, ms': p50.toFixed(1),
      'p99, ms': p99.toFixed(1),
    })),
  );
}

async function load(contender: Running, each: Case, seconds: number): Promise<Run> {
  const { child } = contender;
  const bodies = contender.bodies[each];
  let sent = 0;
  const latencies: number[] = [];
  const cpuBefore = await cpuSecondsOf(child);
  const startedAt = performance.now();
  const endsAt = startedAt + 1_000 * seconds;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let now = performance.now(); now < endsAt; now = performance.now()) {
        await send(contender, bodies[sent++ % bodies.length]!);
        latencies.push(performance.now() - now);
      }
    }),
  );
  return {
    requests: latencies.length,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: (await cpuSecondsOf(child)) - cpuBefore,
    latencies,
  };
}

/** User and system time, in ticks of 10 ms (Linux). */
async function cpuSecondsOf({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(ticks[11]) + Number(ticks[12])) / 100;
}
