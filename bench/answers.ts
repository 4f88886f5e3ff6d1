/**
 * How long an answer that tells of a paid task is in one process's memory alone: from the last byte
 * of MiniMax's answer to the commit of its record, with 1, 10 and 100 answers at once, in the first
 * second after a start and later. See bench/README.md, "Answers".
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { request } from 'undici';
import { createServerDatabase } from '../test/support/database.ts';
import { Commits, distributionOf, type Distribution } from './answers/commits.ts';
import { ChaosServer } from './chaos/servers.ts';

const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const resultFile = new URL('results/answers.txt', import.meta.url);
const goalsMs = { cold: 100, warm: 30 };
/** How often each number of answers at once is tried: warm so often that one round that was held up does not make the 99th percentile. */
const rounds = { cold: { 1: 10, 10: 8, 100: 5 }, warm: { 1: 100, 10: 50, 100: 100 } };
/** Rounds before those that are counted as warm: code is compiled while it runs. */
const warmUpRounds = 10;
/** Before each warm round: what follows from the answers of the one before is done by then. */
const quietMs = 100;
const patienceMs = 30_000;
const createBody = JSON.stringify({
  query: `mutation { createVideoGeneration(input: {
    model: "MiniMax-Hailuo-02", prompt: "A paper boat crosses a puddle", duration: 6, resolution: "768P"
  }) { generation { id } userErrors { message } } }`,
});

interface Row extends Distribution {
  /** `plain` is what anybody would write (answers/plain.ts), warm, in turns with the service. */
  when: 'cold' | 'warm' | 'plain';
  'at once': number;
  goal: number | null;
}

const directory = mkdtempSync(join(tmpdir(), 'reelgraph-answers-'));
const { url, drop } = await createServerDatabase({ migrated: true, server: databaseServer });
const database = new pg.Client({ connectionString: url });
await database.connect();
const commits = await Commits.watch(url);
const upstream = fork(fileURLToPath(new URL('answers/upstream.ts', import.meta.url)));
const [upstreamPort] = (await once(upstream, 'message')) as [number];
const plain = fork(fileURLToPath(new URL('answers/plain.ts', import.meta.url)), [
  ...[url, `http://127.0.0.1:${upstreamPort}`],
]);
await once(plain, 'message');
try {
  const table: Row[] = [];
  for (const [atOnce, count] of Object.entries(rounds.cold))
    table.push(row('cold', Number(atOnce), await measureCold(Number(atOnce), count)));
  const server = await startServer();
  for (const [atOnce, count] of Object.entries(rounds.warm)) {
    const { ours, theirs } = await measureWarm(server, Number(atOnce), count);
    table.push(row('warm', Number(atOnce), ours), row('plain', Number(atOnce), theirs));
  }
  await server.retire('SIGTERM');
  await report(table);
} finally {
  upstream.disconnect();
  plain.disconnect();
  await commits.close();
  await database.end();
  await drop();
  rmSync(directory, { recursive: true });
}

function row(when: Row['when'], atOnce: number, delays: readonly number[]): Row {
  const goal = when === 'plain' ? null : goalsMs[when];
  return { when, 'at once': atOnce, ...distributionOf(delays), goal };
}

/** Starts with as many requests waiting: they are sent at once, and answered together. */
async function measureCold(atOnce: number, count: number): Promise<number[]> {
  const delays: number[] = [];
  for (let round = 0; round < count; round++) {
    await insertQueued(atOnce);
    const answered = answersOf(upstream, atOnce);
    const server = await startServer();
    delays.push(...(await delaysOf(await answered)));
    await server.retire('SIGTERM');
  }
  return delays;
}

