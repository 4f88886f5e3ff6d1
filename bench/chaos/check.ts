import type pg from 'pg';
import { imageOf, isInPieces, type ClientFigures } from './clients.ts';
import type { DecisionFigures } from './decisions.ts';
import {
  leavesUnsure,
  surelyNotAccepted,
  type FaultyUpstream,
  type SubmitOutcome,
} from './upstream.ts';

export interface Row {
  id: string;
  key: string;
  status: string;
  version: number;
  attempts: number;
  taskId: string | null;
  firstFrameImage: string | null;
  apiGeneration: number;
  /** In seconds, as MiniMax metered it. */
  meteredSeconds: number | null;
}

export interface EventRow {
  sequence: number;
  at: number;
  action: string;
  from: string | null;
  to: string | null;
  httpStatus: number | null;
  latencyMs: number | null;
  reason: string | null;
  taskId: string | null;
}

export interface CheckOptions {
  seed: number;
  database: pg.Client;
  upstream: FaultyUpstream;
  clients: ClientFigures;
  decisions: DecisionFigures;
  timeoutMs: number;
  /** Keys of which a database that took over knows less: they are only not to be sent again. */
  forgotten: ReadonlySet<string>;
  /** When a server or the database was killed without warning, or a server frozen. */
  kills: readonly number[];
}

export interface Verdict {
  violations: string[];
  figures: Record<string, string | number>;
}

/** A server's clock follows the database's only roughly. */
const slackMs = 500;

/** A request is known by the key in its prompt, here as at the upstream; null for what the bench filled in. */
const keySql = String.raw`substring(prompt FROM 'clip (\S+) of')`;

/** Statuses in which the service still has something to do. */
const pending = ['QUEUED', 'SUBMITTING', 'PROCESSING'];

export async function countPending(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM video_generation WHERE status::text = ANY($1)',
    [pending],
  );
  return rows[0]!.count;
}

