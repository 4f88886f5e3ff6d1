/**
 * How long it takes to seal 1,000,000 events, and to look at all of them: a real PostgreSQL, and
 * events that its triggers have chained.
 *
 * Exits with 1 when the look takes 20 s or more, or finds something. Filling takes some minutes,
 * since each event is written as the service writes it.
 */
import { Checkpoints } from '../src/audit/checkpoints.ts';
import { verifyAuditLog } from '../src/audit/verify.ts';
import { openDatabase } from '../src/database/database.ts';
import { createServerDatabase, silent } from '../test/support/database.ts';
import { fill } from './audit/fill.ts';

const events = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
const server = process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const limitSeconds = 20;

const { url, drop } = await createServerDatabase({ migrated: true, server });
try {
  await timed('filled', () => fill(url, events));
  const database = await openDatabase({ url, dataDir: '', logger: silent });
  const { prisma } = database.slow;
  const checkpoints = new Checkpoints({ prisma, log: silent, now: () => new Date() });
  await timed('sealed', () => checkpoints.make());
  let looked: Awaited<ReturnType<typeof verifyAuditLog>> | undefined;
  const seconds = await timed('looked at', async () => (looked = await verifyAuditLog(prisma)));
  await database.close();
  const { ok, checked } = looked!;
  const reached = ok && seconds < limitSeconds;
  console.log(
    `${reached ? 'ok    ' : 'MISSED'} ${checked} events in ${seconds} s, to take less than ${limitSeconds} s; ${ok ? 'nothing found' : JSON.stringify(looked!.firstBad)}`,
  );
  if (!reached) process.exitCode = 1;
} finally {
  await drop();
}

async function timed(what: string, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  console.log(`${what} in ${seconds} s`);
  return seconds;
}
