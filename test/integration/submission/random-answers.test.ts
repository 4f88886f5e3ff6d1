import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { request } from 'undici';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, type Reply } from '../../support/fake-upstream.ts';
import { ask } from '../../support/holds.ts';
import { randomFrom } from '../../support/random-operations.ts';
import { decide, expectWholeLog } from '../../support/uncertain.ts';
import { until } from '../../support/until.ts';

const seed = Number(process.env['RANDOM_SEED'] || 1);
const storms = Number(process.env['RANDOM_STORMS'] || 2);

/** Answers, and whether a task was made all the same. */
const answers: [string, boolean, (taskId: string) => Reply][] = [
  ['accepted', true, (task_id) => ({ json: { task_id, base_resp: { status_code: 0 } } })],
  ['lost', true, () => ({ status: 504, text: 'gateway' })],
  ['lost', true, () => ({ status: 504, text: 'gateway' })],
  ['lost', false, () => ({ status: 504, text: 'gateway' })],
  ['refused', false, () => coded(1026)],
  ['refused', true, () => coded(1026)],
  ['throttled', false, () => coded(1002)],
  ['throttled', true, () => coded(1002)],
];

const decisions = [
  ...['declareVideoGenerationNotCreated', 'resubmitVideoGeneration', 'retryVideoGeneration'],
  ...['attachVideoGenerationTask', 'cancelVideoGeneration'],
];

/** A paid request, as MiniMax knows it. */
interface Post {
  prompt: string;
  token: string;
  answer: string;
  taskId: string | null;
  /** Whether a callback that named the task was taken; before the answer went. */
  told: boolean;
  toldBefore: boolean;
}

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({
    callbackBaseUrl: 'https://video.example.com/callbacks/minimax',
    env: { CREATE_WAIT_MS: '1500' },
  });
});
afterEach(() => app.stop());

async function tell({ token }: Post, taskId: string, isNumber: boolean): Promise<boolean> {
  const { statusCode, body } = await request(`${app.url}/callbacks/minimax/${token}`, {
    method: 'POST',
    body: `{"task_id": ${isNumber ? taskId : `"${taskId}"`}, "status": "processing"}`,
  });
  await body.dump();
  return statusCode === 200;
}

/** Somebody else locks rows for a while, again and again, until it is over. */
async function lockRows(random: () => number, isOver: () => boolean): Promise<void> {
  const { url } = app.database;
  if (url === undefined) return;
  const client = new pg.Client(url);
  await client.connect();
  while (!isOver()) {
    const table = random() < 0.5 ? 'video_generation' : 'submission';
    await client.query(`BEGIN; SELECT FROM ${table} WHERE random() < 0.4 FOR UPDATE SKIP LOCKED`);
    await sleep(random() * 250);
    await client.query('ROLLBACK');
    await sleep(random() * 120);
  }
  await client.end();
}

const generations = () => app.database.prisma.videoGeneration.findMany();

async function decideAnything(random: () => number, posts: Post[], decided: Set<string>) {
  const rows = await generations();
  const row = rows[Math.floor(random() * rows.length)];
  const decision = decisions[Math.floor(random() * decisions.length)]!;
  const made = posts.find(({ prompt, taskId }) => prompt === row?.prompt && taskId !== null);
  if (!row || (decision.startsWith('attach') && !made)) return;
  const given = decision.startsWith('attach') ? `, taskId: "${made!.taskId}"` : '';
  const problems = decision.startsWith('cancel')
    ? (await ask(app, `mutation { done: ${decision}(id: "${row.id}") { userErrors { code } } }`))
        .done.userErrors
    : await decide(app, row.id, decision, given);
  if (problems.length === 0) decided.add(`${decision} ${row.prompt}`);
}

