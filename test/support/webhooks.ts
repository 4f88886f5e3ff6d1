import { afterEach, beforeEach, expect } from '@jest/globals';
import type { NewApiKey } from '../../src/access/api-keys.ts';
import { openDatabase } from '../../src/database/database.ts';
import { keysOf, startTestApp, step, type TestApp } from './app.ts';
import { silent, type TestDatabase } from './database.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

export const allowed = { WEBHOOK_ALLOW_PRIVATE: 'on' };
export const minute = 60_000;
export const hour = 60 * minute;

/** The service as it runs now. */
export let app: TestApp;
export let receiver: WebhookReceiver;
/** Stopped after each test, the latest first. */
export let running: { stop(): Promise<unknown> }[];

beforeEach(async () => {
  running = [];
  app = await start({ env: allowed });
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const part of running.reverse()) await part.stop();
});

export async function start(options: Parameters<typeof startTestApp>[0]): Promise<TestApp> {
  const started = await startTestApp(options);
  running.push(started);
  return started;
}

/** Another service, which the tests look at from now on. */
export async function goOnWith(options: Parameters<typeof startTestApp>[0]): Promise<void> {
  app = await start(options);
}

export async function startReceiver(): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start();
  started.clock = app.clock;
  running.push({ stop: () => started.close() });
  return started;
}

export function authorized(secret: string | undefined): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
}

/** Data of an operation that must succeed. */
export async function ask(query: string, variables: object = {}, secret?: string) {
  const { data, errors } = await app.graphql(query, variables, authorized(secret));
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** The code of the error that an operation must have. */
export async function refusal(
  query: string,
  variables: object = {},
  secret?: string,
): Promise<string> {
  const { errors } = await app.graphql(query, variables, authorized(secret));
  return errors?.[0].extensions.code;
}

export const endpointFields = `id callerId url description events createdAt previousSecretUntil failingSince
  disabledAt disabledReason`;
export const deliveryFields = `id endpointId generationId event url body createdAt status nextAttemptAt
  attempts { startedAt latencyMs httpStatus answer error }`;

export const createEndpoint = `mutation C($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) { webhookEndpoint { ${endpointFields} } secret } }`;

export async function endpoint(url = receiver.url, more: object = {}, key?: string) {
  const data = await ask(createEndpoint, { input: { url, ...more } }, key);
  return {
    ...data.createWebhookEndpoint.webhookEndpoint,
    secret: data.createWebhookEndpoint.secret,
  };
}

export async function change(mutation: string, id: string, key?: string) {
  const query = `mutation ($id: ID!) { ${mutation}(id: $id) { ${endpointFields} } }`;
  return (await ask(query, { id }, key))[mutation];
}

export async function sendTest(id: string) {
  const query = `mutation ($id: ID!) { testWebhookEndpoint(id: $id) { ${deliveryFields} } }`;
  const { testWebhookEndpoint } = await ask(query, { id });
  await app.webhooks.runOnce();
  return testWebhookEndpoint;
}

export const redeliver = `mutation ($id: ID!) { redeliverWebhook(id: $id) { ${deliveryFields} } }`;

export async function deliveries(args = 'first: 100', key?: string) {
  const query = `{ webhookDeliveries(${args}) { nodes { ${deliveryFields} }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  return (await ask(query, {}, key)).webhookDeliveries;
}

export async function onlyDelivery() {
  const { nodes } = await deliveries();
  expect(nodes).toHaveLength(1);
  return nodes[0];
}

export async function endpoints(key?: string) {
  return (await ask(`{ webhookEndpoints { ${endpointFields} } }`, {}, key)).webhookEndpoints;
}

/** A generation that has succeeded; its webhooks are not sent yet. */
export async function succeed(input: object = {}): Promise<string> {
  const { generation } = await app.create(input);
  await step(app);
  await step(app);
  return generation.id;
}

/** Moves the clock on, a step at a time, and sends what is due. */
export async function pass(ms: number, stepMs = minute): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    app.clock.advance(stepMs);
    await app.webhooks.runOnce();
  }
}

export async function key(callerId: string, more: Partial<NewApiKey> = {}): Promise<string> {
  const none = { role: 'CLIENT', tenant: null, expiresAt: null } as const;
  return (await keysOf(app).create({ callerId, name: callerId, ...none, ...more }, null)).secret;
}

export async function auditOf(action: string) {
  const rows = await app.database.prisma.auditEvent.findMany({ where: { action } });
  return rows.map(({ callerId, detail }) => ({ callerId, detail }));
}

/** On a server with a pool and a listener of its own, as another process has them. */
export async function secondConnection(): Promise<TestDatabase> {
  const { url } = app.database;
  return url === undefined
    ? { ...app.database, close: () => Promise.resolve() }
    : await openDatabase({ url, dataDir: '', logger: silent });
}
