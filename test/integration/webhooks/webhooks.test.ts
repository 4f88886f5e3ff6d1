import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { NewApiKey } from '../../../src/access/api-keys.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { keysOf, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { silent, type TestDatabase } from '../../support/database.ts';
import { closedPortUrl, coded } from '../../support/fake-upstream.ts';
import { answer, verify, WebhookReceiver } from '../../support/webhook-receiver.ts';

const allowed = { WEBHOOK_ALLOW_PRIVATE: 'on' };
const minute = 60_000;
const hour = 60 * minute;

let app: TestApp;
let receiver: WebhookReceiver;
/** Stopped after each test, the latest first. */
let running: { stop(): Promise<unknown> }[];

beforeEach(async () => {
  running = [];
  app = await start({ env: allowed });
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const part of running.reverse()) await part.stop();
});

async function start(options: Parameters<typeof startTestApp>[0]): Promise<TestApp> {
  const started = await startTestApp(options);
  running.push(started);
  return started;
}

async function startReceiver(): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start();
  started.clock = app.clock;
  running.push({ stop: () => started.close() });
  return started;
}

function authorized(secret: string | undefined): Record<string, string> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
}

/** Data of an operation that must succeed. */
async function ask(query: string, variables: object = {}, secret?: string) {
  const { data, errors } = await app.graphql(query, variables, authorized(secret));
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** The code of the error that an operation must have. */
async function refusal(query: string, variables: object = {}, secret?: string): Promise<string> {
  const { errors } = await app.graphql(query, variables, authorized(secret));
  return errors?.[0].extensions.code;
}

const endpointFields = `id callerId url description events createdAt previousSecretUntil failingSince
  disabledAt disabledReason`;
const deliveryFields = `id endpointId generationId event url body createdAt status nextAttemptAt
  attempts { startedAt latencyMs httpStatus answer error }`;

const createEndpoint = `mutation C($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) { webhookEndpoint { ${endpointFields} } secret } }`;

async function endpoint(url = receiver.url, more: object = {}, key?: string) {
  const data = await ask(createEndpoint, { input: { url, ...more } }, key);
  return {
    ...data.createWebhookEndpoint.webhookEndpoint,
    secret: data.createWebhookEndpoint.secret,
  };
}

async function change(mutation: string, id: string, key?: string) {
  const query = `mutation ($id: ID!) { ${mutation}(id: $id) { ${endpointFields} } }`;
  return (await ask(query, { id }, key))[mutation];
}

async function sendTest(id: string) {
  const query = `mutation ($id: ID!) { testWebhookEndpoint(id: $id) { ${deliveryFields} } }`;
  const { testWebhookEndpoint } = await ask(query, { id });
  await app.webhooks.runOnce();
  return testWebhookEndpoint;
}

const redeliver = `mutation ($id: ID!) { redeliverWebhook(id: $id) { ${deliveryFields} } }`;

async function deliveries(args = 'first: 100', key?: string) {
  const query = `{ webhookDeliveries(${args}) { nodes { ${deliveryFields} }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  return (await ask(query, {}, key)).webhookDeliveries;
}

async function onlyDelivery() {
  const { nodes } = await deliveries();
  expect(nodes).toHaveLength(1);
  return nodes[0];
}

async function endpoints(key?: string) {
  return (await ask(`{ webhookEndpoints { ${endpointFields} } }`, {}, key)).webhookEndpoints;
}

/** A generation that has succeeded; its webhooks are not sent yet. */
async function succeed(input: object = {}): Promise<string> {
  const { generation } = await app.create(input);
  await step(app);
  await step(app);
  return generation.id;
}

/** Moves the clock on, a step at a time, and sends what is due. */
async function pass(ms: number, stepMs = minute): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    app.clock.advance(stepMs);
    await app.webhooks.runOnce();
  }
}

async function key(callerId: string, more: Partial<NewApiKey> = {}): Promise<string> {
  const none = { role: 'CLIENT', tenant: null, expiresAt: null } as const;
  return (await keysOf(app).create({ callerId, name: callerId, ...none, ...more }, null)).secret;
}

async function auditOf(action: string) {
  const rows = await app.database.prisma.auditEvent.findMany({ where: { action } });
  return rows.map(({ callerId, detail }) => ({ callerId, detail }));
}

describe('a webhook', () => {
  test('tells of a finished generation, signed, with what the API shows', async () => {
    const { id: endpointId, secret } = await endpoint();
    const id = await succeed({ idempotencyKey: 'order-7' });
    await app.webhooks.runOnce();
    expect(receiver.received).toHaveLength(1);
    const [webhook] = receiver.received;
    const { generation } = await ask(
      `{ generation(id: "${id}") { version taskId updatedAt createdAt completedAt } }`,
    );
    expect(verify(webhook!, secret)).toEqual({
      type: 'generation.succeeded',
      timestamp: generation.updatedAt,
      data: {
        id,
        status: 'SUCCEEDED',
        version: generation.version,
        model: usualInput.model,
        taskId: generation.taskId,
        statusCode: 0,
        statusMessage: 'success',
        failure: null,
        idempotencyKey: 'order-7',
        retryOfId: null,
        kind: 'GENERATION',
        sourceId: null,
        createdAt: generation.createdAt,
        completedAt: generation.completedAt,
      },
    });
    expect(webhook!.headers['content-type']).toBe('application/json');
    expect(await onlyDelivery()).toEqual({
      id: webhook!.id,
      endpointId,
      generationId: id,
      event: 'GENERATION_SUCCEEDED',
      url: receiver.url,
      body: webhook!.bodyText,
      createdAt: generation.updatedAt,
      status: 'DELIVERED',
      nextAttemptAt: null,
      attempts: [
        {
          startedAt: app.clock.now().toISOString(),
          latencyMs: expect.any(Number),
          httpStatus: 204,
          answer: '',
          error: null,
        },
      ],
    });
  });

  test('is not genuine with another body, id, time or secret', async () => {
    const { secret } = await endpoint();
    await succeed();
    await app.webhooks.runOnce();
    const [webhook] = receiver.received;
    const forged = (more: object) => () => verify({ ...webhook!, ...more }, secret);
    const { headers, bodyText } = webhook!;
    expect(forged({})).not.toThrow();
    expect(forged({ bodyText: bodyText.replace('SUCCEEDED', 'CANCELLED') })).toThrow();
    expect(forged({ headers: { ...headers, 'webhook-id': 'another' } })).toThrow();
    expect(() => verify(webhook!, secret, new Date(webhook!.at.getTime() + hour))).toThrow();
    expect(() => verify(webhook!, `whsec_${Buffer.alloc(32).toString('base64')}`)).toThrow();
  });

  test('tells of failed, uncertain and cancelled ones, and of the start when that is wanted', async () => {
    await endpoint(`${receiver.origin}/usual`);
    await endpoint(`${receiver.origin}/start`, { events: ['GENERATION_PROCESSING'] });
    app.upstream.onSubmit(coded(1026), { fault: 'resetAfterRead' }, coded(1002));
    for (let count = 0; count < 2; count++) await app.create();
    const { id } = (await app.create()).generation;
    await ask(`mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`);
    await app.create();
    await app.webhooks.runOnce();
    const told = receiver.received.map(({ path, body }) => [
      path,
      body.type,
      body.data.failure?.kind ?? null,
    ]);
    expect(told.sort()).toEqual([
      ['/start', 'generation.processing', null],
      ['/usual', 'generation.cancelled', null],
      ['/usual', 'generation.failed', 'INPUT_FLAGGED'],
      ['/usual', 'generation.uncertain', expect.any(String)],
    ]);
    expect(
      receiver.received.find(({ body }) => body.type === 'generation.failed')!.body.data,
    ).toMatchObject({ statusCode: 1026, statusMessage: 'message of 1026' });
  });

  test('goes to each endpoint of the caller, with an id and a secret of its own', async () => {
    const other = await startReceiver();
    const { secret } = await endpoint();
    const { secret: otherSecret } = await endpoint(other.url);
    await succeed();
    await app.webhooks.runOnce();
    const [first, second] = [receiver.received[0]!, other.received[0]!];
    expect(verify(first, secret)).toEqual(verify(second, otherSecret));
    expect(first.id).not.toBe(second.id);
    expect(() => verify(first, otherSecret)).toThrow();
  });

  test('can be tried out', async () => {
    const { id, secret } = await endpoint();
    const delivery = await sendTest(id);
    const [webhook] = receiver.received;
    expect(verify(webhook!, secret)).toMatchObject({
      type: 'webhook.test',
      data: { endpointId: id },
    });
    expect(delivery).toMatchObject({ id: webhook!.id, event: 'WEBHOOK_TEST', generationId: null });
    expect(await auditOf('WEBHOOK_TESTED')).toEqual([
      { callerId: 'local', detail: { endpointId: id, deliveryId: delivery.id } },
    ]);
  });
});

describe('the address of one generation', () => {
  const create = `mutation ($input: CreateVideoGenerationInput!) {
    createVideoGeneration(input: $input) {
      generation { id webhookUrl } replayed userErrors { field code } } }`;
  const created = async (input: object) =>
    (await ask(create, { input: { ...usualInput, ...input } })).createVideoGeneration;

  test('takes the place of that of the endpoint with the same origin, whose secret signs', async () => {
    const other = await startReceiver();
    await endpoint(other.url);
    const { id: endpointId, secret } = await endpoint();
    const webhookUrl = `${receiver.origin}/orders/7?token=abc`;
    const id = await succeed({ webhookUrl });
    await app.webhooks.runOnce();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/orders/7?token=abc']);
    expect(verify(receiver.received[0]!, secret)).toMatchObject({ data: { id } });
    expect(other.received.map(({ path }) => path)).toEqual(['/hooks']);
    const { nodes } = await deliveries(`filter: { endpointId: ["${endpointId}"] }`);
    expect(nodes).toMatchObject([{ url: webhookUrl, status: 'DELIVERED' }]);
    expect(JSON.stringify(app.upstream.submits[0]!.body)).not.toContain('orders');
  });

  test('needs an endpoint of the caller at its origin', async () => {
    const code = async (webhookUrl: string) => {
      const { userErrors } = await created({ webhookUrl });
      expect(userErrors[0]?.field).toEqual(['webhookUrl']);
      return userErrors[0]?.code;
    };
    expect(await code(receiver.url)).toBe('WEBHOOK_URL_NOT_REGISTERED');
    expect(await code('https://user:pass@example.com/')).toBe('WEBHOOK_URL_INVALID');
    const { id } = await endpoint();
    expect((await created({ webhookUrl: receiver.url })).userErrors).toEqual([]);
    await change('disableWebhookEndpoint', id);
    expect(await code(receiver.url)).toBe('WEBHOOK_URL_NOT_REGISTERED');
    const { validateVideoGeneration } = await ask(
      `query ($input: CreateVideoGenerationInput!) {
        validateVideoGeneration(input: $input) { valid userErrors { code } } }`,
      { input: { ...usualInput, webhookUrl: receiver.url } },
    );
    expect(validateVideoGeneration).toEqual({
      valid: false,
      userErrors: [{ code: 'WEBHOOK_URL_NOT_REGISTERED' }],
    });
  });

  test('is part of the request, for repetitions and for retries', async () => {
    await endpoint();
    app.upstream.onSubmit(coded(1026));
    const webhookUrl = `${receiver.origin}/a`;
    const first = await created({ idempotencyKey: 'k', webhookUrl });
    expect((await created({ idempotencyKey: 'k', webhookUrl })).replayed).toBe(true);
    for (const other of [`${receiver.origin}/b`, null]) {
      const { userErrors } = await created({ idempotencyKey: 'k', webhookUrl: other });
      expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    }
    const { retryVideoGeneration } = await ask(
      `mutation { retryVideoGeneration(id: "${first.generation.id}") { generation { webhookUrl } } }`,
    );
    expect(retryVideoGeneration.generation.webhookUrl).toBe(webhookUrl);
  });
});

describe('an endpoint', () => {
  test('is refused with an address that is not allowed, twice, and beyond ten', async () => {
    const code = (url: string, more: object = {}) =>
      refusal(createEndpoint, { input: { url, ...more } });
    expect(await code('ftp://example.com')).toBe('BAD_USER_INPUT');
    expect(await code(receiver.url, { events: [] })).toBe('BAD_USER_INPUT');
    expect(await code(receiver.url, { description: 'a'.repeat(201) })).toBe('BAD_USER_INPUT');
    const urls = Array.from({ length: 12 }, (_, index) => `${receiver.origin}/${index}`);
    const codes = await Promise.all(urls.map((url) => code(url)));
    expect(codes.filter((refused) => refused === undefined)).toHaveLength(10);
    const all = await endpoints();
    expect(await code(all[0].url)).toBe('BAD_USER_INPUT');
    await ask(`mutation { deleteWebhookEndpoint(id: "${all[0].id}") }`);
    expect(await code(all[0].url)).toBeUndefined();
  });

  test('shows its secret once, and nowhere else', async () => {
    const { id, secret } = await endpoint(`${receiver.url}?key=path-secret`);
    const { secret: rotated } = (
      await ask(`mutation { rotateWebhookSecret(id: "${id}") { secret } }`)
    ).rotateWebhookSecret;
    await sendTest(id);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const events = await app.database.prisma.auditEvent.findMany();
    const told = JSON.stringify([app.logLines, events]);
    for (const hidden of [secret, rotated, 'path-secret']) {
      expect(told).not.toContain(hidden.replace('whsec_', ''));
    }
    expect(JSON.stringify([await endpoints(), await deliveries()])).not.toContain(
      secret.replace('whsec_', ''),
    );
    const { data } = await app.graphql(`{ __type(name: "WebhookEndpoint") { fields { name } } }`);
    expect(data.__type.fields.map(({ name }: { name: string }) => name)).not.toContain('secret');
  });

  test('has both secrets sign while they overlap', async () => {
    const { id, secret: old } = await endpoint();
    const { rotateWebhookSecret } = await ask(
      `mutation { rotateWebhookSecret(id: "${id}", overlapHours: 1) {
        secret webhookEndpoint { previousSecretUntil } } }`,
    );
    const { secret } = rotateWebhookSecret;
    expect(rotateWebhookSecret.webhookEndpoint.previousSecretUntil).toBe(
      new Date(app.clock.now().getTime() + hour).toISOString(),
    );
    await sendTest(id);
    app.clock.advance(hour);
    await sendTest(id);
    const [during, after] = receiver.received;
    expect(() => verify(during!, old)).not.toThrow();
    expect(() => verify(during!, secret)).not.toThrow();
    expect(() => verify(after!, old)).toThrow();
    expect(() => verify(after!, secret)).not.toThrow();
  });

  test('gets nothing while it is disabled', async () => {
    const { id } = await endpoint();
    receiver.answer = answer(500);
    await succeed();
    await app.webhooks.runOnce();
    expect(await change('disableWebhookEndpoint', id)).toMatchObject({
      disabledReason: 'BY_CALLER',
      disabledAt: app.clock.now().toISOString(),
    });
    expect(await onlyDelivery()).toMatchObject({ status: 'DEAD', nextAttemptAt: null });
    await succeed();
    await pass(2 * hour);
    expect(receiver.received).toHaveLength(1);
    const test = `mutation { testWebhookEndpoint(id: "${id}") { id } }`;
    expect(await refusal(test)).toBe('BAD_USER_INPUT');
    expect(await refusal(redeliver, { id: (await onlyDelivery()).id })).toBe('BAD_USER_INPUT');
    receiver.answer = answer(204);
    expect(await change('enableWebhookEndpoint', id)).toMatchObject({
      disabledReason: null,
      disabledAt: null,
      failingSince: null,
    });
    await succeed();
    await app.webhooks.runOnce();
    expect(receiver.received).toHaveLength(2);
  });

  test('is gone with its deliveries when it is deleted', async () => {
    const { id } = await endpoint();
    await sendTest(id);
    await ask(`mutation { deleteWebhookEndpoint(id: "${id}") }`);
    expect(await endpoints()).toEqual([]);
    expect((await deliveries()).nodes).toEqual([]);
    expect(await app.database.prisma.webhookAttempt.count()).toBe(0);
    expect(await refusal(`mutation { deleteWebhookEndpoint(id: "${id}") }`)).toBe('NOT_FOUND');
  });

  // The embedded database has one connection, and so nothing to wait for.
  (globalThis.databaseUrl === undefined ? test.skip : test)(
    'is not waited for, while it is being deleted, by what becomes of its deliveries',
    async () => {
      const { id } = await endpoint();
      receiver.answer = answer(500);
      await sendTest(id);
      const deleting = await app.database.pool.connect();
      receiver.answer = async (response) => {
        await deleting.query('BEGIN');
        await deleting.query('SELECT FROM webhook_endpoint WHERE id = $1 FOR UPDATE', [id]);
        response.writeHead(500).end();
      };
      try {
        await sendTest(id);
      } finally {
        await deleting.query('ROLLBACK');
        deleting.release();
      }
      const { nodes } = await deliveries();
      const attempt = expect.objectContaining({ httpStatus: 500 });
      expect(nodes).toEqual(Array(2).fill(expect.objectContaining({ attempts: [attempt] })));
    },
  );

  test('has each change in the audit log, with who made it', async () => {
    const { id } = await endpoint();
    await ask(`mutation { rotateWebhookSecret(id: "${id}") { secret } }`);
    await change('disableWebhookEndpoint', id);
    await change('disableWebhookEndpoint', id);
    await change('enableWebhookEndpoint', id);
    const sent = await sendTest(id);
    await ask(redeliver, { id: sent.id });
    await app.webhooks.runOnce();
    await ask(`mutation { deleteWebhookEndpoint(id: "${id}") }`);
    const events = await app.database.prisma.auditEvent.findMany({ orderBy: { id: 'asc' } });
    expect(events.map(({ action }) => action)).toEqual([
      'WEBHOOK_ENDPOINT_CREATED',
      'WEBHOOK_SECRET_ROTATED',
      'WEBHOOK_ENDPOINT_DISABLED',
      'WEBHOOK_ENDPOINT_ENABLED',
      'WEBHOOK_TESTED',
      'WEBHOOK_REDELIVERED',
      'WEBHOOK_ENDPOINT_DELETED',
    ]);
    for (const { callerId, detail } of events) {
      expect(callerId).toBe('local');
      expect(detail).toMatchObject({ endpointId: id });
    }
    const { verifyAuditLog } = await ask('{ verifyAuditLog { ok } }');
    expect(verifyAuditLog.ok).toBe(true);
  });
});

describe('who may see and do what', () => {
  test('another caller, of the same tenant too, sees and changes nothing', async () => {
    const a = await key('a', { tenant: 'acme' });
    const b = await key('b', { tenant: 'acme' });
    const { id } = await endpoint(receiver.url, {}, a);
    const { testWebhookEndpoint } = await ask(
      `mutation { testWebhookEndpoint(id: "${id}") { id } }`,
      {},
      a,
    );
    await app.webhooks.runOnce();
    expect((await deliveries('first: 1', a)).nodes).toHaveLength(1);
    expect(await endpoints(b)).toEqual([]);
    expect((await deliveries(`filter: { endpointId: ["${id}"] }`, b)).nodes).toEqual([]);
    for (const mutation of [
      `rotateWebhookSecret(id: "${id}") { secret }`,
      `testWebhookEndpoint(id: "${id}") { id }`,
      `disableWebhookEndpoint(id: "${id}") { id }`,
      `enableWebhookEndpoint(id: "${id}") { id }`,
      `deleteWebhookEndpoint(id: "${id}")`,
      `redeliverWebhook(id: "${testWebhookEndpoint.id}") { id }`,
    ]) {
      expect(await refusal(`mutation { ${mutation} }`, {}, b)).toBe('NOT_FOUND');
    }
    const input = { ...usualInput, webhookUrl: receiver.url };
    const create = `mutation ($input: CreateVideoGenerationInput!) {
      createVideoGeneration(input: $input) { userErrors { code } } }`;
    const { createVideoGeneration } = await ask(create, { input }, b);
    expect(createVideoGeneration.userErrors).toEqual([{ code: 'WEBHOOK_URL_NOT_REGISTERED' }]);
  });

  test('a generation is told to its own caller only', async () => {
    const a = await key('a', { tenant: 'acme' });
    const b = await key('b', { tenant: 'acme' });
    const other = await startReceiver();
    await endpoint(receiver.url, {}, a);
    await endpoint(other.url, {}, b);
    app.upstream.onSubmit(coded(1026));
    await ask(
      `mutation ($input: CreateVideoGenerationInput!) {
        createVideoGeneration(input: $input) { generation { id } } }`,
      { input: usualInput },
      a,
    );
    await app.webhooks.runOnce();
    expect([receiver.received.length, other.received.length]).toEqual([1, 0]);
  });

  test('auditors read everything, on record, and change nothing; admins do both', async () => {
    const a = await key('a');
    const auditor = await key('auditor', { role: 'AUDITOR' });
    const admin = await key('admin', { role: 'ADMIN' });
    const { id } = await endpoint(receiver.url, {}, a);
    expect(await endpoints(auditor)).toMatchObject([{ id, callerId: 'a' }]);
    expect((await deliveries('first: 1', auditor)).nodes).toEqual([]);
    const disable = `mutation { disableWebhookEndpoint(id: "${id}") { disabledReason } }`;
    expect(await refusal(disable, {}, auditor)).toBe('FORBIDDEN');
    expect(await refusal(disable, {}, admin)).toBeUndefined();
    expect(await auditOf('WEBHOOK_ENDPOINT_DISABLED')).toMatchObject([
      { callerId: 'admin', detail: { endpointId: id, owner: 'a' } },
    ]);
    expect((await auditOf('WEBHOOKS_LISTED')).map(({ callerId }) => callerId)).toEqual([
      'auditor',
      'auditor',
    ]);
    expect(await refusal('{ webhookEndpoints { id } }', {}, 'rg_nobody')).toBe('UNAUTHENTICATED');
  });
});

describe('a delivery that fails', () => {
  test('arrives once when its receiver comes back after an hour', async () => {
    const { secret } = await endpoint();
    receiver.answer = (response) => void response.destroy();
    const ids = [await succeed(), await succeed(), await succeed()];
    await app.webhooks.runOnce();
    await pass(hour);
    const tried = receiver.received.splice(0);
    expect(new Set(tried.map(({ id }) => id)).size).toBe(3);
    const [failing] = await endpoints();
    expect(failing.failingSince).not.toBeNull();
    receiver.answer = answer(200);
    await pass(4 * hour, 10 * minute);
    expect(receiver.received.map(({ body }) => body.data.id).sort()).toEqual(ids.sort());
    const bodies = new Map(tried.map(({ id, bodyText }) => [id, bodyText]));
    for (const webhook of receiver.received) {
      expect(bodies.get(webhook.id)).toBe(webhook.bodyText);
      expect(() => verify(webhook, secret)).not.toThrow();
    }
    const { nodes } = await deliveries();
    expect(nodes.map(({ status }: { status: string }) => status)).toEqual(
      Array(3).fill('DELIVERED'),
    );
    const [latest, , oldest] = nodes[0].attempts;
    expect(latest).toMatchObject({ httpStatus: 200, error: null });
    expect(oldest).toMatchObject({
      httpStatus: null,
      error: expect.stringContaining('No answer: '),
    });
    expect((await endpoints())[0].failingSince).toBeNull();
  });

  test('is dead after ten attempts, and can be sent again with the same id', async () => {
    const { id: endpointId } = await endpoint();
    receiver.answer = answer(500, {}, 'out of order');
    const id = await succeed();
    await pass(60 * hour, 10 * minute);
    expect(receiver.received).toHaveLength(10);
    const dead = await onlyDelivery();
    expect(dead).toMatchObject({ status: 'DEAD', nextAttemptAt: null });
    expect(dead.attempts).toHaveLength(10);
    expect(dead.attempts[0]).toMatchObject({ httpStatus: 500, answer: 'out of order' });
    expect((await endpoints())[0].disabledAt).toBeNull();
    receiver.answer = answer(204);
    const { redeliverWebhook } = await ask(redeliver, { id: dead.id });
    expect(redeliverWebhook.id).toBe(dead.id);
    await app.webhooks.runOnce();
    expect(new Set(receiver.received.map((webhook) => webhook.id))).toEqual(new Set([dead.id]));
    expect(await onlyDelivery()).toMatchObject({ status: 'DELIVERED' });
    expect(await auditOf('WEBHOOK_REDELIVERED')).toEqual([
      { callerId: 'local', detail: { endpointId, deliveryId: dead.id, generationId: id } },
    ]);
  });

  test('waits between attempts as the schedule says, and longer when the receiver asks', async () => {
    const { id } = await endpoint();
    const waits = async () => {
      const { nextAttemptAt } = await onlyDelivery();
      return (Date.parse(nextAttemptAt) - app.clock.now().getTime()) / 1_000;
    };
    receiver.answer = answer(400);
    await sendTest(id);
    expect(await waits()).toBeGreaterThanOrEqual(5);
    expect(await waits()).toBeLessThanOrEqual(6);
    for (const status of [429, 503]) {
      receiver.answer = answer(status, { 'retry-after': '7200' });
      app.clock.advance(2 * hour);
      await app.webhooks.runOnce();
      expect(await waits()).toBe(7200);
    }
    // Only these two statuses ask for patience.
    receiver.answer = answer(500, { 'retry-after': '86400' });
    app.clock.advance(2 * hour);
    await app.webhooks.runOnce();
    expect(await waits()).toBeLessThanOrEqual(720);
  });

  test('with 410 disables its endpoint', async () => {
    const { id } = await endpoint();
    receiver.answer = answer(410);
    await succeed();
    await succeed();
    await app.webhooks.runOnce();
    expect(await endpoints()).toMatchObject([{ disabledReason: 'GONE' }]);
    const { nodes } = await deliveries('filter: { status: [DEAD] }');
    expect(nodes).toHaveLength(2);
    expect(await auditOf('WEBHOOK_ENDPOINT_DISABLED')).toMatchObject([
      { callerId: null, detail: { endpointId: id, reason: 'GONE' } },
    ]);
  });

  test('for five days disables its endpoint', async () => {
    await endpoint();
    receiver.answer = answer(500);
    await succeed();
    await pass(4 * 24 * hour, 12 * hour);
    await succeed();
    await pass(1.5 * 24 * hour, 12 * hour);
    expect(await endpoints()).toMatchObject([{ disabledReason: 'FAILING' }]);
  });

  test('does not follow a redirect', async () => {
    const other = await startReceiver();
    const { id } = await endpoint();
    receiver.answer = answer(307, { location: other.url });
    await sendTest(id);
    expect(other.received).toEqual([]);
    expect(await onlyDelivery()).toMatchObject({
      status: 'PENDING',
      attempts: [{ httpStatus: 307 }],
    });
  });

  test('keeps the start of a huge answer only', async () => {
    const { id } = await endpoint();
    receiver.answer = async (response) => {
      response.writeHead(500);
      // Without an end: it stops when the other side has had enough.
      while (!response.destroyed) {
        response.write('\0x'.repeat(32 * 1024));
        await new Promise((done) => setImmediate(done));
      }
    };
    await sendTest(id);
    const [attempt] = (await onlyDelivery()).attempts;
    expect(attempt.httpStatus).toBe(500);
    expect(attempt.answer).toBe('\uFFFDx'.repeat(512));
  });

  test('says why there was no answer, without telling more', async () => {
    const url = await closedPortUrl();
    await endpoint(`${url}/hooks`);
    const { webhookEndpoints } = await ask('{ webhookEndpoints { id } }');
    await sendTest(webhookEndpoints[0].id);
    expect((await onlyDelivery()).attempts).toMatchObject([
      { httpStatus: null, answer: null, error: 'No answer: connection refused.' },
    ]);
    // The log has where it went.
    const line = app.logLines.find((logged) => logged.includes('webhook sent'))!;
    expect(line).toContain(new URL(url).host);
  });
});

describe('a slow receiver', () => {
  test('runs into the time limit', async () => {
    await app.stop();
    running.splice(running.indexOf(app), 1);
    app = await start({ env: { ...allowed, WEBHOOK_TIMEOUT_MS: '200' } });
    const { id } = await endpoint();
    receiver.answer = () => undefined;
    await sendTest(id);
    receiver.answer = (response) => void response.writeHead(500).write('so far');
    app.clock.advance(10_000);
    await app.webhooks.runOnce();
    expect((await onlyDelivery()).attempts).toMatchObject([
      { httpStatus: 500, answer: 'so far', error: null },
      { httpStatus: null, error: 'No answer within 200 ms.' },
    ]);
  });

  // It answers only when the other has got everything: were the other behind it, both would time out.
  test('does not delay others, and gets four at a time', async () => {
    const quick = await startReceiver();
    await endpoint();
    await endpoint(quick.url);
    app.upstream.onSubmit(() => coded(1026));
    await Promise.all(Array.from({ length: 20 }, () => app.create()));
    receiver.answer = async (response) => {
      await quick.gets(20);
      response.writeHead(204).end();
    };
    await app.webhooks.runOnce();
    const { nodes } = await deliveries();
    expect(nodes).toHaveLength(40);
    for (const { status, attempts } of nodes) {
      expect(status).toBe('DELIVERED');
      expect(attempts).toHaveLength(1);
    }
    expect(receiver.mostOpen).toBe(4);
  });

  test('that fails gets one at a time', async () => {
    await endpoint();
    app.upstream.onSubmit(() => coded(1026));
    receiver.answer = answer(500);
    await app.create();
    await app.webhooks.runOnce();
    await Promise.all(Array.from({ length: 8 }, () => app.create()));
    receiver.mostOpen = 0;
    await app.webhooks.runOnce();
    expect(receiver.received).toHaveLength(9);
    expect(receiver.mostOpen).toBe(1);
  });

  test('is waited for when the service stops', async () => {
    const { id } = await endpoint();
    let answerNow!: () => void;
    receiver.answer = async (response) => {
      await new Promise<void>((done) => (answerNow = done));
      response.writeHead(204).end();
    };
    await ask(`mutation { testWebhookEndpoint(id: "${id}") { id } }`);
    await receiver.gets(1);
    const { prisma } = app.database;
    running.splice(running.indexOf(app), 1);
    const stopped = app.stop();
    answerNow();
    await stopped;
    expect(await prisma.webhookDelivery.findMany()).toMatchObject([
      { status: 'DELIVERED', leaseToken: null },
    ]);
  });
});

describe('whatever happens to the servers', () => {
  test('a webhook whose outcome was lost is sent again with the same id', async () => {
    const { secret } = await endpoint();
    const { prisma } = app.database;
    // As if this server had died: nobody has the lease token that the row has now.
    receiver.answer = async (response) => {
      await prisma.$executeRaw`UPDATE webhook_delivery SET lease_token = gen_random_uuid()`;
      response.writeHead(204).end();
    };
    await succeed();
    await app.webhooks.runOnce();
    expect(await onlyDelivery()).toMatchObject({ status: 'PENDING', attempts: [] });
    receiver.answer = answer(204);
    await pass(minute, 15_000);
    expect(await onlyDelivery()).toMatchObject({ status: 'DELIVERED' });
    const [first, second, ...more] = receiver.received;
    expect(more).toEqual([]);
    expect(second!.id).toBe(first!.id);
    expect(second!.bodyText).toBe(first!.bodyText);
    expect(() => verify(second!, secret)).not.toThrow();
  });

  test('an event is stored in the transaction of the change', async () => {
    await endpoint();
    await succeed();
    const { prisma } = app.database;
    const transactions = await prisma.$queryRaw`
      SELECT xmin::text FROM webhook_delivery
      INTERSECT SELECT xmin::text FROM audit_event WHERE action = 'GENERATION_SUCCEEDED'`;
    expect(transactions).toHaveLength(1);
  });

  test('two servers send each webhook once', async () => {
    const { secret } = await endpoint();
    const other = await start({
      env: allowed,
      fake: app.upstream,
      database: await secondConnection(),
    });
    other.clock.advance(app.clock.now().getTime() - other.clock.now().getTime());
    app.upstream.onSubmit(() => coded(1026));
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? app : other).create()),
    );
    await Promise.all([app.webhooks.runOnce(), other.webhooks.runOnce()]);
    expect(receiver.received).toHaveLength(30);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(30);
    expect(new Set(receiver.received.map(({ body }) => body.data.id)).size).toBe(30);
    for (const webhook of receiver.received) {
      expect(() => verify(webhook, secret)).not.toThrow();
    }
    const sentBy = (server: TestApp) =>
      server.logLines.filter((line) => line.includes('webhook sent')).length;
    expect(sentBy(app) + sentBy(other)).toBe(30);
  });
});

/** On a server with a pool and a listener of its own, as another process has them. */
async function secondConnection(): Promise<TestDatabase> {
  const { url } = app.database;
  return url === undefined
    ? { ...app.database, close: () => Promise.resolve() }
    : await openDatabase({ url, dataDir: '', logger: silent });
}

describe('the list of deliveries', () => {
  test('is read page by page, newest first, and filtered', async () => {
    const { id: one } = await endpoint(`${receiver.origin}/1`);
    const { id: two } = await endpoint(`${receiver.origin}/2`);
    const generationId = await succeed();
    for (let count = 0; count < 4; count++) {
      app.clock.advance(1_000);
      await sendTest(one);
    }
    const ids = async (args: string) =>
      (await deliveries(args)).nodes.map(({ id }: { id: string }) => id);
    const all = await ids('first: 100');
    expect(all).toHaveLength(6);
    expect(all).toEqual([...all].sort().reverse());
    const { nodes, pageInfo } = await deliveries('first: 4');
    expect(nodes.map(({ id }: { id: string }) => id)).toEqual(all.slice(0, 4));
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(await ids(`first: 4, after: "${pageInfo.endCursor}"`)).toEqual(all.slice(4));
    expect(await ids(`last: 2, before: "${pageInfo.endCursor}"`)).toEqual(all.slice(1, 3));
    expect(await ids(`filter: { endpointId: ["${two}"] }`)).toHaveLength(1);
    expect(await ids(`filter: { generationId: ["${generationId}"] }`)).toHaveLength(2);
    expect(await ids('filter: { status: [PENDING, DEAD] }')).toEqual([]);
    expect(await ids('filter: { endpointId: ["nonsense"] }')).toEqual([]);
    expect(await refusal('{ webhookDeliveries(after: "x") { nodes { id } } }')).toBe('BAD_CURSOR');
    expect(await refusal('{ webhookDeliveries(first: 101) { nodes { id } } }')).toBe(
      'BAD_PAGE_SIZE',
    );
  });

  test('ends after 30 days', async () => {
    const { id } = await endpoint();
    await sendTest(id);
    app.clock.advance(29 * 24 * hour);
    const { id: kept } = await sendTest(id);
    app.clock.advance(2 * 24 * hour);
    await app.webhooks.prune();
    expect((await onlyDelivery()).id).toBe(kept);
  });
});

describe('outside development', () => {
  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '10.0.0.1',
    '100.64.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
  ])('nothing is sent to a name that stands for %s', async (address) => {
    const asked: string[] = [];
    app = await start({
      fake: app.upstream,
      resolveHost: (hostname) => {
        asked.push(hostname);
        return Promise.resolve([
          { address: '93.184.216.34', family: 4 },
          { address, family: address.includes(':') ? 6 : 4 },
        ]);
      },
    });
    const { port } = new URL(receiver.url);
    const { id } = await endpoint(`https://hooks.example.com:${port}/`);
    await sendTest(id);
    expect(asked).toEqual(['hooks.example.com']);
    expect((await onlyDelivery()).attempts).toMatchObject([
      { httpStatus: null, error: 'The host has an address that is not public.' },
    ]);
    expect(receiver.open).toBe(0);
  });

  test('private addresses and http are refused, also when they were allowed before', async () => {
    const { id } = await endpoint();
    app = await start({ fake: app.upstream, database: await secondConnection() });
    expect(await refusal(createEndpoint, { input: { url: `${receiver.origin}/2` } })).toBe(
      'BAD_USER_INPUT',
    );
    await sendTest(id);
    expect(receiver.received).toEqual([]);
    expect((await onlyDelivery()).attempts).toMatchObject([
      { error: 'The address is not allowed.' },
    ]);
  });
});

test('a receiver in the documentation is one that works', async () => {
  const { id, secret } = await endpoint();
  const seen: unknown[] = [];
  receiver.answer = (response, { bodyText, headers }) => {
    seen.push(new Webhook(secret).verify(bodyText, headers as Record<string, string>));
    response.writeHead(204).end();
  };
  await sendTest(id);
  expect(seen).toMatchObject([{ type: 'webhook.test' }]);
});
