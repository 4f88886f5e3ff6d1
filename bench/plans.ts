/**
 * What PostgreSQL does for each query of the worker and for each kind of list, on 1,000,000
 * generations and 5,000,000 events in a database of its own: the statements are taken from the real functions as they
 * reach the driver, then explained as the prepared statements they are.
 *
 * Exits with 1 when a query of the worker reads a table from end to end or takes more than 5 ms, or
 * when a list's first page takes more than 100 ms. Writes the plans to bench/results/plans.txt.
 */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../src/database/generated/client.ts';
import { DatabasePool } from '../src/database/pool.ts';
import { statementNames } from '../src/database/statement-names.ts';
import { listEvents, type EventFilter } from '../src/audit/list.ts';
import { Leases } from '../src/submission/leases.ts';
import {
  findTraced,
  type GenerationFilter,
  type Visibility,
} from '../src/generation/finding/filter.ts';
import {
  countGenerations,
  cursorOf,
  listGenerations,
  type GenerationOrder,
} from '../src/generation/finding/list.ts';
import { generationFields } from '../src/generation/rows.ts';
import {
  generationStats,
  type StatsDimension,
  type StatsRequest,
} from '../src/generation/finding/stats.ts';
import { GenerationStore } from '../src/generation/store.ts';
import type { PagingArguments } from '../src/graphql/paging.ts';
import { findAccepted, findNotAccepted } from '../src/submission/told-by-records.ts';
import { UpstreamKey } from '../src/submission/request-budget.ts';
import { createLogger } from '../src/logger.ts';
import { createServerDatabase } from '../test/support/database.ts';
import { fill } from './plans/fill.ts';

const { values: options } = parseArgs({
  options: {
    generations: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '5000000' },
    /** Leaves the database there and prints its URL. */
    keep: { type: 'boolean', default: false },
    /** The URL of one that was kept: nothing is filled. */
    database: { type: 'string' },
    /** Only what has this in its title. */
    only: { type: 'string', default: '' },
  },
});
const rows = Number(options.generations);
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
/** With the leases, records and events that it writes, half a millisecond for each. */
const claims: Group = { title: 'Worker, claims', limitMs: 20, isWorker: false };
const manyClaims: Group = { title: 'Worker, many claims', limitMs: 500, isWorker: false };
const byMinute: Group = { title: 'Worker, by the minute', limitMs: 100, isWorker: false };
const longQueue: Group = { ...claims, title: 'Worker, 100,000 waiting' };
const api: Group = { title: 'Single generations', limitMs: workerLimitMs, isWorker: true };
const firstPages: Group = { title: 'First pages', limitMs: listLimitMs, isWorker: false };
const byUpdate: Group = { title: 'By latest change', limitMs: listLimitMs, isWorker: false };
const lastPages: Group = { title: 'Last pages', limitMs: listLimitMs, isWorker: false };
const asClient: Group = { title: 'As a client', limitMs: listLimitMs, isWorker: false };
const eventPages: Group = { title: 'Events', limitMs: listLimitMs, isWorker: false };
const statistics: Group = { title: 'Statistics', limitMs: Infinity, isWorker: false };
const farPages: Group = { title: 'Far pages', limitMs: listLimitMs, isWorker: false };
const counts: Group = { title: 'Counts', limitMs: 3 * listLimitMs, isWorker: false };
/** Shown, not judged: bench/README.md says why. */
const slow: Group = { title: 'Known to be slow', limitMs: Infinity, isWorker: false };

/** For a client that has been silent for long: bench/README.md says why. */
const knownSlow = new Set(['tags: "web" (40 %)', 'tags: "web" or "draft"']);

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

const { url, drop } = options.database
  ? { url: options.database, drop: () => Promise.resolve() }
  : await createServerDatabase({ migrated: true, server });
