/**
 * Kills servers while they spend money, and counts what went wrong.
 *
 * Real processes on a real PostgreSQL against an upstream with every fault we
 * know; afterwards what the clients were told, what the upstream saw and what
 * the database holds must agree. See bench/README.md, "Chaos".
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { ThrowawayCluster } from '../test/support/cluster.ts';
import { createServerDatabase } from '../test/support/database.ts';
import { Commits, distributionOf } from './answers/commits.ts';
import { check, countPending, type Verdict } from './chaos/check.ts';
import { createAll, type ClientFigures } from './chaos/clients.ts';
import { decideOnUncertain, type DecisionFigures } from './chaos/decisions.ts';
import { Failover } from './chaos/failover.ts';
import { LossyLine } from './chaos/line.ts';
import { between, randomOf } from './chaos/random.ts';
import { ChaosServer } from './chaos/servers.ts';
import { FaultyUpstream } from './chaos/upstream.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const timeoutMs = 1_000;
const leaseMs = 1_500;
/** Then the weather clears, also for requests that are not answered yet. */
const longestStormMs = 120_000;
/** A server that cannot even start will not do so the next time. */
const enoughCollapses = 5;
const settleWithinMs = 180_000;
/** What is uncertain is looked for when it is two minutes old, and each minute from then on. */
const reconciledAfterMs = 200_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    creates: { type: 'string', default: '300' },
    servers: { type: 'string', default: '3' },
    clients: { type: 'string', default: '10' },
    /** Which part of the kills asks first. */
    sigterm: { type: 'string', default: '0.25' },
    /** Kill a PostgreSQL of its own, too. */
    postgres: { type: 'boolean', default: false },
    /** Have a standby take over that does not know the latest. */
    failover: { type: 'boolean', default: false },
    /** Leave the servers' logs behind. */
    keep: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const creates = Number(values.creates);

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.postgres && values.failover) throw new Error('choose --postgres or --failover');
  console.log(
    `chaos: seed ${seed}${values.postgres ? ', PostgreSQL is killed too' : ''}${values.failover ? ', a standby takes over' : ''}`,
  );
  const cluster = values.postgres || values.failover ? await ThrowawayCluster.start() : undefined;
  if (typeof cluster === 'string') {
    console.log(`chaos: skipped, ${cluster}`);
    return 0;
  }
  const undo: (() => unknown)[] = [() => cluster?.remove()];
  const directory = mkdtempSync(join(tmpdir(), 'reelgraph-chaos-'));
  try {
    const started = Date.now();
    const { violations, figures } = await storm(directory, cluster, undo);
    console.log(table({ ...figures, seconds: Math.round((Date.now() - started) / 1000) }));
    if (violations.length === 0) {
      console.log('chaos: nothing was lost, nothing was sent twice');
      if (!values.keep) undo.push(() => rmSync(directory, { recursive: true }));
      return 0;
    }
    console.error(`chaos: ${violations.length} violations; the servers' logs are in ${directory}`);
    for (const violation of violations.slice(0, 40)) console.error(`  - ${violation}`);
    return 1;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function storm(
  directory: string,
  cluster: ThrowawayCluster | undefined,
  undo: (() => unknown)[],
): Promise<Verdict> {
  const server =
    cluster?.url ??
    process.env['TEST_DATABASE_URL'] ??
    'postgres://postgres@127.0.0.1:5432/postgres';
  const { url, drop } = await createServerDatabase({ migrated: false, server });
  if (!cluster) undo.push(drop);
  const upstream = new FaultyUpstream({ seed, timeoutMs });
  await upstream.start();
  undo.push(() => upstream.close());

  const failover = values.failover ? await Failover.prepare(cluster!) : undefined;
  undo.push(() => failover?.remove());
  const line = await new LossyLine(url, randomOf(seed, 'line')).listen();
  undo.push(() => line.close());

  const servers: ChaosServer[] = [];
  undo.push(() => Promise.all(servers.map((each) => each.retire('SIGKILL'))));
  for (let index = 0; index < Number(values.servers); index++) {
    servers.push(
      await ChaosServer.start(`server-${index}`, {
        directory,
        program: [join(root, 'dist/main.js')],
        env: {
          DATABASE_URL: line.url,
          MINIMAX_BASE_URL: upstream.url,
          MINIMAX_API_KEY: 'chaos-key',
          MINIMAX_RPM: '6000',
          MINIMAX_SECOND_RPM: '6000',
          MINIMAX_SECOND_IN_FLIGHT: '0',
          MINIMAX_TIMEOUT_MS: String(timeoutMs),
          POLL_INTERVAL_MS: '200',
          LEASE_MS: String(leaseMs),
          CREATE_WAIT_MS: '2000',
          LOG_LEVEL: 'info',
        },
      }),
    );
  }
  await until(() => servers.every(({ ready }) => ready), 60_000, 'the servers are ready');
  await takeForOld(url);
  // The connection that hears of commits would end with the database.
  const commits = cluster ? undefined : await Commits.watch(url);
  undo.push(() => commits?.close());

  const clients: ClientFigures = {
    answers: new Map(),
    asked: new Map(),
    requests: 0,
    cutByClient: 0,
    failed: 0,
    twins: 0,
    refusals: [],
  };
  const decisions: DecisionFigures = { resubmitted: new Map(), declared: new Set(), repeated: 0 };
  const kills: number[] = [];
  const freezes: number[] = [];
  const raging = new AbortController();
  const patience = new AbortController();
  const weather = Promise.all([
    killServers(servers, kills, raging.signal, failover),
    freezeServers(servers, freezes, raging.signal, failover),
    letUpstreamVanish(upstream, raging.signal),
    values.postgres && crashDatabase(cluster!, raging.signal),
    failover?.happen(line, randomOf(seed, 'failover'), raging.signal),
  ]);
  const urls = servers.map((each) => each.url);
  const asking = createAll({
    seed,
    count: creates,
    parallel: Number(values.clients),
    urls,
    figures: clients,
    signal: patience.signal,
  });
  const deciding = decideOnUncertain({ seed, urls, figures: decisions, signal: raging.signal });
  const stormStarted = Date.now();
  let allAnswered = false;
  const answering = asking.then(() => (allAnswered = true));
  const hasCollapsed = () =>
    !cluster && servers.some(({ collapses }) => collapses.length >= enoughCollapses);
  const answeredBy = async (deadline: number) => {
    while (!allAnswered && !hasCollapsed() && Date.now() < deadline)
      await Promise.race([answering, sleep(500)]);
  };
  await answeredBy(stormStarted + longestStormMs);
  const stormSeconds = (Date.now() - stormStarted) / 1000;
  raging.abort();
  line.calmDown();
  await Promise.all([weather, deciding]);
  upstream.calmDown();
  await answeredBy(Date.now() + settleWithinMs);
  const wereAllAnswered = allAnswered;
  patience.abort();
  await asking;

  const database = new pg.Client(failover?.after(url) ?? url);
  await database.connect();
  undo.push(() => database.end());
  const violations: string[] = [];
  if (!wereAllAnswered) violations.push('not every request was answered');
  await until(
    async () => {
      if (!servers.every(({ ready }) => ready)) return false;
      await failover?.settleHeld(urls[0]!, upstream, decisions);
      return (await countPending(database)) === 0;
    },
    wereAllAnswered ? settleWithinMs : 0,
    'every generation is settled',
  ).catch((error: Error) => violations.push(error.message));
  // After a takeover the list settles nothing.
  if (wereAllAnswered && !failover) await untilReconciled(database);
  // A late answer may still be on its way to a row that another server gave up.
  await sleep(timeoutMs + leaseMs);
  await Promise.all(servers.map((each) => each.retire('SIGTERM')));

  const stops = servers.flatMap((each) => each.stops);
  const unclean = stops.filter(({ code }) => code !== 0);
  const crashes = [
    ...(cluster?.outages.map(({ from }) => from) ?? []),
    ...(failover ? [failover.to] : []),
  ];
  const verdict = await check({
    seed,
    database,
    upstream,
    clients,
    decisions,
    timeoutMs,
    forgotten: failover?.touched(clients, upstream) ?? new Set(),
    // Whoever did not manage to stop in time left as if killed.
    kills: [...kills, ...freezes, ...crashes, ...unclean.map(({ at }) => at)],
  });
  const collapses = servers.flatMap((each) => each.collapses);
  // Without its database a server may neither start nor store what is under way.
  if (!cluster) {
    // Stopping has a time limit, which a server that hardly gets to run may miss.
    const inPeace = unclean.filter(({ load }) => load <= 2 * cpus().length);
    for (const { code, load } of inPeace)
      violations.push(`a server that was asked to stop ended with ${code} at load ${load}`);
    violations.push(...collapses);
  }
  const sum = (count: (server: ChaosServer) => number) =>
    servers.reduce((total, server) => total + count(server), 0);
  const errors = new Map<string, number>();
  for (const [text, count] of servers.flatMap((each) => [...each.errors]))
    errors.set(text, (errors.get(text) ?? 0) + count);
  return {
    violations: [...violations, ...verdict.violations],
    figures: {
      seed,
      'creates (keys)': clients.answers.size,
      requests: `${clients.requests}: ${clients.failed} failed, ${clients.cutByClient} cut by the client, ${clients.twins} sent to two servers at once`,
      'storm, seconds': `${Math.round(stormSeconds)}, load ${loadavg()[1]!.toFixed(1)} on ${cpus().length} processors`,
      'servers killed (SIGKILL)': kills.length,
      'servers stopped (SIGTERM)': `${stops.length}, ${unclean.length} of them not in time`,
      'server starts, without a database': `${sum(({ starts }) => starts)}, ${sum(({ startsGivenUp }) => startsGivenUp)}`,
      'servers frozen (SIGSTOP)': freezes.length,
      'answers of PostgreSQL lost, of commits': `${line.lost}, ${line.lostCommits}`,
      ...(cluster && { 'PostgreSQL killed': cluster.kills }),
      ...(failover && {
        'held: given their tasks, sent': `${failover.attached}, ${failover.released}`,
      }),
      ...(commits && { 'answer to commit': untilCommitted(upstream, commits) }),
      ...verdict.figures,
      'errors logged':
        [...errors].map(([text, count]) => `${count} × ${text}`).join('; ') || 'none',
    },
  };
}

/** In a new database nothing is found in the list for eleven minutes: this one is taken for an old one. */
async function takeForOld(url: string): Promise<void> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  await database.query(
    `INSERT INTO database_life VALUES (database_incarnation(), to_timestamp(0))
     ON CONFLICT (incarnation) DO UPDATE SET noticed_at = excluded.noticed_at`,
  );
  await database.end();
}

