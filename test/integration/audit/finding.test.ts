import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { migrate, migrationsDirectory } from '../../../src/database/migrate.ts';
import { openServer } from '../../../src/database/server.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { callersOf } from '../../support/callers.ts';
import { createServerDatabase, openEmptyEmbedded, silent } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
let prisma: TestApp['database']['prisma'];

beforeEach(async () => {
  app = await startTestApp({ env: { OPEN_ACCESS: '' } });
  prisma = app.database.prisma;
});
afterEach(async () => {
  await app.stop();
});
const { key, as, create } = callersOf(() => app);

describe('audit events can be found', () => {
  const events = async (secret: string, filter: object) =>
    (
      await as(
        secret,
        'query E($f: AuditEventFilter) { auditEvents(filter: $f, direction: ASC) { nodes { action generationId objectId callerId detail } } }',
        { f: filter },
      )
    ).auditEvents.nodes as Record<string, unknown>[];

  test('by what they are on: who read this generation, what became of this key', async () => {
    const auditor = await key('auditor', { role: 'AUDITOR' });
    const owner = await key('owner');
    const { id } = (await create({}, owner.secret)).generation;
    const other = (await create({}, owner.secret)).generation.id as string;
    await as(auditor.secret, `{ generation(id: "${id}") { id } }`);
    const about = await events(auditor.secret, { objectId: [id] });
    expect(about.map(({ action }) => action)).toEqual([
      'GENERATION_CREATED',
      'SUBMISSION_SENT',
      'SUBMISSION_ACCEPTED',
      'FOREIGN_GENERATION_READ',
    ]);
    expect(about.every(({ objectId }) => objectId === id)).toBe(true);
    expect(about.at(-1)).toMatchObject({
      generationId: null,
      callerId: 'auditor',
      detail: '{"owner":"owner"}',
    });
    expect(
      await events(auditor.secret, { objectId: [id, other], action: ['FOREIGN_GENERATION_READ'] }),
    ).toHaveLength(1);
    const ofKey = await events(auditor.secret, { objectId: [owner.apiKey.id] });
    expect(ofKey).toMatchObject([{ action: 'API_KEY_CREATED', objectId: owner.apiKey.id }]);
    expect(ofKey[0]!['detail']).not.toContain(owner.apiKey.id);
    expect(await events(auditor.secret, { objectId: ['nonsense'] })).toEqual([]);
    expect(await events(auditor.secret, { objectId: [] })).toEqual([]);
  });

  test('by a text in what MiniMax said or in the detail', async () => {
    const auditor = (await key('auditor', { role: 'AUDITOR' })).secret;
    app.upstream.onSubmit(coded(1026, 'input_new 100% Sensitive'));
    const { id } = (await create({}, auditor === '' ? null : (await key('ann')).secret)).generation;
    expect(await events(auditor, { text: '100% sens' })).toMatchObject([{ generationId: id }]);
    expect(await events(auditor, { text: 'inputxnew' })).toEqual([]);
    expect(await events(auditor, { text: '"role": "AUDITOR"' })).toMatchObject([
      { action: 'API_KEY_CREATED' },
    ]);
    // Every success says it: nobody looks for that.
    expect(await events(auditor, { text: 'success' })).toEqual([]);
    for (const text of ['ab', 'x'.repeat(201)]) {
      const { errors } = await app.graphql(
        'query E($f: AuditEventFilter) { auditEvents(filter: $f) { nodes { id } } }',
        { f: { text } },
        { authorization: `Bearer ${auditor}` },
      );
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true });
  });
});

test('events of before the column objectId keep their hashes and can be searched', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'before-finding-'));
  const dataDir = join(folder, 'data');
  const before = join(folder, 'migrations');
  for (const name of ['0001_init', '0002_access', '0003_audit'])
    await cp(join(migrationsDirectory, name), join(before, name), { recursive: true });
  const server =
    globalThis.databaseUrl === undefined
      ? undefined
      : await createServerDatabase({ migrated: false });
  const fillOld = async (pool: pg.Pool) => {
    await migrate(pool, silent, before);
    await pool.query(`INSERT INTO audit_event (id, occurred_at, action, detail)
      SELECT gen_random_uuid(), now(), 'API_KEY_CREATED', '{"keyId": "old key"}'
      FROM generate_series(1, 5)`);
  };
  try {
    if (server) {
      const pool = (await openServer({ url: server.url, logger: silent })).directPool({ max: 2 });
      await fillOld(pool);
      await pool.end();
    } else {
      const embedded = await openEmptyEmbedded(join(dataDir, 'postgres'));
      await fillOld(embedded.pool);
      await embedded.markReady();
      await embedded.close();
    }
    const database = await openDatabase({ url: server?.url, dataDir, logger: silent });
    expect(await verifyAuditLog(database.prisma)).toMatchObject({ ok: true, checked: 5 });
    const found = { searchText: { contains: 'OLD KEY', mode: 'insensitive' } } as const;
    expect(await database.prisma.auditEvent.count({ where: found })).toBe(5);
    await database.close();
  } finally {
    await server?.drop();
    await rm(folder, { recursive: true });
  }
});