/** Compares what the clients were told, what the upstream saw and what the database holds. */
export async function check(options: CheckOptions): Promise<Verdict> {
  const { seed, database, upstream, clients, decisions, forgotten } = options;
  const violations: string[] = [];
  const rows = await readRows(database);
  const events = await readEvents(database);
  const byKey = groupBy(rows, (row) => row.key);
  const byId = new Map(rows.map((row) => [row.id, row]));

  for (const [key, ids] of clients.answers) {
    if (forgotten.has(key)) continue;
    if (ids.size !== 1) violations.push(`${key} was answered with ${ids.size} generations`);
    for (const id of ids)
      if (byId.get(id)?.key !== key) violations.push(`${key} was answered, but has no row`);
  }
  for (const [key, same] of byKey) {
    if (same.length !== 1) violations.push(`${key} has ${same.length} rows`);
    if (!clients.answers.has(key)) violations.push(`${key} has a row, but nobody asked for it`);
  }
  violations.push(...clients.refusals);

  for (const [key, attempts] of upstream.attempts) {
    const doubtful = attempts
      .slice(0, -1)
      .filter(({ outcome }) => !mayBeSentAgain(outcome, isInPieces(seed, key)));
    if (doubtful.length > (decisions.resubmitted.get(key)?.size ?? 0)) {
      violations.push(
        `${key} was sent again after ${doubtful[0]!.outcome}: ${attempts.map((a) => a.outcome).join(', ')}`,
      );
    }
    const image = imageOf(seed, key);
    for (const attempt of attempts) {
      const whole = !['cutWhileReading', 'brokenOffBySender'].includes(attempt.outcome);
      if (whole && attempt.image !== image) violations.push(`${key} was sent with another image`);
    }
    if (!byKey.has(key) && !forgotten.has(key)) violations.push(`${key} was sent, but has no row`);
  }

  const explained: Record<string, number> = {};
  for (const row of rows) {
    const trail = events.get(row.id) ?? [];
    const isDecided = decisions.declared.has(row.key) || decisions.resubmitted.has(row.key);
    if (pending.includes(row.status))
      violations.push(`${row.key} is still ${row.status}: ${await standOf(database, row.id)}`);
    if (row.taskId !== null && upstream.tasks.get(row.taskId)?.key !== row.key)
      violations.push(`${row.key} holds the task of another`);
    if (forgotten.has(row.key)) continue;
    violations.push(
      ...checkTrail(row, trail, isDecided).map((problem) => `${row.key}: ${problem}`),
    );
    const last = upstream.attempts.get(row.key)?.at(-1);
    if (row.status === 'UNCERTAIN') {
      const why = explain(row, trail, options);
      if (why === null) {
        violations.push(
          `${row.key} is UNCERTAIN without a cause: upstream ${last?.outcome ?? 'saw nothing'}; ${told(trail)}`,
        );
      } else explained[why] = (explained[why] ?? 0) + 1;
    } else if (isDecided || isReconciled(row, trail, upstream)) {
      // What came of it after all is in the records.
    } else if (last?.taskId != null && row.taskId !== last.taskId && !isUntold(last.outcome)) {
      violations.push(`${row.key} is ${row.status} without its task ${last.taskId}`);
    } else if (last && leavesUnsure.has(last.outcome) && last.outcome !== 'acceptedTooLate') {
      violations.push(`${row.key} is ${row.status} although upstream ${last.outcome}`);
    }
  }
  violations.push(...(await checkImages(database, rows)), ...checkAdoptions(rows, events));
  const metered = rows.filter(
    ({ apiGeneration: spoken, status }) => spoken === 2 && status === 'SUCCEEDED',
  );
  for (const { key, taskId, meteredSeconds } of metered) {
    const made = upstream.tasks.get(taskId!)?.second?.duration;
    if (meteredSeconds !== made)
      violations.push(`${key} was metered with ${made} s, its row has ${meteredSeconds} s`);
  }
  const money = await checkRecords(database, upstream, forgotten);
  violations.push(...money.violations);

  const statuses = Object.fromEntries(
    [...groupBy(rows, (row) => row.status)].sort().map(([name, all]) => [name, all.length]),
  );
  const attempts = [...upstream.attempts.values()].flat();
  const outcomes = Object.fromEntries(
    [...groupBy(attempts, (attempt) => attempt.outcome)]
      .sort()
      .map(([name, all]) => [name, all.length]),
  );
  const all = [...events.values()].flat();
  const reconciled = all.filter(({ action }) => action === 'TASK_RECONCILED');
  const settledLate = all.filter(({ from }) => from === 'UNCERTAIN').length;
  return {
    violations,
    figures: {
      rows: rows.length,
      statuses: list(statuses),
      'uncertain, by cause': list(explained) || 'none',
      'uncertain, settled by a late answer': settledLate - reconciled.length,
      'uncertain, found in the list': reconciled.length,
      'of the second generation, succeeded': `${rows.filter(({ apiGeneration }) => apiGeneration === 2).length}, ${metered.length}`,
      'upstream: submissions': `${attempts.length}: ${list(outcomes)}`,
      'upstream: looks': `${upstream.looks}, ${upstream.faultyLooks} of them faulty`,
      'upstream: gone, blind resets': `${upstream.absences}, ${upstream.blindResets.length - upstream.absences}`,
      ...money.figures,
      'decisions, sent again': `${decisions.declared.size + decisions.resubmitted.size}, ${decisions.repeated}`,
      ...(forgotten.size > 0 && { 'keys that a failover touched': forgotten.size }),
      events: all.length,
    },
  };
}

/** Where one stands that has not ended, for whoever looks for the reason. */
async function standOf(database: pg.Client, id: string): Promise<string> {
  const { rows } = await database.query<{ stand: string }>(
    `SELECT format('lease %s until %s, due %s, now %s, submission %s, successor %s, incarnation %s of %s, records %s',
       lease_token, leased_until, next_attempt_at, clock_timestamp(), submission_id, successor_id, incarnation,
       database_incarnation(), (
         SELECT json_agg(json_build_array(id, number, outcome, task_id, settled_by) ORDER BY number)
         FROM submission WHERE generation_id = generation.id
       )) AS stand
     FROM video_generation AS generation WHERE id = $1`,
    [id],
  );
  return rows[0]!.stand;
}

/** Whether a list of tasks told what became of it, and told right. */
function isReconciled(row: Row, trail: readonly EventRow[], { tasks }: FaultyUpstream): boolean {
  const found = trail.findLast(({ action }) => action === 'TASK_RECONCILED');
  return found != null && found.taskId === row.taskId && tasks.get(row.taskId!)?.key === row.key;
}

/** No task belongs to two, and none was taken up twice. */
function checkAdoptions(rows: readonly Row[], events: ReadonlyMap<string, EventRow[]>): string[] {
  const owned = rows.flatMap(({ taskId }) => taskId ?? []);
  const adopted = [...events.values()]
    .flat()
    .flatMap(({ action, taskId }) => (action === 'TASK_RECONCILED' ? (taskId ?? []) : []));
  const twice = (ids: string[]) => ids.filter((id, index) => ids.indexOf(id) < index);
  return [
    ...twice(owned).map((id) => `task ${id} belongs to two`),
    ...twice(adopted).map((id) => `task ${id} was taken up twice`),
  ];
}

