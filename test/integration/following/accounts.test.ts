import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { keysOf, look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, startFakeUpstream, type FakeUpstream } from '../../support/fake-upstream.ts';

const oldKey = 'old-key-7c1e';
const newKey = 'new-key-90d4';
const minute = 60_000;

let fake: FakeUpstream;
let app: TestApp;
beforeEach(async () => {
  fake = await startFakeUpstream({ processingAnswers: 1 });
  app = await startTestApp({
    fake,
    env: { MINIMAX_API_KEY: oldKey, MINIMAX_ACCOUNT_NAME: 'studio' },
  });
});
afterEach(async () => {
  await app.stop();
  await fake.close();
});

function formerly(baseUrl = fake.url): Record<string, string> {
  return { MINIMAX_FORMER_ACCOUNTS: JSON.stringify([{ name: '2025', baseUrl, apiKey: oldKey }]) };
}

/** Starts the service anew on the same database, later. */
async function restart(env: Record<string, string>): Promise<void> {
  const { database, clock } = app;
  await app.stop();
  app = await startTestApp({ fake, database, env });
  app.clock.advance(clock.now().getTime() - app.clock.now().getTime() + minute);
}

async function created(): Promise<{ id: string; taskId: string; videoUrl: string | null }> {
  return (await app.create()).generation;
}

/** The key that each task was asked of with, and each file. */
function keysByTask(): Record<string, string[]> {
  const keys: Record<string, string[]> = {};
  for (const { query, headers } of [...fake.queries, ...fake.retrieves]) {
    const used = (keys[(query.task_id ?? query.file_id)!] ??= []);
    used.push(headers.authorization!.replace('Bearer ', ''));
  }
  return keys;
}

async function unknownAccounts(): Promise<unknown> {
  const answer = await request(`${app.url}/readyz`);
  return ((await answer.body.json()) as { accountsUnknown: unknown }).accountsUnknown;
}

const loud = () => app.logLines.filter((line) => line.includes('whose key is not configured'));

describe('after a change of keys', () => {
  test('each task and each file is asked of with the key that it was sent with', async () => {
    const before = [await created(), await created()];
    await step(app);
    await restart({ MINIMAX_API_KEY: newKey, ...formerly() });
    const after = [await created(), await created()];
    for (let i = 0; i < 4; i++) await step(app);
    const keys = keysByTask();
    for (const [generations, key] of [
      [before, oldKey],
      [after, newKey],
    ] as const) {
      for (const { id } of generations) {
        const { status, taskId, fileId } = await look(app, id);
        expect(status).toBe('SUCCEEDED');
        expect(new Set([...keys[taskId]!, ...keys[fileId]!])).toEqual(new Set([key]));
      }
    }
    expect(fake.submits.map(({ headers }) => headers.authorization)).toEqual(
      [oldKey, oldKey, newKey, newKey].map((key) => `Bearer ${key}`),
    );
    expect(await unknownAccounts()).toEqual([]);
  });

  test.each(['/', '/v1', '/v1/'])(
    'the former base URL may be written with %s at its end',
    async (ending) => {
      const { id } = await created();
      await restart({ MINIMAX_API_KEY: newKey, ...formerly(fake.url + ending) });
      for (let i = 0; i < 2; i++) await step(app);
      expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED' });
    },
  );

  test('what the former key is refused does not pause the new one', async () => {
    await created();
    await created();
    await restart({ MINIMAX_API_KEY: newKey, ...formerly() });
    fake.onQuery(() => coded(1004, 'login fail'));
    for (let i = 0; i < 3; i++) await step(app, 6 * minute);
    const { data } = await app.graphql('{ providerStatus { pause { code } } }');
    expect(data.providerStatus.pause).toBeNull();
  });

  test('what was sent before accounts were stored is asked of with the key that sends', async () => {
    const { id, taskId } = await created();
    await app.database.prisma.videoGeneration.updateMany({ data: { accountId: null } });
    await restart({ MINIMAX_API_KEY: newKey });
    for (let i = 0; i < 2; i++) await step(app);
    expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(keysByTask()[taskId]).toEqual([newKey, newKey]);
  });
});