/** The service and the plain way in turns. */
async function measureWarm(server: ChaosServer, atOnce: number, count: number) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -warmUpRounds; round < count; round++) {
    await sleep(quietMs);
    const answered = answersOf(upstream, atOnce);
    await Promise.all(Array.from({ length: atOnce }, () => create(server)));
    const measured = await delaysOf(await answered);
    await sleep(quietMs);
    const plainAnswered = answersOf(upstream, atOnce);
    plain.send(atOnce);
    const plainMeasured = await delaysOf(await plainAnswered);
    if (round < 0) continue;
    ours.push(...measured);
    theirs.push(...plainMeasured);
  }
  return { ours, theirs };
}

async function startServer(): Promise<ChaosServer> {
  const server = await ChaosServer.start('server', {
    directory,
    program: [program],
    env: {
      DATABASE_URL: url,
      MINIMAX_API_KEY: 'bench',
      MINIMAX_BASE_URL: `http://127.0.0.1:${upstreamPort}`,
      MINIMAX_RPM: '6000',
      // Nothing is looked at meanwhile.
      POLL_INTERVAL_MS: '600000',
      CREATE_WAIT_MS: '0',
      LOG_LEVEL: 'info',
    },
  });
  while (!server.ready) {
    if (server.collapses.length > 0) throw new Error(server.collapses.join('\n'));
    await sleep(20);
  }
  return server;
}

/** With as little garbage as can be: collecting it would take the processors that the service is measured on. */
async function create(server: ChaosServer): Promise<void> {
  const answer = await request(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: createBody,
  });
  const text = await answer.body.text();
  if (!text.includes('"id"')) throw new Error(text);
}

/** Requests as the service leaves them when it is ended before they are sent. */
async function insertQueued(count: number): Promise<void> {
  await database.query(
    `WITH created AS (
       INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model, prompt,
         duration, resolution, prompt_optimizer, simulated, status, version, next_attempt_at)
       SELECT gen_random_uuid(), now(), now(), 'bench', md5(i::text), 'MiniMax-Hailuo-02',
         'A paper boat crosses a puddle', 6, '768P', true, false, 'QUEUED', 1, now()
       FROM generate_series(1, $1::int) AS i RETURNING id
     )
     INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, to_status)
     SELECT gen_random_uuid(), now(), 'GENERATION_CREATED', id, 1, 'QUEUED' FROM created`,
    [count],
  );
}

/** When the last byte of each of the next answers left, by task. */
async function answersOf(child: ChildProcess, count: number): Promise<[string, number][]> {
  child.send(count);
  const [sent] = (await once(child, 'message')) as [[string, number][]];
  return sent;
}

async function delaysOf(sent: readonly [string, number][]): Promise<number[]> {
  const deadline = Date.now() + patienceMs;
  while (!sent.every(([taskId]) => commits.heardAt.has(taskId))) {
    if (Date.now() > deadline) throw new Error(`not recorded within ${patienceMs / 1000} s`);
    await sleep(5);
  }
  return sent.map(([taskId, sentAt]) => commits.heardAt.get(taskId)! - sentAt);
}

async function report(table: readonly Row[]): Promise<void> {
  const missed = table.filter(({ p99, goal }) => goal !== null && p99 >= goal);
  const lines = [
    `From the last byte of an answer to the commit of its record, in milliseconds; load ${loadavg()[0]!.toFixed(1)} on ${cpus().length} processors`,
    '',
    'when  at once  answers    p50     p99     max   p99 to stay under',
    ...table.map(({ when, 'at once': atOnce, count, p50, p99, max, goal }) =>
      [
        when.padEnd(5),
        ...[String(atOnce).padStart(8), String(count).padStart(9)],
        ...[p50, p99, max].map((value, index) => value.toFixed(1).padStart(index === 0 ? 7 : 8)),
        String(goal ?? '').padStart(8),
      ].join(''),
    ),
  ];
  const text = lines.join('\n');
  console.log(text);
  await writeFile(resultFile, `${text}\n`);
  for (const { when, 'at once': atOnce, p99, goal } of missed)
    console.log(`MISSED ${when}, ${atOnce} at once: ${p99} ms, to stay under ${goal} ms`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}
