import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { headOf, parseHead, signed } from '../../../src/audit/head.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { withoutTriggers } from '../../support/database.ts';
import {
  aGeneration,
  chainAnew,
  checkpoints,
  found,
  newKey,
  prisma,
  puttingBack,
  reckonAnew,
  shareLog,
  trust,
} from '../../support/tampering.ts';

/** Computes the first checkpoint anew; its signature cannot be. */
const sealAnew = `UPDATE audit_checkpoint SET event_count = sealed.count, total_count = sealed.count, hash = sealed.hash
  FROM (
    SELECT count(*) AS count, encode(sha256(convert_to(' ' || string_agg(event.hash, ' ' ORDER BY position), 'UTF8')), 'hex') AS hash
    FROM audit_event AS event
    WHERE position <= (SELECT last_position FROM audit_checkpoint WHERE id = 1)
  ) AS sealed WHERE audit_checkpoint.id = 1`;

describe('events rewritten by whoever owns the tables', () => {
  shareLog(0);
  beforeAll(async () => {
    const heads: string[] = [];
    for (let made = 0; made < 3; made++) {
      await aGeneration();
      heads.push(headOf((await checkpoints.make())!));
    }
    expect(await found(heads)).toBeNull();
  });

  test.each([
    [`created_at = created_at - interval '1 day'`, 'CHECKPOINT_NOT_SIGNED'],
    [`signature = NULL`, 'CHECKPOINT_NOT_SIGNED'],
    [`last_event_id = gen_random_uuid()`, 'CHECKPOINT_MISMATCH'],
    [`total_count = 99`, 'CHECKPOINT_MISMATCH'],
  ])('are found in a checkpoint that is not the last: %s', async (change, reason) => {
    await puttingBack('audit_checkpoint', async () => {
      await withoutTriggers(prisma, `UPDATE audit_checkpoint SET ${change} WHERE id = 2`);
      expect(await found()).toMatchObject({ reason, sequence: 2 });
    });
  });
});

describe('events rewritten by whoever owns the tables', () => {
  shareLog(1);
  let head: string;
  let id: string;
  beforeAll(async () => {
    head = headOf((await checkpoints.make())!);
    id = await aGeneration();
  });

  // No checkpoint would ever come to them.
  test.each(['0', '-1', `'Infinity'`, `'-Infinity'`, `'NaN'`, '2e15', '1e16', 'NULL'])(
    'are found at the position %s',
    async (position) => {
      await puttingBack('audit_event', async () => {
        await withoutTriggers(
          prisma,
          `UPDATE audit_event SET position = ${position} WHERE generation_id = '${id}' AND sequence = 3`,
          reckonAnew(id),
        );
        expect(await found([head])).toMatchObject({ reason: 'EVENT_CHANGED', sequence: 3 });
      });
    },
  );
});

