/**
 * Half an hour of a service whose surroundings fail: many callers, and every 20 seconds a fault of
 * its database, its neighbour, itself, or of those who ask.
 *
 * Real processes on a PostgreSQL of their own, behind a line that the bench controls. Whoever asks
 * has an answer within 10 s, and afterwards nothing is lost. See bench/README.md, "Soak".
 */
import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { ThrowawayCluster } from '../test/support/cluster.ts';
import { createServerDatabase } from '../test/support/database.ts';
import { fill } from './audit/fill.ts';
import { countPending } from './chaos/check.ts';
import { randomOf } from './chaos/random.ts';
import { FaultyUpstream } from './chaos/upstream.ts';
import { Asking } from './soak/asking.ts';
import { check } from './soak/check.ts';
import { faults, inTurns, type Surroundings } from './soak/faults.ts';
import { DatabaseLine } from './soak/line.ts';
import { Load, type Account } from './soak/load.ts';
import { Receiver } from './soak/receiver.ts';
import { Samples } from './soak/samples.ts';
import { Target } from './soak/targets.ts';
import { Watcher } from './soak/watchers.ts';
import { until } from './until.ts';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
/** After a fault: until both servers are ready, and until each watcher has heard of something. */
const goesOnWithinMs = 30_000;
const settleWithinMs = 240_000;
/** What the last third of the run may take more than the middle one. */
const memoryLimit = 1.1;
/** A shorter run is over before memory is what it will be. */
const memoryJudgedFromMinutes = 15;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '30' },
    clients: { type: 'string', default: '32' },
    /** Seconds from one fault to the next. */
    every: { type: 'string', default: '20' },
    /** Requests for videos a minute, of all clients together. */
    creates: { type: 'string', default: '90' },
    /** Events of former generations in the database. */
    events: { type: 'string', default: '110000' },
    /** Leave the servers' logs behind. */
    keep: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const minutes = Number(values.minutes);
const undo: (() => unknown)[] = [];
const violations: string[] = [];

process.exitCode = await main();

