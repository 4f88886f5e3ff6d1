import { describe, expect, test } from '@jest/globals';
import { usualInput } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { answer, verify } from '../../support/webhook-receiver.ts';
import {
  app,
  auditOf,
  ask,
  change,
  createEndpoint,
  deliveries,
  endpoint,
  endpoints,
  hour,
  key,
  onlyDelivery,
  pass,
  receiver,
  redeliver,
  refusal,
  sendTest,
  startReceiver,
  succeed,
} from '../../support/webhooks.ts';

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
