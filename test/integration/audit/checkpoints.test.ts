import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { headOf } from '../../../src/audit/head.ts';
import { openSigningKey, toSigningKey } from '../../../src/audit/signing-key.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { AuditWatch } from '../../../src/audit/watch.ts';
import { keysOf } from '../../support/app.ts';
import { silent } from '../../support/database.ts';
import {
  aGeneration,
  app,
  checkpoints,
  found,
  key,
  prisma,
  trust,
} from '../../support/tampering.ts';

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
