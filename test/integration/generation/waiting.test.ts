import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { step, type TestApp } from '../../support/app.ts';
import { start, undo } from '../../support/live.ts';
import { until } from '../../support/until.ts';

let app: TestApp;

describe('waiting for one generation', () => {
  const ask = (id: string, waitMs: number, sinceVersion?: number) =>
    app.graphql(
      `query ($id: ID!, $waitMs: Int, $sinceVersion: Int) {
        generation(id: $id, waitMs: $waitMs, sinceVersion: $sinceVersion) { version status }
      }`,
      { id, waitMs, sinceVersion },
    );

  test('answers at the change, and at once when it is final or known to be later', async () => {
    app = await start({ upstream: { processingAnswers: 0 } });
    const { id, version } = (await app.create()).generation;
    expect((await ask(id, 30_000, version - 1)).data.generation.version).toBe(version);
    const answer = ask(id, 30_000, version);
    await pause(50);
    await step(app);
    expect((await answer).data.generation.version).toBeGreaterThan(version);
    expect((await ask(id, 30_000, 99)).data.generation.status).toBe('SUCCEEDED');
  });

  test('answers with the generation as it is when nothing happens, and at shutdown', async () => {
    app = await start();
    const { id, version } = (await app.create()).generation;
    expect((await ask(id, 50)).data.generation.version).toBe(version);
    const answer = ask(id, 30_000);
    await pause(100);
    undo.pop();
    await app.stop();
    expect((await answer).data.generation.version).toBe(version);
  });

  test('has limits, and who hangs up no longer counts', async () => {
    app = await start();
    const { id } = (await app.create()).generation;
    for (const waitMs of [-1, 30_001]) {
      expect((await ask(id, waitMs)).errors![0].extensions.code).toBe('BAD_USER_INPUT');
    }
    const gone = new AbortController();
    const query = `{ generation(id: "${id}", waitMs: 30000) { id } }`;
    setMaxListeners(0, gone.signal);
    // Some more than may wait: what asks below takes places too.
    const waits = Array.from({ length: 120 }, () =>
      request(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
        signal: gone.signal,
      }).catch(() => undefined),
    );
    await until(async () => (await ask(id, 10)).errors?.[0].extensions.code === 'TOO_MANY_WAITING');
    const { statusCode, headers, body } = await request(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    await body.dump();
    expect({ statusCode, wait: headers['retry-after'] }).toEqual({ statusCode: 429, wait: '2' });
    gone.abort();
    await Promise.all(waits);
    await until(async () => (await ask(id, 10)).errors === undefined);
  });
});
