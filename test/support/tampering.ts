import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { Checkpoints } from '../../src/audit/checkpoints.ts';
import { parseHead, type SigningKey, type Trust } from '../../src/audit/head.ts';
import { toSigningKey } from '../../src/audit/signing-key.ts';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import { startTestApp, type TestApp } from './app.ts';
import { silent, withoutTriggers } from './database.ts';

// The rows of the table in docs/audit.md: what was done, and what finds it.

export function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return toSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
}

export const key = newKey();
export const trust: Trust = { publicKeys: new Set([key.publicKey]), pinned: true };

export let app: TestApp;
export let prisma: TestApp['database']['prisma'];
export let checkpoints: Checkpoints;

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
export function shareLog(generations: number): { last: () => string } {
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
export async function puttingBack(
  table: 'video_generation' | 'submission' | 'audit_event' | 'audit_checkpoint',
  act: () => Promise<void>,
): Promise<void> {
  const [{ rows, columns }] = await prisma.$queryRawUnsafe<[{ rows: string; columns: string }]>(
    `SELECT json_agg(${table})::text AS rows, (
        SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
        WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      ) AS columns FROM ${table}`,
  );
  try {
    await act();
  } finally {
    const text = rows.replaceAll(`'`, `''`);
    await withoutTriggers(
      prisma,
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} (${columns})
        SELECT ${columns} FROM json_populate_recordset(NULL::${table}, '${text}')`,
    );
  }
}

export async function aGeneration(): Promise<string> {
  const { generation } = await app.create({ tags: ['one'] });
  return generation.id;
}

export async function eventsOf(generationId: string | null) {
  return await prisma.auditEvent.findMany({
    where: { generationId },
    // Those of no generation may be in several lanes.
    orderBy: { position: 'asc' },
  });
}

export const found = async (expected: string[] = []) =>
  (await verifyAuditLog(prisma, { trust, expected: expected.map((head) => parseHead(head)!) }))
    .firstBad;

/** Computes the facts and the chain of a generation anew, as its owner can who knows how it is done. */
export function reckonAnew(id: string): string {
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

export function chainAnew(id: string, first = ''): string {
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
