import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Submission } from '../../../src/database/generated/client.ts';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded, type Reply } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});

/** Puts a generation back to what a server leaves that is killed while submitting it. */
async function leftBehind(
  id: string,
  { outcome, taskId }: Pick<Submission, 'outcome' | 'taskId'>,
): Promise<void> {
  const { prisma } = app.database;
  const { submissionId } = await prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
  const end = new Date(app.clock.now().getTime() + 10_000);
  await prisma.videoGeneration.update({
    where: { id },
    data: {
      status: 'SUBMITTING',
      taskId: null,
      leaseToken: submissionId,
      leasedUntil: end,
      nextAttemptAt: end,
    },
  });
  await withoutTriggers(
    prisma,
    `UPDATE submission SET outcome = '${outcome}', task_id = ${taskId === null ? 'NULL' : `'${taskId}'`}
     WHERE id = '${submissionId}'`,
  );
}

describe('a server that dies while submitting', () => {
  test('leaves it uncertain, not sent twice', async () => {
    const { generation } = await app.create();
    // As a killed process leaves it: SUBMITTING, sent, under a lease that nobody renews.
    await leftBehind(generation.id, { outcome: 'SENT', taskId: null });
    await step(app, 9_000);
    expect((await look(app, generation.id)).status).toBe('SUBMITTING');
    await step(app, 1_001);
    const row = await look(app, generation.id);
    expect(row).toMatchObject({ status: 'UNCERTAIN', failure: { kind: 'OUTCOME_UNKNOWN' } });
    expect(row.events.at(-1).action).toBe('SUBMISSION_UNCERTAIN');
    expect(app.upstream.submits).toHaveLength(1);
  });

  test.each([
    ['before it left', { outcome: 'PREPARED', taskId: null }, 'PROCESSING', 2],
    ['and its answer was stored', { outcome: 'ACCEPTED', taskId: '4711' }, 'PROCESSING', 1],
    ['and MiniMax surely refused', { outcome: 'REFUSED', taskId: null }, 'PROCESSING', 2],
  ] as const)('%s leaves nothing in doubt', async (_when, record, status, submits) => {
    const { generation } = await app.create();
    await leftBehind(generation.id, record);
    await step(app, 10_001);
    await step(app, 5_000);
    const row = await look(app, generation.id);
    expect(row).toMatchObject({ status, failure: null });
    if (record.taskId) expect(row.taskId).toBe(record.taskId);
    expect(app.upstream.submits).toHaveLength(submits);
  });

  /** One that another server has called uncertain, since that which sends it is frozen until it `wakes`. */
  async function frozen(answer?: Reply, second?: Reply) {
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async ({ number }) => {
      if (number > 1) return number === 2 ? second : undefined;
      await released;
      return answer;
    });
    const creating = app.create();
    await app.upstream.received('submit', 1);
    // The lease ends, as when the server was frozen; another one looks.
    app.clock.advance(11_000);
    const other = await startTestApp({ fake: app.upstream, database: app.database });
    other.clock.advance(app.clock.now().getTime() - other.clock.now().getTime());
    await other.worker.runOnce();
    const { data } = await other.graphql('{ generations { nodes { id status } } }');
    const [{ id, status }] = data.generations.nodes;
    expect(status).toBe('UNCERTAIN');
    async function wakes() {
      release();
      await creating;
      await app.worker.runOnce();
      await other.stop();
    }
    return { id: id as string, other, wakes };
  }

  test('is not needed any more when its answer comes late after all', async () => {
    const { id, wakes } = await frozen();
    await wakes();
    const settled = await look(app, id);
    expect(settled).toMatchObject({
      status: 'PROCESSING',
      taskId: expect.any(String),
      failure: null,
    });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('that a person gave another task has a record of both, and goes on with what was given', async () => {
    const { id, other, wakes } = await frozen();
    const { data } = await other.graphql(
      `mutation { attachVideoGenerationTask(id: "${id}", version: 3, taskId: "777") { userErrors { code } } }`,
    );
    expect(data.attachVideoGenerationTask.userErrors).toEqual([]);
    await wakes();
    const taskId = expect.not.stringMatching(/^777$/);
    expect(await recordsOf(app, id)).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', settledBy: null, taskId },
      { number: 2, outcome: 'ACCEPTED', settledBy: 'local', taskId: '777' },
    ]);
    const settled = await look(app, id);
    expect(settled.taskId).toBe('777');
    expect(settled.events.at(-1)).toMatchObject({ action: 'SUBMISSION_ANSWERED_LATE' });
    const row = await app.database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    expect(row.submissionId).toBe((await recordsOf(app, id))[1]!.id);
  });

  const named = (taskId: string) => `id: "$id", version: 3, taskId: "${taskId}"`;
  const decide = async (
    by: TestApp,
    id: string,
    mutation: string,
    args = 'id: "$id", version: 3',
  ) => {
    const given = args.replace('$id', id);
    const { data } = await by.graphql(`mutation { ${mutation}(${given}) { userErrors { code } } }`);
    expect(data[mutation].userErrors).toEqual([]);
  };

  /** Nothing is sent for a minute, as after MiniMax has said that the balance is used up. */
  const pause = async (until: Date) => {
    await app.database.prisma.upstreamKey.updateMany({ data: { pausedUntil: until } });
  };
  const inAMinute = () => new Date(app.clock.now().getTime() + 60_000);

  test.each([
    ['attachVideoGenerationTask', named('777')],
    ['declareVideoGenerationNotCreated', undefined],
  ])(
    'and that a person settled by %s stays as it was when its answer tells nothing',
    async (mutation, args) => {
      const { id, other, wakes } = await frozen({ fault: 'resetAfterRead' });
      await decide(other, id, mutation, args);
      const [before, settled] = [await look(app, id), await recordsOf(app, id)];
      await wakes();
      expect(await recordsOf(app, id)).toEqual(settled);
      expect((await look(app, id)).status).toBe(before.status);
    },
  );

  test('and that was declared not created is followed when MiniMax, late, names its task', async () => {
    const { id, other, wakes } = await frozen();
    await decide(other, id, 'declareVideoGenerationNotCreated');
    await wakes();
    const taken = await look(app, id);
    expect(taken).toMatchObject({ status: 'PROCESSING', failure: null, completedAt: null });
    expect(taken.events.at(-1).action).toBe('SUBMISSION_ANSWERED_LATE');
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'ACCEPTED', taskId: taken.taskId }]);
    for (let i = 0; i < 3; i++) await step(app);
    expect((await look(app, id)).status).toBe('SUCCEEDED');
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('and that is to be sent again is not when MiniMax, late, names its task', async () => {
    const { id, other, wakes } = await frozen();
    await pause(inAMinute());
    await decide(other, id, 'resubmitVideoGeneration');
    await wakes();
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', taskId: expect.any(String) });
    await step(app, 61_000);
    expect(app.upstream.submits).toHaveLength(1);
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'ACCEPTED' }]);
  });

  test('and that is to be sent again is, as was ordered, when MiniMax, late, refuses the first', async () => {
    const { id, other, wakes } = await frozen(coded(1026));
    await pause(inAMinute());
    await decide(other, id, 'resubmitVideoGeneration');
    await wakes();
    await step(app, 61_000);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'REFUSED', reason: 'FIRST' },
      { outcome: 'ACCEPTED', reason: 'RESUBMIT' },
    ]);
  });

  test('and that was cancelled when it was to be sent again has been paid when MiniMax, late, says so', async () => {
    const { id, other, wakes } = await frozen();
    await pause(inAMinute());
    await decide(other, id, 'resubmitVideoGeneration');
    await decide(other, id, 'cancelVideoGeneration', 'id: "$id"');
    await wakes();
    expect(await look(app, id)).toMatchObject({ status: 'CANCELLED', taskId: null });
    const [{ listPrice, outcome }] = (await recordsOf(app, id)) as [Submission];
    expect(outcome).toBe('ACCEPTED');
    const { data } = await app.graphql(
      '{ generationStats { groups { spend { amount } possibleSpend { amount } } } }',
    );
    const [{ spend, possibleSpend }] = data.generationStats.groups;
    expect([Number(spend.amount), Number(possibleSpend.amount)]).toEqual([Number(listPrice), 0]);
  });

  test('and that was sent again in vain is followed when MiniMax, late, names its task', async () => {
    const { id, other, wakes } = await frozen(undefined, coded(1002));
    await decide(other, id, 'resubmitVideoGeneration');
    await until(async () => (await look(app, id)).events.at(-1).action === 'SUBMISSION_POSTPONED');
    await wakes();
    const [first] = await recordsOf(app, id);
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', taskId: first!.taskId });
    const row = await app.database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    expect(row.submissionId).toBe(first!.id);
    await step(app, 120_000);
    expect(app.upstream.submits).toHaveLength(2);
  });

  const doubtful = { status: 429, json: { task_id: '777', base_resp: { status_code: 1002 } } };
  test.each([
    ['refuses', coded(1026), ['REFUSED', 'ACCEPTED']],
    ['puts it off', coded(1002), ['REFUSED', 'ACCEPTED']],
    ['names that task beside a refusal', doubtful, ['ACCEPTED']],
  ])(
    'and that a person gave a task keeps it, and the audit log whole, when MiniMax, late, %s',
    async (_what, answer, outcomes) => {
      const { id, other, wakes } = await frozen(answer);
      await decide(other, id, 'attachVideoGenerationTask', named('777'));
      await wakes();
      const records = await recordsOf(app, id);
      expect(records.map(({ outcome }) => outcome)).toEqual(outcomes);
      expect(records.at(-1)).toMatchObject({ taskId: '777', settledBy: 'local', reason: 'FIRST' });
      const { data } = await app.graphql('{ verifyAuditLog { ok firstBad { reason } } }');
      expect(data.verifyAuditLog).toEqual({ ok: true, firstBad: null });
    },
  );

  test('that was retried is not sent again when MiniMax, late, puts it off', async () => {
    const { id, other, wakes } = await frozen(coded(1002));
    await other.graphql(`mutation { retryVideoGeneration(id: "${id}") { replayed } }`);
    await wakes();
    await step(app, 60_000);
    const seen = await look(app, id);
    expect(seen).toMatchObject({ status: 'FAILED', failure: { kind: 'NOT_CREATED' } });
    expect(app.upstream.submits).toHaveLength(2);
  });
});