/** Until the list of tasks has told what it can of those whose outcome nobody knows, and they have ended. */
async function untilReconciled(database: pg.Client): Promise<void> {
  const { rows } = await database.query<{ last: Date | null }>(
    `SELECT max(submitted_at) AS last FROM video_generation
     WHERE status = 'UNCERTAIN' AND api_generation = 2`,
  );
  const last = rows[0]!.last;
  if (last === null) return;
  await sleep(Math.max(0, last.getTime() + reconciledAfterMs - Date.now()));
  await until(
    async () => (await countPending(database)) === 0,
    settleWithinMs,
    'what was found has ended',
  );
}

/** How long answers that told of a task were in one server's memory alone, of those that were stored. */
function untilCommitted({ answeredAt }: FaultyUpstream, { heardAt }: Commits): string {
  const delays = [...answeredAt].flatMap(([taskId, at]) => {
    const heard = heardAt.get(taskId);
    return heard === undefined ? [] : [heard - at];
  });
  const { count, p50, p99, max } = distributionOf(delays);
  return `${count} of ${answeredAt.size}: p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms`;
}

/**
 * Every 300 to 800 ms one of those that are up, or now and then one that is just
 * starting; mostly not the last one, else a slow machine would see starts only.
 */
async function killServers(
  servers: readonly ChaosServer[],
  kills: number[],
  signal: AbortSignal,
  failover: Failover | undefined,
): Promise<void> {
  const random = randomOf(seed, 'kills');
  // What also waits for a recovering database would otherwise never get to serve.
  const slower = values.postgres ? 3 : 1;
  while (await passed(between(random, 300, 800) * slower, signal)) {
    if (failover?.isCalm) continue;
    const asks = random() < Number(values.sigterm);
    const mayStart = !asks && random() < 0.1;
    const mayBeLast = random() < 0.15;
    const up = servers.filter(({ ready, alive }) => ready || (alive && mayStart));
    const victim = up[between(random, 0, up.length - 1)];
    if (!victim || (!mayBeLast && servers.filter(({ ready }) => ready).length < 2)) continue;
    if (asks) victim.kill('SIGTERM');
    else if (victim.kill('SIGKILL')) kills.push(Date.now());
  }
}

