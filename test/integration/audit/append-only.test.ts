import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditLog } from '../../../src/audit/log.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { silent } from '../../support/database.ts';
import {
  aGeneration,
  app,
  checkpoints,
  eventsOf,
  prisma,
  shareLog,
} from '../../support/tampering.ts';

const audit = () => new AuditLog({ prisma, log: silent, now: app.clock.now });

describe('the database', () => {
  const log = shareLog(1);

  test.each([
    `UPDATE audit_event SET ip = NULL`,
    `DELETE FROM audit_event`,
    `TRUNCATE audit_event CASCADE`,
    `TRUNCATE video_generation CASCADE`,
    `UPDATE audit_checkpoint SET hash = ''`,
    `DELETE FROM audit_checkpoint`,
    `TRUNCATE audit_checkpoint`,
  ])('refuses %s', async (sql) => {
    await expect(prisma.$executeRawUnsafe(sql)).rejects.toThrow(/append-only/);
    expect(await eventsOf(log.last())).toHaveLength(3);
  });

  test.each(['4', '0', '-5', 'NULL'])(
    'refuses an event of a generation that did not change: number %s',
    async (sequence) => {
      const id = log.last();
      const forged = `INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, to_status)
        VALUES (gen_random_uuid(), now(), 'GENERATION_SUCCEEDED', '${id}', ${sequence}, 'SUCCEEDED')`;
      await expect(prisma.$executeRawUnsafe(forged)).rejects.toThrow(/has no version/);
      expect(await eventsOf(id)).toHaveLength(3);
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
});

describe('the database', () => {
  // After any of these no other could be made, and every look would end there.
  afterAll(async () => {
    await aGeneration();
    expect(await checkpoints.make()).toMatchObject({ id: 2 });
  });
  shareLog(1);
  beforeAll(async () => void (await checkpoints.make()));

  test.each([
    `2147483647, now(), 1`,
    `3, now(), 1`,
    `2, now(), 'NaN'`,
    `2, now(), 'infinity'`,
    `2, now(), -1`,
    `2, now(), 1e15`,
    `2, 'infinity', (SELECT last_value FROM audit_event_position)`,
  ])('refuses a checkpoint that does not follow the one before: %s', async (values) => {
    const forged = `INSERT INTO audit_checkpoint (id, created_at, last_position, last_event_id, event_count, hash)
      VALUES (${values}, gen_random_uuid(), 1, '')`;
    await expect(prisma.$executeRawUnsafe(forged)).rejects.toThrow(/does not follow/);
    expect(await prisma.auditCheckpoint.count()).toBe(1);
  });

  test.each(['-5', '0', '1'])(
    'leaves out a checkpoint of a number that is past: %s',
    async (id) => {
      await prisma.$executeRawUnsafe(
        `INSERT INTO audit_checkpoint (id, created_at, last_position, last_event_id, event_count, hash)
        VALUES (${id}, now(), 1, gen_random_uuid(), 1, '')`,
      );
      expect(await prisma.auditCheckpoint.count()).toBe(1);
    },
  );
});

describe('the database', () => {
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
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true, checked: 1 });
  });

  test('numbers events of no generation without gaps, however many come at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => audit().record({ action: 'SIGN_IN_REFUSED' })),
    );
    const lanes = new Map<number, number[]>();
    for (const { lane, sequence } of await eventsOf(null)) {
      lanes.set(lane, [...(lanes.get(lane) ?? []), sequence!]);
    }
    for (const sequences of lanes.values()) {
      expect(sequences.toSorted((a, b) => a - b)).toEqual(sequences.map((_, index) => index + 1));
    }
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true, checked: 20 });
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
      await audit().record({ action: 'API_KEY_CREATED' });
      await audit().record({ action: 'API_KEY_REVOKED' });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await audit().record({ action: 'SIGN_IN_REFUSED' });
    const events = await eventsOf(null);
    expect(events.map(({ action, lane, sequence }) => [action, lane, sequence])).toEqual(
      expect.arrayContaining([
        ['SIGN_IN_REFUSED', 0, 1],
        ['API_KEY_CREATED', 1, 1],
        ['API_KEY_REVOKED', 1, 2],
        ['SIGN_IN_REFUSED', 0, 2],
      ]),
    );
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true, checked: 4 });
  });
});