const recorded: Statement[] = [];
const pool = new DatabasePool({ connectionString: url, max: 2 });
// One that sees what the server's connections see, and is not recorded.
const adminPool = new DatabasePool({ connectionString: url, max: 1 });
const admin = await adminPool.connect();
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
  if (!options.database) await fill(admin, { generations: rows, events: Number(options.events) });
  await explainWorker();
  await explainLists();
  await explainEvents();
  await explainStatistics();
  await explainLongQueue();
  const { rows: about } = await admin.query<{
    version: string;
    size: string;
    events: number;
    eventSize: string;
  }>(
    `SELECT current_setting('server_version') AS version,
       pg_size_pretty(pg_total_relation_size('video_generation')) AS size,
       (SELECT count(*) FROM audit_event)::int AS events,
       pg_size_pretty(pg_total_relation_size('audit_event')) AS "eventSize"`,
  );
  const head = `PostgreSQL ${about[0]!.version}, ${rows.toLocaleString('en')} generations (${about[0]!.size} with indexes), ${about[0]!.events.toLocaleString('en')} events (${about[0]!.eventSize})`;
  const text = [head, '', ...report, '', 'Plans, each shape once:', '', ...planTexts].join('\n');
  await writeFile(resultFile, `${text.trimEnd()}\n`);
  console.log(`\n${head}: ${missed === 0 ? 'all goals reached' : `${missed} goals missed`}`);
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  await prisma.$disconnect();
  await pool.end();
  admin.release();
  await adminPool.end();
  if (options.keep) console.log(`kept: ${url}`);
  else await drop();
}

function makeLeases() {
  const now = () => new Date();
  const enqueueWebhooks = () => null;
  const enqueueArchive = () => null;
  const store = new GenerationStore({
    database: { prisma, pool },
    now,
    enqueueWebhooks,
    enqueueArchive,
  });
  const key = new UpstreamKey({
    prisma,
    log: createLogger('silent'),
    now,
    keyId: 'bench',
    name: 'bench',
    limits: {
      1: { requestsPerMinute: 6_000, inFlight: null },
      2: { requestsPerMinute: 6_000, inFlight: null },
    },
    longestPauseMs: Infinity,
  });
  const leases = new Leases({
    storageId: '',
    ...{ database: { prisma, pool }, key, now, leaseMs: 10_000, simulated: false },
    holds: { notice: () => Promise.resolve(), holdNeedless: () => Promise.resolve() },
    holdQueued: 'changed',
  });
  return { store, key, leases };
}

async function explainWorker(): Promise<void> {
  const { store, key, leases } = makeLeases();
  await key.register();
  const tick = 40;
  const limit = 256;
  await explain(everyTick, 'findAbandoned: none', () => leases.findAbandoned(100, []));
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
  await explain(claims, 'claimSubmissions: 5 of 200', () => leases.claimSubmissions(roomFor(5)));
  await setQueued(`next_attempt_at = now() + interval '1 hour'`);
  await explain(everyTick, 'claimSubmissions: none due', () =>
    leases.claimSubmissions(roomFor(limit)),
  );

  await explainByMinute('');

  const task = held[2]!;
  await explain(api, 'claimOne (refresh)', () => leases.claimOne(task.id));
  await explain(api, 'findByCallbackToken', () => store.findByCallbackToken(task.callbackToken!));
  await explain(api, 'findByKey', () => store.findByKey(task.callerId, 'no such key'));
  await explain(api, 'generation(id)', () => store.find(task.id));
}

function roomFor(requests: number) {
  return { requests, imageBytes: 64 * 1024 * 1024, sendsNoImages: true };
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
  await explain(longQueue, 'claimSubmissions: 5', () => leases.claimSubmissions(roomFor(5)));
  await explain(manyClaims, 'claimSubmissions: 256 of 100,000', () =>
    leases.claimSubmissions(roomFor(256)),
  );
  await explain(manyRows, 'claimFollowUps: 40, 100,000 waiting', () => leases.claimFollowUps(40));
  await admin.query(`UPDATE video_generation SET task_id = NULL WHERE status = 'QUEUED'`);
  await explainByMinute(', 100,000 waiting that were sent before');
}

/** What is looked for once a minute. */
async function explainByMinute(when: string): Promise<void> {
  await explain(byMinute, `accepted and not followed${when}`, () => findAccepted(prisma, false));
  await explain(byMinute, `uncertain and not accepted${when}`, () =>
    findNotAccepted(prisma, false, new Date()),
  );
}

/** As the API does it: trace ids are looked up first. */
async function listFound(
  filter: GenerationFilter | null,
  order: GenerationOrder,
  paging: PagingArguments,
  visible: Visibility,
) {
  const found = await findTraced(prisma, filter);
  return await listGenerations({ pool }, found, order, paging, visible, {
    fields: generationFields,
  });
}