/** Each change has its event: no gaps, each move from where the one before led. */
export function checkTrail(row: Row, trail: readonly EventRow[], isDecided: boolean): string[] {
  const problems: string[] = [];
  const expected = Array.from({ length: row.version }, (_, index) => index + 1);
  if (trail.map(({ sequence }) => sequence).join() !== expected.join())
    problems.push(`has version ${row.version} and the events ${told(trail)}`);
  let status: string | null = null;
  for (const event of trail) {
    if (event.action === 'SUBMISSION_ANSWERED_LATE' && !isDecided)
      problems.push('claims that a person had decided otherwise');
    if (event.to === null) continue;
    if (event.from !== status)
      problems.push(`moved from ${event.from} while ${status}: ${told(trail)}`);
    status = event.to;
  }
  if (status !== row.status) problems.push(`is ${row.status}, its events say ${status}`);
  // Of one that is held and given a task the database has forgotten that it was sent.
  const sent = trail.filter(
    ({ action, from }) =>
      action === 'SUBMISSION_SENT' || (action === 'TASK_ATTACHED' && from === 'QUEUED'),
  ).length;
  if (sent !== row.attempts) problems.push(`has ${row.attempts} attempts, ${sent} events of them`);
  return problems;
}

/** What made a generation uncertain, as its last SUBMISSION_UNCERTAIN tells it; null when nothing did. */
function explain(row: Row, trail: readonly EventRow[], options: CheckOptions): string | null {
  const { upstream, decisions, kills, timeoutMs } = options;
  if (decisions.resubmitted.has(row.key)) return 'sent again by decision';
  const end = trail.findLast(({ action }) => action === 'SUBMISSION_UNCERTAIN');
  const sent = trail.findLast(({ action }) => action === 'SUBMISSION_SENT');
  if (!end || !sent) return null;
  const within = (at: number) => at >= sent.at - slackMs && at <= end.at + slackMs;
  const attempts = upstream.attempts.get(row.key) ?? [];
  if (end.reason?.startsWith('the server that was submitting')) {
    if (kills.some(within)) return 'killed or frozen while submitting';
    // Another server was quicker to call it what it was; a usable answer would have settled it.
    const outcome = attempts.at(-1)?.outcome;
    return outcome && leavesUnsure.has(outcome) ? 'fault of the upstream' : null;
  }
  const answeredBefore = trail.filter(
    ({ action, httpStatus }) => action === 'SUBMISSION_POSTPONED' && httpStatus !== null,
  ).length;
  if (attempts.length > answeredBefore) {
    if (leavesUnsure.has(attempts.at(-1)!.outcome)) return 'fault of the upstream';
  } else if (upstream.blindResets.some(within)) {
    return 'fault of the upstream';
  }
  // The answer was on its way, but this machine was too busy to read it in time.
  return end.httpStatus === null && (end.latencyMs ?? 0) >= timeoutMs ? 'busy machine' : null;
}

/** Whether whoever sent it knows that it was not accepted. */
function mayBeSentAgain(outcome: SubmitOutcome, inPieces: boolean): boolean {
  if (surelyNotAccepted.has(outcome)) return true;
  return inPieces && (outcome === 'cutWhileReading' || outcome === 'brokenOffBySender');
}

interface Submission {
  key: string;
  outcome: 'PREPARED' | 'NOT_SENT' | 'SENT' | 'ACCEPTED' | 'REFUSED' | 'UNKNOWN';
  taskId: string | null;
  settledBy: string | null;
  /** For whoever looks for it in the logs. */
  which: string;
}

