import { existsSync } from 'node:fs';
import { AuditLog } from '../audit/log.ts';
import { verifyAuditLog, type Break } from '../audit/verify.ts';
import { loadConfig } from '../config.ts';
import { DatabaseStartError, openDatabase } from '../database/database.ts';
import { createLogger } from '../logger.ts';

/**
 * `npm run verify-audit` looks at the audit log in the database that the
 * service uses and exits with 1 when it is not what was written. It also makes
 * a checkpoint, whose hash is to be kept elsewhere.
 */
if (existsSync('.env')) process.loadEnvFile('.env');

try {
  await run();
} catch (error) {
  // The database's own sentences; anything else is a bug and shows where.
  const known = error instanceof DatabaseStartError;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const { database: where } = loadConfig({ ...process.env, SIMULATOR: 'on', OPEN_ACCESS: '' });
  const log = createLogger('error');
  const database = await openDatabase({ ...where, logger: log });
  const { prisma, slow } = database;
  try {
    const { checked, firstBad, checkpoint } = await verifyAuditLog(slow.prisma);
    if (firstBad) {
      process.stderr.write(`${describe(firstBad)}\n`);
      process.exitCode = 1;
      return;
    }
    process.stdout.write(`${checked} events are as they were written.\n`);
    const latest =
      (await new AuditLog({ prisma, slow, log, now: () => new Date() }).checkpoint()) ?? checkpoint;
    if (latest) process.stdout.write(`Checkpoint ${latest.id}: ${latest.hash}\n`);
  } finally {
    await database.close();
  }
}

function describe({ reason, sequence, eventId, generationId }: Break): string {
  const place = generationId === null ? 'of no generation' : `of generation ${generationId}`;
  switch (reason) {
    case 'EVENT_CHANGED':
      return `Event ${eventId} (number ${sequence} ${place}), or the one before it, was altered or moved.`;
    case 'EVENT_MISSING':
      return `Event number ${sequence} ${place} was removed; ${eventId} comes after it.`;
    case 'EVENTS_MISSING_AT_END':
      return `Event number ${sequence} ${place}, and any after it, were removed.`;
    case 'CHECKPOINT_MISMATCH':
      return `Checkpoint ${sequence}, up to event ${eventId}, does not fit the events that it covers or the checkpoint before.`;
  }
}
