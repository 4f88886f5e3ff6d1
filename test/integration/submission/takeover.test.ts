import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { openDatabase } from '../../../src/database/database.ts';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { ThrowawayCluster } from '../../support/cluster.ts';
import { silent } from '../../support/database.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';
import { ServerProxy } from '../../support/server-proxy.ts';

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

const minute = 60_000;
/** Two servers are made for each test. */
const patience = 300_000;

onServer('a standby that takes over', () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of undo.splice(0).reverse()) await end();
  });

  /** A service whose PostgreSQL has a standby, with what was said as it started. */
  async function serviceWithStandby() {
    const started = await ThrowawayCluster.start();
    if (typeof started === 'string') {
      throw new Error(`This test needs PostgreSQL's own programs beside the server: ${started}`);
    }
    const primary = started;
    undo.push(() => primary.remove());
    const standby = await primary.standby();
    undo.push(() => standby.remove());
    const proxy = await ServerProxy.start(primary.url);
    undo.push(() => proxy.close());
    const warnings: string[] = [];
    const logger = { ...silent, warn: (_: object, message: string) => void warnings.push(message) };
    const database = await openDatabase({ url: proxy.url, dataDir: '', logger });
    const app = await startTestApp({ database });
    undo.push(() => app.stop());

    /** The server dies, and with it what it had not told the standby. */
    async function takeOver(): Promise<void> {
      primary.kill();
      await standby.promote();
      proxy.lead(standby.url);
      proxy.cut();
      // Its connections are found out to be broken by being used.
      await until(() =>
        app.worker.runOnce().then(
          () => true,
          () => false,
        ),
      );
    }
    return { app, primary, standby, warnings, takeOver };
  }

  async function queuedOn(app: TestApp, prompt = 'A boat that waits'): Promise<string> {
    app.upstream.onSubmit(coded(1002));
    const { generation } = await app.create({ prompt });
    expect(generation.status).toBe('QUEUED');
    return generation.id;
  }

  async function heldAtReadyz(app: TestApp): Promise<number> {
    const { body } = await request(`${app.url}/readyz`);
    return ((await body.json()) as { generationsHeld: number }).generationsHeld;
  }

  test(
    'with an older state sends nothing again that had been sent',
    async () => {
      const { app, primary, standby, warnings, takeOver } = await serviceWithStandby();
      expect(warnings).toEqual([expect.stringContaining('has a standby and does not wait for it')]);
      const sent = await queuedOn(app, 'A boat that was sent');
      const waiting = await queuedOn(app);
      const { generation: running } = await app.create();
      await primary.copiedTo(standby);
      await standby.deafen();
      app.upstream.onSubmit(({ body }) => {
        if (body.prompt === 'A boat that was sent') return taskReply({ task_id: '424242' });
        return body.prompt === 'A boat that waits' ? coded(1002) : undefined;
      });
      await step(app, minute);
      expect((await look(app, sent)).taskId).toBe('424242');
      const { generation: unknown } = await app.create({ idempotencyKey: 'k' });
      expect(unknown.status).toBe('PROCESSING');
      expect(app.upstream.submits).toHaveLength(6);

      await takeOver();

      app.clock.advance(minute);
      await app.worker.runOnce();
      expect(app.upstream.submits).toHaveLength(6);
      for (const id of [sent, waiting]) {
        const seen = await look(app, id);
        expect(seen).toMatchObject({ status: 'QUEUED', taskId: null, nextAttemptAt: null });
        expect(seen.events.at(-1).action).toBe('GENERATION_HELD');
      }
      expect(app.logLines.join()).toContain('the database is another one or an older one');
      expect((await look(app, running.id)).status).toBe('SUCCEEDED');

      // The caller whose generation is gone asks again.
      const { generation: again } = await app.create({ idempotencyKey: 'k' });
      expect(again.id).not.toBe(unknown.id);
      expect(again.status).toBe('QUEUED');
      expect(await heldAtReadyz(app)).toBe(3);
      app.clock.advance(minute);
      await app.worker.runOnce();
      expect(app.upstream.submits).toHaveLength(6);

      app.upstream.onSubmit(() => undefined);
      // A new request goes out as ever, and what a person has looked up.
      const { generation: fresh } = await app.create({ idempotencyKey: 'l' });
      // It may be answered early: the connection that hears of changes may be found to be broken just now.
      await until(async () => (await look(app, fresh.id)).status === 'PROCESSING');
      const { data } = await app.graphql(`mutation {
      releaseVideoGenerations(ids: ["${waiting}"]) { userErrors { code } }
      attachVideoGenerationTask(id: "${sent}", taskId: "424242", version: 4) {
        generation { status } userErrors { code } } }`);
      expect(data.attachVideoGenerationTask).toEqual({
        generation: { status: 'PROCESSING' },
        userErrors: [],
      });
      await step(app, minute);
      expect(app.upstream.submits).toHaveLength(8);
      expect((await look(app, sent)).status).toBe('SUCCEEDED');
      expect(await heldAtReadyz(app)).toBe(1);
    },
    patience,
  );

  test(
    'with an older state does not obey an order to send again twice',
    async () => {
      const { app, primary, standby, takeOver } = await serviceWithStandby();
      app.upstream.onSubmit({ fault: 'resetAfterRead' });
      const { generation: unsure } = await app.create();
      expect(unsure.status).toBe('UNCERTAIN');
      const { version } = await look(app, unsure.id);
      const order = `mutation { resubmitVideoGeneration(id: "${unsure.id}", version: ${version}) {
        generation { status heldAt } userErrors { code } } }`;
      await primary.copiedTo(standby);
      await standby.deafen();
      app.upstream.onSubmit(() => undefined);
      await app.graphql(order);
      await app.worker.runOnce();
      expect((await look(app, unsure.id)).status).toBe('PROCESSING');
      expect(app.upstream.submits).toHaveLength(2);

      await takeOver();

      expect(await look(app, unsure.id)).toMatchObject({ status: 'UNCERTAIN', version });
      const { data } = await app.graphql(order);
      expect(data.resubmitVideoGeneration).toEqual({
        generation: { status: 'QUEUED', heldAt: expect.any(String) },
        userErrors: [],
      });
      app.clock.advance(minute);
      await app.worker.runOnce();
      expect(app.upstream.submits).toHaveLength(2);
      expect((await look(app, unsure.id)).events.at(-1).action).toBe('RESUBMISSION_ORDERED');
    },
    patience,
  );

  test(
    'in the middle of a submission does not have it sent again',
    async () => {
      const { app, primary, standby, takeOver } = await serviceWithStandby();
      const id = await queuedOn(app);
      await primary.copiedTo(standby);
      await standby.deafen();
      app.clock.advance(minute);
      app.upstream.onSubmit(() => {
        primary.kill();
        return taskReply({ task_id: '424243' });
      });
      const sending = app.worker.runOnce().catch(() => undefined);
      await until(() => app.upstream.submits.length === 2);
      await takeOver();
      await sending;
      app.clock.advance(minute);
      await app.worker.runOnce();
      expect(app.upstream.submits).toHaveLength(2);
      const seen = await look(app, id);
      expect(seen).toMatchObject({ status: 'QUEUED', nextAttemptAt: null });
      // What the process knew is there for who decides.
      const { auditEvent } = app.database.prisma;
      const where = { action: 'SUBMISSION_ANSWERED_LATE' } as const;
      await until(async () => (await auditEvent.count({ where })) > 0);
      const event = await auditEvent.findFirstOrThrow({ where });
      expect(event.detail).toMatchObject({ taskId: '424243' });
    },
    patience,
  );
});
