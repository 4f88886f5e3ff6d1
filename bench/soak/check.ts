import type pg from 'pg';
import {
  checkRecords,
  checkTrail,
  groupBy,
  readEvents,
  readRows,
  type EventRow,
  type Row,
} from '../chaos/check.ts';
import type { FaultyUpstream } from '../chaos/upstream.ts';
import { imageOf, type Acknowledged } from './load.ts';

export interface CheckOptions {
  seed: number;
  database: pg.Client;
  upstream: FaultyUpstream;
  acknowledged: Acknowledged;
  /** When a server was killed or frozen. */
  interruptions: readonly number[];
}

export interface Found {
  violations: string[];
  rows: Row[];
  figures: Record<string, string | number>;
}

const final = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'UNCERTAIN'];

/** Compares what the callers were told, what the upstream saw and what the database holds. */
export async function check(options: CheckOptions): Promise<Found> {
  const { seed, database, upstream, acknowledged } = options;
  const rows = await readRows(database);
  const events = await readEvents(database);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byKey = groupBy(rows, ({ key }) => key);
  const violations = [...checkAnswers(acknowledged, byId)];
  for (const row of rows) {
    const trail = events.get(row.id) ?? [];
    violations.push(...checkTrail(row, trail, false).map((problem) => `${row.key}: ${problem}`));
    if (!final.includes(row.status)) violations.push(`${row.key} is still ${row.status}`);
    if (row.status === 'UNCERTAIN' && !isExplained(trail, options.interruptions))
      violations.push(`${row.key} is UNCERTAIN, and no server was killed or frozen meanwhile`);
    if (row.taskId !== null && upstream.tasks.get(row.taskId)?.key !== row.key)
      violations.push(`${row.key} holds the task of another`);
    if (!acknowledged.creates.has(row.key))
      violations.push(`${row.key} has a row, but nobody asked for it`);
  }
  for (const [key, attempts] of upstream.attempts) {
    // Once for the request, and once for each retry of it.
    const made = byKey.get(key) ?? [];
    const tasks = attempts.filter(({ taskId }) => taskId !== null).length;
    if (tasks > made.length)
      violations.push(`${key} was accepted ${tasks} times, and asked for ${made.length} times`);
    const isOther = (image: string | undefined) => image !== imageOf(seed, key);
    if (attempts.some(({ image, taskId }) => taskId !== null && isOther(image)))
      violations.push(`${key} was sent with another image`);
  }
  const money = await checkRecords(database, upstream);
  const statuses = [...groupBy(rows, ({ status }) => status)].sort();
  return {
    violations: [...violations, ...money.violations],
    rows,
    figures: {
      'requests for videos, answered': `${acknowledged.creates.size}, ${[...acknowledged.creates.values()].filter(({ size }) => size > 0).length}`,
      'retries, answered': [...acknowledged.retries.values()].length,
      rows: `${rows.length}: ${statuses.map(([name, all]) => `${all.length} ${name}`).join(', ')}`,
      'upstream: submissions, looks': `${[...upstream.attempts.values()].flat().length}, ${upstream.looks}`,
      ...money.figures,
      'events of these generations': [...events.values()].flat().length,
    },
  };
}

function* checkAnswers(
  { creates, retries }: Acknowledged,
  byId: ReadonlyMap<string, Row>,
): Generator<string> {
  for (const [what, answers] of [...creates, ...retries]) {
    if (answers.size !== 1) yield `${what} was answered with ${answers.size} generations`;
    for (const id of answers) if (!byId.has(id)) yield `${what} was answered, but has no row`;
  }
  for (const [key, ids] of creates)
    for (const id of ids) if (byId.get(id)?.key !== key) yield `${key} was answered with another's`;
}

/** Whether somebody who was sending it was stopped in the middle. */
function isExplained(trail: readonly EventRow[], interruptions: readonly number[]): boolean {
  const sent = trail.findLast(({ action }) => action === 'SUBMISSION_SENT');
  const end = trail.findLast(({ action }) => action === 'SUBMISSION_UNCERTAIN');
  if (!sent || !end) return false;
  const slackMs = 500;
  return interruptions.some((at) => at >= sent.at - slackMs && at <= end.at + slackMs);
}
