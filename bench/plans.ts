/**
 * What PostgreSQL does for each query of the worker and for each kind of list, on 1,000,000
 * generations in a database of its own: the statements are taken from the real functions as they
 * reach the driver, then explained as the prepared statements they are.
 *
 * Exits with 1 when a query of the worker reads a table from end to end or takes more than 5 ms, or
 * when a list's first page takes more than 100 ms. Writes the plans to bench/results/plans.txt.
 */
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient, type VideoGeneration } from '../src/database/generated/client.ts';
import { DatabasePool } from '../src/database/pool.ts';
import { statementNames } from '../src/database/server.ts';
import { Leases } from '../src/generation/leases.ts';
import {
  countGenerations,
  cursorOf,
  listGenerations,
  type GenerationFilter,
  type GenerationOrder,
} from '../src/generation/list.ts';
import { GenerationStore } from '../src/generation/store.ts';
import type { PagingArguments } from '../src/graphql/paging.ts';
import { UpstreamKey } from '../src/generation/upstream-key.ts';
import { createLogger } from '../src/logger.ts';
import { createServerDatabase } from '../test/support/database.ts';

const rows = Number(process.env['BENCH_ROWS'] ?? 1_000_000);
const server = process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const resultFile = new URL('results/plans.txt', import.meta.url);

const workerLimitMs = 5;
const listLimitMs = 100;
const explainedTimes = 3;

/** How long a group's queries may take, and whether they must never read the whole table. */
interface Group {
  title: string;
  limitMs: number;
  isWorker: boolean;
}
const everyTick: Group = { title: 'Worker', limitMs: workerLimitMs, isWorker: true };
/** Of many rows: each one written costs 0.1 to 0.2 ms, since a dozen indexes may have to know. */
const manyRows: Group = { title: 'Worker, many rows', limitMs: 100, isWorker: true };
const longQueue: Group = { title: 'Worker, 100,000 waiting', limitMs: 5, isWorker: true };
const api: Group = { title: 'Single generations', limitMs: workerLimitMs, isWorker: true };
const firstPages: Group = { title: 'First pages', limitMs: listLimitMs, isWorker: false };
const farPages: Group = { title: 'Far pages', limitMs: listLimitMs, isWorker: false };
const counts: Group = { title: 'Counts', limitMs: 3 * listLimitMs, isWorker: false };
/** Shown, not judged: bench/README.md says why. */
const slow: Group = { title: 'Known to be slow', limitMs: Infinity, isWorker: false };

interface Statement {
  text: string;
  values: unknown[];
  name: string;
}

interface Result {
  statement: Statement;
  isNamed: boolean;
  own: Explained;
  generic: Explained;
  chosen: Explained;
}

interface Explained {
  /** Planning and execution together, the quickest of some runs: the others met with other work. */
  ms: number;
  indexes: string[];
  scansTable: boolean;
  buffers: number;
  plan: string;
}

const { url, drop } = await createServerDatabase({ migrated: true, server });
const admin = new pg.Client({ connectionString: url });
const recorded: Statement[] = [];
const pool = new DatabasePool({ connectionString: url, max: 2 });
pool.on('connect', recordStatements);
const prisma = new PrismaClient({
  adapter: new PrismaPg(pool, { statementNameGenerator: statementNames() }),
});
const report: string[] = [];
const planTexts: string[] = [];
/** The shapes of the plans that were written. */
const written = new Set<string>();
let missed = 0;

try {
  await admin.connect();
  await admin.query("SET TIME ZONE 'UTC'");
  await fill();
  await explainWorker();
  await explainLists();
  await explainLongQueue();
  const { rows: about } = await admin.query<{ version: string; size: string }>(
    `SELECT current_setting('server_version') AS version,
       pg_size_pretty(pg_total_relation_size('video_generation')) AS size`,
  );
  const head = `PostgreSQL ${about[0]!.version}, ${rows.toLocaleString('en')} generations (${about[0]!.size} with indexes)`;
  const text = [head, '', ...report, '', 'Plans, each shape once:', '', ...planTexts].join('\n');
  await writeFile(resultFile, `${text.trimEnd()}\n`);
  console.log(`\n${head}: ${missed === 0 ? 'all goals reached' : `${missed} goals missed`}`);
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  await prisma.$disconnect();
  await pool.end();
  await admin.end();
  await drop();
}