async function explainEvents(): Promise<void> {
  const { rows: found } = await admin.query<{ generation: string; trace: string; popular: string; task: string }>(
    `SELECT generation_id::text AS generation, trace_id AS trace, detail->>'taskId' AS task,
       (SELECT max(id::text) FROM video_generation) AS popular
     FROM audit_event WHERE action = 'SUBMISSION_ACCEPTED' AND detail->>'taskId' IS NOT NULL ORDER BY id DESC OFFSET $1 LIMIT 1`,
    [rows / 2],
  ); // prettier-ignore
  const { generation, trace, popular, task } = found[0]!;
  const from = new Date(Date.now() - 170 * 86_400_000);
  const to = new Date(from.getTime() + 7 * 86_400_000);
  const filters: [string, EventFilter][] = [
    ['no filter', {}],
    ['callerId: former', { callerId: ['former'] }],
    ['callerId: auditor, client', { callerId: ['auditor 1', 'caller 3'] }],
    ['callerId: unknown', { callerId: ['nobody'] }],
    ['action: SUBMISSION_SENT', { action: ['SUBMISSION_SENT'] }],
    ['action: API_KEY_CREATED', { action: ['API_KEY_CREATED'] }],
    ['action: four', { action: ['API_KEY_CREATED', 'API_KEY_REVOKED', 'SIGN_IN_REFUSED', 'GENERATION_FAILED'] }],
    ['generationId', { generationId: generation }],
    ['occurredAt: a week, half a year ago', { occurredAt: { from, to } }],
    ['upstreamCode: 1026', { upstreamCode: [1026] }],
    ['upstreamCode: 0, 1026', { upstreamCode: [0, 1026] }],
    ['upstreamCode: unknown', { upstreamCode: [9999] }],
    ['traceId', { traceId: [trace] }],
    ['objectId: a generation', { objectId: [generation] }],
    ['objectId: one that was read often', { objectId: [popular] }],
    ['objectId: a key', { objectId: ['key 10'] }],
    ['objectId: unknown', { objectId: ['no such key'] }],
    ['text: "sensitive" (0.2 %)', { text: 'sensitive' }],
    ['text: "zeppelin" (20 of them)', { text: 'Zeppelin' }],
    ['text: a task id', { text: task }],
    ['text: "taskId" (20 %)', { text: 'taskId' }],
    ['text: "xylophone" (none)', { text: 'xylophone' }],
    ['action: GENERATION_FAILED, text: "zeppelin"', { action: ['GENERATION_FAILED'], text: 'zeppelin' }],
    ['callerId: auditor, action: FOREIGN_GENERATION_READ', { callerId: ['auditor 1'], action: ['FOREIGN_GENERATION_READ'] }],
    ['callerId: former, action: API_KEY_CREATED', { callerId: ['former'], action: ['API_KEY_CREATED'] }],
    ['callerId: former, occurredAt: a week', { callerId: ['former'], occurredAt: { from, to } }],
    ['action: FOREIGN_GENERATION_READ, objectId', { action: ['FOREIGN_GENERATION_READ'], objectId: [popular] }],
    ['action: GENERATION_FAILED, upstreamCode: 1026', { action: ['GENERATION_FAILED'], upstreamCode: [1026] }],
    ['action: API_KEY_CREATED, upstreamCode: 0', { action: ['API_KEY_CREATED'], upstreamCode: [0] }],
    ['occurredAt: a week, action: GENERATION_FAILED', { occurredAt: { from, to }, action: ['GENERATION_FAILED'] }],
    ['occurredAt: a week, text: "sensitive"', { occurredAt: { from, to }, text: 'sensitive' }],
  ]; // prettier-ignore
  for (const [name, filter] of filters) {
    await explain(eventPages, name, () => listEvents(prisma, filter, 'DESC', { first: 20 }));
    await explain(eventPages, `${name} | last`, () =>
      listEvents(prisma, filter, 'DESC', { last: 20 }),
    );
  }
}

