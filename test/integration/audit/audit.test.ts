import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { AuditLog } from '../../../src/audit/log.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import type { Role } from '../../../src/graphql/caller.ts';
import { keysOf, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { silent, withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
let prisma: TestApp['database']['prisma'];
let audit: AuditLog;
let checkpoints: Checkpoints;

beforeEach(async () => {
  app = await startTestApp({ env: { OPEN_ACCESS: '' } });
  prisma = app.database.prisma;
  audit = new AuditLog({ prisma, log: silent, now: app.clock.now });
  checkpoints = new Checkpoints({ prisma, log: silent, now: app.clock.now });
});
afterEach(async () => {
  await app.stop();
});

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

/** A generation with its three events: created, sent, accepted. */
async function aGeneration(): Promise<string> {
  const { generation } = await app.create();
  return generation.id;
}

async function eventsOf(generationId: string | null) {
  return await prisma.auditEvent.findMany({
    where: { generationId },
    // Those of no generation may be in several lanes.
    orderBy: { position: 'asc' },
  });
}

const verify = () => verifyAuditLog(prisma);

describe('the database', () => {
  test.each([
    `UPDATE audit_event SET ip = NULL`,
    `DELETE FROM audit_event`,
    `TRUNCATE audit_event CASCADE`,
    `TRUNCATE video_generation CASCADE`,
    `UPDATE audit_checkpoint SET hash = ''`,
    `DELETE FROM audit_checkpoint`,
    `TRUNCATE audit_checkpoint`,
  ])('refuses %s', async (sql) => {
    const id = await aGeneration();
    await expect(prisma.$executeRawUnsafe(sql)).rejects.toThrow(/append-only/);
    expect(await eventsOf(id)).toHaveLength(3);
  });

  test('computes the hash itself, whatever was inserted', async () => {
    await prisma.auditEvent.create({
      data: {
        id: '01900000-0000-7000-8000-000000000000',
        occurredAt: app.clock.now(),
        action: 'API_KEY_CREATED',
        sequence: 77,
        hash: 'f'.repeat(64),
      },
    });
    expect((await eventsOf(null)).map(({ sequence }) => sequence)).toEqual([1]);
    expect(await verify()).toMatchObject({ ok: true, checked: 1 });
  });

  test('numbers events of no generation without gaps, however many come at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => audit.record({ action: 'SIGN_IN_REFUSED' })),
    );
    const lanes = new Map<number, number[]>();
    for (const { lane, sequence } of await eventsOf(null)) {
      lanes.set(lane, [...(lanes.get(lane) ?? []), sequence!]);
    }
    for (const sequences of lanes.values()) {
      expect(sequences.toSorted((a, b) => a - b)).toEqual(sequences.map((_, index) => index + 1));
    }
    expect(await verify()).toMatchObject({ ok: true, checked: 20 });
  });

  // Those who list generations write such an event; they must not wait for a server that hangs.
  test('lets nobody wait for a transaction that has added an event and stays open', async () => {
    if (app.database.kind === 'embedded') return; // Has one connection, and so one transaction at a time.
    const client = await app.database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(`INSERT INTO audit_event (id, occurred_at, action)
        VALUES (gen_random_uuid(), now(), 'SIGN_IN_REFUSED')`);
      await client.query(`SET statement_timeout = 5000`);
      await audit.record({ action: 'API_KEY_CREATED' });
      await audit.record({ action: 'API_KEY_REVOKED' });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await audit.record({ action: 'SIGN_IN_REFUSED' });
    const events = await eventsOf(null);
    expect(events.map(({ action, lane, sequence }) => [action, lane, sequence])).toEqual(
      expect.arrayContaining([
        ['SIGN_IN_REFUSED', 0, 1],
        ['API_KEY_CREATED', 1, 1],
        ['API_KEY_REVOKED', 1, 2],
        ['SIGN_IN_REFUSED', 0, 2],
      ]),
    );
    expect(await verify()).toMatchObject({ ok: true, checked: 4 });
  });

  test.each(['4', '0', '-5', 'NULL'])(
    'refuses an event of a generation that did not change: number %s',
    async (sequence) => {
      const id = await aGeneration();
      const forged = `INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, to_status)
        VALUES (gen_random_uuid(), now(), 'GENERATION_SUCCEEDED', '${id}', ${sequence}, 'SUCCEEDED')`;
      await expect(prisma.$executeRawUnsafe(forged)).rejects.toThrow(/has no version/);
      expect(await eventsOf(id)).toHaveLength(3);
      expect(await verify()).toMatchObject({ ok: true });
    },
  );

  test.each(['infinity', '-infinity', '20000-01-01', '0044-01-01 BC'])(
    'refuses an event that happens at no time: %s',
    async (at) => {
      const forged = `INSERT INTO audit_event (id, occurred_at, action)
      VALUES (gen_random_uuid(), '${at}', 'SIGN_IN_REFUSED')`;
      await expect(prisma.$executeRawUnsafe(forged)).rejects.toThrow(/happens at a time/);
    },
  );

  // After any of these no other could be made, and every look would end there.
  test.each([
    `2147483647, now(), 1`,
    `3, now(), 1`,
    `2, now(), 'NaN'`,
    `2, now(), 'infinity'`,
    `2, now(), -1`,
    `2, now(), 1e15`,
    `2, 'infinity', (SELECT last_value FROM audit_event_position)`,
  ])('refuses a checkpoint that does not follow the one before: %s', async (values) => {
    await aGeneration();
    await checkpoints.make();
    const forged = `INSERT INTO audit_checkpoint (id, created_at, last_position, last_event_id, event_count, hash)
      VALUES (${values}, gen_random_uuid(), 1, '')`;
    await expect(prisma.$executeRawUnsafe(forged)).rejects.toThrow(/does not follow/);
    await aGeneration();
    expect(await checkpoints.make()).toMatchObject({ id: 2 });
    expect(await verify()).toMatchObject({ ok: true });
  });

  test.each(['-5', '0', '1'])(
    'leaves out a checkpoint of a number that is past: %s',
    async (id) => {
      await aGeneration();
      await checkpoints.make();
      await prisma.$executeRawUnsafe(
        `INSERT INTO audit_checkpoint (id, created_at, last_position, last_event_id, event_count, hash)
        VALUES (${id}, now(), 1, gen_random_uuid(), 1, '')`,
      );
      expect(await prisma.auditCheckpoint.count()).toBe(1);
    },
  );
});

