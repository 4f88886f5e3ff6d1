import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, taskReply, type Handler } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { CREATE_WAIT_MS: '100' }, upstream: { processingAnswers: 1 } });
});
afterEach(async () => {
  await app.stop();
});

const minute = 60_000;

/** A new generation, as it is when what can be sent has been. */
async function create() {
  const { generation } = await app.create();
  await app.worker.runOnce();
  return await look(app, generation.id);
}

async function pause(): Promise<{ code: number | null } | null> {
  const answer = await request(`${app.url}/readyz`);
  return ((await answer.body.json()) as { submissionsPaused: { code: number } | null })
    .submissionsPaused;
}

/** Answers 1004 to looks at this task, and to others as usual. */
function refuses(taskId: string): Handler {
  return ({ query }) =>
    query.task_id === taskId ? taskReply({ status: '' }, 1004, 'login fail') : undefined;
}

describe('a look that is refused with 1004', () => {
  test('is no reason to pause while others of the account succeed', async () => {
    const old = await create();
    app.upstream.onQuery(refuses(old.taskId));
    for (let i = 0; i < 6; i++) {
      const generation = await create();
      expect(generation.status).toBe('PROCESSING');
      await step(app, 6 * minute);
      expect(await pause()).toBeNull();
    }
    expect(await look(app, old.id)).toMatchObject({ status: 'PROCESSING', statusCode: 1004 });
    expect(app.logLines.join('')).not.toContain('does not accept this key');
  });

  test('a second time with no success in between makes the next submission go alone, at once', async () => {
    await create();
    app.upstream.onQuery(() => taskReply({ status: '' }, 1004, 'login fail'));
    await step(app);
    expect(await pause()).toBeNull();
    await step(app, 6 * minute);
    expect(await pause()).toMatchObject({ code: 1004, message: expect.any(String) });
    expect((await create()).status).toBe('PROCESSING');
    expect(await pause()).toBeNull();
  });

  test('and is right: of what waits, one request finds out', async () => {
    await create();
    app.upstream.onQuery(() => taskReply({ status: '' }, 1004, 'login fail'));
    for (let i = 0; i < 3; i++) await step(app, 6 * minute);
    app.upstream.onSubmit(() => coded(1004, 'login fail'));
    const created = await Promise.all([create(), create(), create()]);
    const rows = await Promise.all(created.map(({ id }) => look(app, id)));
    const statuses = rows.map(({ status }) => status).toSorted();
    expect(statuses).toEqual(['FAILED', 'QUEUED', 'QUEUED']);
    expect(app.upstream.submits).toHaveLength(2);
  });
});

describe.each([1004, 2049])('a submission that is refused with %i', (code) => {
  beforeEach(async () => {
    app.upstream.onSubmit(coded(code, 'no'));
    expect((await create()).status).toBe('FAILED');
    expect(await pause()).toMatchObject({ code });
  });

  test('pauses: nothing is sent until the pause ends and one request was accepted', async () => {
    const waiting = await create();
    expect(waiting).toMatchObject({ status: 'QUEUED', attempts: 0 });
    await step(app, 4 * minute);
    expect(app.upstream.submits).toHaveLength(1);
    await step(app, 2 * minute);
    expect((await look(app, waiting.id)).attempts).toBe(1);
    expect(await pause()).toBeNull();
  });
});

describe('a pause', () => {
  test('for the key ends with a look that succeeds', async () => {
    const accepted = await create();
    app.upstream.onSubmit(coded(1004, 'login fail'));
    await create();
    const waiting = await create();
    expect(waiting.status).toBe('QUEUED');
    await step(app);
    expect(await look(app, accepted.id)).toMatchObject({ upstreamStatus: 'Processing' });
    await app.worker.runOnce();
    expect(await look(app, waiting.id)).toMatchObject({ status: 'PROCESSING' });
    expect(await pause()).toBeNull();
  });

  test('does not end again by looks before a submission was accepted: the queue is not burned', async () => {
    await create();
    app.upstream.onQuery(({ query }) =>
      taskReply({ task_id: query.task_id, status: 'Processing' }),
    );
    app.upstream.onSubmit(() => coded(1004, 'login fail'));
    for (let i = 0; i < 5; i++) await create();
    for (let i = 0; i < 6; i++) await step(app);
    // The first, and the one that a look had let go.
    expect(app.upstream.submits).toHaveLength(3);
    expect(await pause()).toMatchObject({ code: 1004 });
  });

  test('ends with a submission that was under way and is accepted', async () => {
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async ({ number }) => {
      if (number > 1) return coded(1004, 'login fail');
      await released;
      return undefined;
    });
    await app.create();
    await app.create();
    await until(async () => (await pause()) !== null);
    expect(await pause()).toMatchObject({ code: 1004 });
    release();
    await app.worker.runOnce();
    expect(await pause()).toBeNull();
  });
});
