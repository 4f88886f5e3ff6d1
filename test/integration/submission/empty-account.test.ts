import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
afterEach(async () => {
  await app.stop();
});

const minute = 60_000;

describe('an account that is empty', () => {
  beforeEach(async () => {
    app = await startTestApp();
  });

  test.each([
    [1008, 'FAILED', 5 * minute],
    [2056, 'QUEUED', 30 * minute],
  ])('(%i) pauses submissions while what was accepted goes on', async (code, status, pauseMs) => {
    const accepted = (await app.create()).generation.id;
    app.upstream.onSubmit(coded(code, 'no'));
    expect((await app.create()).generation.status).toBe(status);

    // A second server, which does not wait long for what will not come.
    const first = app;
    app = await startTestApp({
      fake: first.upstream,
      database: first.database,
      env: { CREATE_WAIT_MS: '50' },
    });
    app.clock.advance(first.clock.now().getTime() - app.clock.now().getTime());
    const waiting = (await app.create()).generation;
    expect(waiting).toMatchObject({ status: 'QUEUED', attempts: 0 });
    expect(app.upstream.submits).toHaveLength(2);
    for (let i = 0; i < 3; i++) await step(app);
    expect(await look(app, accepted)).toMatchObject({ status: 'SUCCEEDED' });
    expect(app.upstream.submits).toHaveLength(2);

    const status1 = await app.graphql(
      '{ providerStatus { requestsPerMinute usedInLastMinute pause { until code message } } }',
    );
    expect(status1.data.providerStatus).toMatchObject({
      requestsPerMinute: 600,
      pause: { code, message: expect.any(String) },
    });
    const ready = (await (await request(`${app.url}/readyz`)).body.json()) as {
      submissionsPaused: { code: number };
    };
    expect(ready.submissionsPaused.code).toBe(code);

    // After the pause one request tries; when it is accepted, all go on.
    await step(app, pauseMs);
    await step(app, minute);
    expect((await look(app, waiting.id)).attempts).toBe(1);
    expect(
      (await app.graphql('{ providerStatus { pause { code } } }')).data.providerStatus.pause,
    ).toBeNull();
    await first.stop();
  });

  test('is reported in one loud log line', async () => {
    app.upstream.onSubmit(coded(1008, 'insufficient balance'));
    await app.create();
    const loud = app.logLines.filter((line) => line.includes('does not accept this key'));
    expect(loud).toHaveLength(1);
    expect(loud[0]).toContain('"level":50');
    expect(loud[0]).toContain('Top up');
  });
});

describe('an account that is empty', () => {
  beforeEach(async () => {
    app = await startTestApp({ env: { CREATE_WAIT_MS: '20' } });
  });

  test('burns one request at each try, not the queue', async () => {
    app.upstream.onSubmit(() => coded(1004, 'login fail'));
    for (let i = 0; i < 6; i++) {
      await app.create();
      await app.worker.runOnce();
    }
    expect(app.upstream.submits).toHaveLength(1);
    for (let i = 0; i < 3; i++) await step(app, 6 * minute);
    expect(app.upstream.submits).toHaveLength(4);
    const { data } = await app.graphql(
      '{ generations(filter: { status: QUEUED }) { totalCount } }',
    );
    expect(data.generations.totalCount).toBe(2);
  });
});

describe('the balance', () => {
  beforeEach(async () => {
    app = await startTestApp();
  });

  test('is told where MiniMax offers it', async () => {
    const answer = await app.graphql('{ providerStatus { simulated balance { available } } }');
    expect(answer.data.providerStatus).toEqual({ simulated: false, balance: null });
  });
});
