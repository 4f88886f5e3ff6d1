import { afterEach } from '@jest/globals';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { v7 as uuidV7 } from 'uuid';
import WebSocket from 'ws';
import { keysOf, startTestApp, usualInput, type TestApp, type TestAppOptions } from './app.ts';

export interface Row {
  id: string;
  version: number;
  status: string;
  updatedAt: string;
}
type Update = Partial<Record<'generationUpdated' | 'generationsUpdated', Row>>;

export const watchOne = `subscription ($id: ID!, $afterVersion: Int) {
  generationUpdated(id: $id, afterVersion: $afterVersion) { id version status updatedAt }
}`;
export const watchAll = `subscription ($filter: VideoGenerationFilter, $updatedAfter: DateTime) {
  generationsUpdated(filter: $filter, updatedAfter: $updatedAfter) { id version status updatedAt }
}`;

/** Undone after each test, last first. */
export const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

export async function start(options: TestAppOptions = {}): Promise<TestApp> {
  const started = await startTestApp(options);
  undo.push(() => started.stop());
  return started;
}

export async function key(
  app: TestApp,
  callerId: string,
  tenant: string | null = null,
): Promise<string> {
  const named = { callerId, name: callerId, role: 'CLIENT' as const, tenant, expiresAt: null };
  return (await keysOf(app).create(named, null)).secret;
}

export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

export type Rows = AsyncIterator<{ data?: Update | null }, unknown>;

function overWebSocket(
  app: TestApp,
  query: string,
  variables: Record<string, unknown>,
  { port = portOf(app), secret = '' } = {},
): Rows {
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${secret}` },
  });
  undo.push(() => client.dispose());
  return client.iterate<Update>({ query, variables }) as Rows;
}

export function overEventStream(
  app: TestApp,
  query: string,
  variables: Record<string, unknown>,
  { port = portOf(app), secret = '' } = {},
): Rows {
  const client = createStreamClient({
    url: `http://127.0.0.1:${port}/graphql/stream`,
    retryAttempts: 0,
    headers: bearer(secret),
  });
  undo.push(() => client.dispose());
  return client.iterate<Update>({ query, variables }) as Rows;
}

export const transports = [
  ['WebSocket', overWebSocket],
  ['event stream', overEventStream],
] as const;

export function portOf({ url }: TestApp): number {
  return Number(new URL(url).port);
}

/** Rows as requests would leave them, due now. */
export async function enqueue(app: TestApp, count: number): Promise<string[]> {
  const at = app.clock.now();
  const data = Array.from({ length: count }, () => ({
    ...usualInput,
    id: uuidV7({ msecs: at.getTime() }),
    callerId: 'local',
    inputHash: '',
    promptOptimizer: true,
    simulated: false,
    status: 'QUEUED' as const,
    version: 1,
    createdAt: at,
    updatedAt: at,
    nextAttemptAt: at,
  }));
  await app.database.prisma.videoGeneration.createMany({ data });
  return data.map(({ id }) => id);
}
