import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { request } from 'undici';
import WebSocket from 'ws';
import { usualInput } from '../support/app.ts';
import { compiledProgram } from '../support/program.ts';
import { createServerDatabase } from '../support/database.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

const program = await compiledProgram();
// Two starts on a new directory take twenty seconds on a busy machine.
jest.setTimeout(240_000);

const onServer = globalThis.databaseUrl !== undefined;

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Place {
  /** A working directory of its own. */
  cwd: string;
  /** Where the rows are. */
  env: Record<string, string>;
}

/** An empty working directory, with an empty database of the kind that the project tests on. */
async function aPlace(): Promise<Place> {
  const cwd = await mkdtemp(join(tmpdir(), 'reelgraph-test-'));
  undo.push(() => rm(cwd, { recursive: true, force: true }));
  if (!onServer) return { cwd, env: {} };
  const { url, drop } = await createServerDatabase({ migrated: false });
  undo.push(drop);
  return { cwd, env: { DATABASE_URL: url } };
}

interface Launched {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

function launch({ cwd, env }: Place, more: Record<string, string> = {}): Launched {
  const child = spawn(process.execPath, [program], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      ...env,
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()));
  const ended = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
  );
  undo.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, output, ended };
}

interface Service extends Launched {
  url: string;
  graphql(query: string, variables?: object): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  create(input?: object): Promise<string>;
  /** Follows a generation until it has one of the statuses. */
  until(id: string, statuses: string[]): Promise<Record<string, unknown>>;
}

/** A process that has said where it listens. */
async function start(place: Place, more: Record<string, string> = {}): Promise<Service> {
  const launched = launch(place, more);
  const { child, output, ended } = launched;
  const url = await (async () => {
    for await (const line of createInterface({ input: child.stdout! })) {
      const entry = JSON.parse(line) as { url?: string };
      if (entry.url) return entry.url;
    }
    await ended;
    throw new Error(`it ended without a ready line:\n${output.stdout}${output.stderr}`);
  })();
  child.stdout!.resume();
  const graphql: Service['graphql'] = async (query, variables = {}) => {
    const answer = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await answer.body.json()) as { data: unknown; errors?: unknown[] };
    if (errors) throw new Error(`${JSON.stringify(errors)}\n${output.stdout}`);
    return data;
  };
  return {
    ...launched,
    url,
    graphql,
    async create(input = {}) {
      const data = await graphql(
        `
          mutation ($input: CreateVideoGenerationInput!) {
            createVideoGeneration(input: $input) {
              generation {
                id
              }
              userErrors {
                code
              }
            }
          }
        `,
        { input: { ...usualInput, ...input } },
      );
      return data.createVideoGeneration.generation.id as string;
    },
    async until(id, statuses) {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      try {
        const query = `subscription ($id: ID!) {
          generationUpdated(id: $id) {
            status taskId videoUrl attempts failure { kind }
          }
        }`;
        for await (const { data } of client.iterate<{
          generationUpdated: Record<string, unknown> & { status: string };
        }>({ query, variables: { id } })) {
          const generation = data!.generationUpdated;
          if (statuses.includes(generation.status)) return generation;
        }
        throw new Error(`it ended in another status than ${statuses.join(', ')}`);
      } finally {
        await client.dispose();
      }
    },
  };
}

async function aFakeUpstream(): Promise<{ upstream: FakeUpstream; env: Record<string, string> }> {
  const upstream = await startFakeUpstream();
  undo.push(() => upstream.close());
  return {
    upstream,
    env: {
      MINIMAX_API_KEY: 'key-hunter2',
      MINIMAX_BASE_URL: upstream.url,
      POLL_INTERVAL_MS: '200',
      CREATE_WAIT_MS: '0',
      LEASE_MS: '1000',
    },
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => new Promise((done) => server.close(done)));
  return (server.address() as AddressInfo).port;
}

