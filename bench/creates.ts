/**
 * How fast a video is asked for, beside the least that it can be and beside an insert and an update by
 * PostGraphile, at 1, 32 and 128 at once: each server a process of its own, loaded in turns, and an
 * upstream without delay. See bench/README.md, "Creates".
 *
 * `npm run bench:creates -- --seconds 5 --rounds 3`
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Pool } from 'undici';
import { createServerDatabase } from '../test/support/database.ts';
import { freePort } from '../test/support/free-port.ts';
import { compareTo, load, type Run } from './reads/load.ts';
import { hideFunctions, makeKey } from './reads/prepare.ts';
import { findPostgres, keepTo } from './reads/processors.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
  },
});
const server = process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const startWithinMs = 60_000;
const peerName = 'PostGraphile 5: insert and update';

interface Contender {
  name: string;
  program: string[];
  /** Asks for one video, and has its task id. */
  create: (post: Post) => Promise<unknown>;
}

/** Sends a body to the contender and gives its answer; throws for one with errors. */
type Post = (body: object) => Promise<Record<string, Record<string, Record<string, unknown>>>>;

interface Running extends Contender {
  child: ChildProcess;
  post: Post;
}

const asked = { model: 'MiniMax-Hailuo-02', prompt: 'A paper boat crosses a puddle' };

const { url, drop } = await createServerDatabase({ migrated: true, server });
const client = new pg.Client({ connectionString: url });
await client.connect();
await hideFunctions(client);
const key = await makeKey(client, 'bench');
await client.end();
const upstream = await startUpstream();
const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
const postgres = await findPostgres(url);
const unpin = cpus().length > 1 && keepTo(process.pid, '1') ? postgres?.pin(1) : undefined;
const running: Running[] = [];
try {
  for (const contender of contenders(await freePort(), await freePort(), await freePort()))
    running.push(await start(contender));
  for (const concurrency of [1, 32, 128]) await measure(concurrency);
  console.log(
    JSON.stringify({
      ...{ node: process.version, processors: `${cpus().length} × ${cpus()[0]!.model}` },
      ...{ pinned: unpin != null, load: Number(loadavg()[0]!.toFixed(1)) },
    }),
  );
} finally {
  unpin?.();
  for (const { child } of running) {
    child.kill();
    await once(child, 'exit');
  }
  upstream.close();
  upstream.closeAllConnections();
  await drop();
}

function contenders(...ports: number[]): (Contender & { port: number })[] {
  const [floor, ours, peer] = ports as [number, number, number];
  const typescript = ['--no-warnings', '--import', '@swc-node/register/esm-register'];
  return [
    {
      ...{ name: 'floor: node:http, pg, undici', port: floor },
      program: [...typescript, path('contenders/floor-create.ts'), url, String(floor), upstreamUrl],
      create: (post) => post(asked),
    },
    {
      ...{ name: 'Reelgraph', port: ours, program: [path('../dist/main.js')] },
      async create(post) {
        const { data } = await post({
          query: `mutation ($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) {
            generation { id status taskId } userErrors { message } } }`,
          variables: { input: asked },
        });
        const { generation } = data!['createVideoGeneration'] as {
          generation: { taskId?: string };
        };
        if (!generation?.taskId) throw new Error(`no task: ${JSON.stringify(data)}`);
      },
    },
    {
      ...{ name: peerName, port: peer },
      program: [path('contenders/postgraphile.mjs'), url, String(peer)],
      async create(post) {
        const rowId = randomUUID();
        const now = new Date().toISOString();
        await post({
          query: `mutation ($row: VideoGenerationInput!) {
            createVideoGeneration(input: { videoGeneration: $row }) { videoGeneration { rowId } } }`,
          variables: {
            row: {
              ...{
                ...asked,
                rowId,
                createdAt: now,
                updatedAt: now,
                callerId: 'bench',
                inputHash: '',
              },
              ...{ promptOptimizer: true, simulated: false, status: 'SUBMITTING', version: 1 },
            },
          },
        });
        await post({
          query: `mutation ($rowId: UUID!, $patch: VideoGenerationPatch!) {
            updateVideoGenerationByRowId(input: { rowId: $rowId, videoGenerationPatch: $patch }) {
              videoGeneration { id: rowId status taskId } } }`,
          variables: { rowId, patch: { status: 'PROCESSING', version: 2, taskId: rowId } },
        });
      },
    },
  ];
}

/** A MiniMax that accepts each request at once. */
async function startUpstream() {
  let tasks = 0;
  const stub = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      const base_resp = { status_code: 0, status_msg: 'success' };
      response.end(JSON.stringify({ task_id: `${Date.now()}${tasks++}`, base_resp }));
    });
  }).listen(0, '127.0.0.1');
  await once(stub, 'listening');
  return stub;
}

async function start({ port, ...contender }: Contender & { port: number }): Promise<Running> {
  const child = spawn(process.execPath, contender.program, {
    // Not where a .env of the developer's lies.
    cwd: path('.'),
    env: {
      PATH: process.env['PATH'],
      ...{ NODE_ENV: 'production', DATABASE_URL: url, PORT: String(port), LOG_LEVEL: 'warn' },
      ...{ MINIMAX_BASE_URL: upstreamUrl, MINIMAX_API_KEY: 'bench', MINIMAX_RPM: '0' },
      // No look while it is measured.
      ...{ MINIMAX_IN_FLIGHT: '0', POLL_INTERVAL_MS: '600000', RATE_LIMIT_PER_MINUTE: '0' },
      SWC_NODE_PROJECT: path('../tsconfig.json'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (unpin) keepTo(child.pid!, '0');
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 128 });
  const post: Post = async (body) => {
    const answer = await pool.request({
      ...{ method: 'POST', path: '/graphql' },
      // The others take no credentials.
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || text.includes('"errors"')) throw new Error(text.slice(0, 500));
    return JSON.parse(text) as Awaited<ReturnType<Post>>;
  };
  for (const startedAt = performance.now(); ; await sleep(200)) {
    const failure = await contender.create(post).then(() => null, String);
    if (failure === null) break;
    if (child.exitCode !== null || performance.now() - startedAt > startWithinMs) {
      child.kill();
      throw new Error(`${contender.name} makes none: ${failure}`);
    }
  }
  return { ...contender, child, post };
}

async function measure(concurrency: number): Promise<void> {
  const runs = new Map<string, Run[]>(running.map(({ name }) => [name, []]));
  const loadWith = ({ child, create, post }: Running, seconds: number) =>
    load({ pid: child.pid!, postgres, concurrency, seconds, send: () => create(post) });
  for (const contender of running) await loadWith(contender, 1);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const contender of running)
      runs.get(contender.name)!.push(await loadWith(contender, Number(options.seconds)));
  }
  compareTo(peerName, `${concurrency} at once`, runs);
}
