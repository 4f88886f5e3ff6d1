import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { eventRow } from '../../../src/audit/events.ts';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { actionsOf, ask, rowOf } from '../../support/holds.ts';
import {
  accepted,
  decide,
  expectWholeLog,
  flagged,
  lost,
  taskId,
  told,
  uncertain,
} from '../../support/uncertain.ts';
import { until } from '../../support/until.ts';

const minute = 60_000;
const secondGeneration = {
  model: 'MiniMax-H3',
  duration: 5,
  resolution: '768P',
  aspectRatio: '16:9',
};

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ callbackBaseUrl: 'https://video.example.com/callbacks/minimax' });
});
afterEach(() => app.stop());

/** After a minute, in which whoever stored the answer could have come to more. */
async function aMinuteLater(): Promise<void> {
  app.clock.advance(minute + 1);
  await app.worker.doMinutely();
}

describe('what is uncertain although its records tell that it was refused', () => {
  test('fails after a minute, with the reason that MiniMax gave', async () => {
    const id = await uncertain(app);
    await told(app, id, 1, flagged);
    await app.worker.doMinutely();
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
    await aMinuteLater();
    const row = await look(app, id);
    expect(row).toMatchObject({ status: 'FAILED', failure: { kind: 'INPUT_FLAGGED' } });
    expect(row.events.at(-1)).toMatchObject({ action: 'SUBMISSION_REFUSED' });
    expect((await rowOf(app, id)).completedAt).not.toBeNull();
    await expectWholeLog(app);
  });

  test('fails by the latest of several, also when that one was to be sent again', async () => {
    const id = await uncertain(app);
    app.upstream.onSubmit(lost);
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'UNKNOWN');
    await until(async () => (await rowOf(app, id)).status === 'UNCERTAIN');
    await told(app, id, 2, { outcome: 'REFUSED', statusCode: 1002, statusMessage: 'busy' });
    await aMinuteLater();
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
    await told(app, id, 1, flagged);
    await aMinuteLater();
    expect(await look(app, id)).toMatchObject({
      ...{ status: 'FAILED', failure: { kind: 'NOT_CREATED' }, statusMessage: 'busy' },
    });
    await step(app, 10 * minute);
    expect(app.upstream.submits).toHaveLength(2);
    await expectWholeLog(app);
  });

  test('fails with the words of a refusal that has no code', async () => {
    const id = await uncertain(app);
    const statusMessage = 'insufficient balance';
    await told(app, id, 1, { outcome: 'REFUSED', httpStatus: 402, statusMessage });
    await aMinuteLater();
    const row = await look(app, id);
    expect(row).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'NOT_CREATED' },
      statusMessage,
    });
    await expectWholeLog(app);
  });

  test('fails when it was redacted before', async () => {
    const id = await uncertain(app);
    await ask(
      app,
      `mutation { redactVideoGeneration(id: "${id}", reason: "as asked") { userErrors { code } } }`,
    );
    await told(app, id, 1, flagged);
    await aMinuteLater();
    expect((await rowOf(app, id)).status).toBe('FAILED');
    await expectWholeLog(app);
  });

  test('stays with a person where a person has said it', async () => {
    const id = await uncertain(app);
    await told(app, id, 1, { ...flagged, settledBy: 'ops' });
    await aMinuteLater();
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
  });

  test.each([
    ['first', {}, { task_id: taskId, status: 'running' }],
    ['second', secondGeneration, { task: { id: taskId, status: 'running' } }],
  ])(
    'stays with a person where a callback of the %s API generation told of a task',
    async (_which, input, message) => {
      const id = await uncertain(app, input);
      const { callbackToken } = await rowOf(app, id);
      await request(`${app.url}/callbacks/minimax/${callbackToken}`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify(message),
      });
      await until(async () => (await rowOf(app, id)).callbackStatus === 'running');
      await told(app, id, 1, flagged);
      await aMinuteLater();
      expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
    },
  );

  test('stays with a person in another database than it was sent from, which may have forgotten more', async () => {
    const id = await uncertain(app);
    await told(app, id, 1, flagged);
    await app.database.pool.query(
      'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
    );
    await aMinuteLater();
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
  });
});