/** Now and then one goes to sleep, often for longer than its leases last. */
async function freezeServers(
  servers: readonly ChaosServer[],
  freezes: number[],
  signal: AbortSignal,
  failover: Failover | undefined,
): Promise<void> {
  const random = randomOf(seed, 'freezes');
  while (await passed(between(random, 200, 1_500), signal)) {
    if (failover?.isCalm) continue;
    const up = servers.filter(({ ready }) => ready);
    const victim = up.length < 2 ? undefined : up[between(random, 0, up.length - 1)];
    const at = Date.now();
    if (await victim?.freeze(between(random, 100, leaseMs * 2))) freezes.push(at);
  }
}

async function letUpstreamVanish(upstream: FaultyUpstream, signal: AbortSignal): Promise<void> {
  const random = randomOf(seed, 'absences');
  while (await passed(between(random, 2_000, 6_000), signal)) {
    await upstream.vanishFor(between(random, 50, 400));
  }
}

async function crashDatabase(cluster: ThrowawayCluster, signal: AbortSignal): Promise<void> {
  const random = randomOf(seed, 'database');
  while (await passed(between(random, 3_000, 8_000), signal)) {
    await cluster.crash(random() < 0.5 ? 'SIGKILL' : 'immediate', between(random, 0, 1_500));
  }
}

/** False as soon as the signal comes. */
async function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return await sleep(ms, true, { signal }).catch(() => false);
}

function table(figures: Readonly<Record<string, string | number>>): string {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  return Object.entries(figures)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
    .join('\n');
}
