import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Submission } from '../../../src/database/generated/client.ts';
import { Leases, type LeaseOptions } from '../../../src/submission/leases.ts';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded, refused } from '../../support/fake-upstream.ts';
import { aPng } from '../../support/images.ts';
import { another, ask, rowOf } from '../../support/holds.ts';
import {
  accepted,
  decide,
  expectWholeLog,
  lost,
  taskId,
  told,
  uncertain,
} from '../../support/uncertain.ts';
import { until } from '../../support/until.ts';

const minute = 60_000;

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.stop());

/** As whoever stores what MiniMax answered late leaves it, and comes to nothing more. */
async function answerStored(id: string): Promise<Submission> {
  const [first] = await recordsOf(app, id);
  await told(app, id, 1, accepted);
  return first!;
}

describe('what was sent again after an answer was lost, and is refused', () => {
  async function refusedAgain(code: number, input = {}): Promise<string> {
    const id = await uncertain(app, input);
    app.upstream.onSubmit(
      'model' in input ? refused(400, `no more of this (${code})`) : coded(code, 'no more of this'),
    );
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, id)).status !== 'SUBMITTING');
    return id;
  }

  const second = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };

  test.each<[string, number, object]>([
    ['its prompt', 1026, {}],
    ['the balance', 1008, {}],
    ['an image', 1026, { firstFrameImage: `data:image/png;base64,${aPng().toString('base64')}` }],
    ['H3', 1026, second],
  ])(
    'for %s is uncertain again: the first may have been paid, and its task can be attached',
    async (_what, code, input) => {
      const id = await refusedAgain(code, input);
      const seen = await look(app, id);
      expect(seen).toMatchObject({ status: 'UNCERTAIN', failure: { kind: 'OUTCOME_UNKNOWN' } });
      expect((await rowOf(app, id)).statusMessage).toMatch(
        /was refused: .*no more of this.* accepted another one/,
      );
      expect(await decide(app, id, 'attachVideoGenerationTask', `, taskId: "${taskId}"`)).toEqual(
        [],
      );
      expect(await recordsOf(app, id)).toMatchObject([
        { outcome: 'ACCEPTED', taskId },
        { outcome: 'REFUSED', taskId: null },
      ]);
      await step(app);
      expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', taskId });
      expect(app.upstream.submits).toHaveLength(2);
      await expectWholeLog(app);
    },
  );

  test('late, when others had called it uncertain, leaves the first uncertain too', async () => {
    const id = await uncertain(app);
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async () => {
      await released;
      return coded(1026);
    });
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await app.upstream.received('submit', 2);
    app.clock.advance(11_000);
    const other = await another(app);
    await other.worker.runOnce();
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
    release();
    await app.worker.runOnce();
    const [first] = await recordsOf(app, id);
    expect(await rowOf(app, id)).toMatchObject({ status: 'UNCERTAIN', submissionId: first!.id });
    expect((await look(app, id)).events.at(-1)).toMatchObject({ action: 'SUBMISSION_REFUSED' });
    expect(await decide(app, id, 'attachVideoGenerationTask', `, taskId: "${taskId}"`)).toEqual([]);
    expect(await recordsOf(app, id)).toMatchObject([
      { outcome: 'ACCEPTED', taskId },
      { outcome: 'REFUSED', taskId: null },
    ]);
    await other.stop();
    await expectWholeLog(app);
  });

  test('is not sent once more when the one before it is put off late', async () => {
    const id = await uncertain(app);
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async ({ number }) => {
      if (number !== 2) return number === 3 ? coded(1026) : undefined;
      await released;
      return coded(1002);
    });
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await app.upstream.received('submit', 2);
    app.clock.advance(11_000);
    const other = await another(app);
    await other.worker.runOnce();
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, id)).status === 'UNCERTAIN');
    release();
    await app.worker.runOnce();
    await step(app, minute);
    const [first] = await recordsOf(app, id);
    expect(await rowOf(app, id)).toMatchObject({ status: 'UNCERTAIN', submissionId: first!.id });
    expect(app.upstream.submits).toHaveLength(3);
    await other.stop();
    await expectWholeLog(app);
  });

  test('is followed when the answer to the first comes after all', async () => {
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async ({ number }) => {
      if (number > 1) return coded(1026);
      await released;
      return undefined;
    });
    const creating = app.create();
    await app.upstream.received('submit', 1);
    app.clock.advance(11_000);
    const other = await another(app);
    await other.worker.runOnce();
    const [{ id }] = (await ask(app, '{ generations { nodes { id } } }')).generations.nodes;
    const { version } = await rowOf(app, id);
    await ask(
      other,
      `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { userErrors { code } } }`,
    );
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, id)).status === 'UNCERTAIN');
    release();
    await creating;
    await app.worker.runOnce();
    const [first] = await recordsOf(app, id);
    expect(first).toMatchObject({ outcome: 'ACCEPTED', taskId: expect.any(String) });
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId: first!.taskId });
    await other.stop();
  });
});