describe('while only its record tells that it was accepted', () => {
  test.each([
    ['declareVideoGenerationNotCreated', ''],
    ['resubmitVideoGeneration', ''],
    ['attachVideoGenerationTask', ', taskId: "another"'],
    ['retryVideoGeneration', ''],
  ])('%s says so, and nothing is sent', async (decision, given) => {
    const id = await uncertain(app);
    await told(app, id, 1, accepted);
    expect(await decide(app, id, decision, given)).toEqual([
      { code: 'SETTLED_ALREADY', message: expect.stringContaining('within a minute') },
    ]);
    await app.worker.doMinutely();
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('it is not retried under a key either', async () => {
    const id = await uncertain(app);
    await told(app, id, 1, accepted);
    const data = await ask(
      app,
      `mutation { retryVideoGeneration(id: "${id}", idempotencyKey: "again") { userErrors { code } } }`,
    );
    expect(data.retryVideoGeneration.userErrors).toEqual([{ code: 'SETTLED_ALREADY' }]);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('its very task can be attached', async () => {
    const id = await uncertain(app);
    await told(app, id, 1, accepted);
    expect(await decide(app, id, 'attachVideoGenerationTask', `, taskId: "${taskId}"`)).toEqual([]);
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
    expect(await recordsOf(app, id)).toMatchObject([accepted]);
    await expectWholeLog(app);
  });
});

/** Ended in another way, which its task is told of by one event. */
async function expectToldOnce(id: string, status: string): Promise<void> {
  await Promise.all([app.worker.doMinutely(), app.worker.doMinutely()]);
  await app.worker.doMinutely();
  const row = await look(app, id);
  expect(row).toMatchObject({ status, taskId: null });
  expect(actionsOf(row).filter((action) => action === 'SUBMISSION_ANSWERED_LATE')).toHaveLength(1);
  await expectWholeLog(app);
}

describe('the task of one that has ended is told by an event, once:', () => {
  test('declared not created, and retried since', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'declareVideoGenerationNotCreated')).toEqual([]);
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    await told(app, id, 1, accepted);
    await expectToldOnce(id, 'FAILED');
  });

  test('declared not created, and retried since, until nothing can have come of that', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'declareVideoGenerationNotCreated')).toEqual([]);
    app.upstream.onSubmit(lost);
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const successorId = (await rowOf(app, id)).successorId!;
    await until(async () => (await rowOf(app, successorId)).status === 'UNCERTAIN');
    await told(app, id, 1, accepted);
    await expectToldOnce(id, 'FAILED');
    await told(app, successorId, 1, flagged);
    await app.worker.doMinutely();
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
    await expectWholeLog(app);
  });

  test('declared not created, and redacted since', async () => {
    const id = await uncertain(app);
    expect(await decide(app, id, 'declareVideoGenerationNotCreated')).toEqual([]);
    await ask(
      app,
      `mutation { redactVideoGeneration(id: "${id}", reason: "as asked") { userErrors { code } } }`,
    );
    await told(app, id, 1, accepted);
    await expectToldOnce(id, 'FAILED');
  });

  test('cancelled when it was to be sent again', async () => {
    const id = await uncertain(app);
    app.upstream.onSubmit(coded(1002));
    expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
    await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, id)).status === 'QUEUED');
    await ask(app, `mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`);
    await told(app, id, 1, accepted);
    await expectToldOnce(id, 'CANCELLED');
  });
});

test('one that was retried while it is uncertain is followed, also when its task had been told before', async () => {
  const id = await uncertain(app);
  const late = { action: 'SUBMISSION_ANSWERED_LATE', detail: { taskId } } as const;
  app.upstream.onSubmit(lost);
  expect(await decide(app, id, 'resubmitVideoGeneration')).toEqual([]);
  await until(async () => (await recordsOf(app, id)).at(-1)!.outcome === 'UNKNOWN');
  await until(async () => (await rowOf(app, id)).status === 'UNCERTAIN');
  await told(app, id, 1, accepted);
  const { count } = await app.database.prisma.videoGeneration.updateMany({
    where: { id },
    data: { version: { increment: 1 } },
  });
  expect(count).toBe(1);
  const { version } = await rowOf(app, id);
  await app.database.prisma.auditEvent.create({
    data: { ...eventRow(late, app.clock.now()), generationId: id, sequence: version },
  });
  expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
  await told(app, id, 2, flagged);
  await app.worker.doMinutely();
  expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
  await expectWholeLog(app);
});