/** A promise and the function that resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('a start that cannot succeed ends with exit code 1 and a sentence', () => {
  test('that lists every problem of the configuration', async () => {
    const { ended, output } = launch(await aPlace(), {
      PORT: 'hunter2',
      LEASE_MS: '1',
      SIMULATOR: 'off',
    });
    expect(await ended).toBe(1);
    expect(output).toEqual({
      stdout: '',
      stderr: `The configuration has 3 problem(s):
  - PORT must be a whole number
  - LEASE_MS must lie between 1000 and 60000
  - MINIMAX_API_KEY is required when SIMULATOR is off
`,
    });
  });

  test('that names each trusted document that does not fit, before anything is opened', async () => {
    const place = await aPlace();
    const id = 'a'.repeat(64);
    await writeFile(join(place.cwd, 'documents.json'), JSON.stringify({ [id]: '{ nothing }' }));
    const { ended, output } = launch(place, { TRUSTED_DOCUMENTS: 'documents.json' });
    expect(await ended).toBe(1);
    expect(output).toEqual({
      stdout: '',
      stderr: `TRUSTED_DOCUMENTS names a file whose documents do not fit the schema:
  - document ${id}: Cannot query field "nothing" on type "Query".
`,
    });
  });

  test('when another program has the port', async () => {
    const port = await listening(createServer());
    const { ended, output } = launch(await aPlace(), { PORT: String(port) });
    expect(await ended).toBe(1);
    expect(output.stderr).toBe(
      `Port ${port} is in use by another program: set PORT to a free one.\n`,
    );
  });

  test('when the database server refuses the password, which it does not repeat', async () => {
    const refusal = ['SFATAL', 'C28P01', 'Mpassword authentication failed for user "reel"', ''];
    const fields = Buffer.from(refusal.map((field) => `${field}\0`).join(''));
    const head = Buffer.from('E\0\0\0\0');
    head.writeInt32BE(fields.length + 4, 1);
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.concat([head, fields])));
    });
    const port = await listening(server);
    const { ended, output } = launch(await aPlace(), {
      DATABASE_URL: `postgres://reel:hunter2@127.0.0.1:${port}/videos`,
    });
    expect(await ended).toBe(1);
    expect(output.stderr).toMatch(
      new RegExp(`^Cannot connect to PostgreSQL at 127.0.0.1:${port}, database videos: .*\n$`),
    );
    expect(output.stdout + output.stderr).not.toContain('hunter2');
  });

  // It waits ten seconds for a server that may be starting, so once is enough.
  (onServer ? test.skip : test)('when no database server answers', async () => {
    const { ended, output } = launch(await aPlace(), {
      DATABASE_URL: 'postgres://reel:hunter2@127.0.0.1:1/videos',
    });
    expect(await ended).toBe(1);
    expect(output.stderr).toMatch(
      /^Cannot connect to PostgreSQL at 127.0.0.1:1, database videos: .*\n$/,
    );
    expect(output.stdout + output.stderr).not.toContain('hunter2');
  });

  (onServer ? test.skip : test)('when another process uses the data directory', async () => {
    const place = await aPlace();
    const first = await start(place);
    const second = launch(place);
    expect(await second.ended).toBe(1);
    expect(second.output.stderr).toMatch(/^Another process \(process id \d+\) is using .*\n$/);
    expect(second.output.stderr).toContain(`process id ${first.child.pid})`);
    expect(second.output.stderr).toContain('DATABASE_URL');
    expect(await first.until(await first.create(), ['PROCESSING'])).toBeTruthy();
  });
});

describe('a process that serves', () => {
  test('answers the questions of those who watch it, and reads .env where it was started', async () => {
    const place = await aPlace();
    await writeFile(
      join(place.cwd, '.env'),
      'SIMULATOR_RENDER_MS=60000\nMINIMAX_API_KEY=key-hunter2\nSIMULATOR=off\n',
    );
    // The environment wins over the file.
    const service = await start(place, { SIMULATOR: 'on' });
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
    });
    const metrics = await get('/metrics');
    expect(metrics.text).toMatch(/^reelgraph_generations_in_flight \d+$/m);
    expect(metrics.text).toMatch(/^process_cpu_seconds_total /m);
    expect((await get('/schema.graphql')).text).toContain('type VideoGeneration ');
    expect(service.output.stdout).not.toContain('hunter2');
  });

  test.each([
    ['everybody', { OPEN_ACCESS: 'on' }, 200, /"Everybody who can reach this address is let in/],
    ['nobody', { OPEN_ACCESS: 'off' }, 401, /"Nobody is let in: there is no API key yet/],
  ])('says when %s is let in, and how to make a key', async (_, env, statusCode, line) => {
    const service = await start(await aPlace(), env);
    await until(() => line.test(service.output.stdout));
    expect(service.output.stdout).toContain(
      'node dist/cli/keys.js create --caller me --role admin',
    );
    const answer = await request(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ generations { totalCount } }' }),
    });
    expect(answer.statusCode).toBe(statusCode);
    await answer.body.dump();
  });

  test('ends with exit code 0 on SIGTERM, after storing the answer it was waiting for', async () => {
    const place = await aPlace();
    const { upstream, env } = await aFakeUpstream();
    const answer = gate();
    upstream.onSubmit(async () => {
      await answer.opened;
      return undefined;
    });
    const service = await start(place, env);
    const id = await service.create();
    await upstream.received('submit');
    service.child.kill('SIGTERM');
    for await (const line of createInterface({ input: service.child.stdout! })) {
      if (line.includes('"stopping')) break;
    }
    answer.open();
    expect(await service.ended).toBe(0);
    expect(service.output.stderr).toBe('');

    const next = await start(place, env);
    const generation = await next.until(id, ['SUCCEEDED']);
    expect(generation).toMatchObject({ attempts: 1, taskId: expect.any(String) });
    expect(upstream.submits).toHaveLength(1);
  });

  test('ends at once on a second signal', async () => {
    const place = await aPlace();
    const { upstream, env } = await aFakeUpstream();
    upstream.onSubmit({ fault: 'hang' });
    const service = await start(place, env);
    await service.create();
    await upstream.received('submit');
    service.child.kill('SIGINT');
    for await (const line of createInterface({ input: service.child.stdout! })) {
      if (line.includes('"stopping')) break;
    }
    service.child.kill('SIGINT');
    expect(await service.ended).toBe(1);
  });
});

describe('what a killed process leaves behind', () => {
  test('a task that MiniMax works on is followed to its video by the next process', async () => {
    const place = await aPlace();
    const env = { SIMULATOR_RENDER_MS: '2000', POLL_INTERVAL_MS: '200', LEASE_MS: '1000' };
    const service = await start(place, env);
    const id = await service.create();
    const { taskId } = await service.until(id, ['PROCESSING']);
    service.child.kill('SIGKILL');
    expect(await service.ended).toBe('SIGKILL');

    const next = await start(place, env);
    const generation = await next.until(id, ['SUCCEEDED']);
    expect(generation).toMatchObject({ taskId, attempts: 1 });
    const video = await request(generation['videoUrl'] as string);
    expect(video.statusCode).toBe(200);
    expect((await video.body.bytes()).length).toBeGreaterThan(1024);
  });

  test('a request that was being sent is called uncertain, and is not sent again', async () => {
    const place = await aPlace();
    const { upstream, env } = await aFakeUpstream();
    upstream.onSubmit({ fault: 'hang' });
    const service = await start(place, env);
    const id = await service.create();
    await upstream.received('submit');
    service.child.kill('SIGKILL');
    await service.ended;

    const next = await start(place, env);
    const generation = await next.until(id, ['UNCERTAIN']);
    expect(generation).toMatchObject({ attempts: 1, failure: { kind: 'OUTCOME_UNKNOWN' } });
    const { generation: read } = await next.graphql(
      `query ($id: ID!) { generation(id: $id) { events { action } } }`,
      { id },
    );
    expect(read.events).toEqual([
      { action: 'GENERATION_CREATED' },
      { action: 'SUBMISSION_SENT' },
      { action: 'SUBMISSION_UNCERTAIN' },
    ]);
    // The budget and the worker are free for others meanwhile.
    await next.until(await next.create(), ['SUCCEEDED']);
    expect(upstream.submits).toHaveLength(2);
  });
});