describe('a task that a record tells and its generation does not', () => {
  test('is followed, of an uncertain one', async () => {
    const id = await uncertain(app);
    const { id: submissionId } = await answerStored(id);
    await app.worker.doMinutely();
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId, submissionId });
    const { events } = await look(app, id);
    expect(events.at(-1)).toMatchObject({ action: 'SUBMISSION_ACCEPTED' });
    await expectWholeLog(app);
  });

  test('is followed instead of sending again what was ordered', async () => {
    const id = await uncertain(app);
    app.upstream.onSubmit(coded(1002));
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await rowOf(app, id)).status === 'QUEUED');
    await until(() => app.upstream.submits.length === 2);
    await answerStored(id);
    await step(app, minute);
    expect((await rowOf(app, id)).status).toBe('QUEUED');
    const cancelled = await ask(
      app,
      `mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`,
    );
    expect(cancelled.cancelVideoGeneration.userErrors).toEqual([{ code: 'TASK_RUNNING' }]);
    await app.worker.doMinutely();
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
    expect(app.upstream.submits).toHaveLength(2);
    await expectWholeLog(app);
  });

  test('is followed, of one that was declared not created', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'declareVideoGenerationNotCreated')).toEqual([]);
    await answerStored(id);
    await app.worker.doMinutely();
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
  });

  test('is left to a person when what was sent later may have become one too', async () => {
    const id = await uncertain(app);
    app.upstream.onSubmit(lost);
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'UNKNOWN');
    await until(async () => (await rowOf(app, id)).status === 'UNCERTAIN');
    await answerStored(id);
    await app.worker.doMinutely();
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
  });
});

test('a late answer that names the task of another generation stays uncertain, and names the task', async () => {
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  app.upstream.onSubmit(async ({ number }) => {
    if (number > 1) return lost;
    await released;
    return { json: { task_id: taskId, base_resp: { status_code: 0, status_msg: 'success' } } };
  });
  const creating = app.create();
  await app.upstream.received('submit', 1);
  const [{ id }] = (await ask(app, '{ generations { nodes { id } } }')).generations.nodes;
  app.clock.advance(11_000);
  const other = await another(app);
  await other.worker.runOnce();
  const { version } = await rowOf(app, id);
  const mistaken = (await other.create()).generation.id;
  await until(async () => (await rowOf(app, mistaken)).status === 'UNCERTAIN');
  expect(await decide(app, mistaken, 'attachVideoGenerationTask', `, taskId: "${taskId}"`)).toEqual(
    [],
  );
  release();
  await creating;
  await app.worker.runOnce();
  const said = expect.stringContaining(taskId);
  const row = await look(app, id);
  expect(row).toMatchObject({ status: 'UNCERTAIN', statusMessage: said });
  expect(row.events.at(-1)).toMatchObject({ action: 'SUBMISSION_UNCERTAIN' });
  expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'UNKNOWN', statusMessage: said }]);
  // Whoever decides must have seen that.
  const late = await ask(
    app,
    `mutation { done: declareVideoGenerationNotCreated(id: "${id}", version: ${version}) { userErrors { code } } }`,
  );
  expect(late.done.userErrors).not.toEqual([]);
  await other.stop();
  await expectWholeLog(app);
});

/** One that its server left behind under a lease that has ended. */
async function abandoned(): Promise<string> {
  const { generation } = await app.create();
  const { submissionId } = await rowOf(app, generation.id);
  const leasedUntil = new Date(app.clock.now().getTime() - 1);
  const submitting = { status: 'SUBMITTING', taskId: null, leaseToken: submissionId } as const;
  await app.database.prisma.videoGeneration.update({
    where: { id: generation.id },
    data: { ...submitting, leasedUntil, nextAttemptAt: leasedUntil },
  });
  return generation.id;
}

