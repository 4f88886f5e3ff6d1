import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { request } from 'undici';
import WebSocket from 'ws';
import { usualInput } from './app.ts';
import { createServerDatabase, migratedSnapshot } from './database.ts';
import { startFakeUpstream, type FakeUpstream } from './fake-upstream.ts';
import { builtProgram } from './program.ts';

const program = await builtProgram();

const onServer = globalThis.databaseUrl !== undefined;

/** Undone after each test, last first. */
export const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const undoAtEnd: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of undoAtEnd.reverse()) await step();
});

/** Has what is begun here live as long as the test file, for tests that share it. */
export async function keep<T>(begin: () => Promise<T>): Promise<T> {
  const earlier = undo.splice(0);
  try {
    return await begin();
  } finally {
    undoAtEnd.push(...undo.splice(0));
    undo.push(...earlier);
  }
}

export interface Place {
  /** A working directory of its own. */
  cwd: string;
  /** Where the rows are. */
  env: Record<string, string>;
}

/** A working directory with a migrated, empty database of the kind that the project tests on. */
export async function aPlace(): Promise<Place> {
  if (!onServer) return await anEmbeddedPlace();
  const { url, drop } = await createServerDatabase({ migrated: true });
  undo.push(drop);
  return { cwd: await aDirectory(), env: { DATABASE_URL: url } };
}

/** One whose embedded database is filled already: making that takes a process ten seconds. */
export async function anEmbeddedPlace(): Promise<Place> {
  const cwd = await aDirectory();
  const directory = join(cwd, 'data/postgres');
  await mkdir(directory, { recursive: true });
  await promisify(execFile)('tar', ['-xf', await migratedSnapshot(), '-C', directory]);
  return { cwd, env: {} };
}

/** One without any database, for what ends before one is opened. */
export async function aPlaceWithout(): Promise<Place> {
  return { cwd: await aDirectory(), env: {} };
}

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'reelgraph-test-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export interface Launched {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** The service. */
export function launch(place: Place, more: Record<string, string> = {}): Launched {
  return launchProgram(place, [program], more);
}

/** A command of an operator's, such as `verify-audit`, with its arguments. */
export function launchCommand(
  place: Place,
  [name, ...args]: [name: string, ...args: string[]],
  more: Record<string, string> = {},
): Launched {
  return launchProgram(place, [join(dirname(program), `cli/${name}.js`), ...args], more);
}

/** MiniMax, played by a process of its own. */
export function launchSimulator(place: Place, more: Record<string, string> = {}): Launched {
  return launchProgram(place, [join(dirname(program), 'simulator/main.js')], more);
}

function launchProgram(
  { cwd, env }: Place,
  args: string[],
  more: Record<string, string>,
): Launched {
  // The embedded database is compiled in haste alone: a second time, for speed, takes longer than a test has use of it.
  const child = spawn(process.execPath, ['--liftoff-only', ...args], {
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

export interface Service extends Launched {
  url: string;
  graphql(query: string, variables?: object): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  create(input?: object): Promise<string>;
  /** Follows a generation until it has one of the statuses. */
  until(id: string, statuses: string[]): Promise<Record<string, unknown>>;
}

/** A process that has said where it listens. */
export async function start(place: Place, more: Record<string, string> = {}): Promise<Service> {
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

export async function aFakeUpstream(): Promise<{
  upstream: FakeUpstream;
  env: Record<string, string>;
}> {
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

export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => new Promise((done) => server.close(done)));
  return (server.address() as AddressInfo).port;
}