async function explainStatistics(): Promise<void> {
  const now = new Date();
  const from = new Date(now.getTime() - 180 * 86_400_000);
  const stats = (request: Partial<StatsRequest>, visible: Visibility = {}) =>
    generationStats(prisma, { filter: null, groupBy: [], period: null, simulated: false, ...request }, visible, now);
  for (const groupBy of [[], ['DAY'], ['MODEL'], ['CALLER'], ['STATUS'], ['DAY', 'MODEL'], ['DAY', 'CALLER']] as StatsDimension[][])
    await explain(statistics, `30 days by ${groupBy.join(', ') || 'nothing'}`, () => stats({ groupBy }));
  await explain(statistics, '30 days by DAY, status: UNCERTAIN', () => stats({ groupBy: ['DAY'], filter: { status: ['UNCERTAIN'] } }));
  await explain(statistics, '30 days by DAY, as caller 3 of tenant 8', () =>
    stats({ groupBy: ['DAY'] }, { OR: [{ callerId: 'caller 3' }, { tenant: 'tenant 8' }] }));
  await explain(statistics, '180 days by DAY, MODEL', () => stats({ groupBy: ['DAY', 'MODEL'], period: { from } }));
} // prettier-ignore

async function setQueued(assignment: string): Promise<void> {
  await admin.query(`UPDATE video_generation SET ${assignment} WHERE status = 'QUEUED'`);
}

async function explainLists(): Promise<void> {
  // As an admin sees them unless `visible` says otherwise: nothing is hidden.
  const list = (
    filter: GenerationFilter | null,
    order: GenerationOrder,
    paging: PagingArguments,
    visible: Visibility = {},
  ) => listFound(filter, order, paging, visible);
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
  const middle = (order: GenerationOrder) => cursorOf({ id, updatedAt: at }, order);
  const monthAgo = new Date(Date.now() - 30 * 86_400_000);
  const weekAgo = new Date(Date.now() - 7 * 86_400_000);
  const longAgo = new Date(Date.now() - 170 * 86_400_000);
  const weekAfter = new Date(longAgo.getTime() + 7 * 86_400_000);
  const { rows: traces } = await admin.query<{ row: string; event: string }>(
    `SELECT trace_id AS row, (SELECT max(trace_id) FROM audit_event WHERE generation_id = generation.id) AS event
     FROM video_generation AS generation WHERE id = $1`,
    [id],
  );
  const { row: rowTrace, event: eventTrace } = traces[0]!;

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
    ['callerId: former', { callerId: ['former'] }],
    ['callerId: three', { callerId: ['caller 3', 'caller 30', 'former'] }],
    ['callerId: unknown', { callerId: ['nobody'] }],
    ['tenant: former', { tenant: ['former'] }],
    ['tenant: two', { tenant: ['tenant 1', 'former'] }],
    ['callerId: former, status: UNCERTAIN', { callerId: ['former'], status: ['UNCERTAIN'] }],
    ['callerId: former, statuses: FAILED, UNCERTAIN', { callerId: ['former'], status: ['FAILED', 'UNCERTAIN'] }],
    ['callerId: former, prompt: "boat"', { callerId: ['former'], promptContains: 'boat' }],
    ['failureKind: INPUT_FLAGGED', { failureKind: ['INPUT_FLAGGED'] }],
    ['failureKind: TASK_UNKNOWN (0.02 ‰)', { failureKind: ['TASK_UNKNOWN'] }],
    ['failureKind: two', { failureKind: ['TASK_UNKNOWN', 'OUTCOME_UNKNOWN'] }],
    ['failureKind: INPUT_FLAGGED, model: 1 %', { failureKind: ['INPUT_FLAGGED'], model: ['S2V-01'] }],
    ['listPriceUsd: 90 %', { listPriceUsd: { to: '0.3' } }],
    ['listPriceUsd: 1 %', { listPriceUsd: { from: '0.49', to: '0.49' } }],
    ['listPriceUsd: 2 %, long ago', { listPriceUsd: { from: '0.5', to: '0.55' } }],
    ['listPriceUsd: none', { listPriceUsd: { from: '1' } }],
    ['listPriceUsd: 1 %, status: FAILED', { listPriceUsd: { from: '0.49', to: '0.49' }, status: ['FAILED'] }],
    ['traceId: of the row', { traceId: [rowTrace] }],
    ['traceId: of an event', { traceId: [eventTrace] }],
    ['traceId: unknown', { traceId: ['no such answer'] }],
    ['tags: "web" (40 %)', { tags: ['web'] }],
    ['tags: "draft" (1 %)', { tags: ['draft'] }],
    ['tags: "customer-40" (0.005 %)', { tags: ['customer-40'] }],
    ['tags: "spring" (2 %, long ago)', { tags: ['spring'] }],
    ['tags: none has it', { tags: ['no such tag'] }],
    ['tags: "web" or "draft"', { tags: ['web', 'draft'] }],
    ['tags: "spring" or "customer-40"', { tags: ['spring', 'customer-40'] }],
    ['tags: "draft", status: UNCERTAIN', { tags: ['draft'], status: ['UNCERTAIN'] }],
    ['tags: "web", callerId: former', { tags: ['web'], callerId: ['former'] }],
    ['tags: "spring", prompt: "boat"', { tags: ['spring'], promptContains: 'boat' }],
    ['createdAt: one week, half a year ago', { createdAt: { from: longAgo, to: weekAfter } }],
    ['createdAt: one week, half a year ago, status: UNCERTAIN', { createdAt: { from: longAgo, to: weekAfter }, status: ['UNCERTAIN'] }],
    ['createdAt: one week, half a year ago, prompt: "zeppelin"', { createdAt: { from: longAgo, to: weekAfter }, promptContains: 'zeppelin' }],
    ['createdAt: one week, half a year ago, callerId: caller 30', { createdAt: { from: longAgo, to: weekAfter }, callerId: ['caller 30'] }],
    ['not tags: "web"', { not: { tags: ['web'] } }],
    ['not failureKind: two', { not: { failureKind: ['INPUT_FLAGGED', 'OUTPUT_FLAGGED'] } }],
  ]; // prettier-ignore

  const count = async (filter: GenerationFilter | null) =>
    await countGenerations({ pool }, await findTraced(prisma, filter), {});

  for (const [name, filter] of filters) {
    await explain(firstPages, name, () => list(filter, newest, { first: 20 }));
  }

  for (const [name, filter] of filters) {
    await explain(byUpdate, name, () => list(filter, latestChange, { first: 20 }));
  }
  for (const [name, filter] of filters) {
    await explain(lastPages, name, () => list(filter, newest, { last: 20 }));
  }

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

  for (const [who, visible] of [
    ['caller 3 of tenant 8', { OR: [{ callerId: 'caller 3' }, { tenant: 'tenant 8' }] }],
    ['former of former', { OR: [{ callerId: 'former' }, { tenant: 'former' }] }],
  ] as const) {
    for (const [name, filter] of filters)
      await explain(asClient, `${who} | ${name}`, () =>
        list(filter, newest, { first: 20 }, visible),
      );
    for (const [name, filter] of filters)
      await explain(
        knownSlow.has(name) && who.startsWith('former') ? slow : asClient,
        `${who}, by latest change | ${name}`,
        () => list(filter, latestChange, { first: 20 }, visible),
      );
  }
  const oldest: GenerationOrder = { field: 'CREATED_AT', direction: 'ASC' };
  const running: GenerationFilter = { status: ['QUEUED', 'SUBMITTING', 'PROCESSING'] };
  await explain(firstPages, 'oldest first, status: QUEUED, SUBMITTING, PROCESSING', () =>
    list(running, oldest, { first: 20 }),
  );
  await explain(byUpdate, 'longest unchanged first, status: PROCESSING', () =>
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
    const group = /"(boat|amphitheatre)" \(/.test(name) ? slow : counts;
    await explain(group, `count, ${name}`, () => count(filter));
  }
}

