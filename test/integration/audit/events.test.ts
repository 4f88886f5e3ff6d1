import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../../src/graphql/caller.ts';
import { keysOf, step, usualInput } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { app, eventsOf, prisma } from '../../support/tampering.ts';

// What is written, of whom, and how it is shown to auditors.

async function key(callerId: string, role: Role = 'CLIENT'): Promise<string> {
  const { secret } = await keysOf(app).create(
    { callerId, name: callerId, role, tenant: null, expiresAt: null },
    null,
  );
  return secret;
}

async function as(secret: string, query: string, headers: Record<string, string> = {}) {
  return await app.graphql(query, {}, { authorization: `Bearer ${secret}`, ...headers });
}

const create = `mutation { createVideoGeneration(input: { model: "${usualInput.model}", prompt: "a boat" }) {
  generation { id } userErrors { code } } }`;

async function createdBy(secret: string, headers: Record<string, string> = {}): Promise<string> {
  const { data } = await as(secret, create, headers);
  return data.createVideoGeneration.generation.id;
}

describe('an event', () => {
  test('tells who caused it, and from where', async () => {
    const secret = await key('web-shop');
    const headers = { 'user-agent': 'shop/1.0', 'x-request-id': 'order-17' };
    const [created, sent] = await eventsOf(await createdBy(secret, headers));
    expect(created).toMatchObject({
      action: 'GENERATION_CREATED',
      callerId: 'web-shop',
      callerKind: 'API_KEY',
      ip: expect.stringMatching(/127\.0\.0\.1$/),
      userAgent: 'shop/1.0',
      requestId: 'order-17',
    });
    expect(sent).toMatchObject({
      action: 'SUBMISSION_SENT',
      callerId: null,
      callerKind: null,
      ip: null,
      userAgent: null,
      requestId: null,
    });
  });

  test('is there for every move, with the admin who decided it', async () => {
    const [owner, admin] = [await key('owner'), await key('root', 'ADMIN')];
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const id = await createdBy(owner);
    await as(
      admin,
      `mutation { resubmitVideoGeneration(id: "${id}", version: 3) { userErrors { code } } }`,
    );
    // No clock may jump while it is being sent.
    await app.worker.runOnce();
    for (let count = 0; count < 3; count++) await step(app);
    const events = await eventsOf(id);
    const moves = events.filter(({ toStatus }) => toStatus);
    expect(moves.map(({ fromStatus, toStatus }) => [fromStatus, toStatus])).toEqual([
      [null, 'QUEUED'],
      ['QUEUED', 'SUBMITTING'],
      ['SUBMITTING', 'UNCERTAIN'],
      ['UNCERTAIN', 'QUEUED'],
      ['QUEUED', 'SUBMITTING'],
      ['SUBMITTING', 'PROCESSING'],
      ['PROCESSING', 'SUCCEEDED'],
    ]);
    expect(moves[3]).toMatchObject({ action: 'RESUBMISSION_ORDERED', callerId: 'root' });

    // The owner sees who decided, but not from where.
    const query = `{ generation(id: "${id}") { events { action callerId callerKind ip userAgent fromStatus toStatus generationId detail } } }`;
    const seen = (await as(owner, query)).data.generation.events;
    expect(seen[0]).toMatchObject({ callerId: 'owner', ip: expect.any(String) });
    const decided = seen.find(
      ({ action }: { action: string }) => action === 'RESUBMISSION_ORDERED',
    );
    expect(decided).toEqual({
      action: 'RESUBMISSION_ORDERED',
      callerId: 'root',
      callerKind: 'API_KEY',
      ip: null,
      userAgent: null,
      fromStatus: 'UNCERTAIN',
      toStatus: 'QUEUED',
      generationId: id,
      detail: null,
    });
  });

  test('is written for what is done to API keys, without the keys', async () => {
    const admin = await key('root', 'ADMIN');
    const made = (
      await as(
        admin,
        'mutation { createApiKey(input: { callerId: "shop", role: CLIENT }) { secret apiKey { id } } }',
      )
    ).data.createApiKey;
    const { id } = made.apiKey;
    const rotated = (await as(admin, `mutation { rotateApiKey(id: "${id}") { secret } }`)).data
      .rotateApiKey;
    for (let count = 0; count < 2; count++) {
      await as(admin, `mutation { revokeApiKey(id: "${id}") { id } }`);
    }
    const events = await eventsOf(null);
    expect(events.map(({ action, callerId }) => [action, callerId])).toEqual([
      ['API_KEY_CREATED', null],
      ['API_KEY_CREATED', 'root'],
      ['API_KEY_ROTATED', 'root'],
      ['API_KEY_REVOKED', 'root'],
    ]);
    expect(events[0]!.detail).toMatchObject({ origin: 'command line', role: 'ADMIN' });
    expect(events[2]!.detail).toMatchObject({ keyOf: 'shop', oldKeyId: id });
    for (const secret of [admin, made.secret, rotated.secret]) {
      expect(JSON.stringify(events)).not.toContain(secret);
    }
  });

  test('is written for refused sign-ins, once a minute for a network, and once for the rest', async () => {
    await key('root', 'ADMIN');
    const secret = 'rg_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    for (let count = 0; count < 5; count++) {
      await as(secret, '{ me { callerId } }', { 'user-agent': 'prober' });
    }
    app.clock.advance(61_000);
    await as(secret, '{ me { callerId } }', { 'user-agent': 'prober' });
    // Stores what it has of them.
    await app.stop();
    const refused = (await eventsOf(null)).filter(({ action }) => action === 'SIGN_IN_REFUSED');
    expect(refused).toHaveLength(3);
    // In any order: nobody waits for one that is being written.
    const single = {
      callerId: null,
      ip: expect.stringMatching(/127\.0\.0\.1$/),
      userAgent: 'prober',
      detail: { keyPrefix: 'rg_00000000' },
    };
    expect(refused.filter(({ ip }) => ip !== null)).toMatchObject([single, single]);
    const summed = refused.filter(({ ip }) => ip === null);
    expect(summed).toMatchObject([{ detail: { count: 4, networks: 1 } }]);
  });

  test('is written when somebody reads by role what is not his own', async () => {
    const [owner, auditor] = [await key('owner'), await key('auditor', 'AUDITOR')];
    const id = await createdBy(owner);
    await as(owner, `{ generation(id: "${id}") { id } generations { totalCount } }`);
    await as(auditor, `{ a: generation(id: "${id}") { id } b: generation(id: "${id}") { id } }`);
    await as(auditor, '{ generations(filter: { promptContains: "secret" }) { totalCount } }');
    const events = (await eventsOf(null)).filter(({ callerId }) => callerId);
    expect(events).toMatchObject([
      {
        action: 'FOREIGN_GENERATION_READ',
        callerId: 'auditor',
        objectId: id,
        detail: { owner: 'owner' },
      },
      {
        action: 'GENERATIONS_LISTED',
        callerId: 'auditor',
        detail: { filter: '{"promptContains":"[text]"}' },
      },
    ]);
  });
});

