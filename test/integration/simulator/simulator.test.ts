import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';

let app: TestApp;
afterEach(async () => {
  await app.stop();
});

async function start(timeoutMs = 60_000): Promise<void> {
  app = await startTestApp({
    env: {
      SIMULATOR: 'on',
      MINIMAX_BASE_URL: '',
      MINIMAX_API_KEY: '',
      MINIMAX_RPM: '6000',
      MINIMAX_TIMEOUT_MS: String(timeoutMs),
      POLL_INTERVAL_MS: '1000',
      CREATE_WAIT_MS: '0',
    },
  });
}

/** What a page of docs/ promises for each tag, with the input that it is for. */
const promisesOf = (page: string, input: object) =>
  [
    ...readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8').matchAll(
      /^\| `#sim:([\w-]+)` *\|[^|]*\| *([^|]*?) *\|$/gm,
    ),
  ]
    .map(([, tag, state]) => ({ tag: tag!, state: state!, input }))
    // Takes ten seconds of real time.
    .filter(({ tag }) => tag !== 'submit-slow');

const secondInput = { model: 'MiniMax-H3', duration: 4, resolution: '2K', aspectRatio: '9:16' };

const promises = promisesOf('simulator.md', {});
const promisesOfSecond = promisesOf('simulator-v2.md', secondInput);

const hangs = ({ tag }: { tag: string }) => tag.endsWith('-hang');

function promisedEnd(state: string): { status: string; statusCode?: number; kind?: string } {
  const code = /`statusCode` (\d+)/.exec(state)?.[1];
  const kind = /failure kind (\w+)/.exec(state)?.[1];
  const status = state.startsWith('QUEUED for a while, then')
    ? 'SUCCEEDED'
    : /^[A-Z]+/.exec(state)![0];
  return { status, ...(code && { statusCode: Number(code) }), ...(kind && { kind }) };
}

/** Makes a generation with each tag and follows it; those that did not end as the documentation says. */
async function broken(tags: typeof promises): Promise<object[]> {
  const ids = new Map(
    await Promise.all(
      tags.map(async (promise) => {
        const { tag, input } = promise;
        const { generation } = await app.create({ ...input, prompt: `A cat #sim:${tag}` });
        return [promise, generation.id as string] as const;
      }),
    ),
  );
  const isFinal = (status: string) => ['SUCCEEDED', 'FAILED', 'UNCERTAIN'].includes(status);
  // No clock may jump while a submission is under way: its lease would be over.
  await app.worker.runOnce();
  const waiting = new Set(tags.filter(({ state }) => isFinal(promisedEnd(state).status)));
  for (let i = 0; i < 40 && waiting.size > 0; i++) {
    // In the end for the few that are asked for again after an hour.
    await step(app, i < 4 ? 200_000 : 800_000);
    const rows = await app.database.prisma.videoGeneration.findMany({
      select: { id: true, status: true },
    });
    const ended = new Set(rows.filter(({ status }) => isFinal(status)).map(({ id }) => id));
    for (const promise of waiting) if (ended.has(ids.get(promise)!)) waiting.delete(promise);
  }
  // Links that have ended are renewed meanwhile, each for the simulator's time to answer.
  const rows = await Promise.all(tags.map((promise) => look(app, ids.get(promise)!)));
  return tags.flatMap(({ tag, state }, index) => {
    const row = rows[index];
    const { kind, ...end } = promisedEnd(state);
    const told = { status: row.status, statusCode: row.statusCode, kind: row.failure?.kind };
    const kept =
      told.status === end.status &&
      (end.statusCode === undefined || told.statusCode === end.statusCode) &&
      (kind === undefined || told.kind === kind) &&
      (row.failure === null || row.failure.message.length > 0) &&
      // The second generation says nothing beside a task that has not failed.
      (typeof row.statusMessage === 'string' || (row.apiGeneration === 2 && !row.failure)) &&
      row.simulated === true;
    return kept ? [] : [{ tag, promised: state, ...told, message: row.statusMessage }];
  });
}