describe('verification', () => {
  test('finds nothing in a log that was left alone', async () => {
    await key('someone');
    await prisma.apiKey.deleteMany();
    for (let count = 0; count < 3; count++) await aGeneration();
    app.upstream.onSubmit(coded(1026));
    await aGeneration();
    await step(app);
    const { checked, ...rest } = await verify();
    expect(rest).toEqual({
      ok: true,
      firstBad: null,
      checkpoint: null,
      signature: null,
      since: null,
      unbound: 0,
      unjudged: null,
    });
    expect(checked).toBe(await prisma.auditEvent.count());
  });

  // A column that the hash did not cover could be altered at will.
  test('notices a change of any column', async () => {
    const id = await aGeneration();
    const [, event] = await eventsOf(id);
    const columns = await prisma.$queryRaw<{ name: string; type: string }[]>`
      SELECT column_name::text AS name, udt_name::text AS type FROM information_schema.columns
      WHERE table_name = 'audit_event' AND table_schema = current_schema()
        AND is_generated = 'NEVER'`;
    const changed: Record<string, string> = {
      text: `'x'`,
      int4: '12345',
      float8: '12345678',
      uuid: 'gen_random_uuid()',
      timestamptz: `'2020-01-01T00:00:00Z'`,
      jsonb: `'{"a": null}'`,
      video_generation_status: `'CANCELLED'`,
    };
    expect(columns.length).toBeGreaterThanOrEqual(20);
    const names = columns.map(({ name }) => name).join();
    for (const { name, type } of columns) {
      await withoutTriggers(prisma, 'CREATE TABLE kept AS SELECT * FROM audit_event');
      await withoutTriggers(
        prisma,
        `UPDATE audit_event SET ${name} = ${changed[type]!} WHERE id = '${event!.id}'`,
      );
      expect([name, (await verify()).ok]).toEqual([name, false]);
      await withoutTriggers(
        prisma,
        'DELETE FROM audit_event',
        `INSERT INTO audit_event (${names}) SELECT ${names} FROM kept`,
        'DROP TABLE kept',
      );
      expect(await verify()).toMatchObject({ ok: true });
    }
  });

  test('names an event of which one byte was changed', async () => {
    await aGeneration();
    const id = await aGeneration();
    const [, , event] = await eventsOf(id);
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET trace_id = trace_id || ' ' WHERE id = '${event!.id}'`,
    );
    expect(await verify()).toMatchObject({
      ok: false,
      firstBad: { eventId: event!.id, generationId: id, sequence: 3, reason: 'EVENT_CHANGED' },
    });
  });

  test('names the event after one that was altered and given a new hash', async () => {
    const id = await aGeneration();
    const [, second, third] = await eventsOf(id);
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET ip = '10.0.0.1' WHERE id = '${second!.id}'`,
      `UPDATE audit_event AS event SET hash = audit_event_hash(event, previous.hash)
       FROM audit_event AS previous WHERE event.id = '${second!.id}'
         AND previous.generation_id = event.generation_id AND previous.sequence = 1`,
    );
    expect((await verify()).firstBad).toMatchObject({
      eventId: third!.id,
      reason: 'EVENT_CHANGED',
    });
  });

  test('names a removed event', async () => {
    const id = await aGeneration();
    const [, second, third] = await eventsOf(id);
    await withoutTriggers(prisma, `DELETE FROM audit_event WHERE id = '${second!.id}'`);
    expect((await verify()).firstBad).toEqual({
      eventId: third!.id,
      generationId: id,
      sequence: 2,
      reason: 'EVENT_MISSING',
      detail: null,
    });
  });

  test('names the first of two that were swapped', async () => {
    const id = await aGeneration();
    const [, second, third] = await eventsOf(id);
    const place = (event: typeof second, sequence: number) =>
      `UPDATE audit_event SET sequence = ${sequence} WHERE id = '${event!.id}'`;
    await withoutTriggers(prisma, place(second, 99), place(third, 2), place(second, 3));
    expect((await verify()).firstBad).toMatchObject({
      eventId: third!.id,
      sequence: 2,
      reason: 'EVENT_CHANGED',
    });
  });

  test('names the place where the tail was cut off', async () => {
    const id = await aGeneration();
    await withoutTriggers(
      prisma,
      `DELETE FROM audit_event WHERE generation_id = '${id}' AND sequence >= 2`,
    );
    expect((await verify()).firstBad).toEqual({
      eventId: null,
      generationId: id,
      sequence: 2,
      reason: 'EVENTS_MISSING_AT_END',
      detail: null,
    });
  });

  test('names a removed and an altered event that belong to no generation', async () => {
    for (let count = 0; count < 3; count++) await audit.record({ action: 'SIGN_IN_REFUSED' });
    const [, second, third] = await eventsOf(null);
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET ip = '10.0.0.1' WHERE id = '${third!.id}'`,
    );
    expect((await verify()).firstBad).toMatchObject({ eventId: third!.id, generationId: null });
    await withoutTriggers(prisma, `DELETE FROM audit_event WHERE id = '${second!.id}'`);
    expect((await verify()).firstBad).toMatchObject({ sequence: 2, reason: 'EVENT_MISSING' });
  });

  test('looks past the first thousand', async () => {
    await prisma.$executeRaw`INSERT INTO audit_event (id, occurred_at, action)
      SELECT gen_random_uuid(), ${app.clock.now()}, 'SIGN_IN_REFUSED' FROM generate_series(1, 1500)`;
    expect(await verify()).toMatchObject({ ok: true, checked: 1500 });
    await withoutTriggers(prisma, `UPDATE audit_event SET ip = 'x' WHERE sequence = 1400`);
    expect(await verify()).toMatchObject({ checked: 1400, firstBad: { sequence: 1400 } });
  });

  test('is for auditors and admins', async () => {
    const query =
      '{ verifyAuditLog { ok checked firstBad { reason } checkpoint { sequence hash } } }';
    const [client, auditor] = [await key('client'), await key('auditor', 'AUDITOR')];
    expect((await as(client, query)).errors![0].extensions.code).toBe('FORBIDDEN');
    expect((await as(auditor, query)).data.verifyAuditLog).toEqual({
      ok: true,
      checked: 2,
      firstBad: null,
      checkpoint: null,
    });
  });
});

describe('a checkpoint', () => {
  test('seals what has happened, each time from the one before', async () => {
    expect(await checkpoints.make()).toBeNull();
    await aGeneration();
    expect(await checkpoints.make()).toMatchObject({ id: 1, eventCount: 3, totalCount: 3 });
    expect(await checkpoints.make()).toBeNull();
    await aGeneration();
    const made = await Promise.all([checkpoints.make(), checkpoints.make()]);
    expect(made.filter(Boolean)).toMatchObject([{ id: 2 }]);
    expect(await verify()).toMatchObject({ ok: true, checkpoint: { id: 2 } });
  });

  // What a chain cannot show: everything of a generation, or its whole chain, replaced.
  test('shows that a generation was removed with all its events', async () => {
    const id = await aGeneration();
    await checkpoints.make();
    await withoutTriggers(
      prisma,
      `DELETE FROM audit_event WHERE generation_id = '${id}'`,
      `DELETE FROM video_generation WHERE id = '${id}'`,
    );
    expect((await verify()).firstBad).toMatchObject({
      sequence: 1,
      reason: 'CHECKPOINT_MISMATCH',
    });
  });
});

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
    await app.stop();
    app = await startTestApp({ database: app.database });
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