describe('the list of events', () => {
  const list = (args: string) =>
    `{ auditEvents${args} { nodes { id action generationId callerId upstreamCode occurredAt } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }`;

  test('is not for clients', async () => {
    const answer = await as(await key('client'), list(''));
    expect(answer.errors![0].extensions.code).toBe('FORBIDDEN');
  });

  test('is filtered by caller, action, generation, time, code and trace', async () => {
    const [a, b, auditor] = [await key('a'), await key('b'), await key('auditor', 'AUDITOR')];
    const first = await createdBy(a);
    app.clock.advance(60_000);
    const noon = app.clock.now().toISOString();
    app.upstream.onSubmit(coded(1026));
    const second = await createdBy(b);
    await app.worker.runOnce();
    const found = async (filter: string) => {
      const answer = await as(auditor, list(`(direction: ASC, filter: { ${filter} })`));
      expect(answer.errors).toBeUndefined();
      return answer.data.auditEvents.nodes;
    };
    const actions = async (filter: string) =>
      (await found(filter)).map(({ action }: { action: string }) => action);
    expect(await actions('callerId: ["a"]')).toEqual(['GENERATION_CREATED']);
    expect(await actions('callerId: ["a", "b", "b"]')).toHaveLength(2);
    expect(await actions('action: [API_KEY_CREATED]')).toHaveLength(3);
    expect(await actions('action: [SUBMISSION_REFUSED, SUBMISSION_ACCEPTED]')).toEqual([
      'SUBMISSION_ACCEPTED',
      'SUBMISSION_REFUSED',
    ]);
    expect(await actions(`generationId: "${first}"`)).toEqual([
      'GENERATION_CREATED',
      'SUBMISSION_SENT',
      'SUBMISSION_ACCEPTED',
      'TASK_STATUS_CHANGED',
    ]);
    expect(await actions('generationId: "nonsense"')).toEqual([]);
    expect(await found('upstreamCode: [1026]')).toMatchObject([{ generationId: second }]);
    expect(await found(`occurredAt: { from: "${noon}" }`)).toHaveLength(4);
    expect(await found(`occurredAt: { to: "${noon}" }`)).toHaveLength(6);
    const { traceId } = await prisma.auditEvent.findFirstOrThrow({
      where: { generationId: second, traceId: { not: null } },
    });
    expect(await found(`traceId: ["${traceId}"]`)).toMatchObject([{ generationId: second }]);
  });

  test('has pages in both directions, newest first', async () => {
    const auditor = await key('auditor', 'AUDITOR');
    for (let count = 0; count < 6; count++) await key(`client-${count}`);
    const all = (await eventsOf(null)).map(({ id }) => id).reverse();
    const page = async (args: string) => (await as(auditor, list(`(${args})`))).data.auditEvents;
    const ids = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id);
    const first = await page('first: 3');
    expect(ids(first)).toEqual(all.slice(0, 3));
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await page(`first: 3, after: "${first.pageInfo.endCursor}"`);
    expect(ids(second)).toEqual(all.slice(3, 6));
    const back = await page(`last: 2, before: "${second.pageInfo.startCursor}"`);
    expect(ids(back)).toEqual(all.slice(1, 3));
    expect(ids(await page('first: 2, direction: ASC'))).toEqual(all.slice(-2).reverse());
    const wrong = await as(auditor, list('(after: "nonsense")'));
    expect(wrong.errors![0].extensions.code).toBe('BAD_CURSOR');
  });
});