describe('the simulator', () => {
  test('ends each documented tag in the documented state, with code and message', async () => {
    expect(promises.length).toBeGreaterThan(90);
    await start();
    expect(await broken(promises.filter((promise) => !hangs(promise)))).toEqual([]);
  }, 120_000);

  test('ends those that hang, of either generation, in the documented state too, once they were waited for', async () => {
    expect(promises.filter(hangs).length).toBeGreaterThan(1);
    expect(promisesOfSecond.filter(hangs).length).toBeGreaterThan(0);
    // Each of them is waited for three times: a service in this process needs a fraction of it to answer.
    await start(2_000);
    expect(await broken([...promises, ...promisesOfSecond].filter(hangs))).toEqual([]);
  });

  test('hands out a link that plays', async () => {
    await start();
    const { generation } = await app.create();
    await step(app, 20_000);
    await step(app, 20_000);
    const { videoUrl, videoWidth, videoHeight } = await look(app, generation.id);
    expect([videoWidth, videoHeight]).toEqual([1366, 768]);
    const video = await request(videoUrl);
    expect(video.headers['content-type']).toBe('video/mp4');
    const bytes = Buffer.from(await video.body.arrayBuffer());
    expect(bytes.subarray(4, 8).toString()).toBe('ftyp');
    expect(bytes.length).toBeGreaterThan(10_000);
  });

  test('renews a link that has expired', async () => {
    await start();
    const { generation } = await app.create({ prompt: 'A cat #sim:short-link' });
    await step(app, 20_000);
    await step(app, 20_000);
    const { videoUrl } = await look(app, generation.id);
    app.clock.advance(60_000);
    expect((await request(videoUrl)).statusCode).toBe(403);
    const renewed = (await look(app, generation.id)).videoUrl;
    expect(renewed).not.toBe(videoUrl);
    expect((await request(renewed)).statusCode).toBe(200);
  });
});

describe('the second generation of the simulator', () => {
  test('ends each documented tag in the documented state', async () => {
    expect(promisesOfSecond.length).toBeGreaterThan(35);
    await start();
    expect(await broken(promisesOfSecond.filter((promise) => !hangs(promise)))).toEqual([]);
  }, 120_000);

  test('makes a 2K video with sound, and says what it cost', async () => {
    await start();
    const { generation } = await app.create({ ...secondInput, prompt: 'A cat' });
    await step(app, 20_000);
    await step(app, 20_000);
    const answer = await app.graphql(
      `query($id: ID!) { generation(id: $id) {
        status apiGeneration aspectRatio videoUrl videoUrlExpiresAt listPrice { amount }
        cost { amount currency basis } usage { outputSeconds inputImageCount raw }
        submissions { apiGeneration outcome }
      } }`,
      { id: generation.id },
    );
    const { videoUrl, usage, ...made } = answer.data.generation;
    expect(made).toEqual({
      ...{ status: 'SUCCEEDED', apiGeneration: 2, aspectRatio: '9:16', videoUrlExpiresAt: null },
      listPrice: { amount: '0.52' },
      cost: { amount: '0.52', currency: 'USD', basis: 'USAGE' },
      submissions: [{ apiGeneration: 2, outcome: 'ACCEPTED' }],
    });
    expect(usage).toMatchObject({ outputSeconds: 4, inputImageCount: 0 });
    expect(JSON.parse(usage.raw)).toMatchObject({ total_seconds: 4 });

    const video = await request(videoUrl);
    expect(video.headers['content-type']).toBe('video/mp4');
    const bytes = Buffer.from(await video.body.arrayBuffer()).toString('latin1');
    // One track of pictures, one of sound.
    expect(bytes.match(/hdlr.{8}(vide|soun)/gs)).toHaveLength(2);
  });

  test('renews a link that has expired, by asking for the task', async () => {
    await start();
    const { generation } = await app.create({ ...secondInput, prompt: 'A cat #sim:short-link' });
    await step(app, 20_000);
    await step(app, 20_000);
    const { videoUrl } = await look(app, generation.id);
    app.clock.advance(60_000);
    expect((await request(videoUrl)).statusCode).toBe(403);
    const renewed = (await look(app, generation.id)).videoUrl;
    expect((await request(renewed)).statusCode).toBe(200);
  });
});
