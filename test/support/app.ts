import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import { request } from 'undici';
import WebSocket from 'ws';
import { ApiKeys } from '../../src/access/api-keys.ts';
import { startApp, type App, type AppParts } from '../../src/app.ts';
import { AuditLog } from '../../src/audit/log.ts';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { readWith } from '../../src/media/read-apart.ts';
import {
  emptyTables,
  openKeptDatabase,
  silent,
  testDataDirectory,
  type TestDatabase,
} from './database.ts';
import { startFakeUpstream, type FakeUpstream, type FakeUpstreamOptions } from './fake-upstream.ts';
import { builtReader } from './program.ts';

readWith(builtReader);

export interface GraphqlAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /* eslint-disable @typescript-eslint/no-explicit-any */
  data: any;
  errors: any[] | undefined;
  /* eslint-enable @typescript-eslint/no-explicit-any */
}

export interface TestApp extends App {
  database: TestDatabase;
  upstream: FakeUpstream;
  clock: TestClock;
  logLines: string[];
  graphql(
    query: string,
    variables?: object,
    headers?: Record<string, string>,
  ): Promise<GraphqlAnswer>;
  /** Creates a generation from the usual input, changed by `input`; the whole payload. */
  create(input?: object): Promise<GraphqlAnswer['data']>;
  /** A graphql-ws client, closed with the app. */
  subscriber(connectionParams?: Record<string, unknown>): Client;
}

/** A clock that stands still until it is moved. */
export class TestClock {
  #now: number;

  constructor(start: Date) {
    this.#now = start.getTime();
  }

  readonly now = (): Date => new Date(this.#now);

  advance(ms: number): void {
    this.#now += ms;
  }
}

export interface TestAppOptions {
  env?: Record<string, string>;
  upstream?: FakeUpstreamOptions;
  /** Shared with another app, which then closes it. */
  fake?: FakeUpstream;
  database?: TestDatabase;
  /** Where the upstream is told to call back. */
  callbackBaseUrl?: string;
  patience?: AppParts['patience'];
  fetchPatience?: AppParts['fetchPatience'];
  /** How the names of webhook receivers, and of URLs that are fetched, are resolved. */
  resolveHost?: AppParts['resolveHost'];
}

/** What a create asks for unless a test says otherwise: the seed's example with real values. */
export const usualInput = {
  model: 'MiniMax-Hailuo-02',
  prompt: 'A paper boat crosses a puddle',
  duration: 6,
  resolution: '768P',
};

export const generationFields = `
  id status version model apiGeneration prompt duration resolution promptOptimizer fastPretreatment aigcWatermark
  firstFrameImage lastFrameImage subjectImage simulated taskId statusCode statusMessage upstreamStatus
  traceId fileId videoWidth videoHeight videoUrl videoUrlExpiresAt createdAt updatedAt submittedAt
  completedAt stalledAt nextAttemptAt attempts listPrice { amount currency }
  failure { kind upstreamCode upstreamMessage message retryable }
  events { id occurredAt sequence action httpStatus latencyMs upstreamCode upstreamMessage traceId requestId }
`;

const createMutation = `mutation Create($input: CreateVideoGenerationInput!) {
  createVideoGeneration(input: $input) {
    generation { ${generationFields} } replayed userErrors { field code message }
  }
}`;

/** Where its media lie. */
export const testMediaDirectory = join(testDataDirectory, 'media');

let shared: TestDatabase | undefined;
/** How to stop the apps that still run. */
const running = new Set<() => Promise<void>>();
// Before any hook of the test file: what runs must end before its database does.
afterAll(async () => {
  await Promise.all([...running].map((stop) => stop()));
  await shared?.close();
});

/** The worker's database, emptied. */
async function emptyDatabase(): Promise<TestDatabase> {
  shared ??= await openKeptDatabase();
  await emptyTables(shared);
  return { ...shared, close: () => Promise.resolve() };
}

/**
 * The whole service on the test file's emptied database, against a fake MiniMax, with a
 * clock that the test moves. The worker works when something is created and
 * when the test calls `worker.runOnce()`.
 */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const upstream = options.fake ?? (await startFakeUpstream(options.upstream));
  const database = options.database ?? (await emptyDatabase());
  const clock = new TestClock(new Date());
  upstream.now = clock.now;
  const logLines: string[] = [];
  const config = loadConfig({
    PORT: '0',
    // For the key that signs checkpoints; the database is given.
    DATA_DIR: testDataDirectory,
    MINIMAX_API_KEY: 'test-key-5f2a',
    MINIMAX_BASE_URL: upstream.url,
    MINIMAX_RPM: '600',
    // No slow machine may come to the end of these: tests that are about them have their own.
    MINIMAX_TIMEOUT_MS: '60000',
    CREATE_WAIT_MS: '30000',
    POLL_INTERVAL_MS: '10000',
    ...options.env,
  });
  const log = createLogger('debug', { write: (line) => void logLines.push(line) });
  const app = await startApp(config, log, {
    database,
    runWorker: false,
    now: clock.now,
    ...(options.patience && { patience: options.patience }),
    ...(options.fetchPatience && { fetchPatience: options.fetchPatience }),
    ...(options.callbackBaseUrl && { callbackBaseUrl: options.callbackBaseUrl }),
    ...(options.resolveHost && { resolveHost: options.resolveHost }),
  });
  const subscribers: Client[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= stopAll());
  async function stopAll(): Promise<void> {
    running.delete(stop);
    for (const client of subscribers) await client.dispose();
    await app.stop();
    if (!options.fake) await upstream.close();
  }
  running.add(stop);

  const graphql: TestApp['graphql'] = async (query, variables = {}, headers = {}) => {
    const response = await request(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.body.json()) as { data: unknown; errors?: unknown[] };
    return {
      status: response.statusCode,
      headers: response.headers,
      data: body.data,
      errors: body.errors,
    };
  };

  return {
    ...app,
    database,
    upstream,
    clock,
    logLines,
    graphql,
    async create(input = {}) {
      const answer = await graphql(createMutation, { input: { ...usualInput, ...input } });
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data.createVideoGeneration;
    },
    subscriber(connectionParams) {
      const client = createClient({
        ...(connectionParams && { connectionParams }),
        url: `${app.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      subscribers.push(client);
      return client;
    },
    stop,
  };
}

/** The API keys of the app's database, as the command line has them. */
export function keysOf({ database: { prisma }, clock: { now } }: TestApp): ApiKeys {
  const audit = new AuditLog({ prisma, log: silent, now });
  return new ApiKeys({ prisma, now, record: audit.recordKeyChange });
}

/** The generation as the API shows it. */
export async function look(app: TestApp, id: string): Promise<GraphqlAnswer['data']> {
  const answer = await app.graphql(
    `query Look($id: ID!) { generation(id: $id) { ${generationFields} } }`,
    { id },
  );
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data.generation;
}

/** The records of what was sent for it, oldest first. */
export async function recordsOf({ database }: TestApp, generationId: string) {
  const orderBy = { number: 'asc' } as const;
  return await database.prisma.submission.findMany({ where: { generationId }, orderBy });
}

/**
 * Moves the clock on by what the generation waits for, and lets the worker do what is due. What is
 * under way is over before: the jump would end its lease.
 */
export async function step(app: TestApp, ms = 20_000): Promise<void> {
  await app.worker.runOnce();
  app.clock.advance(ms);
  await app.worker.runOnce();
}