test.each(Array.from({ length: storms }, (_, index) => seed + index))(
  'whatever is answered, called back, locked and decided, no paid task is lost and none paid unasked (seed %i)',
  async (each) => {
    const random = randomFrom(each);
    const chance = (part: number) => random() < part;
    const posts: Post[] = [];
    const decided = new Set<string>();
    const telling: Promise<unknown>[] = [];
    const tellOwn = async (post: Post) => {
      if (await tell(post, post.taskId!, chance(0.5))) post.told = true;
    };
    app.upstream.onSubmit(async ({ number, body }) => {
      const [answer, isMade, reply] = answers[Math.floor(random() * answers.length)]!;
      // Longer than a number of JavaScript keeps.
      const taskId = `9${String(each * 1_000 + number).padStart(18, '0')}`;
      const token = String(body.callback_url).split('/').at(-1)!;
      const known = { prompt: body.prompt, token, answer, told: false, toldBefore: false };
      const post: Post = { ...known, taskId: isMade ? taskId : null };
      posts.push(post);
      const others = posts.filter((other) => other !== post && other.taskId !== null);
      const other = others[Math.floor(random() * others.length)];
      if (other && chance(0.2)) telling.push(tell(post, other.taskId!, chance(0.5)));
      if (isMade && chance(0.3)) {
        await tellOwn(post);
        post.toldBefore = post.told;
      } else if (isMade && chance(0.6)) {
        telling.push(sleep(random() * 500).then(() => tellOwn(post)));
      }
      await sleep(random() * 150);
      return reply(taskId);
    });

    let isOver = false;
    const locking = lockRows(randomFrom(each + 1), () => isOver);
    const deciding = (async () => {
      while (!isOver) {
        await sleep(random() * 80);
        if (chance(0.7)) await decideAnything(random, posts, decided);
      }
    })();
    const create = (_: unknown, index: number) => app.create({ prompt: `Boat ${index}` });
    await Promise.all(Array.from({ length: 8 }, create));
    for (let minutes = 0; minutes < 4; minutes++) await step(app, 61_000);
    isOver = true;
    await Promise.all([locking, deciding]);
    for (let minutes = 0; minutes < 4; minutes++) await step(app, 61_000);
    await until(async () => {
      const count = telling.length;
      await Promise.all(telling);
      return count === telling.length;
    });

    const submissions = await app.database.prisma.submission.findMany({
      include: { generation: { select: { prompt: true } } },
    });
    const tasks = submissions.flatMap(({ taskId }) => taskId ?? []);
    expect(new Set(tasks).size).toBe(tasks.length);
    for (const { prompt } of await generations()) {
      const own = posts.filter((post) => post.prompt === prompt);
      const records = submissions.filter(({ generation }) => generation.prompt === prompt);
      const sent = records.filter(({ outcome }) => !['PREPARED', 'NOT_SENT'].includes(outcome));
      const events = await app.database.prisma.auditEvent.findMany({
        where: { generation: { prompt } },
      });
      const about = { each, own, records, decided: [...decided], events };
      const isDecided = [...decided].some((decision) => decision.endsWith(` ${prompt}`));
      const isAttached = decided.has(`attachVideoGenerationTask ${prompt}`);
      // One attached that no record told of has a record of its own.
      if (isAttached)
        expect({ about, enough: sent.length >= own.length }).toEqual({ about, enough: true });
      else expect({ about, sent: sent.length }).toEqual({ about, sent: own.length });
      for (const [index, { taskId, answer, told, toldBefore }] of own.entries()) {
        const isLast = index === own.length - 1;
        const mayGoAgain = isLast || isDecided || (answer === 'throttled' && !toldBefore);
        expect({ about, mayGoAgain }).toEqual({ about, mayGoAgain: true });
        if (taskId === null || (answer !== 'accepted' && !told)) continue;
        const record = records.find((one) => one.taskId === taskId);
        const isTold = events.some(({ detail }) => JSON.stringify(detail)?.includes(taskId));
        expect({ about, known: Boolean(record) || isTold }).toEqual({ about, known: true });
        if (answer === 'accepted' && !isAttached)
          expect({ about, outcome: record?.outcome }).toEqual({ about, outcome: 'ACCEPTED' });
      }
      const foreign = records.filter(
        ({ outcome, taskId }) =>
          outcome === 'ACCEPTED' && !own.some((post) => post.taskId === taskId),
      );
      expect({ about, foreign }).toEqual({ about, foreign: [] });
    }
    await expectWholeLog(app);
  },
);