describe('without the key of its account', () => {
  test('a task waits and says so everywhere, and goes on when the key is back', async () => {
    const { id } = await created();
    const other = await created();
    await restart({ MINIMAX_API_KEY: newKey });
    for (let i = 0; i < 8; i++) await step(app, 60 * minute);
    expect(fake.queries).toHaveLength(0);

    const waiting = await look(app, id);
    expect(waiting).toMatchObject({
      status: 'PROCESSING',
      failure: {
        kind: 'ACCOUNT_UNKNOWN',
        upstreamCode: null,
        message: expect.stringContaining('MINIMAX_FORMER_ACCOUNTS'),
        retryable: false,
      },
      statusMessage: expect.stringContaining('is not configured'),
      completedAt: null,
    });
    const { accountId } = await app.database.prisma.submission.findFirstOrThrow({
      where: { generationId: id },
    });
    const events = waiting.events.filter((e: { action: string }) => e.action === 'ACCOUNT_UNKNOWN');
    expect(events).toHaveLength(1);
    expect(await unknownAccounts()).toEqual([{ name: 'studio', accountId, waiting: 2 }]);
    expect(loud()).toEqual([expect.stringContaining(`studio (${accountId})`)]);
    expect(loud().join()).not.toContain(oldKey);
    const found = await app.graphql(
      '{ generations(filter: { failureKind: ACCOUNT_UNKNOWN }) { totalCount } }',
    );
    expect(found.data.generations.totalCount).toBe(2);

    // The next start says it before anything is due.
    await restart({ MINIMAX_API_KEY: newKey });
    expect(loud()).toHaveLength(1);

    await restart({ MINIMAX_API_KEY: newKey, ...formerly() });
    expect(await unknownAccounts()).toEqual([]);
    await app.worker.runOnce();
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', failure: null });
    await step(app, 60 * minute);
    for (const done of [id, other.id]) {
      expect(await look(app, done)).toMatchObject({ status: 'SUCCEEDED', failure: null });
    }
    expect(new Set(Object.values(keysByTask()).flat())).toEqual(new Set([oldKey]));
    expect(loud()).toEqual([]);
  });

  test('a look that somebody asks for asks no other account', async () => {
    const { id } = await created();
    await restart({ MINIMAX_API_KEY: newKey });
    const { data } = await app.graphql(
      `mutation { refreshVideoGeneration(id: "${id}") { generation { failure { kind } } } }`,
    );
    expect(data.refreshVideoGeneration.generation.failure.kind).toBe('ACCOUNT_UNKNOWN');
    expect(fake.queries).toHaveLength(0);
  });

  test('an expired link is an error that says so, and no other account is asked for a new one', async () => {
    const { id } = await created();
    for (let i = 0; i < 2; i++) await step(app);
    app.clock.advance(7 * 60 * minute);
    await restart({ MINIMAX_API_KEY: newKey });
    const retrieved = fake.retrieves.length;
    const answer = await app.graphql(`{ generation(id: "${id}") { status videoUrl } }`);
    expect(answer.data.generation).toEqual({ status: 'SUCCEEDED', videoUrl: null });
    expect(answer.errors![0]).toMatchObject({
      message: expect.stringContaining('MINIMAX_FORMER_ACCOUNTS'),
      extensions: { code: 'VIDEO_LINK_UNAVAILABLE', kind: 'ACCOUNT_UNKNOWN' },
    });
    const { secret } = await keysOf(app).create(
      { callerId: 'local', tenant: null, role: 'ADMIN', name: 'x', expiresAt: null },
      null,
    );
    const rest = await request(`${app.url}/minimax/v1/files/retrieve?file_id=${id}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(await rest.body.json()).toEqual({
      base_resp: {
        status_code: 1013,
        status_msg: expect.stringMatching(/no longer has the key of the account/),
      },
    });
    expect(fake.retrieves).toHaveLength(retrieved);

    await restart({ MINIMAX_API_KEY: newKey, ...formerly() });
    const renewed = await app.graphql(
      `{ generation(id: "${id}") { videoUrl } }`,
      {},
      { authorization: `Bearer ${secret}` },
    );
    expect(renewed.data.generation.videoUrl).toContain('Expires=');
    expect(fake.retrieves.at(-1)!.headers.authorization).toBe(`Bearer ${oldKey}`);
  });
});

test('simulators are one account, wherever they are', async () => {
  const simulated = { SIMULATOR: 'on', MINIMAX_API_KEY: 'any', MINIMAX_ACCOUNT_NAME: 'any' };
  await restart(simulated);
  const { id } = await created();
  const elsewhere = await startFakeUpstream({ processingAnswers: 0 });
  await restart({ ...simulated, MINIMAX_BASE_URL: elsewhere.url });
  await step(app, minute);
  expect(await look(app, id)).toMatchObject({ status: 'SUCCEEDED', simulated: true });
  expect(elsewhere.queries).toHaveLength(1);
  await elsewhere.close();
});
