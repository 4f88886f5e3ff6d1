import { afterEach, describe, expect, test } from '@jest/globals';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';
import {
  actionsOf,
  another,
  ask,
  heldAtReadyz,
  lose,
  release,
  rowOf,
} from '../../support/holds.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
afterEach(() => app.stop());

const minute = 60_000;

describe('a request whose generation the database lost', () => {
  test('is stored again under its key, and held', async () => {
    app = await startTestApp();
    const first = await app.create({ idempotencyKey: 'k' });
    await lose(app, first.generation.id);
    const again = await app.create({ idempotencyKey: 'k' });
    expect(again).toMatchObject({ replayed: false, userErrors: [] });
    expect(again.generation).toMatchObject({ status: 'QUEUED', version: 2, nextAttemptAt: null });
    expect(actionsOf(again.generation)).toEqual(['GENERATION_CREATED', 'GENERATION_HELD']);
    const event = await app.database.prisma.auditEvent.findFirstOrThrow({
      where: { action: 'GENERATION_HELD' },
    });
    expect(event.detail).toMatchObject({ lostGenerationId: first.generation.id });
    // Known from now on: the same one, still held.
    const third = await app.create({ idempotencyKey: 'k' });
    expect(third).toMatchObject({ replayed: true, generation: { id: again.generation.id } });
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(1);
    expect(await heldAtReadyz(app)).toBe(1);
    await release(app, again.generation.id);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is held by a server that only heard of it', async () => {
    app = await startTestApp();
    const server = await another(app);
    const first = await app.create({ idempotencyKey: 'k' });
    // Told in the order of the commits: whoever knows of this one knows of the first.
    await lose(app, first.generation.id);
    const again = await server.create({ idempotencyKey: 'k' });
    expect((await rowOf(app, again.generation.id)).heldAt).not.toBeNull();
    expect(app.upstream.submits).toHaveLength(1);
    await server.stop();
  });

  test('is held when it is retried once more', async () => {
    app = await startTestApp();
    app.upstream.onSubmit(coded(1026));
    const { generation } = await app.create();
    const retry = async () =>
      (
        await ask(
          app,
          `mutation { retryVideoGeneration(id: "${generation.id}") {
          generation { id status heldAt } } }`,
        )
      ).retryVideoGeneration.generation;
    const successor = await retry();
    expect(successor.status).toBe('PROCESSING');
    await lose(app, successor.id);
    const again = await retry();
    expect(again).toMatchObject({ status: 'QUEUED', heldAt: expect.any(String) });
    expect((await retry()).id).toBe(again.id);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is held by a server that was started later', async () => {
    app = await startTestApp();
    const first = await app.create({ idempotencyKey: 'k' });
    const told = new Promise<string>((resolve) => {
      void app.database.listen(
        'recent_keys',
        (lines) => lines !== '' && resolve(lines),
        () => undefined,
      );
    });
    const server = await another(app);
    // Both hear it over one connection, the server first.
    expect(await told).toContain(first.generation.id);
    await lose(app, first.generation.id);
    const again = await server.create({ idempotencyKey: 'k' });
    expect((await rowOf(app, again.generation.id)).heldAt).not.toBeNull();
    expect(app.upstream.submits).toHaveLength(1);
    await server.stop();
  });

  test('of another caller under the same key is sent', async () => {
    app = await startTestApp();
    const first = await app.create({ idempotencyKey: 'k' });
    await lose(app, first.generation.id);
    expect((await app.create({ idempotencyKey: 'l' })).generation.status).toBe('PROCESSING');
  });
});

describe('an uncertain generation of which the database lost what was ordered', () => {
  /** What was done is lost, as by a restored backup; what it made is gone. */
  async function lost(id: string, done: () => Promise<unknown>): Promise<void> {
    const { prisma } = app.database;
    const restoring: string[] = [];
    for (const table of ['video_generation', 'submission', 'audit_event']) {
      const column = table === 'video_generation' ? 'id' : 'generation_id';
      const [{ rows, columns }] = await prisma.$queryRawUnsafe<[{ rows: string; columns: string }]>(
        `SELECT quote_literal(json_agg(t)) AS rows, (
           SELECT string_agg(column_name, ', ') FROM information_schema.columns
           WHERE table_name = '${table}' AND is_generated = 'NEVER'
         ) AS columns
         FROM ${table} AS t WHERE ${column} = '${id}'`,
      );
      restoring.push(`INSERT INTO ${table} (${columns})
        SELECT ${columns} FROM json_populate_recordset(NULL::${table}, ${rows})`);
    }
    await done();
    const { successorId } = await rowOf(app, id);
    await lose(app, id);
    if (successorId !== null) await lose(app, successorId);
    await withoutTriggers(prisma, ...restoring);
  }

  const resubmit = async (id: string) => {
    const { version } = await rowOf(app, id);
    await ask(
      app,
      `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { userErrors { code } } }`,
    );
  };
  const retry = async (id: string) => {
    await ask(app, `mutation { retryVideoGeneration(id: "${id}") { userErrors { code } } }`);
  };
  const callBack = async (id: string) => {
    await app.database.prisma.videoGeneration.update({
      where: { id },
      data: { version: { increment: 1 } },
    });
  };

  test.each([
    ['is sent again', [resubmit], resubmit],
    ['was sent again at a later version', [callBack, resubmit], resubmit],
    ['was retried', [retry], resubmit],
    ['was sent again, and is retried', [resubmit], retry],
    ['was retried, and is retried', [retry], retry],
  ])('is held when it %s once more', async (_what, before, again) => {
    app = await startTestApp();
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const { id } = (await app.create()).generation;
    expect((await rowOf(app, id)).status).toBe('UNCERTAIN');
    await lost(id, async () => {
      for (const act of before) await act(id);
      await until(() => app.upstream.submits.length === 2);
    });
    await again(id);
    await step(app, minute);
    expect(app.upstream.submits).toHaveLength(2);
    const { heldAt, successorId } = await rowOf(app, id);
    expect(heldAt ?? (await rowOf(app, successorId!)).heldAt).not.toBeNull();
  });

  test('is sent again each time that it is ordered, when nothing was lost', async () => {
    app = await startTestApp();
    app.upstream.onSubmit(({ number }) => (number < 3 ? { fault: 'resetAfterRead' } : undefined));
    const { id } = (await app.create()).generation;
    await resubmit(id);
    await until(
      async () =>
        (await rowOf(app, id)).status === 'UNCERTAIN' && app.upstream.submits.length === 2,
    );
    await resubmit(id);
    await until(async () => (await rowOf(app, id)).status === 'PROCESSING');
    expect(app.upstream.submits).toHaveLength(3);
  });
});