/** A million rows, from which every index but the primary key's is built afterwards: a fifth of the time. */
async function fill(): Promise<void> {
  const startedAt = Date.now();
  const { rows: indexes } = await admin.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = 'video_generation' AND indexname <> 'video_generation_pkey'`,
  );
  for (const { name } of indexes) await admin.query(`DROP INDEX "${name}"`);
  await admin.query('SELECT setseed(0.5)');
  // Ids and times run over 180 days; what is not finished is among the latest, as in life.
  await admin.query(
    `
    INSERT INTO video_generation (
      id, created_at, updated_at, caller_id, tenant, idempotency_key, input_hash, model, prompt, duration,
      resolution, prompt_optimizer, list_price_usd, simulated, status, version, task_id,
      upstream_status, status_code, status_message, trace_id, failure_kind, file_id, video_width,
      video_height, video_url, video_url_expires_at, submitted_at, completed_at, next_attempt_at,
      attempts, callback_token)
    SELECT
      (lpad(to_hex(ms), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
      at, CASE WHEN status IN ('SUCCEEDED', 'FAILED') THEN at + ends ELSE at + ends / 10 END,
      CASE WHEN i <= $1 / 50 THEN 'former' ELSE 'caller ' || floor(50 * caller ^ 2) END,
      CASE WHEN i <= $1 / 50 THEN 'former' ELSE 'tenant ' || floor(10 * caller ^ 2) END, CASE WHEN i % 3 = 0 THEN hash END, hash || hash,
      (ARRAY['MiniMax-Hailuo-02', 'MiniMax-Hailuo-2.3', 'MiniMax-Hailuo-2.3-Fast', 'T2V-01', 'I2V-01-live', 'S2V-01'])
        [1 + (model > 0.5)::int + (model > 0.8)::int + (model > 0.92)::int + (model > 0.97)::int + (model > 0.99)::int],
      prompt, 6, '768P', true, 0.28, false, status::video_generation_status, 4,
      CASE WHEN status NOT IN ('QUEUED', 'SUBMITTING', 'UNCERTAIN', 'CANCELLED') THEN (300000000000000 + i)::text END,
      CASE status WHEN 'SUCCEEDED' THEN 'Success' WHEN 'PROCESSING' THEN 'Processing' END,
      CASE WHEN status = 'FAILED' THEN (ARRAY[1026, 1027, 1008, 2013])[1 + i % 4]
        WHEN status IN ('SUCCEEDED', 'PROCESSING') THEN 0 END,
      CASE WHEN status IN ('SUCCEEDED', 'PROCESSING') THEN 'success' END, hash,
      CASE WHEN status = 'FAILED' THEN 'INPUT_FLAGGED' END,
      CASE WHEN status = 'SUCCEEDED' THEN (400000000000000 + i)::text END, 1366, 768,
      CASE WHEN status = 'SUCCEEDED' THEN 'https://files.example.com/video/' || hash || '.mp4?Expires=1700000000&Signature=' || hash END,
      at + interval '9 hours',
      CASE WHEN status NOT IN ('QUEUED', 'CANCELLED') THEN at END,
      CASE WHEN status IN ('SUCCEEDED', 'FAILED') THEN at + ends END,
      CASE WHEN status IN ('QUEUED', 'PROCESSING', 'SUBMITTING') THEN now() + interval '20 s' * (random() - 0.5) END,
      CASE WHEN status IN ('QUEUED', 'CANCELLED') THEN 0 ELSE 1 END, hash || 'callback'
    FROM (
      SELECT i, ms, md5(i::text) AS hash, to_timestamp(ms / 1000.0) AS at, random() AS caller,
        random() AS model, interval '1 minute' * (2 + 8 * random()) AS ends,
        CASE
          WHEN i > $1 - 200 THEN 'QUEUED'
          WHEN i > $1 - 210 THEN 'SUBMITTING'
          WHEN i > $1 * 0.99 AND kind < 0.5 THEN 'PROCESSING'
          WHEN kind < 0.96 THEN 'SUCCEEDED'
          WHEN kind < 0.98 THEN 'FAILED'
          WHEN kind < 0.982 THEN 'UNCERTAIN'
          ELSE CASE WHEN i % 4 = 0 THEN 'CANCELLED' ELSE 'SUCCEEDED' END
        END AS status,
        concat_ws(' ', adjectives[1 + floor(40 * random() ^ 2)], subjects[1 + floor(40 * random() ^ 2)],
          verbs[1 + floor(20 * random())], 'the', adjectives[1 + floor(40 * random() ^ 2)],
          places[1 + floor(40 * random() ^ 2)] || ',', lights[1 + floor(10 * random())] || ',',
          cameras[1 + floor(10 * random())],
          CASE WHEN random() < 0.0005 THEN 'beside a zeppelin' END) AS prompt
      FROM (
        SELECT i, random() AS kind,
          (extract(epoch FROM now()) * 1000 - ($1 - i) * (180 * 86400000.0 / $1) - 1000)::bigint AS ms
        FROM generate_series(1, $1::int) AS i
      ) AS numbered, (SELECT
        string_to_array('red small old bright quiet golden wooden broken frozen misty distant silver gentle enormous ancient wild narrow crowded empty rainy snowy dusty velvet hollow crooked shiny pale electric floating tangled painted rusty glowing sleepy curious brave lonely hidden sunken mossy', ' ') AS adjectives,
        string_to_array('cat dog boat robot dancer child horse train bird fox dragon sailor painter whale balloon bicycle astronaut lantern wolf musician tiger gardener knight turtle owl baker juggler kite elephant butterfly clockmaker skater monk puppet beetle jellyfish falcon hedgehog mermaid lighthouse', ' ') AS subjects,
        string_to_array('crosses enters leaves circles follows paints guards climbs explores watches finds repairs passes lights opens remembers escapes haunts builds approaches', ' ') AS verbs,
        string_to_array('street forest river city bridge garden desert market harbour mountain valley station library island castle rooftop tunnel meadow glacier temple canyon alley square orchard museum factory swamp cathedral volcano lagoon carnival observatory theatre windmill vineyard shipyard monastery quarry greenhouse amphitheatre', ' ') AS places,
        string_to_array('at dawn;at dusk;by moonlight;in heavy rain;in soft fog;at noon;under neon signs;by candlelight;in falling snow;during a storm', ';') AS lights,
        string_to_array('[Pan left];[Pan right];[Zoom in];[Push in];[Tracking shot];[Static shot];slow motion;close-up;wide angle;aerial view', ';') AS cameras
      ) AS words
    ) AS made`.replaceAll('$1', String(rows)),
  );
  for (const { definition } of indexes) await admin.query(definition);
  // Settles the visibility of the rows, as autovacuum has long done on a table of that age.
  await admin.query('VACUUM ANALYZE video_generation');
  console.log(`filled in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

function makeLeases() {
  const now = () => new Date();
  const store = new GenerationStore({ prisma, now });
  const key = new UpstreamKey({
    prisma,
    log: createLogger('silent'),
    now,
    keyId: 'bench',
    requestsPerMinute: 6_000,
    longestPauseMs: Infinity,
  });
  const leases = new Leases({ prisma, store, key, now, leaseMs: 10_000, simulated: false });
  return { store, key, leases };
}

async function explainWorker(): Promise<void> {
  const { store, key, leases } = makeLeases();
  await key.register();
  const tick = 40;
  const limit = 256;
  const postponed = {
    to: 'UNCERTAIN',
    patch: { nextAttemptAt: null },
    event: { action: 'SUBMISSION_UNCERTAIN' },
  } as const;

  await explain(everyTick, 'giveUpAbandoned: none', () => leases.giveUpAbandoned(100, postponed));
  await explain(everyTick, 'claimFollowUps: 5', () => leases.claimFollowUps(5));
  await explain(manyRows, 'claimFollowUps: 40', () => leases.claimFollowUps(tick));
  await explain(manyRows, 'claimFollowUps: 256', () => leases.claimFollowUps(limit));
  const held = await leases.claimFollowUps(limit);
  await explain(manyRows, 'renew: 40 leases', () => leases.renew(held.slice(0, tick)));
  await explain(manyRows, 'renew: 256 leases', () => leases.renew(held));
  const inTenSeconds = new Date(Date.now() + 10_000);
  await explain(everyTick, 'keep: one look without news', () =>
    store.keep(held[0]!, { statusCode: 0, nextAttemptAt: inTenSeconds }),
  );
  await explain(everyTick, 'move: SUCCEEDED', () =>
    store.move(held[1]!, {
      to: 'SUCCEEDED',
      patch: { nextAttemptAt: null, completedAt: new Date() },
      event: { action: 'GENERATION_SUCCEEDED' },
    }),
  );
  await explain(everyTick, 'claimSubmissions: 5 of 200', () => leases.claimSubmissions(5));
  await setQueued(`next_attempt_at = now() + interval '1 hour'`);
  await explain(everyTick, 'claimSubmissions: none due', () => leases.claimSubmissions(limit));

  const task = held[2]!;
  await explain(api, 'claimOne (refresh)', () => leases.claimOne(task.id));
  await explain(api, 'findByTask', () => store.findByTask(task.taskId!));
  await explain(api, 'findByCallbackToken', () => store.findByCallbackToken(task.callbackToken!));
  await explain(api, 'findByKey', () => store.findByKey(task.callerId, 'no such key'));
  await explain(api, 'generation(id)', () => store.find(task.id));
}

/** Callers' turns when more wait than the key's budget lets go in an hour. */
async function explainLongQueue(): Promise<void> {
  const { leases } = makeLeases();
  await admin.query(
    `UPDATE video_generation SET status = 'QUEUED', next_attempt_at = now() - interval '1 s' * random(), submitted_at = NULL
     WHERE id IN (SELECT id FROM video_generation WHERE status = 'SUCCEEDED' ORDER BY id DESC LIMIT $1)`,
    [rows / 10],
  );
  await admin.query('VACUUM ANALYZE video_generation');
  await explain(longQueue, 'claimSubmissions: 5', () => leases.claimSubmissions(5));
  await explain(manyRows, 'claimSubmissions: 256 of 100,000', () => leases.claimSubmissions(256));
  await explain(manyRows, 'claimFollowUps: 40, 100,000 waiting', () => leases.claimFollowUps(40));
}

async function setQueued(assignment: string): Promise<void> {
  await admin.query(`UPDATE video_generation SET ${assignment} WHERE status = 'QUEUED'`);
}

async function explainLists(): Promise<void> {
  // As an admin sees them unless `visible` says otherwise: nothing is hidden.
  const list = (
    filter: GenerationFilter | null,
    order: GenerationOrder,
    paging: PagingArguments,
    visible = {},
  ) => listGenerations(prisma, filter, order, paging, visible);
  const newest: GenerationOrder = { field: 'CREATED_AT', direction: 'DESC' };
  const latestChange: GenerationOrder = { field: 'UPDATED_AT', direction: 'DESC' };
  const { rows: found } = await admin.query<{ id: string; at: Date; task: string; last: string }>(
    `SELECT id::text, updated_at AS at,
       (SELECT task_id FROM video_generation WHERE task_id IS NOT NULL LIMIT 1) AS task,
       (SELECT max(id::text) FROM video_generation) AS last
     FROM video_generation ORDER BY video_generation.id DESC OFFSET $1 LIMIT 1`,
    [rows / 2],
  );
  const { id, at, task, last } = found[0]!;
  const middle = (order: GenerationOrder) =>
    cursorOf({ id, updatedAt: at } as VideoGeneration, order);
  const monthAgo = new Date(Date.now() - 30 * 86_400_000);
  const weekAgo = new Date(Date.now() - 7 * 86_400_000);

  const filters: [string, GenerationFilter | null][] = [
    ['no filter', null],
    ['id: 2', { id: [id, last] }],
    ['status: SUCCEEDED', { status: ['SUCCEEDED'] }],
    ['status: UNCERTAIN', { status: ['UNCERTAIN'] }],
    ['status: PROCESSING', { status: ['PROCESSING'] }],
    ['status: FAILED, UNCERTAIN', { status: ['FAILED', 'UNCERTAIN'] }],
    ['status: QUEUED, SUBMITTING, PROCESSING', { status: ['QUEUED', 'SUBMITTING', 'PROCESSING'] }],
    ['not status: SUCCEEDED', { not: { status: ['SUCCEEDED'] } }],
    ['model: half of all', { model: ['MiniMax-Hailuo-02'] }],
    ['model: 1 %', { model: ['S2V-01'] }],
    ['model: two', { model: ['I2V-01-live', 'S2V-01'] }],
    ['model: unknown', { model: ['no such model'] }],
    ['taskId', { taskId: [task] }],
    ['statusCode: 1026', { statusCode: [1026] }],
    ['statusCode: 1026, 1027', { statusCode: [1026, 1027] }],
    ['createdAt: from a month ago', { createdAt: { from: monthAgo } }],
    ['createdAt: one week, then', { createdAt: { from: monthAgo, to: weekAgo } }],
    ['prompt: "boat" (6 %)', { promptContains: 'boat' }],
    ['prompt: "amphitheatre" (1 %)', { promptContains: 'amphitheatre' }],
    ['prompt: "zeppelin" (0.05 %)', { promptContains: 'Zeppelin' }],
    ['prompt: "quiet fox" (two words)', { promptContains: 'quiet fox' }],
    ['prompt: "xylophone" (none)', { promptContains: 'xylophone' }],
    ['prompt: "qqq" (none)', { promptContains: 'qqq' }],
    ['status: UNCERTAIN, prompt: "zeppelin"', { status: ['UNCERTAIN'], promptContains: 'zeppelin' }],
    ['status: FAILED, prompt: "boat"', { status: ['FAILED'], promptContains: 'boat' }],
    ['model: 1 %, status: UNCERTAIN', { model: ['S2V-01'], status: ['UNCERTAIN'] }],
    ['model: half, status: PROCESSING', { model: ['MiniMax-Hailuo-02'], status: ['PROCESSING'] }],
    ['createdAt: one week, status: FAILED', { createdAt: { from: monthAgo, to: weekAgo }, status: ['FAILED'] }],
    ['createdAt: one week, status: PROCESSING', { createdAt: { from: monthAgo, to: weekAgo }, status: ['PROCESSING'] }],
    ['or: model 1 %, status UNCERTAIN', { or: [{ model: ['S2V-01'] }, { status: ['UNCERTAIN'] }] }],
  ]; // prettier-ignore

  const count = (filter: GenerationFilter | null) => countGenerations(prisma, filter, {});

  for (const [name, filter] of filters) {
    await explain(firstPages, name, () => list(filter, newest, { first: 20 }));
  }
  await explain(firstPages, 'by update', () => list(null, latestChange, { first: 20 }));
  await explain(firstPages, 'by update, status: UNCERTAIN', () =>
    list({ status: ['UNCERTAIN'] }, latestChange, { first: 20 }),
  );
  await explain(firstPages, 'by update, prompt: "zeppelin"', () =>
    list({ promptContains: 'zeppelin' }, latestChange, { first: 20 }),
  );

  for (const [name, filter] of filters) {
    if (name.startsWith('id') || name.startsWith('taskId') || name.startsWith('createdAt: from'))
      continue;
    const paging = { first: 20, after: middle(newest) };
    await explain(farPages, name, () => list(filter, newest, paging));
  }
  await explain(farPages, 'no filter, backward from the end', () =>
    list(null, newest, { last: 20, before: middle(newest) }),
  );
  await explain(farPages, 'by update', () =>
    list(null, latestChange, { first: 20, after: middle(latestChange) }),
  );
  await explain(farPages, 'by update, status: UNCERTAIN', () =>
    list({ status: ['UNCERTAIN'] }, latestChange, {
      first: 20,
      after: middle(latestChange),
    }),
  );

  for (const [name, visible] of [
    ['a client', { OR: [{ callerId: 'caller 3' }] }],
    ['a client with a tenant', { OR: [{ callerId: 'caller 3' }, { tenant: 'tenant 8' }] }],
    ['a client of long ago', { OR: [{ callerId: 'former' }] }],
  ] as const) {
    const uncertain: GenerationFilter = { status: ['UNCERTAIN'] };
    const running: GenerationFilter = { status: ['QUEUED', 'SUBMITTING', 'PROCESSING'] };
    await explain(firstPages, `as ${name}`, () => list(null, newest, { first: 20 }, visible));
    await explain(firstPages, `as ${name}, status: UNCERTAIN`, () =>
      list(uncertain, newest, { first: 20 }, visible),
    );
    await explain(firstPages, `as ${name}, status: QUEUED, SUBMITTING, PROCESSING`, () =>
      list(running, newest, { first: 20 }, visible),
    );
  }
  const former = { OR: [{ callerId: 'former' }, { tenant: 'former' }] };
  await explain(slow, 'first page as a client of long ago with a tenant', () =>
    list(null, newest, { first: 20 }, former),
  );
  const oldest: GenerationOrder = { field: 'CREATED_AT', direction: 'ASC' };
  const running: GenerationFilter = { status: ['QUEUED', 'SUBMITTING', 'PROCESSING'] };
  await explain(firstPages, 'oldest first, status: QUEUED, SUBMITTING, PROCESSING', () =>
    list(running, oldest, { first: 20 }),
  );
  await explain(slow, 'longest unchanged first, status: PROCESSING', () =>
    list({ status: ['PROCESSING'] }, { field: 'UPDATED_AT', direction: 'ASC' }, { first: 20 }),
  );
  const short: GenerationFilter = { promptContains: 'zq' };
  await explain(slow, 'first page, prompt: "zq" (none; no trigram)', () =>
    list(short, newest, { first: 20 }),
  );
  await explain(slow, 'count, prompt: "zq"', () => count(short));
  await explain(slow, 'count, not status: SUCCEEDED', () =>
    count({ not: { status: ['SUCCEEDED'] } }),
  );

  for (const [name, filter] of filters) {
    if (name.startsWith('not')) continue;
    const group = name.includes('"boat" (6 %)') ? slow : counts;
    await explain(group, `count, ${name}`, () => count(filter));
  }
}

/**
 * Runs `act`, then explains each statement that it sent, as planned for its own values and, where it
 * has a name, as planned once for all values. The worker's statements are judged one by one and
 * under both plans; a list's, which PostgreSQL may choose a plan for, by their sum.
 */
async function explain(group: Group, label: string, act: () => Promise<unknown>): Promise<void> {
  recorded.length = 0;
  await act();
  // Inserts have no plan worth a line.
  const statements = recorded.splice(0).filter(({ text }) => !/^\s*INSERT/.test(text));
  const results: Result[] = [];
  for (const statement of statements) {
    const isNamed = statement.name !== '';
    const own = await explainOne(statement, 'force_custom_plan');
    const generic = isNamed ? await explainOne(statement, 'force_generic_plan') : own;
    const chosen = isNamed ? await explainOne(statement, 'auto') : own;
    results.push({ statement, isNamed, own, generic, chosen });
  }
  if (group.isWorker && results.length > 1) {
    for (const [number, result] of results.entries())
      tell(group, `${label} (${number + 1}: ${verbOf(result.statement)})`, [result]);
  } else tell(group, label, results);
}

function tell(group: Group, title: string, results: readonly Result[]): void {
  const ms = (plan: 'own' | 'generic' | 'chosen') =>
    results.reduce((sum, result) => sum + result[plan].ms, 0);
  const judged = group.isWorker ? [ms('own'), ms('generic')] : [ms('own'), ms('chosen')];
  const scans = results.some(({ own, generic }) => own.scansTable || generic.scansTable);
  const isMissed = Math.max(...judged) > group.limitMs || (group.isWorker && scans);
  if (isMissed) missed += 1;
  const verdict = isMissed ? 'MISSED' : group === slow ? 'slow  ' : 'ok    ';
  const isNamed = results.some((result) => result.isNamed);
  const own = indexesOf(results.map((result) => result.own));
  const generic = indexesOf(results.map((result) => result.generic));
  const line = [
    `${verdict} ${group.title} | ${title}`,
    `${inMs(ms('own'))}${isNamed ? `; generic plan ${inMs(ms('generic'))}, as chosen ${inMs(ms('chosen'))}` : ''}`,
    `${own}${generic === own ? '' : `; generic plan ${generic}`}`,
    `${results.reduce((sum, result) => sum + result.own.buffers, 0)} buffers`,
    ...(results.length > 1 ? [`${results.length} statements`] : []),
  ].join(' | ');
  report.push(line);
  console.log(line);
  const { statement, own: shown, generic: other } = results[0]!;
  // By primary key or another unique one: nothing to see.
  if (group === api) return;
  writePlan(`${group.title} | ${title}`, statement, shown);
  if (shapeOf(other.plan) !== shapeOf(shown.plan))
    writePlan(`${group.title} | ${title}, generic plan`, statement, other);
}

/** The plan, unless one of the same shape stands already. */
function writePlan(title: string, statement: Statement, { plan }: Explained): void {
  const shape = shapeOf(plan);
  if (written.has(shape)) return;
  written.add(shape);
  planTexts.push(`--- ${title}`, shorten(statement.text), plan, '');
}

function indexesOf(plans: readonly Explained[]): string {
  const names = new Set(plans.flatMap(({ indexes }) => indexes));
  return [...names].map((name) => name.replace('video_generation_', '')).join(' + ') || 'no index';
}

async function explainOne(statement: Statement, planCacheMode: string): Promise<Explained> {
  const values = statement.values.map(literal);
  const execute = `EXECUTE bench${values.length > 0 ? `(${values.join(', ')})` : ''}`;
  await admin.query('BEGIN');
  try {
    await admin.query(`SET LOCAL plan_cache_mode = ${planCacheMode}`);
    await admin.query(`PREPARE bench AS ${statement.text}`);
    // After five runs with plans of their own PostgreSQL chooses.
    const warmUp = planCacheMode === 'auto' ? 6 : 1;
    const plans: string[] = [];
    for (let run = 0; run < warmUp + explainedTimes; run += 1) {
      await admin.query('SAVEPOINT before');
      const answer = await admin.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (ANALYZE, BUFFERS) ${execute}`,
      );
      await admin.query('ROLLBACK TO before');
      if (run >= warmUp) plans.push(answer.rows.map((row) => row['QUERY PLAN']).join('\n'));
    }
    const times = plans.map((plan) => timeOf(plan, 'Planning') + timeOf(plan, 'Execution'));
    const plan = plans.at(-1)!;
    return {
      ms: Math.min(...times),
      indexes: [
        ...new Set([...plan.matchAll(/(?:Index(?: Only)? Scan(?: Backward)? using|Bitmap Index Scan on) (\S+)/g)].map(([, name]) => name!)),
      ], // prettier-ignore
      scansTable: /Seq Scan on video_generation/.test(plan),
      buffers: [...(/Buffers: shared(.*)/.exec(plan)?.[1] ?? '').matchAll(/(?:hit|read)=(\d+)/g)]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0),
      plan: plan
        .split('\n')
        .map((line) => line.replace(/\(cost=\S+ (rows=\d+) width=\d+\)/, '(expected $1)').replace(/actual time=\d+\.\d+\.\.(\S+)/, '$1 ms'))
        .filter((line, number) => number < 2 || !/^\s*(Buffers:|Planning:|Planning Time|WAL|Worker|Sort Method|I\/O)/.test(line))
        .join('\n'), // prettier-ignore
    };
  } finally {
    await admin.query('ROLLBACK');
    await admin.query('DEALLOCATE ALL');
  }
}

/** Every statement that reaches the driver, as it reaches it; not the bounds of transactions. */
function recordStatements(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...parts: unknown[]) => unknown;
  client.query = ((...parts: unknown[]) => {
    const [statement] = parts;
    if (typeof statement === 'object' && statement !== null && 'text' in statement) {
      const { text, values, name } = statement as pg.QueryConfig;
      if (/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/i.test(text) && !/pg_notify/.test(text))
        recorded.push({ text, values: values ?? [], name: name ?? '' });
    }
    return query(...parts);
  }) as typeof client.query;
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value))
    return pg.escapeLiteral(`{${value.map((part) => JSON.stringify(part)).join(',')}}`);
  return pg.escapeLiteral(`${value as string}`);
}

function timeOf(plan: string, what: string): number {
  return Number(new RegExp(`${what} Time: ([\\d.]+) ms`).exec(plan)?.[1] ?? 0);
}

function inMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}

function shapeOf(plan: string): string {
  return plan
    .split('\n')
    .filter((line) => /->|Scan/.test(line))
    .map((line) => line.replace(/\(.*/, ''))
    .join('\n');
}

function verbOf({ text }: Statement): string {
  const verb = /\b(UPDATE|INSERT|DELETE|SELECT)\b/i.exec(text)![0].toLowerCase();
  const table = /\b(video_generation|audit_event|upstream_key|input_image_chunk)\b/.exec(text)?.[0];
  return `${verb} ${table ?? ''}`.trim();
}

/** The statement without its list of columns. */
function shorten(text: string): string {
  return text
    .replaceAll('"public".', '')
    .replaceAll(/(?<=WHERE.*|ORDER BY )"video_generation"\./gs, '')
    .replace(/("\w+"\."\w+"(?: AS "\w+")?(?:::text)?, ){4,}"\w+"\."\w+"(?: AS "\w+")?/g, '…')
    .replace(/\s+/g, ' ')
    .trim();
}