describe('events rewritten by whoever owns the tables', () => {
  test('are found once they are sealed, with the chain reckoned anew', async () => {
    const id = await aGeneration();
    await checkpoints.make();
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET list_price_usd = 0.01 WHERE id = '${id}'`,
      reckonAnew(id),
    );
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_MISMATCH', sequence: 1 });
  });

  test('are found by the signature, with the checkpoint reckoned anew', async () => {
    const id = await aGeneration();
    const head = headOf((await checkpoints.make())!);
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET list_price_usd = 0.01 WHERE id = '${id}'`,
      `UPDATE submission SET list_price = 0.01 WHERE generation_id = '${id}'`,
      reckonAnew(id),
      sealAnew,
    );
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_NOT_SIGNED', sequence: 1 });
    // Nor does the service put a signature of its own on top.
    await aGeneration();
    expect(await checkpoints.make()).toBeNull();
    expect((await verifyAuditLog(prisma)).signature).toBe('INVALID');
    const expected = [parseHead(head)!];
    const unsigned = `UPDATE audit_checkpoint SET public_key = NULL, signature = NULL`;
    await withoutTriggers(prisma, unsigned);
    expect((await verifyAuditLog(prisma)).firstBad).toBeNull();
    expect((await verifyAuditLog(prisma, { expected })).firstBad).toMatchObject({
      reason: 'HEAD_MISMATCH',
    });
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_NOT_SIGNED' });
  });

  test('are found by the signature, with a key of the forger’s own', async () => {
    const id = await aGeneration();
    await checkpoints.make();
    await withoutTriggers(prisma, reckonAnew(id), sealAnew);
    const [forged] = await prisma.auditCheckpoint.findMany();
    const { publicKey, signature } = signed(forged!, newKey());
    await withoutTriggers(
      prisma,
      `UPDATE audit_checkpoint SET public_key = '${publicKey}', signature = '${signature}'`,
    );
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_NOT_SIGNED' });
    const unpinned = { trust: { ...trust, pinned: false } };
    expect(await verifyAuditLog(prisma, unpinned)).toMatchObject({
      ok: true,
      signature: 'UNKNOWN_KEY',
    });
  });

  // Of a time before there were positions and signatures, as it says of itself.
  test('are found in a checkpoint without a position after those that have one', async () => {
    for (let made = 0; made < 2; made++) {
      await aGeneration();
      await checkpoints.make();
    }
    await withoutTriggers(
      prisma,
      `INSERT INTO audit_checkpoint (id, created_at, last_event_id, event_count, hash)
        SELECT 3, now(), last_event_id, 0, encode(sha256(convert_to(hash || ' ', 'UTF8')), 'hex')
        FROM audit_checkpoint WHERE id = 2`,
    );
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_MISMATCH', sequence: 3 });
    const unpinned = { trust: { ...trust, pinned: false } };
    expect((await verifyAuditLog(prisma, unpinned)).firstBad).toMatchObject({ sequence: 3 });
    await aGeneration();
    expect(await checkpoints.make()).toBeNull();
  });

  test('are found by the missing signature, all as of before there were positions', async () => {
    const id = await aGeneration();
    await checkpoints.make();
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET list_price_usd = 99, caller_id = 'mallory', prompt = 'forged'`,
      `UPDATE submission SET list_price = 99, caller_id = 'mallory'`,
      `UPDATE audit_event SET position = NULL, facts_hash = NULL, content_hash = NULL, state_hash = NULL`,
      chainAnew(id),
      `DELETE FROM audit_checkpoint`,
      `INSERT INTO audit_checkpoint (id, created_at, last_event_id, event_count, hash)
        SELECT 1, now(), max(id::text)::uuid, count(*),
          encode(sha256(convert_to(' ' || string_agg(hash, ' ' ORDER BY id), 'UTF8')), 'hex')
        FROM audit_event`,
    );
    expect((await verifyAuditLog(prisma)).firstBad).toBeNull();
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_NOT_SIGNED', sequence: 1 });
    // Nor does the service put a signature of its own on top.
    await aGeneration();
    expect(await checkpoints.make()).toBeNull();
  });

  // Before there was a key that is known here there may have been others.
  test('are found in a first checkpoint by its head alone, when its signature is another’s', async () => {
    await aGeneration();
    const head = headOf((await checkpoints.make())!);
    await aGeneration();
    await checkpoints.make();
    const [first] = await prisma.auditCheckpoint.findMany({ orderBy: { id: 'asc' } });
    const createdAt = new Date(first!.createdAt.getTime() - 86_400_000);
    const { publicKey, signature } = signed({ ...first!, createdAt }, newKey());
    await withoutTriggers(
      prisma,
      `UPDATE audit_checkpoint SET created_at = '${createdAt.toISOString()}',
        public_key = '${publicKey}', signature = '${signature}' WHERE id = 1`,
    );
    expect(await found()).toBeNull();
    expect(await found([head])).toMatchObject({ reason: 'HEAD_MISMATCH', sequence: 1 });
  });

  const cutTail = (id: string) => [
    `DELETE FROM audit_event WHERE generation_id = '${id}' AND sequence = 3`,
    `UPDATE video_generation SET version = 2, status = 'SUBMITTING', task_id = NULL WHERE id = '${id}'`,
  ];

  test('are found with the end cut off and the version lowered, once they were sealed', async () => {
    const id = await aGeneration();
    await checkpoints.make();
    await withoutTriggers(prisma, ...cutTail(id), reckonAnew(id));
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_MISMATCH' });
  });

  // What docs/audit.md says that nothing finds, lest it be believed that something does.
  test('are not found before they were sealed', async () => {
    const id = await aGeneration();
    await withoutTriggers(prisma, ...cutTail(id), reckonAnew(id));
    expect(await found()).toBeNull();
  });

  describe('are found far out', () => {
    afterEach(async () => {
      await prisma.$executeRaw`SELECT setval('audit_event_position', 1000000)`;
    });

    const forged = (position: number) => `
      INSERT INTO audit_event (id, occurred_at, action, sequence, lane, position, hash)
      VALUES (gen_random_uuid(), now(), 'API_KEY_CREATED', 1, 0, ${position}, 'ff')`;

    test.each([
      ['before they are sealed', 1e17, 2e17],
      ['between two places', 1e9 + 0.5, 2e9],
    ])('%s', async (_, position, drawn) => {
      await aGeneration();
      await withoutTriggers(
        prisma,
        forged(position),
        `UPDATE audit_event AS event SET hash = audit_event_hash(event, '') WHERE hash = 'ff'`,
        `SELECT setval('audit_event_position', ${drawn})`,
      );
      expect(await found()).toMatchObject({ reason: 'EVENT_CHANGED', generationId: null });
    });

    test('where no head can tell of them', async () => {
      await aGeneration();
      await prisma.$executeRaw`SELECT setval('audit_event_position', 20000000000000000)`;
      const id = await aGeneration();
      const made = await checkpoints.make();
      expect(made).toMatchObject({ eventCount: 3 });
      expect(parseHead(headOf(made!))).not.toBeNull();
      expect(await found()).toMatchObject({ reason: 'EVENT_CHANGED', generationId: id });
    });
  });

  test('are found when they went with their generation', async () => {
    await aGeneration();
    const id = await aGeneration();
    await checkpoints.make();
    await withoutTriggers(
      prisma,
      `DELETE FROM submission WHERE generation_id = '${id}'`,
      `DELETE FROM audit_event WHERE generation_id = '${id}'`,
      `DELETE FROM video_generation WHERE id = '${id}'`,
    );
    expect(await found()).toMatchObject({ reason: 'CHECKPOINT_MISMATCH' });
  });

  test('are found by a head that was kept when the last checkpoints are gone too', async () => {
    await aGeneration();
    await checkpoints.make();
    const id = await aGeneration();
    const head = headOf((await checkpoints.make())!);
    expect(await found([head])).toBeNull();
    await withoutTriggers(
      prisma,
      `DELETE FROM audit_checkpoint WHERE id = 2`,
      `DELETE FROM submission WHERE generation_id = '${id}'`,
      `DELETE FROM audit_event WHERE generation_id = '${id}'`,
      `DELETE FROM video_generation WHERE id = '${id}'`,
    );
    expect(await found()).toBeNull();
    expect(await found([head])).toMatchObject({ reason: 'HEAD_MISMATCH', sequence: 2 });
  });

  test('are found when one was made up and its chain is right', async () => {
    const id = await aGeneration();
    await withoutTriggers(
      prisma,
      `INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, position)
       VALUES (gen_random_uuid(), now(), 'GENERATION_SUCCEEDED', '${id}', 4, nextval('audit_event_position'))`,
      reckonAnew(id),
    );
    expect(await found()).toMatchObject({ reason: 'EVENT_ADDED', sequence: 4 });
  });
});
