/**
 * Whether one server follows 5,000 running tasks on time: a real PostgreSQL, the built service as a
 * process of its own, and a MiniMax that says "Processing" for ever.
 *
 * `node … bench/following.ts` runs for 60 s with the defaults and exits with 1 when the queue of due
 * looks falls behind by a poll interval, or memory grows. With `sweep` it shows for 20 s each how far
 * the worker's concurrency and MiniMax's latency carry.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { loadConfig } from '../src/config.ts';
import { createServerDatabase } from '../test/support/database.ts';
import { freePort } from '../test/support/free-port.ts';

const tasks = Number(process.env['BENCH_TASKS'] ?? 5_000);
const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const pollIntervalMs = 10_000;
const usualLatencyMs = 150;
/** Growth from the middle third of a run to its last that still counts as flat. */
const memoryLimit = 1.15;
/** How long after the tasks are stored the first of them is due. */
const leadMs = 3_000;

interface Case {
  concurrency: number;
  latencyMs: number;
  seconds: number;
}

interface Sample {
  second: number;
  queries: number;
  dueTasks: number;
  lagMaxMs: number;
  lagP99Ms: number;
  rssMb: number;
  cpuSeconds: number;
  loopP99Ms: number;
}

/** What the stub has seen: how often in all, and the times between two looks at the same task. */
interface Seen {
  queries: number;
  gapsMs: { median: number; p99: number; max: number };
  neverAsked: number;
}

if (process.argv[2] === 'upstream') await serveUpstream(Number(process.argv[3]));
else if (process.argv[2] === 'sweep') await sweep();
else await judge();

async function judge(): Promise<void> {
  const { concurrency } = loadConfig({}).worker;
  const usual = { concurrency, latencyMs: usualLatencyMs, seconds: 60 };
  const { samples, seen, hotShare } = await measure(usual);
  console.log(
    `${tasks} tasks, poll interval ${pollIntervalMs} ms, WORKER_CONCURRENCY ${concurrency}, upstream latency ${usual.latencyMs} ms\n`,
  );
  console.table(perTenSeconds(samples));
  const lagMs = Math.max(...samples.map(({ lagMaxMs }) => lagMaxMs));
  const third = Math.floor(samples.length / 3);
  const middle = mean(samples.slice(third, 2 * third).map(({ rssMb }) => rssMb));
  const last = mean(samples.slice(2 * third).map(({ rssMb }) => rssMb));
  console.log(describe(seen, hotShare));
  const goals = [
    [`lag ${lagMs} ms, to stay under ${pollIntervalMs} ms`, lagMs < pollIntervalMs],
    [
      `memory ${Math.round(middle)} MB, then ${Math.round(last)} MB, to stay flat`,
      last < middle * memoryLimit,
    ],
    [`${seen.neverAsked} tasks never looked at`, seen.neverAsked === 0],
  ] as const;
  for (const [text, reached] of goals) console.log(`${reached ? 'ok    ' : 'MISSED'} ${text}`);
  process.exitCode = goals.every(([, reached]) => reached) ? 0 : 1;
}

async function sweep(): Promise<void> {
  const table: object[] = [];
  for (const latencyMs of [150, 500]) {
    for (const concurrency of [32, 64, 128, 256]) {
      const { samples, seen } = await measure({ concurrency, latencyMs, seconds: 20 });
      // The first look at each task comes within the first interval.
      const steady = samples.slice(2);
      table.push({
        'latency ms': latencyMs,
        concurrency,
        'limit, queries/s': Math.round((concurrency / latencyMs) * 1_000),
        'reached, queries/s': Math.round(perSecond(steady)),
        'lag at the end, ms': samples.at(-1)!.lagMaxMs,
        'tasks due at the end': samples.at(-1)!.dueTasks,
        'CPU %': Math.round(cpuShare(steady) * 100),
        'gap p99, ms': seen.gapsMs.p99,
      });
    }
  }
  console.table(table);
}

