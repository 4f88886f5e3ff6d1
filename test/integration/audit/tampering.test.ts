import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { judgeGuards, readGuards } from '../../../src/audit/guards.ts';
import { headOf, parseHead, signed, type SigningKey, type Trust } from '../../../src/audit/head.ts';
import { Look } from '../../../src/audit/look.ts';
import { openSigningKey, toSigningKey } from '../../../src/audit/signing-key.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { AuditWatch } from '../../../src/audit/watch.ts';
import { keysOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { silent, withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';

// The rows of the table in docs/audit.md: what was done, and what finds it.

function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return toSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
}

const key = newKey();
const trust: Trust = { publicKeys: new Set([key.publicKey]), pinned: true };

let app: TestApp;
let prisma: TestApp['database']['prisma'];
let checkpoints: Checkpoints;

/** Whether a group of tests shares what runs: each of them puts back what it changed. */
let isShared = false;

async function begin(): Promise<void> {
  app = await startTestApp();
  prisma = app.database.prisma;
  checkpoints = new Checkpoints({ prisma, log: silent, now: app.clock.now, key, trust });
}

beforeEach(async () => {
  if (!isShared) await begin();
});
afterEach(async () => {
  if (!isShared) await app.stop();
});

/** For the tests of a group: one log, in which nothing is wrong before the first and after the last. */
function shareLog(generations: number): { last: () => string } {
  let last = '';
  beforeAll(async () => {
    await begin();
    isShared = true;
    for (let made = 0; made < generations; made++) last = await aGeneration();
    expect(await found()).toBeNull();
  });
  afterAll(async () => {
    isShared = false;
    const left = await found();
    await app.stop();
    expect(left).toBeNull();
  });
  return { last: () => last };
}

/** The rows of the table are afterwards as they were before, whatever was done to them. */
async function puttingBack(
  table: 'video_generation' | 'submission',
  act: () => Promise<void>,
): Promise<void> {
  const [{ rows }] = await prisma.$queryRawUnsafe<[{ rows: string }]>(
    `SELECT json_agg(${table})::text AS rows FROM ${table}`,
  );
  try {
    await act();
  } finally {
    const text = rows.replaceAll(`'`, `''`);
    await withoutTriggers(
      prisma,
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, '${text}')`,
    );
  }
}

async function aGeneration(): Promise<string> {
  const { generation } = await app.create({ tags: ['one'] });
  return generation.id;
}

const found = async (expected: string[] = []) =>
  (await verifyAuditLog(prisma, { trust, expected: expected.map((head) => parseHead(head)!) }))
    .firstBad;

/** Computes the facts and the chain of a generation anew, as its owner can who knows how it is done. */
function reckonAnew(id: string): string {
  return chainAnew(
    id,
    `UPDATE audit_event SET facts_hash = video_generation_facts_hash(generation)
      FROM video_generation AS generation
      WHERE generation.id = '${id}' AND generation_id = '${id}' AND sequence = 1;
    UPDATE audit_event SET state_hash = video_generation_state_hash(generation)
      FROM video_generation AS generation
      WHERE generation.id = '${id}' AND generation_id = '${id}' AND sequence = generation.version;`,
  );
}

function chainAnew(id: string, first = ''): string {
  return `DO $$
    DECLARE event audit_event; previous text := '${id}';
    BEGIN
      ${first}
      FOR event IN SELECT * FROM audit_event WHERE generation_id = '${id}' ORDER BY sequence LOOP
        previous := audit_event_hash(event, previous);
        UPDATE audit_event SET hash = previous WHERE audit_event.id = event.id;
      END LOOP;
    END $$`;
}

/** Computes the first checkpoint anew; its signature cannot be. */
const sealAnew = `UPDATE audit_checkpoint SET event_count = sealed.count, total_count = sealed.count, hash = sealed.hash
  FROM (
    SELECT count(*) AS count, encode(sha256(convert_to(' ' || string_agg(event.hash, ' ' ORDER BY position), 'UTF8')), 'hex') AS hash
    FROM audit_event AS event
    WHERE position <= (SELECT last_position FROM audit_checkpoint WHERE id = 1)
  ) AS sealed WHERE audit_checkpoint.id = 1`;

describe('a row that was altered past the service', () => {
  const log = shareLog(2);

  test.each([
    ['list_price_usd = 0.01', 'what never changes'],
    [`caller_id = 'somebody else'`, 'what never changes'],
    [`tenant = 'another'`, 'what never changes'],
    [`model = 'T2V-01'`, 'what never changes'],
    [`prompt = 'Something else'`, 'prompt, images or tags'],
    [`tags = '{two}'`, 'prompt, images or tags'],
    [`first_frame_image = 'https://example.com/a.png'`, 'prompt, images or tags'],
    [`request_salt = NULL`, 'prompt, images or tags'],
    [`status = 'FAILED'`, 'where it stands'],
    [`task_id = '123'`, 'where it stands'],
    [`redacted_at = now()`, 'where it stands'],
  ])('is found: %s', async (change, detail) => {
    const id = log.last();
    await puttingBack('video_generation', async () => {
      await prisma.$executeRawUnsafe(
        `UPDATE video_generation SET ${change}${/redacted/.test(change) ? ', prompt = NULL' : ''} WHERE id = '${id}'`,
      );
      expect(await found()).toMatchObject({
        generationId: id,
        reason: 'GENERATION_CHANGED',
        detail: expect.stringContaining(detail),
      });
    });
  });
});

describe('a row that was altered past the service', () => {
  // Between two moves: the next event must not take over what somebody else wrote.
  test('is found after a further move', async () => {
    const id = await aGeneration();
    await prisma.$executeRawUnsafe(
      `UPDATE video_generation SET list_price_usd = 0.01 WHERE id = '${id}'`,
    );
    await step(app);
    expect(
      (await prisma.videoGeneration.findUniqueOrThrow({ where: { id } })).version,
    ).toBeGreaterThan(3);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });

  test('is found with its prompt put back after redaction', async () => {
    app.upstream.onSubmit(coded(1026));
    const id = await aGeneration();
    await app.graphql(
      `mutation { redactVideoGeneration(id: "${id}", reason: "asked for") { userErrors { code } } }`,
    );
    const { redactedAt } = await prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    expect(redactedAt).not.toBeNull();
    expect(await found()).toBeNull();
    await prisma.$executeRawUnsafe(
      `UPDATE video_generation SET prompt = 'Another' WHERE id = '${id}'`,
    );
    expect(await found()).toMatchObject({ detail: 'prompt, images or tags' });
  });

  test.each([
    ['00000000-0000-0000-0000-000000000000', 0],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', -1],
  ])('is found when it was made up without an event: %s', async (id, version) => {
    await aGeneration();
    // No trigger refuses it.
    await prisma.$executeRawUnsafe(`INSERT INTO video_generation
      SELECT made.* FROM video_generation AS old, jsonb_populate_record(old, jsonb_build_object(
        'id', '${id}', 'version', ${version}, 'idempotency_key', NULL, 'task_id', NULL,
        'callback_token', NULL, 'submission_id', NULL
      )) AS made`);
    expect(await found()).toMatchObject({
      generationId: id,
      sequence: 1,
      reason: 'EVENTS_MISSING_AT_END',
    });
  });

  test.each(['facts_hash', 'content_hash', 'state_hash'])(
    'is found when its events say nothing of it: %s',
    async (column) => {
      const id = await aGeneration();
      const forget = `UPDATE audit_event SET ${column} = NULL WHERE generation_id = '${id}'`;
      await withoutTriggers(
        prisma,
        reckonAnew(id).replace('FOR event IN', `${forget}; FOR event IN`),
      );
      expect(await verifyAuditLog(prisma)).toMatchObject({
        firstBad: { generationId: id, reason: 'GENERATION_CHANGED' },
      });
    },
  );

  test('is found when it is gone and its events are not', async () => {
    const id = await aGeneration();
    await withoutTriggers(prisma, `DELETE FROM video_generation WHERE id = '${id}'`);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_MISSING' });
  });
});

describe('the record of a submission', () => {
  const log = shareLog(2);

  test.each([
    `DELETE FROM submission`,
    `TRUNCATE submission`,
    `UPDATE submission SET list_price = 0`,
    `UPDATE submission SET caller_id = 'somebody else'`,
    `UPDATE submission SET outcome = 'REFUSED', task_id = NULL`,
    `UPDATE submission SET task_id = '123'`,
    `UPDATE submission SET settled_by = 'somebody else'`,
  ])('is guarded against %s', async (change) => {
    await expect(prisma.$executeRawUnsafe(change)).rejects.toThrow(
      /cannot be removed or rewritten/,
    );
  });

  test.each([
    `DELETE FROM submission`,
    `UPDATE submission SET list_price = 0`,
    `UPDATE submission SET list_price = NULL`,
    `UPDATE submission SET currency = 'JPY'`,
    `UPDATE submission SET simulated = NOT simulated`,
    `UPDATE submission SET caller_id = 'somebody else'`,
    `UPDATE submission SET caller_id = 'somebody else', reason = 'RESUBMIT'`,
    `UPDATE submission SET outcome = 'REFUSED'`,
    `UPDATE submission SET task_id = NULL`,
    `UPDATE submission SET task_id = '123'`,
    `UPDATE submission SET id = gen_random_uuid()`,
    `UPDATE submission SET claimed_at = claimed_at - interval '40 days'`,
    `UPDATE submission SET account_id = 'another'`,
    `UPDATE submission SET api_generation = 2`,
  ])('is found after %s past the guard', async (change) => {
    const id = log.last();
    await puttingBack('submission', async () => {
      await withoutTriggers(prisma, `${change} WHERE generation_id = '${id}'`);
      expect(await found()).toMatchObject({
        generationId: id,
        reason: 'GENERATION_CHANGED',
        detail: expect.stringContaining('the records of its submissions'),
      });
    });
  });

  // As for the end of a chain: docs/audit.md says that nothing finds it.
  test.each([
    `account_name = 'another'`,
    `number = 7`,
    `body_hash = 'ff'`,
    `sent_at = NULL, answered_at = NULL, settled_at = NULL`,
    `settled_by = 'somebody else'`,
  ])('is not found with %s past the guard', async (change) => {
    await puttingBack('submission', async () => {
      await withoutTriggers(prisma, `UPDATE submission SET ${change}`);
      expect(await found()).toBeNull();
    });
  });
});

describe('the record of a submission', () => {
  test('is found with another caller than ordered that it be sent again', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const id = await aGeneration();
    const { secret } = await keysOf(app).create(
      { callerId: 'root', name: '', role: 'ADMIN', tenant: null, expiresAt: null },
      null,
    );
    await app.graphql(
      `mutation { resubmitVideoGeneration(id: "${id}", version: 3) { userErrors { code } } }`,
      {},
      { authorization: `Bearer ${secret}` },
    );
    await app.worker.runOnce();
    const records = await prisma.submission.findMany({ orderBy: { number: 'asc' } });
    expect(records).toMatchObject([{ reason: 'FIRST' }, { reason: 'RESUBMIT', callerId: 'root' }]);
    expect(await found()).toBeNull();
    await withoutTriggers(prisma, `UPDATE submission SET caller_id = 'mallory' WHERE number = 2`);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });

  test('is found when it is gone and nobody knew what came of it', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const id = await aGeneration();
    expect(await prisma.submission.findMany()).toMatchObject([{ outcome: 'UNKNOWN' }]);
    expect(await found()).toBeNull();
    await withoutTriggers(prisma, `DELETE FROM submission`);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });

  // As for the end of a chain: docs/audit.md says that nothing finds it.
  test('is not found when what nobody knew is called refused', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await aGeneration();
    await prisma.$executeRawUnsafe(`UPDATE submission SET outcome = 'REFUSED'`);
    expect(await found()).toBeNull();
  });

  test('is not missed for events of before there were records', async () => {
    const id = await aGeneration();
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET detail = NULL WHERE action = 'SUBMISSION_SENT'`,
      `DELETE FROM submission`,
      reckonAnew(id),
    );
    expect(await found()).toBeNull();
  });
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

  test.each([
    [`created_at = created_at - interval '1 day'`, 'CHECKPOINT_NOT_SIGNED'],
    [`signature = NULL`, 'CHECKPOINT_NOT_SIGNED'],
    [`last_event_id = gen_random_uuid()`, 'CHECKPOINT_MISMATCH'],
    [`total_count = 99`, 'CHECKPOINT_MISMATCH'],
  ])('are found in a checkpoint that is not the last: %s', async (change, reason) => {
    const heads: string[] = [];
    for (let made = 0; made < 3; made++) {
      await aGeneration();
      heads.push(headOf((await checkpoints.make())!));
    }
    expect(await found(heads)).toBeNull();
    await withoutTriggers(prisma, `UPDATE audit_checkpoint SET ${change} WHERE id = 2`);
    expect(await found()).toMatchObject({ reason, sequence: 2 });
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

  // No checkpoint would ever come to them.
  test.each(['0', '-1', `'Infinity'`, `'-Infinity'`, `'NaN'`, '2e15', '1e16', 'NULL'])(
    'are found at the position %s',
    async (position) => {
      await aGeneration();
      const head = headOf((await checkpoints.make())!);
      const id = await aGeneration();
      await withoutTriggers(
        prisma,
        `UPDATE audit_event SET position = ${position} WHERE generation_id = '${id}' AND sequence = 3`,
        reckonAnew(id),
      );
      expect(await found([head])).toMatchObject({ reason: 'EVENT_CHANGED', sequence: 3 });
    },
  );

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

const drop = 'DROP TRIGGER audit_event_append_only ON audit_event';
const trigger = (events: string) =>
  `CREATE TRIGGER audit_event_append_only BEFORE ${events} ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`;
const whole = trigger('UPDATE OR DELETE OR TRUNCATE');

describe('what guards the log', () => {
  shareLog(0);

  test.each([
    [
      'a trigger that is switched off',
      ['ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only'],
      ['ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only'],
      'trigger audit_event_append_only on audit_event was altered or switched off',
    ],
    [
      'a trigger that is gone',
      [drop],
      [whole],
      'trigger audit_event_append_only on audit_event is missing',
    ],
    [
      'a trigger that refuses less',
      [drop, trigger('TRUNCATE')],
      [drop, whole],
      'trigger audit_event_append_only on audit_event was altered or switched off',
    ],
    [
      'a function that refuses nothing',
      [
        'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
      ],
      ['SOURCE'],
      'function refuse_change() was altered or switched off',
    ],
    [
      'a function of the same name in another schema',
      [
        'CREATE SCHEMA evil',
        'CREATE FUNCTION evil.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
        drop,
        whole.replace('refuse_change', 'evil.refuse_change'),
      ],
      [drop, 'DROP SCHEMA evil CASCADE', whole],
      'trigger audit_event_append_only on audit_event was altered or switched off',
    ],
    [
      'a function that another one of its name hides',
      [
        'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$',
        'HIDING',
      ],
      ['DROP FUNCTION refuse_change(integer)', 'SOURCE'],
      'function refuse_change() was altered or switched off',
    ],
    [
      'a function that another one could hide',
      ['HIDING'],
      ['DROP FUNCTION refuse_change(integer)'],
      'function refuse_change(i integer) was added',
    ],
    [
      'a function that reads other tables',
      ['ALTER FUNCTION audit_event_chain() SET search_path = pg_temp, public'],
      ['ALTER FUNCTION audit_event_chain() SET search_path = pg_catalog, public, pg_temp'],
      'function audit_event_chain() was altered or switched off',
    ],
    [
      'a rule that lets events vanish',
      ['CREATE RULE nothing AS ON INSERT TO audit_event DO INSTEAD NOTHING'],
      ['DROP RULE nothing ON audit_event'],
      'a rule or row security on audit_event was added',
    ],
  ])('is looked at: %s', async (_, harm, repair, detail) => {
    const [{ source }] = await prisma.$queryRaw<[{ source: string }]>`
      SELECT pg_get_functiondef('refuse_change'::regproc) AS source`;
    const run = async (statements: string[]) => {
      for (const statement of statements) {
        const hiding = source
          .replace('refuse_change()', 'refuse_change(i integer)')
          .replace('RETURNS trigger', 'RETURNS integer');
        await prisma.$executeRawUnsafe(
          statement.replace('SOURCE', () => source).replace('HIDING', () => hiding),
        );
      }
    };
    expect(await found()).toBeNull();
    await run(harm);
    const broken = await found();
    await run(repair);
    expect(broken).toMatchObject({ reason: 'GUARD_CHANGED', detail });
    expect(await found()).toBeNull();
  });
});

describe('what guards the log', () => {
  // What a newer version did to it is not known here; whether somebody only says so neither.
  describe('in a database with a migration that this version lacks', () => {
    const migration = `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
      VALUES ('x', 'x', '9999_x', now(), 1)`;
    let repair: string[];

    beforeEach(async () => {
      const sources = await prisma.$queryRaw<{ source: string }[]>`
        SELECT pg_get_functiondef(name::regproc) AS source
        FROM unnest(ARRAY['audit_event_hash', 'video_generation_facts_hash']) AS name`;
      repair = sources.map(({ source }) => source);
      await prisma.$executeRawUnsafe(migration);
    });
    afterEach(async () => {
      await prisma.$executeRawUnsafe(`DELETE FROM _prisma_migrations WHERE id = 'x'`);
      for (const source of repair) await prisma.$executeRawUnsafe(source);
    });

    const blind = [
      `CREATE OR REPLACE FUNCTION audit_event_hash(event audit_event, previous text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT event.hash $$`,
      `CREATE OR REPLACE FUNCTION video_generation_facts_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT facts_hash FROM audit_event WHERE generation_id = generation.id AND sequence = 1 $$`,
    ];

    test('is judged as before where it is as it was made', async () => {
      await aGeneration();
      expect(await verifyAuditLog(prisma, { trust })).toMatchObject({ ok: true, unjudged: null });
      await prisma.$executeRawUnsafe(drop);
      const unjudged = expect.stringMatching(
        /audit_event_append_only on audit_event is missing.*9999_x/,
      );
      const verification = await verifyAuditLog(prisma, { trust });
      await prisma.$executeRawUnsafe(whole);
      expect(verification).toMatchObject({ ok: true, unjudged });
    });

    test.each([
      ['EVENT_CHANGED', `UPDATE audit_event SET caller_id = 'mallory' WHERE sequence = 2`],
      ['GENERATION_CHANGED', `UPDATE video_generation SET list_price_usd = 0.01`],
    ])('is not what hashes are reckoned by: %s', async (reason, change) => {
      await aGeneration();
      await withoutTriggers(prisma, ...blind, change);
      const logged: [string, object, string][] = [];
      const logs = (level: string) => (details: object, message: string) =>
        void logged.push([level, details, message]);
      const log = { info: logs('info'), warn: logs('warn'), error: logs('error') };
      const watch = new AuditWatch({ prisma, checkpoints, log, now: app.clock.now, trust });
      const look = await watch.look();
      await watch.stop();
      const unjudged = expect.stringMatching(/function audit_event_hash\(.*\) was altered/);
      expect(look).toMatchObject({ ok: false, firstBad: { reason }, unjudged });
      // Not an alarm while servers are replaced, nor nothing.
      const once = expect.objectContaining({ unjudged });
      expect(logged.map(([level, details]) => [level, details])).toEqual([
        ['warn', once],
        ['warn', once],
      ]);
    });

    test('does not make less of what no version does', async () => {
      await aGeneration();
      await checkpoints.make();
      await withoutTriggers(
        prisma,
        ...blind,
        `UPDATE audit_checkpoint SET hash = 'ff', public_key = NULL, signature = NULL`,
      );
      const errors: string[] = [];
      const log = { ...silent, error: (_: object, message: string) => void errors.push(message) };
      const watch = new AuditWatch({ prisma, checkpoints, log, now: app.clock.now, trust });
      await watch.look();
      await watch.stop();
      expect(errors).toEqual([expect.stringContaining('AUDIT ALARM')]);
    });
  });

  test('is looked at: a column that repeats others no more', async () => {
    const broken = await prisma
      .$transaction(async (tx) => {
        await tx.$executeRawUnsafe(
          'ALTER TABLE audit_event ALTER COLUMN search_text DROP EXPRESSION',
        );
        const ask = {
          $queryRaw: tx.$queryRaw.bind(tx),
          $transaction: (all: unknown[]) => Promise.all(all),
        };
        const look = await Look.into(ask as unknown as typeof prisma);
        const { broken: detail } = await judgeGuards(look, await readGuards());
        await tx.$executeRawUnsafe('SET LOCAL search_path = DEFAULT');
        throw new Error(detail!);
      })
      .catch((error: Error) => error.message);
    expect(broken).toBe('column search_text is missing');
  });

  test('is looked at by PostgreSQL’s own functions only', async () => {
    const { rows: before } = await app.database.pool.query<{ path: string }>(
      `SELECT current_setting('search_path') AS path`,
    );
    const guards = await readGuards();
    const { broken } = await prisma.$transaction(async (tx) => {
      await tx.$executeRawUnsafe(`SET LOCAL search_path = ${before[0]!.path}, pg_catalog`);
      return await judgeGuards(await Look.into(tx as typeof prisma), guards);
    });
    expect(broken).toContain('search_path');
  });
});

describe('a server whose clock is ten minutes behind', () => {
  // An alarm that nobody could ever end: its events came before those that were sealed already.
  test('is no tampering', async () => {
    await aGeneration();
    await checkpoints.make();
    app.clock.advance(-10 * 60_000);
    await aGeneration();
    expect(await checkpoints.make()).toMatchObject({ id: 2, eventCount: 3 });
    expect(await found()).toBeNull();
  });

  test('does not leave out what another transaction adds later', async () => {
    if (app.database.kind === 'embedded') return; // Has one connection, and so one transaction at a time.
    const client = await app.database.pool.connect();
    const add = `INSERT INTO audit_event (id, occurred_at, action) VALUES (gen_random_uuid(), now(), 'API_KEY_CREATED')`;
    let sealing: ReturnType<Checkpoints['make']>;
    try {
      await client.query('BEGIN');
      await client.query(add);
      await prisma.$executeRawUnsafe(add);
      sealing = checkpoints.make();
      // Until it waits, or seals too early.
      await prisma.$queryRaw`SELECT pg_sleep(0.5)::text`;
      expect(await prisma.auditCheckpoint.count()).toBe(0);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    expect(await sealing).toMatchObject({ eventCount: 2 });
    expect(await found()).toBeNull();
  });
});

describe('the key', () => {
  test('is made at the first start, for its owner only, and kept', async () => {
    const dataDir = join(await mkdtemp(join(tmpdir(), 'reelgraph-key-')), 'data');
    const options = {
      signingKey: undefined,
      trustedKeys: [],
      dataDir,
      log: { warn: () => undefined },
    };
    const made = await Promise.all([openSigningKey(options), openSigningKey(options)]);
    const again = await openSigningKey(options);
    expect(made.map(({ key: one }) => one!.publicKey)).toEqual([
      again.key!.publicKey,
      again.key!.publicKey,
    ]);
    const file = join(dataDir, 'audit-signing-key.pem');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(toSigningKey(await readFile(file, 'utf8')).publicKey).toBe(again.key!.publicKey);
  });

  test('signs what the API shows to auditors and admins', async () => {
    await aGeneration();
    const query = '{ auditCheckpoint { sequence eventCount head publicKey signature } }';
    expect((await app.graphql(query)).data.auditCheckpoint).toBeNull();
    const made = (await checkpoints.make())!;
    expect((await app.graphql(query)).data.auditCheckpoint).toEqual({
      sequence: 1,
      eventCount: 3,
      head: headOf(made),
      publicKey: key.publicKey,
      // The app has another key.
      signature: 'UNKNOWN_KEY',
    });
    const { secret } = await keysOf(app).create(
      { callerId: 'client', name: '', role: 'CLIENT', tenant: null, expiresAt: null },
      null,
    );
    const asClient = await app.graphql(query, {}, { authorization: `Bearer ${secret}` });
    expect(asClient.errors![0].extensions.code).toBe('FORBIDDEN');
  });
});

test('a look that meets a checkpoint of an unknown key says so in the log, where no keys are configured', async () => {
  await aGeneration();
  await checkpoints.make();
  const warnings: object[] = [];
  const log = { ...silent, warn: (details: object) => void warnings.push(details) };
  for (const publicKeys of [new Set([key.publicKey]), new Set<string>()]) {
    const watch = new AuditWatch({
      ...{ prisma, checkpoints, log, now: app.clock.now, trust: { publicKeys, pinned: false } },
    });
    expect(await watch.look()).toMatchObject({ ok: true });
    await watch.stop();
  }
  expect(warnings).toEqual([{ checkpoint: 1, publicKey: key.publicKey }]);
});

test('a look goes on from a checkpoint that is believed', async () => {
  const before = await aGeneration();
  const since = (await checkpoints.make())!;
  const id = await aGeneration();
  await prisma.$executeRawUnsafe(
    `UPDATE video_generation SET list_price_usd = 0.01 WHERE id = '${before}'`,
  );
  const look = async () => await verifyAuditLog(prisma, { trust, since });
  expect(await look()).toMatchObject({ ok: true, checked: 3, since: 1 });
  await prisma.$executeRawUnsafe(
    `UPDATE video_generation SET list_price_usd = 0.01 WHERE id = '${id}'`,
  );
  expect((await look()).firstBad).toMatchObject({ generationId: id });
});