test('one that cannot be settled keeps nothing else waiting, and is tried again in a minute', async () => {
  const id = await abandoned();
  const { version } = await rowOf(app, id);
  // As a part of a restored dump: its next event is there already.
  await withoutTriggers(
    app.database.prisma,
    `UPDATE video_generation SET version = ${version - 1} WHERE id = '${id}'`,
  );
  const { generation } = await app.create();
  expect(generation.status).toBe('PROCESSING');
  const complaints = () => app.logLines.filter((line) => line.includes('could not be settled'));
  await app.worker.runOnce();
  await app.worker.runOnce();
  expect(complaints()).toHaveLength(1);
  expect((await rowOf(app, generation.id)).queryErrors).toBe(0);
  await withoutTriggers(
    app.database.prisma,
    `UPDATE video_generation SET version = ${version} WHERE id = '${id}'`,
  );
  await step(app, minute + 1);
  expect((await rowOf(app, id)).status).toBe('PROCESSING');
});

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

onServer('what somebody has locked', () => {
  let session: pg.Client;
  beforeEach(async () => {
    const { url } = app.database as { url?: string };
    session = new pg.Client({ connectionString: url });
    await session.connect();
    await session.query('BEGIN');
  });
  afterEach(() => session.end());

  const lock = (id: string) =>
    session.query('SELECT FROM video_generation WHERE id = $1 FOR UPDATE', [id]);

  test('and a server left behind keeps nothing else waiting', async () => {
    const id = await abandoned();
    await lock(id);
    const { generation } = await app.create();
    expect(generation.status).toBe('PROCESSING');
    await session.query('ROLLBACK');
    await app.worker.runOnce();
    expect((await rowOf(app, id)).status).toBe('PROCESSING');
  });

  test('of the record of a server left behind keeps nothing else waiting', async () => {
    const id = await abandoned();
    const { submissionId } = await rowOf(app, id);
    await session.query('SELECT FROM submission WHERE id = $1 FOR UPDATE', [submissionId]);
    const { generation } = await app.create();
    expect(generation.status).toBe('PROCESSING');
    await session.query('ROLLBACK');
    await app.worker.runOnce();
    expect((await rowOf(app, id)).status).toBe('PROCESSING');
  });

  test('of many that are due keeps nothing else waiting, one request at a time', async () => {
    await app.stop();
    app = await startTestApp({ env: { MINIMAX_RPM: '1', CREATE_WAIT_MS: '0' } });
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => (await app.create()).generation.id as string),
    );
    await app.worker.runOnce();
    await session.query('SELECT FROM video_generation WHERE id = ANY ($1) FOR UPDATE', [ids]);
    const { generation } = await app.create();
    app.clock.advance(2 * minute);
    await app.worker.runOnce();
    await app.worker.runOnce();
    expect((await rowOf(app, generation.id)).status).toBe('PROCESSING');
    await session.query('ROLLBACK');
  });

  test('keeps its lease alone from being renewed', async () => {
    const leaseMs = 10_000;
    const held = [await abandoned(), await abandoned()];
    const rows = await Promise.all(held.map((id) => rowOf(app, id)));
    const now = () => new Date(app.clock.now().getTime() + 1_000);
    const leases = new Leases({ database: app.database, now, leaseMs } as unknown as LeaseOptions);
    const renew = () =>
      leases.renew(rows.map(({ id, leaseToken }) => ({ id, leaseToken: leaseToken! })));
    const ends = async () =>
      await Promise.all(held.map(async (id) => (await rowOf(app, id)).leasedUntil!.getTime()));
    const [before] = await ends();
    await lock(held[0]!);
    await renew();
    const [of1, of2] = await ends();
    expect(of1).toBe(before);
    expect(of2).toBeGreaterThan(before! + leaseMs);
    await session.query('ROLLBACK');
    await renew();
    expect((await ends())[0]).toBeGreaterThan(before! + leaseMs);
  });

  test('and is due keeps nothing else waiting', async () => {
    app.upstream.onSubmit(({ number }) => (number === 1 ? coded(1002) : undefined));
    const { id } = (await app.create()).generation;
    app.clock.advance(minute);
    await lock(id);
    const { generation } = await app.create();
    expect(generation.status).toBe('PROCESSING');
    expect((await rowOf(app, id)).status).toBe('QUEUED');
    await session.query('ROLLBACK');
    await step(app, 10_001);
    expect((await rowOf(app, id)).status).toBe('PROCESSING');
  });
});

test('a throttled one that was retried stays uncertain while what was sent before is', async () => {
  const id = await uncertain(app);
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  app.upstream.onSubmit(async ({ number }) => {
    if (number > 2) return undefined;
    await released;
    return coded(1002);
  });
  expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
  await app.upstream.received('submit', 2);
  app.clock.advance(11_000);
  const other = await another(app);
  await other.worker.runOnce();
  await ask(other, `mutation { retryVideoGeneration(id: "${id}") { userErrors { code } } }`);
  release();
  await app.worker.runOnce();
  expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
  await answerStored(id);
  await app.worker.doMinutely();
  expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
  await other.stop();
});
