import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { openDatabase, type Database } from '../../../src/database/database.ts';
import { allowService } from '../../../src/database/service-role.ts';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { openTestDatabase, silent, type TestDatabase } from '../../support/database.ts';

const role = `reelgraph_service_${randomUUID().slice(0, 8)}`;

let owner: TestDatabase;
let service: Database;
let app: TestApp;

// The embedded database has one session, whose role is its owner.
const describeOnServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

describeOnServer('the service, signed in as a role that owns nothing', () => {
  beforeAll(async () => {
    owner = await openTestDatabase();
    await allowService(owner.pool, role);
    // What a new version of the service needs is given by doing it again.
    await allowService(owner.pool, role);
    const url = new URL(owner.url!);
    url.username = role;
    service = await openDatabase({ url: url.href, dataDir: '', logger: silent });
    app = await startTestApp({ database: service });
  });
  afterAll(async () => {
    await app.stop();
    await owner.pool.query(`DROP OWNED BY ${role}`);
    await owner.pool.query(`DROP ROLE ${role}`);
    await owner.close();
  });

  test('does all its work', async () => {
    const { generation } = await app.create({ tags: ['one'] });
    for (let count = 0; count < 3; count++) await step(app);
    const answer = await app.graphql(
      `{ generation(id: "${generation.id}") { status } verifyAuditLog { ok checked } auditCheckpoint { sequence } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data.generation.status).toBe('SUCCEEDED');
    expect(answer.data.verifyAuditLog.ok).toBe(true);
    const redacted = await app.graphql(
      `mutation { redactVideoGeneration(id: "${generation.id}", reason: "asked for") { userErrors { code } } }`,
    );
    expect(redacted.data.redactVideoGeneration.userErrors).toEqual([]);
    const { prisma } = service;
    const made = await new Checkpoints({ prisma, log: silent, now: app.clock.now }).make();
    expect(made).toMatchObject({ id: 1 });
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true });
  });

  test('records the task that a person found', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const { generation } = await app.create();
    const { id, version } = await look(app, generation.id);
    const answer = await app.graphql(
      `mutation { attachVideoGenerationTask(id: "${id}", version: ${version}, taskId: "106916112212099") {
        userErrors { code } generation { submissions { outcome taskId } } } }`,
    );
    expect(answer.data.attachVideoGenerationTask).toEqual({
      userErrors: [],
      generation: { submissions: [{ outcome: 'ACCEPTED', taskId: '106916112212099' }] },
    });
  });

  test.each([
    `UPDATE audit_event SET ip = NULL`,
    `DELETE FROM audit_event`,
    `TRUNCATE audit_event`,
    `UPDATE audit_checkpoint SET hash = ''`,
    `DELETE FROM audit_checkpoint`,
    `ALTER TABLE audit_event DISABLE TRIGGER ALL`,
    `SET session_replication_role = replica`,
    `CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'`,
    `SELECT setval('audit_event_position', 1)`,
    `UPDATE video_generation SET list_price_usd = 0`,
    `UPDATE video_generation SET caller_id = 'somebody else'`,
    `DELETE FROM video_generation`,
    `UPDATE submission SET list_price = 0`,
    `UPDATE submission SET caller_id = 'somebody else'`,
    `UPDATE submission SET claimed_at = now()`,
    `DELETE FROM submission WHERE outcome = 'UNKNOWN'`,
    `TRUNCATE submission`,
    `UPDATE _prisma_migrations SET checksum = ''`,
    `CREATE TABLE audit_other ()`,
  ])('may not %s', async (sql) => {
    await expect(service.pool.query(sql)).rejects.toThrow(/permission denied|must be owner/);
  });

  test('may not rewrite what an answer made of a submission', async () => {
    await app.create();
    const refused = `UPDATE submission SET outcome = 'REFUSED', task_id = NULL`;
    await expect(service.pool.query(refused)).rejects.toThrow(/cannot be removed or rewritten/);
  });

  test('may not add an event to a generation that did not change', async () => {
    const { generation } = await app.create();
    const forged = `INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence)
      VALUES (gen_random_uuid(), now(), 'GENERATION_SUCCEEDED', '${generation.id}', 4)`;
    await expect(service.pool.query(forged)).rejects.toThrow(/has no version 4/);
  });

  test('has whatever it adds placed and chained by the database', async () => {
    const { rows } = await service.pool.query(
      `INSERT INTO audit_event (id, occurred_at, action, hash, lane, sequence, position, state_hash, facts_hash)
       VALUES (gen_random_uuid(), now(), 'SIGN_IN_REFUSED', 'mine', 7, 99, 1, 'mine', 'mine')
       RETURNING hash, lane, sequence, position, state_hash, facts_hash`,
    );
    expect(rows).toEqual([
      expect.objectContaining({ lane: 0, state_hash: null, facts_hash: null }),
    ]);
    expect(rows[0].hash).toMatch(/^[\da-f]{64}$/);
    expect(rows[0].position).toBeGreaterThan(1);
    expect(await verifyAuditLog(service.prisma)).toMatchObject({ ok: true });
  });

  test('is not made from one that may more', async () => {
    const superuser = decodeURIComponent(new URL(owner.url!).username);
    await expect(allowService(owner.pool, superuser)).rejects.toThrow(/choose another name/);
  });
});