/**
 * Runs `act`, then explains each statement that it sent, as planned for its own values and, where it
 * has a name, as planned once for all values. The worker's statements are judged one by one and
 * under both plans; a list's, which PostgreSQL may choose a plan for, by their sum.
 */
async function explain(group: Group, label: string, act: () => Promise<unknown>): Promise<void> {
  if (!`${group.title} | ${label}`.includes(options.only)) return;
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
  // By primary key or another unique one, or what nothing can match: nothing to see.
  if (group === api || !results[0]) return;
  const { statement, own: shown, generic: other } = results[0];
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
  // What a claim records has ids that are there once, and was recorded when it really ran.
  const isClaim = statement.text.includes('INSERT INTO submission');
  const fresh = (value: unknown) =>
    isClaim && Array.isArray(value) ? value.map(() => randomUUID()) : value;
  const values = statement.values.map(fresh).map(literal);
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
      scansTable: /Seq Scan on (video_generation|audit_event)/.test(plan),
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
      if (
        /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/i.test(text) &&
        !/^\s*SELECT pg_notify/.test(text)
      )
        recorded.push({ text, values: values ?? [], name: name ?? '' });
    }
    return query(...parts);
  }) as typeof client.query;
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value))
    return pg.escapeLiteral(`{${value.map((part) => JSON.stringify(part)).join(',')}}`);
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : `${value as string}`);
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
