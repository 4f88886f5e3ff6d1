import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { another, ask, release, rowOf } from '../../support/holds.ts';
import {
  accepted,
  decide,
  expectWholeLog,
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

describe('what repeats one that was accepted after all', () => {
  /** A retry that waits, of one that was uncertain, or declared not created. */
  async function waiting(
    decision?: string,
    answer: object = accepted,
  ): Promise<{ id: string; successorId: string }> {
    const id = await uncertain(app);
    if (decision) expect(await decide(app, id, decision)).toEqual([]);
    app.upstream.onSubmit(coded(1002));
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const successorId = (await rowOf(app, id)).successorId!;
    await until(async () => (await recordsOf(app, successorId)).at(-1)?.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, successorId)).status === 'QUEUED');
    await told(app, id, 1, answer);
    return { id, successorId };
  }

  test.each([undefined, 'declareVideoGenerationNotCreated'])(
    'is not sent but held, and the first is followed (%s)',
    async (decision) => {
      const { id, successorId } = await waiting(decision);
      await step(app, minute);
      expect(app.upstream.submits).toHaveLength(2);
      await app.worker.doMinutely();
      expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
      expect((await rowOf(app, successorId)).status).toBe('QUEUED');
      expect((await rowOf(app, successorId)).heldAt).not.toBeNull();
      const { events } = await look(app, successorId);
      expect(events.at(-1).action).toBe('GENERATION_HELD');
      await step(app, minute);
      expect(app.upstream.submits).toHaveLength(2);
      await expectWholeLog(app);
    },
  );

  test('is held too when it repeats one that repeated it, and was refused', async () => {
    const id = await uncertain(app);
    app.upstream.onSubmit(coded(1026), coded(1002));
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const refusedId = (await rowOf(app, id)).successorId!;
    await until(async () => (await rowOf(app, refusedId)).status === 'FAILED');
    expect(await decide(app, refusedId, 'retryVideoGeneration')).toEqual([]);
    const lastId = (await rowOf(app, refusedId)).successorId!;
    await until(async () => (await recordsOf(app, lastId)).at(-1)?.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, lastId)).status === 'QUEUED');
    await told(app, id, 1, accepted);
    await step(app, minute);
    await app.worker.doMinutely();
    expect((await rowOf(app, lastId)).heldAt).not.toBeNull();
    expect(await rowOf(app, id)).toMatchObject({ status: 'PROCESSING', taskId });
    expect(app.upstream.submits).toHaveLength(3);
  });

  test('is held also when an admin had released it for another reason before', async () => {
    const id = await uncertain(app);
    app.upstream.onSubmit(coded(1002), coded(1002));
    expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
    const successorId = (await rowOf(app, id)).successorId!;
    await until(async () => (await recordsOf(app, successorId)).at(-1)?.outcome === 'REFUSED');
    await until(async () => (await rowOf(app, successorId)).status === 'QUEUED');
    await app.database.pool.query(
      'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
    );
    await step(app, minute);
    expect((await rowOf(app, successorId)).heldAt).not.toBeNull();
    await release(app, successorId);
    await until(async () => (await recordsOf(app, successorId)).length === 2);
    await until(async () => (await rowOf(app, successorId)).status === 'QUEUED');
    await told(app, id, 1, accepted);
    await step(app, minute);
    await app.worker.doMinutely();
    expect((await rowOf(app, successorId)).heldAt).not.toBeNull();
    expect(app.upstream.submits).toHaveLength(3);
  });

  test('is sent when an admin releases it all the same', async () => {
    const { successorId } = await waiting();
    await app.worker.doMinutely();
    await release(app, successorId);
    await step(app, minute);
    expect((await rowOf(app, successorId)).taskId).not.toBeNull();
    expect(app.upstream.submits).toHaveLength(3);
    await app.worker.doMinutely();
    await expectWholeLog(app);
  });

  test('keeps nothing of its caller waiting meanwhile', async () => {
    for (const task of ['1', '2']) await waiting(undefined, { ...accepted, taskId: task });
    app.clock.advance(2 * minute);
    const slow = await another(app, { env: { MINIMAX_RPM: '1' } });
    const { generation } = await slow.create();
    await slow.worker.runOnce();
    expect((await rowOf(app, generation.id)).status).toBe('PROCESSING');
    expect(app.upstream.submits).toHaveLength(5);
    await slow.stop();
  });

  test('and was withdrawn can be asked for again once the first has failed', async () => {
    const { id, successorId } = await waiting();
    await app.worker.doMinutely();
    await ask(
      app,
      `mutation { cancelVideoGeneration(id: "${successorId}") { userErrors { code } } }`,
    );
    app.upstream.onQuery(taskReply({ status: 'Fail' }));
    for (let i = 0; i < 3; i++) await step(app, minute);
    expect((await rowOf(app, id)).status).toBe('FAILED');
    const again = async (of: string) => {
      const data = await ask(
        app,
        `mutation { retryVideoGeneration(id: "${of}") { replayed generation { id retryOfId } userErrors { code } } }`,
      );
      return data.retryVideoGeneration;
    };
    expect(await again(id)).toMatchObject({ replayed: true, generation: { id: successorId } });
    const { generation, ...made } = await again(successorId);
    expect(made).toEqual({ replayed: false, userErrors: [] });
    expect(generation.retryOfId).toBe(successorId);
    expect(await again(successorId)).toMatchObject({
      replayed: true,
      generation: { id: generation.id },
    });
    await app.worker.runOnce();
    expect((await rowOf(app, generation.id)).status).toBe('PROCESSING');
    expect(app.upstream.submits).toHaveLength(3);
  });
});

test('what was withdrawn while a changed database held it is not sent by a retry either', async () => {
  app.upstream.onSubmit(coded(1002));
  const { id } = (await app.create()).generation;
  await app.database.pool.query(
    'BEGIN; DELETE FROM database_mark; INSERT INTO database_mark VALUES (1); COMMIT',
  );
  await step(app, minute);
  expect((await rowOf(app, id)).heldAt).not.toBeNull();
  await ask(app, `mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`);
  expect(await decide(app, id, 'retryVideoGeneration')).toEqual([]);
  const successorId = (await rowOf(app, id)).successorId!;
  await until(async () => (await rowOf(app, successorId)).heldAt !== null);
  expect(app.upstream.submits).toHaveLength(1);
  await release(app, successorId);
  await step(app, minute);
  expect((await rowOf(app, successorId)).status).toBe('PROCESSING');
});
