import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type TestApp } from '../../support/app.ts';
import { closedPortUrl, coded } from '../../support/fake-upstream.ts';
import { answer, verify } from '../../support/webhook-receiver.ts';
import {
  allowed,
  app,
  auditOf,
  ask,
  createEndpoint,
  deliveries,
  endpoint,
  endpoints,
  goOnWith,
  hour,
  minute,
  onlyDelivery,
  pass,
  receiver,
  redeliver,
  refusal,
  running,
  secondConnection,
  sendTest,
  start,
  startReceiver,
  succeed,
} from '../../support/webhooks.ts';

describe('a delivery that fails', () => {
  test('arrives once when its receiver comes back after an hour', async () => {
    const { secret } = await endpoint();
    receiver.answer = (response) => void response.destroy();
    const ids = [await succeed(), await succeed(), await succeed()];
    await app.webhooks.runOnce();
    await pass(hour, 10 * minute);
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
    await pass(72 * hour, hour);
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
    await goOnWith({ env: { ...allowed, WEBHOOK_TIMEOUT_MS: '200' } });
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
  const addresses = [
    '127.0.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '10.0.0.1',
    '100.64.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
  ];
  // What an address is has nothing to do with the database.
  test.each(globalThis.isMainDatabase ? addresses : addresses.slice(0, 1))(
    'nothing is sent to a name that stands for %s',
    async (address) => {
      const asked: string[] = [];
      await goOnWith({
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
    },
  );

  test('private addresses and http are refused, also when they were allowed before', async () => {
    const { id } = await endpoint();
    await goOnWith({ fake: app.upstream, database: await secondConnection() });
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
