import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { gate } from '../support/gate.ts';
import {
  aFakeUpstream,
  aPlace,
  aPlaceWithout,
  keep,
  launchSimulator,
  start,
  type Service,
} from '../support/process.ts';
import { until } from '../support/until.ts';

const onServer = globalThis.databaseUrl !== undefined;

/*
 * A process takes seconds to start: where a test leaves the data and a process that serves them, the
 * next one goes on. Each can be run alone, too.
 */

/** What is begun when it is first asked for, and lives as long as the tests. */
function shared<T>(begin: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => (begun ??= keep(begin));
}

const thePlace = shared(async () => {
  const place = await aPlace();
  await writeFile(
    join(place.cwd, '.env'),
    'SIMULATOR_RENDER_MS=60000\nMINIMAX_API_KEY=key-hunter2\nSIMULATOR=off\n',
  );
  return place;
});

const theSimulator = shared(async () => {
  const simulator = launchSimulator(await aPlaceWithout(), {
    SIMULATOR_PORT: '0',
    SIMULATOR_RENDER_MS: '1000',
  });
  const [line] = (await once(simulator.child.stdout!, 'data')) as [Buffer];
  const baseUrl = /SIMULATOR=on MINIMAX_BASE_URL=(\S+)/.exec(line.toString())![1]!;
  return { simulator, baseUrl };
});

const theFake = shared(aFakeUpstream);

type Env = () => Promise<Record<string, string>>;

/** One process after the other serves the place. */
let serving: { env: Env; service: Promise<Service> } | undefined;

/** By another one than that which ran, which is ended. */
function serveAnew(env: Env): Promise<Service> {
  const before = serving?.service;
  const service = keep(async () => {
    const earlier = await before;
    earlier?.child.kill('SIGKILL');
    await earlier?.ended;
    return await start(await thePlace(), await env());
  });
  serving = { env, service };
  return service;
}

/** By that which an earlier test left, where it was started in this way. */
const serve = (env: Env) => (serving?.env === env ? serving.service : serveAnew(env));

const withSimulator = async () => ({
  // The environment wins over the file.
  SIMULATOR: 'on',
  MINIMAX_BASE_URL: (await theSimulator()).baseUrl,
  POLL_INTERVAL_MS: '200',
  LEASE_MS: '1000',
});

const withFake = async () => (await theFake()).env;

const withFakeAndTime = async () => ({ ...(await withFake()), LEASE_MS: '60000' });

describe('a process that serves', () => {
  test('answers the questions of those who watch it, and reads .env where it was started', async () => {
    const service = await serve(withSimulator);
    const get = async (path: string) => {
      const { statusCode, body } = await request(`${service.url}${path}`);
      return { statusCode, text: await body.text() };
    };
    expect(await get('/healthz')).toEqual({ statusCode: 200, text: '{"status":"ok"}' });
    const ready = await get('/readyz');
    expect(ready.statusCode).toBe(200);
    expect(JSON.parse(ready.text)).toEqual({
      status: 'ready',
      database: onServer ? 'postgres' : 'embedded',
      simulated: true,
      submissionsPaused: null,
      accountsUnknown: [],
      generationsHeld: 0,
    });
    const metrics = await get('/metrics');
    expect(metrics.text).toMatch(/^reelgraph_generations_in_flight \d+$/m);
    expect(metrics.text).toMatch(/^process_cpu_seconds_total /m);
    expect((await get('/schema.graphql')).text).toContain('type VideoGeneration ');
    expect(service.output.stdout).not.toContain('hunter2');
  });
});

describe('what a killed process leaves behind', () => {
  test('a task that MiniMax works on is followed to its video by the next process', async () => {
    const service = await serve(withSimulator);
    const id = await service.create();
    const { taskId } = await service.until(id, ['PROCESSING']);
    service.child.kill('SIGKILL');
    expect(await service.ended).toBe('SIGKILL');

    const next = await serveAnew(withSimulator);
    const generation = await next.until(id, ['SUCCEEDED']);
    expect(generation).toMatchObject({ taskId });
    // A busy machine may let a claim pass; what MiniMax accepted it accepted once.
    const { submissions } = await next.graphql(
      '{ submissions(filter: { outcome: [ACCEPTED] }) { edges { node { taskId } } } }',
    );
    expect(submissions.edges).toEqual([{ node: { taskId } }]);
    const video = await request(generation['videoUrl'] as string);
    expect(video.statusCode).toBe(200);
    expect((await video.body.bytes()).length).toBeGreaterThan(1024);
  });
});