async function main(): Promise<number> {
  console.log(`soak: seed ${seed}, ${minutes} minutes, ${values.clients} clients`);
  const cluster = await ThrowawayCluster.start();
  if (typeof cluster === 'string') {
    console.log(`soak: skipped, ${cluster}`);
    return 0;
  }
  undo.push(() => cluster.remove());
  const directory = mkdtempSync(join(tmpdir(), 'reelgraph-soak-'));
  try {
    const figures = await soak(directory, cluster.url);
    const width = Math.max(...Object.keys(figures).map((name) => name.length));
    for (const [name, value] of Object.entries(figures))
      console.log(`  ${name.padEnd(width)}  ${value}`);
    if (violations.length === 0) {
      console.log('soak: everything was answered, nothing was lost');
      if (!values.keep) undo.push(() => rmSync(directory, { recursive: true }));
      return 0;
    }
    console.error(`soak: ${violations.length} violations; the servers' logs are in ${directory}`);
    for (const violation of violations.slice(0, 60)) console.error(`  - ${violation}`);
    return 1;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function soak(directory: string, server: string): Promise<Record<string, string | number>> {
  const { url: databaseUrl } = await createServerDatabase({ migrated: true, server });
  await fill(databaseUrl, Number(values.events));
  console.log('soak: the database is filled');
  const upstream = new FaultyUpstream({ seed, timeoutMs: 30_000 });
  // It is the surroundings on this side that fail; what MiniMax does is for bench:chaos.
  upstream.calmDown();
  await upstream.start();
  const receiver = await Receiver.start(seed);
  const line = await DatabaseLine.start(databaseUrl);
  undo.push(() => [upstream, receiver, line].forEach((each) => each.close()));
  const env = environment(directory, line.url, upstream.url);
  const admin = { callerId: 'soak-admin', token: createAdmin(databaseUrl) };
  const targets: Target[] = [];
  undo.push(() => Promise.all(targets.map(({ server: each }) => each.retire('SIGKILL'))));
  for (const name of ['server-0', 'server-1']) {
    const headFile = join(directory, `${name}.heads`);
    const options = { directory, program: [join(dist, 'main.js')] };
    targets.push(
      await Target.start(name, { ...options, env: { ...env, AUDIT_HEAD_FILE: headFile } }),
    );
  }
  await until(() => targets.every(({ server: each }) => each.ready), 60_000, 'servers are ready');

  const asking = new Asking();
  const callers = await createCallers(targets[0]!, asking, admin);
  const watched = callers.slice(0, 4);
  for (const caller of watched) await createEndpoint(targets[0]!, asking, caller, receiver);
  const samples = await Samples.start(databaseUrl);
  undo.push(() => samples.close());

  const running = new AbortController();
  const load = new Load({
    ...{ seed, targets, asking, callers, admin },
    clients: Number(values.clients),
    createsPerMinute: Number(values.creates),
  });
  const watchers = watched.map(
    (caller, index) =>
      new Watcher(`watcher ${index}`, caller, index % 2 ? targets.toReversed() : targets),
  );
  const watchersRun = new AbortController();
  const watching = watchers.map((watcher) => watcher.run(watchersRun.signal));
  const loading = load.run(running.signal);
  const sampling = samples.take(targets, running.signal);
  const surroundings = { seed, targets, victim: targets[1]!, line, databaseUrl, asking };
  const told = await rage({ ...surroundings, admin, callers }, watchers);
  running.abort();
  await Promise.race([loading, sleep(60_000)]);
  if (load.unanswered > 0) violations.push(`${load.unanswered} requests for videos had no answer`);
  await sampling;
  const loadAverage = loadavg()[2]!.toFixed(1);

  const database = new pg.Client(databaseUrl);
  await database.connect();
  undo.push(() => database.end());
  await until(
    async () =>
      targets.every(({ server: each }) => each.ready) &&
      (await countPending(database)) === 0 &&
      (await countUnsent(database)) === 0,
    settleWithinMs,
    'every generation is settled and every webhook sent',
  ).catch((error: Error) => violations.push(error.message));
  // What was settled last is still on its way to those who watch.
  await sleep(3_000);
  watchersRun.abort();
  await Promise.all(watching);
  await Promise.all(targets.map(({ server: each }) => each.retire('SIGTERM')));
  await Promise.all(targets.map(({ dispatcher }) => dispatcher.destroy()));

  const interruptions = targets.flatMap(({ kills, freezes }) => [...kills, ...freezes]);
  const { acknowledged } = load;
  const found = await check({ seed, database, upstream, acknowledged, interruptions });
  violations.push(...asking.violations, ...found.violations, ...receiver.violations);
  violations.push(...(await checkTold(database, watched, watchers, receiver)));
  checkServers(targets);
  return {
    seed,
    'load average of 15 minutes': `${loadAverage} on ${cpus().length} processors`,
    ...told,
    ...asking.figures,
    ...found.figures,
    'webhooks: received, failed on purpose, taken': `${receiver.received}, ${receiver.failed}, ${receiver.taken.size}`,
    subscriptions: watchers
      .map(
        ({ messages, connections, ends }) =>
          `${messages} messages over ${connections} connections (${[...ends].map(([end, count]) => `${count} × ${end}`).join(', ')})`,
      )
      .join('; '),
    ...samples.figures,
    ...judgeMemory(samples, targets),
    'audit log': await verifyAudit(env, databaseUrl, join(directory, 'server-0.heads')),
    'errors logged': errorsOf(targets),
  };
}

/** One fault after the other until the time is up; gives the figures. */
async function rage(
  surroundings: Surroundings,
  watchers: readonly Watcher[],
): Promise<Record<string, string>> {
  const { asking, targets } = surroundings;
  const counts = new Map<string, number>();
  const recoveries: number[] = [];
  const hearings: Promise<void>[] = [];
  const names = inTurns(seed);
  const everyMs = Number(values.every) * 1_000;
  let told = 0;
  const startedAt = Date.now();
  const count = Math.floor((minutes * 60_000) / everyMs) - 1;
  for (let index = 1; index <= count; index++) {
    await sleep(startedAt + index * everyMs - Date.now());
    const name = names.next().value;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    asking.fault = name;
    asking.faults += 1;
    const from = Date.now();
    await faults[name](surroundings, randomOf(seed, 'fault', index)).catch((error: Error) =>
      violations.push(`${name}: ${error.message}`),
    );
    const until = Date.now();
    hearings.push(
      ...watchers.map(async (watcher) => {
        if (await watcher.hears(goesOnWithinMs)) return;
        violations.push(`${watcher.name} heard nothing in ${goesOnWithinMs} ms after ${name}`);
      }),
    );
    while (!(await areReady(targets))) {
      if (Date.now() - until > goesOnWithinMs) {
        violations.push(`not every server was ready in ${goesOnWithinMs} ms after ${name}`);
        break;
      }
      await sleep(100);
    }
    recoveries.push(Date.now() - until);
    asking.fault = undefined;
    for (; told < asking.violations.length; told++) console.log(`  - ${asking.violations[told]}`);
    console.log(
      `soak: ${Math.round((from - startedAt) / 1_000)} s, ${name} for ${until - from} ms, ready ${recoveries.at(-1)} ms later, ${asking.count} answers, ${asking.violations.length + violations.length} violations, load ${loadavg()[0]!.toFixed(1)}`,
    );
  }
  await sleep(startedAt + minutes * 60_000 - Date.now());
  await Promise.all(hearings);
  return {
    faults: [...counts].map(([name, times]) => `${times} × ${name}`).join(', '),
    'ready again after a fault': `at the latest after ${Math.max(...recoveries)} ms`,
  };
}

async function areReady(targets: readonly Target[]): Promise<boolean> {
  const answers = targets.map(async ({ server }) => {
    const answer = await fetch(`${server.url}/readyz`, { signal: AbortSignal.timeout(10_000) });
    await answer.body?.cancel();
    return answer.ok;
  });
  return (await Promise.all(answers).catch(() => [false])).every(Boolean);
}

function environment(
  directory: string,
  databaseUrl: string,
  upstreamUrl: string,
): Record<string, string> {
  const keyFile = join(directory, 'audit-signing-key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return {
    DATABASE_URL: databaseUrl,
    MINIMAX_BASE_URL: upstreamUrl,
    MINIMAX_API_KEY: 'soak-key',
    MINIMAX_RPM: '1000',
    POLL_INTERVAL_MS: '1000',
    CREATE_WAIT_MS: '2000',
    RATE_LIMIT_PER_MINUTE: '6000',
    TRUST_PROXY: '1',
    WEBHOOK_ALLOW_PRIVATE: 'on',
    WEBHOOK_TIMEOUT_MS: '5000',
    AUDIT_SIGNING_KEY: keyFile,
    LOG_LEVEL: 'info',
  };
}

/** Before there is a server, since from the first key on nobody is let in without one. */
function createAdmin(databaseUrl: string): string {
  return execFileSync(
    process.execPath,
    [join(dist, 'cli/keys.js'), 'create', '--caller', 'soak-admin', '--role', 'admin'],
    { env: { DATABASE_URL: databaseUrl }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
    .toString()
    .trim();
}

/** Eight, two of each tenant. */
async function createCallers(target: Target, asking: Asking, admin: Account): Promise<Account[]> {
  const query = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }`;
  return await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const callerId = `soak-${index}`;
      const input = { callerId, role: 'CLIENT', tenant: `tenant-${index % 4}` };
      const body = { query, variables: { input } };
      const reply = await asking.ask(target, { name: 'key', token: admin.token, body });
      return { callerId, token: reply!.body.data.createApiKey.secret as string };
    }),
  );
}

async function createEndpoint(
  target: Target,
  asking: Asking,
  { callerId, token }: Account,
  receiver: Receiver,
): Promise<void> {
  const query = `mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { secret } }`;
  const body = { query, variables: { input: { url: receiver.urlOf(callerId) } } };
  const reply = await asking.ask(target, { name: 'endpoint', token, body });
  receiver.expect(callerId, reply!.body.data.createWebhookEndpoint.secret as string);
}

async function countUnsent(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM webhook_delivery WHERE status = 'PENDING'`,
  );
  return rows[0]!.count;
}

/** Whoever watches or has an endpoint was told how each of its generations ended. */
async function checkTold(
  database: pg.Client,
  watched: readonly Account[],
  watchers: readonly Watcher[],
  receiver: Receiver,
): Promise<string[]> {
  const found: string[] = [];
  for (const [index, { callerId }] of watched.entries()) {
    const { rows } = await database.query<{ id: string; status: string }>(
      'SELECT id::text, status::text FROM video_generation WHERE caller_id = $1',
      [callerId],
    );
    const { name, statuses } = watchers[index]!;
    for (const { id, status } of rows) {
      if (!receiver.taken.has(`${id} ${status}`))
        found.push(`no webhook told ${callerId} that ${id} is ${status}`);
      if (statuses.get(id) !== status)
        found.push(`${name} believes that ${id} is ${statuses.get(id)}, and it is ${status}`);
    }
  }
  return found;
}

function checkServers(targets: readonly Target[]): void {
  for (const { server } of targets) {
    violations.push(...server.collapses);
    for (const { code, load } of server.stops)
      // Stopping has a time limit, which a server that hardly gets to run may miss.
      if (code !== 0 && load <= 2 * cpus().length)
        violations.push(`${server.name} was asked to stop and ended with ${code}`);
    for (const text of server.errors.keys())
      // A fault of the database may end a look early.
      if (text.includes('AUDIT ALARM') && !text.includes('could not be looked at'))
        violations.push(`${server.name} logged ${text}`);
  }
}

function judgeMemory(samples: Samples, targets: readonly Target[]): Record<string, string> {
  const figures: Record<string, string> = {};
  for (const target of targets) {
    for (const what of ['rssMb', 'heapMb'] as const) {
      const name = `${what === 'rssMb' ? 'memory' : 'heap'} of ${target.server.name}, MB`;
      const thirds = samples.thirds(target, what);
      if (!thirds) continue;
      const { middle, last } = thirds;
      const growth = last / middle;
      figures[name] =
        `middle third ${Math.round(middle)}, last third ${Math.round(last)} (${Math.round((growth - 1) * 100)} %); each minute ${samples.perMinute(target, what)}`;
      // One that was killed begins anew.
      const isWhole = target.kills.length === 0 && minutes >= memoryJudgedFromMinutes;
      if (isWhole && growth > memoryLimit) violations.push(`${name}, grew: ${figures[name]}`);
    }
  }
  return figures;
}

async function verifyAudit(
  env: Readonly<Record<string, string>>,
  databaseUrl: string,
  headFile: string,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(dist, 'cli/verify-audit.js')],
      { env: { ...env, DATABASE_URL: databaseUrl, AUDIT_HEAD_FILE: headFile } },
    );
    return stdout.split('\n')[0]!;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    violations.push(`the audit log is not as it was written: ${stderr || message}`);
    return 'not as it was written';
  }
}

function errorsOf(targets: readonly Target[]): string {
  const errors = new Map<string, number>();
  for (const [text, count] of targets.flatMap(({ server }) => [...server.errors]))
    errors.set(text, (errors.get(text) ?? 0) + count);
  return [...errors].map(([text, count]) => `${count} × ${text}`).join('; ') || 'none';
}