async function measure({ concurrency, latencyMs, seconds }: Case): Promise<{
  samples: Sample[];
  seen: Seen;
  hotShare: number;
}> {
  const { url, drop } = await createServerDatabase({ migrated: true, server: databaseServer });
  const admin = new pg.Client({ connectionString: url });
  let upstream: ChildProcess | undefined;
  let service: ChildProcess | undefined;
  try {
    await admin.connect();
    const started = await startUpstream(latencyMs);
    upstream = started.child;
    const port = await freePort();
    service = spawn(process.execPath, [program], {
      // Not where a .env of the developer's lies.
      cwd: fileURLToPath(new URL('.//', import.meta.url)),
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: url,
        PORT: String(port),
        MINIMAX_API_KEY: 'bench',
        MINIMAX_BASE_URL: `http://127.0.0.1:${started.port}`,
        POLL_INTERVAL_MS: String(pollIntervalMs),
        WORKER_CONCURRENCY: String(concurrency),
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await waitUntilReady(port, service);
    await insertTasks(admin);
    await sleep(leadMs);
    const samples: Sample[] = [];
    const startedAt = Date.now();
    for (let second = 1; second <= seconds; second += 1) {
      await sleep(startedAt + second * 1_000 - Date.now());
      samples.push(await takeSample(second, admin, port, upstream));
    }
    const { rows } = await admin.query<{ share: number }>(
      `SELECT (n_tup_hot_upd::float / greatest(n_tup_upd, 1)) AS share
       FROM pg_stat_user_tables WHERE relname = 'video_generation'`,
    );
    return { samples, seen: await ask<Seen>(upstream, 'seen'), hotShare: rows[0]!.share };
  } finally {
    for (const child of [service, upstream]) {
      if (child && child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    }
    await admin.end();
    await drop();
  }
}

/** Tasks that were all submitted just now and are due one after the other within one interval. */
async function insertTasks(admin: pg.Client): Promise<void> {
  await admin.query(
    `INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model, prompt,
       duration, resolution, prompt_optimizer, simulated, status, version, task_id, upstream_status,
       status_code, status_message, submitted_at, next_attempt_at, attempts)
     SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7000'
         || '8000' || lpad(to_hex(i), 12, '0'))::uuid,
       now(), now(), 'bench', md5(i::text), 'MiniMax-Hailuo-02',
       'A paper boat crosses a puddle, take ' || i || ', in soft rain, [Tracking shot]', 6, '768P',
       true, false, 'PROCESSING', 3, (300000000000000 + i)::text, 'Processing', 0, 'success', now(),
       now() + $2 * interval '1 ms' + i * ($3::float / $1) * interval '1 ms', 1
     FROM generate_series(1, $1) AS i`,
    [tasks, leadMs, pollIntervalMs],
  );
  await admin.query('ANALYZE video_generation');
}

async function takeSample(
  second: number,
  admin: pg.Client,
  port: number,
  upstream: ChildProcess,
): Promise<Sample> {
  // Those that are being looked at count too, until their next look is stored.
  const [{ rows }, metrics, queries] = await Promise.all([
    admin.query<{ due: number; max: number; p99: number }>(
      `SELECT count(*)::int AS due, coalesce(max(lag) * 1000, 0)::int AS max,
         coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY lag) * 1000, 0)::int AS p99
       FROM (
         SELECT extract(epoch FROM clock_timestamp() - next_attempt_at)::float AS lag
         FROM video_generation WHERE status = 'PROCESSING' AND next_attempt_at <= now()
       ) AS due`,
    ),
    fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text()),
    ask<number>(upstream, 'count'),
  ]);
  const metric = (name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? NaN);
  const { due, max, p99 } = rows[0]!;
  return {
    second,
    queries,
    dueTasks: due,
    lagMaxMs: max,
    lagP99Ms: p99,
    rssMb: metric('process_resident_memory_bytes') / 1024 / 1024,
    cpuSeconds: metric('process_cpu_seconds_total'),
    loopP99Ms: metric('nodejs_eventloop_lag_p99_seconds') * 1_000,
  };
}

function perTenSeconds(samples: Sample[]): object[] {
  const table: object[] = [];
  for (let from = 0; from + 10 <= samples.length; from += 10) {
    const part = samples.slice(from, from + 10);
    const whole = samples.slice(Math.max(0, from - 1), from + 10);
    const ageMs = (from + 5) * 1_000;
    table.push({
      seconds: `${from}–${from + 10}`,
      'wanted, queries/s': Math.round(tasks / ((pollIntervalMs / 1_000) * (1 + ageMs / 120_000))),
      'reached, queries/s': Math.round(perSecond(whole)),
      'lag max, ms': Math.max(...part.map(({ lagMaxMs }) => lagMaxMs)),
      'lag p99, ms': Math.max(...part.map(({ lagP99Ms }) => lagP99Ms)),
      'tasks due': Math.max(...part.map(({ dueTasks }) => dueTasks)),
      'CPU %': Math.round(cpuShare(whole) * 100),
      'event loop p99, ms': Math.round(mean(part.map(({ loopP99Ms }) => loopP99Ms))),
      'RSS, MB': Math.round(mean(part.map(({ rssMb }) => rssMb))),
    });
  }
  return table;
}

function perSecond(samples: Sample[]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return (last.queries - first.queries) / (last.second - first.second);
}

function cpuShare(samples: Sample[]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return (last.cpuSeconds - first.cpuSeconds) / (last.second - first.second);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function describe({ queries, gapsMs }: Seen, hotShare: number): string {
  const { median, p99, max } = gapsMs;
  return [
    `${queries} queries; between two looks at the same task ${median} ms (median), ${p99} ms (p99), ${max} ms (longest)`,
    `${Math.round(hotShare * 100)} % of the updates touched no index`,
  ].join('\n');
}

async function waitUntilReady(port: number, service: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (service.exitCode !== null) throw new Error('the service did not start');
    try {
      if ((await fetch(`http://127.0.0.1:${port}/readyz`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  throw new Error('the service was not ready within 30 s');
}

async function startUpstream(latencyMs: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(import.meta.url), ['upstream', String(latencyMs)]);
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

async function ask<Answer>(upstream: ChildProcess, question: 'count' | 'seen'): Promise<Answer> {
  upstream.send(question);
  const [answer] = (await once(upstream, 'message')) as [Answer];
  return answer;
}

/** The stub's process: answers after `latencyMs` that the task is being worked on, and keeps count. */
async function serveUpstream(latencyMs: number): Promise<void> {
  const lastAsked = new Map<string, number>();
  const gaps: number[] = [];
  let queries = 0;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://upstream');
    const taskId = searchParams.get('task_id') ?? '';
    const now = Date.now();
    queries += 1;
    const before = lastAsked.get(taskId);
    if (before !== undefined) gaps.push(now - before);
    lastAsked.set(taskId, now);
    setTimeout(() => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          task_id: taskId,
          status: 'Processing',
          file_id: '',
          base_resp: { status_code: 0, status_msg: 'success' },
        }),
      );
    }, latencyMs);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.on('message', (question) => {
    if (question === 'count') return void process.send!(queries);
    gaps.sort((a, b) => a - b);
    const at = (share: number) => gaps[Math.floor((gaps.length - 1) * share)] ?? 0;
    process.send!({
      queries,
      gapsMs: { median: at(0.5), p99: at(0.99), max: at(1) },
      neverAsked: tasks - lastAsked.size,
    } satisfies Seen);
  });
  process.on('SIGTERM', () => process.exit(0));
  process.send!((server.address() as AddressInfo).port);
}