test('a video plays on when MiniMax is gone, also for the next process', async () => {
  const { simulator } = await theSimulator();
  const service = await serve(withSimulator);
  const id = await service.create();
  await service.until(id, ['SUCCEEDED']);
  const query =
    'query ($id: ID!) { generation(id: $id) { videoUrl archive { state bytes sha256 } } }';
  const read = async (from: Service) => (await from.graphql(query, { id })).generation;
  await until(async () => (await read(service)).archive.state === 'STORED');
  simulator.child.kill('SIGTERM');
  await simulator.ended;
  const plays = async (from: Service) => {
    const { videoUrl, archive } = await read(from);
    const { statusCode, body } = await request(videoUrl as string);
    const bytes = Buffer.from(await body.arrayBuffer());
    const seen = createHash('sha256').update(bytes).digest('hex');
    expect([statusCode, seen]).toEqual([200, archive.sha256]);
    const part = await request(videoUrl as string, { headers: { range: 'bytes=100-199' } });
    expect(part.statusCode).toBe(206);
    const middle = Buffer.from(await part.body.arrayBuffer());
    expect(middle.equals(bytes.subarray(100, 200))).toBe(true);
  };
  await plays(service);
  service.child.kill('SIGKILL');
  await service.ended;
  await plays(await serveAnew(withFake));
  expect((await theFake()).upstream.retrieves).toEqual([]);
});

describe('what a killed process leaves behind', () => {
  test('a request that was being sent is called uncertain, and is not sent again', async () => {
    const { upstream } = await theFake();
    upstream.onSubmit({ fault: 'hang' });
    const service = await serve(withFake);
    const id = await service.create();
    await upstream.received('submit');
    service.child.kill('SIGKILL');
    await service.ended;

    const next = await serveAnew(withFakeAndTime);
    const generation = await next.until(id, ['UNCERTAIN']);
    expect(generation).toMatchObject({ failure: { kind: 'OUTCOME_UNKNOWN' } });
    const { generation: read } = await next.graphql(
      `query ($id: ID!) { generation(id: $id) { submissions { outcome } events { action } } }`,
      { id },
    );
    // A machine that is busy may have let an earlier lease end before anything was sent.
    const sent = read.submissions.filter(
      ({ outcome }: { outcome: string }) => outcome !== 'NOT_SENT',
    );
    expect(sent).toEqual([{ outcome: 'UNKNOWN' }]);
    expect(read.events.at(-1)).toEqual({ action: 'SUBMISSION_UNCERTAIN' });
    expect(upstream.submits).toHaveLength(1);
    // The budget and the worker are free for others meanwhile.
    await next.until(await next.create(), ['SUCCEEDED']);
    expect(upstream.submits).toHaveLength(2);
  });
});

describe('a process that serves', () => {
  test('ends with exit code 0 on SIGTERM, after storing the answer it was waiting for', async () => {
    const { upstream } = await theFake();
    const answer = gate();
    upstream.onSubmit(async () => {
      await answer.opened;
      return undefined;
    });
    const service = await serve(withFakeAndTime);
    const submitted = upstream.submits.length + 1;
    const id = await service.create();
    await upstream.received('submit', submitted);
    service.child.kill('SIGTERM');
    for await (const line of createInterface({ input: service.child.stdout! })) {
      if (line.includes('"stopping')) break;
    }
    answer.open();
    expect(await service.ended).toBe(0);
    expect(service.output.stderr).toBe('');

    const next = await serveAnew(withFakeAndTime);
    const generation = await next.until(id, ['SUCCEEDED']);
    expect(generation).toMatchObject({ attempts: 1, taskId: expect.any(String) });
    expect(upstream.submits).toHaveLength(submitted);
  });
});