/** No POST without a record that explains it, and no paid task that the records do not reckon with. */
export async function checkRecords(
  database: pg.Client,
  upstream: FaultyUpstream,
  forgotten: ReadonlySet<string> = new Set(),
): Promise<Verdict> {
  const { rows } = await database.query<Submission>(
    `SELECT ${keySql} AS key, outcome::text, submission.task_id AS "taskId",
       settled_by AS "settledBy", format('%s of %s, %s, claimed %s; %s, attempt %s', number, generation.id,
         reason, claimed_at, status, attempts) AS which
     FROM submission JOIN video_generation AS generation ON generation.id = generation_id
     WHERE ${keySql} IS NOT NULL`,
  );
  const violations: string[] = [];
  const byKey = groupBy(rows, ({ key }) => key);
  for (const { key, outcome, taskId, which } of rows) {
    if (outcome === 'PREPARED' || outcome === 'SENT')
      violations.push(`${key} has a record that nobody settled: ${outcome}, ${which}`);
    // Half an answer may name the task all the same.
    if (outcome === 'ACCEPTED' ? taskId === null : outcome !== 'UNKNOWN' && taskId !== null)
      violations.push(`${key} has a record that is ${outcome} with task ${taskId}`);
    if (taskId !== null && upstream.tasks.get(taskId)?.key !== key)
      violations.push(`${key} has a record of a task that is not its own`);
  }
  for (const [key, attempts] of upstream.attempts) {
    if (forgotten.has(key)) continue;
    const records = byKey.get(key) ?? [];
    const read = attempts.filter(
      ({ outcome }) => outcome !== 'cutWhileReading' && outcome !== 'brokenOffBySender',
    );
    const sent = records.filter(({ outcome }) => outcome !== 'NOT_SENT');
    if (attempts.length > records.length || read.length > sent.length) {
      violations.push(
        `${key} was sent ${attempts.length} times, and its records are ${records.map(({ outcome }) => outcome).join(', ')}`,
      );
    }
  }
  const recorded = new Set(rows.flatMap(({ taskId }) => taskId ?? []));
  const unrecorded = groupBy(
    [...upstream.tasks].filter(([taskId]) => !recorded.has(taskId)),
    ([, { key }]) => key,
  );
  for (const [key, tasks] of unrecorded) {
    const possible = (byKey.get(key) ?? []).filter(isPossiblyPaid);
    if (tasks.length > possible.length && !forgotten.has(key))
      violations.push(`${key} was paid ${tasks.length} times more than its records tell`);
  }
  return {
    violations,
    figures: {
      'paid: at the upstream, by the records': `${upstream.tasks.size}, ${recorded.size} surely and ${rows.filter(isPossiblyPaid).length} possibly`,
    },
  };
}

/** Nobody knows, or a person said that it was not accepted. */
function isPossiblyPaid({ outcome, settledBy, taskId }: Submission): boolean {
  return outcome === 'UNKNOWN' || (settledBy !== null && taskId === null);
}

/** The task was made, but its id never reached the service. */
function isUntold(outcome: string): boolean {
  return outcome === 'halfAnswer';
}

/** Images stay with their generations, in the storage. */
async function checkImages(database: pg.Client, rows: readonly Row[]): Promise<string[]> {
  const { rows: images } = await database.query<{ id: string; name: string }>(
    `SELECT generation_id::text AS id, 'urn:sha256:' || sha256 AS name
     FROM media_use JOIN stored_object ON stored_object.id = object_id WHERE deleted_at IS NULL`,
  );
  const names = new Map(images.map(({ id, name }) => [id, name]));
  return rows.flatMap(({ id, key, status, firstFrameImage }) =>
    names.get(id) === (firstFrameImage ?? undefined)
      ? []
      : [`${key} is ${status}, and its image is not as due`],
  );
}

/** Of what was asked for with the prompts of a bench. */
export async function readRows(database: pg.Client): Promise<Row[]> {
  const { rows } = await database.query<Row>(
    `SELECT id::text, ${keySql} AS key, status::text, version, attempts, task_id AS "taskId",
       first_frame_image AS "firstFrameImage", api_generation AS "apiGeneration",
       (usage->>'total_seconds')::float AS "meteredSeconds"
     FROM video_generation AS generation WHERE ${keySql} IS NOT NULL ORDER BY id`,
  );
  return rows;
}

/** By generation. */
export async function readEvents(database: pg.Client): Promise<Map<string, EventRow[]>> {
  const { rows } = await database.query<EventRow & { generationId: string; occurredAt: Date }>(
    `SELECT generation_id::text AS "generationId", sequence, occurred_at AS "occurredAt", action,
       from_status::text AS "from", to_status::text AS "to", http_status AS "httpStatus",
       latency_ms AS "latencyMs", detail->>'reason' AS reason, detail->>'taskId' AS "taskId"
     FROM audit_event WHERE generation_id IN
       (SELECT id FROM video_generation AS generation WHERE ${keySql} IS NOT NULL)
     ORDER BY generation_id, sequence`,
  );
  const all = rows.map((row) => ({ ...row, at: row.occurredAt.getTime() }));
  return groupBy(all, (event) => event.generationId);
}

export function groupBy<T>(all: readonly T[], nameOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(nameOf(one), [...(groups.get(nameOf(one)) ?? []), one]);
  return groups;
}

function told(trail: readonly EventRow[]): string {
  return trail
    .map(({ sequence, action, from, to, reason }) =>
      [sequence, action, to && `${from}→${to}`, reason && `(${reason})`].filter(Boolean).join(' '),
    )
    .join(', ');
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
