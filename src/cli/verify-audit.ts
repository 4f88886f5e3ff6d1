import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Break } from '../audit/breaks.ts';
import { Checkpoints } from '../audit/checkpoints.ts';
import { headOf, isSameHead, parseHead } from '../audit/head.ts';
import { openSigningKey } from '../audit/signing-key.ts';
import { verifyAuditLog, type Verification } from '../audit/verify.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { DatabaseClock } from '../database/clock.ts';
import { DatabaseStartError, openDatabase, type Database } from '../database/database.ts';
import type { AuditCheckpoint } from '../database/generated/client.ts';
import { createLogger } from '../logger.ts';

const usage = `Looks whether the audit log in the database that the service uses is what was written.

  npm run verify-audit                            everything
  npm run verify-audit -- --expect HEAD           ... and whether it goes on from a head that was kept elsewhere
  npm run verify-audit -- --since HEAD|NUMBER     only what came after a checkpoint, which is believed

Heads are in the service's log, in AUDIT_HEAD_FILE and in the API, and are printed here. The last one
of AUDIT_HEAD_FILE is always expected. Exits with 1 when something is wrong or could not be looked at,
and with 2 when nothing is but what guards the log is not as this version knows it, in a database of
a newer one.
`;

/** The command was not understood, or cannot be done; the message says why. */
class UsageError extends Error {}

/** What the database answered instead is not told: whoever altered it may have written that. */
class LookError extends Error {}

const notLookedAt =
  'The audit log could not be looked at to its end: nothing is known of how it is. PostgreSQL’s log says why.';

const notSealed =
  'The audit log is as it was written, but no checkpoint could be made. PostgreSQL’s log says why.';

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  await run(process.argv.slice(2));
} catch (error) {
  // The database's own sentences, and this file's; anything else is a bug and shows where.
  const explained = [DatabaseStartError, ConfigError, UsageError, LookError];
  const known = explained.some((kind) => error instanceof kind);
  process.stderr.write(`${known ? (error as Error).message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}

async function run(args: string[]): Promise<void> {
  const { expect, since: from } = readArguments(args);
  const config = loadConfig({ ...process.env, SIMULATOR: 'on', OPEN_ACCESS: '' });
  const { headFile } = config.audit;
  const expected = expect.map(readHead);
  const kept = headFile === undefined ? null : await lastLine(headFile);
  if (kept !== null) expected.push(readHead(kept));
  const log = createLogger('error');
  const { key, trust } = await openSigningKey({ ...config.audit, ...config.database, log });
  const database = await openDatabase({ ...config.database, logger: log });
  const { prisma } = database.slow;
  const clock = await DatabaseClock.start(database);
  try {
    const since = from === undefined ? null : await findCheckpoint(prisma, from);
    const verification = await orSay(
      notLookedAt,
      verifyAuditLog(prisma, { trust, expected, since }),
    );
    if (verification.firstBad) {
      process.stderr.write(`${describe(verification.firstBad)}\n`);
      process.exitCode = 1;
    }
    if (verification.unjudged !== null) {
      process.stderr.write(`${unjudged(verification.unjudged)}\n`);
      process.exitCode ??= 2;
    }
    if (process.exitCode !== undefined) return;
    const checkpoints = new Checkpoints({ prisma, log, now: clock.now, key, trust, headFile });
    const latest = (await orSay(notSealed, checkpoints.make())) ?? verification.checkpoint;
    process.stdout.write(summary(verification, latest));
  } finally {
    clock.stop();
    await database.close();
  }
}

async function orSay<Result>(message: string, result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (cause) {
    throw new LookError(message, { cause });
  }
}

function readArguments(args: string[]): { expect: string[]; since: string | undefined } {
  let values: { expect?: string[]; since?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        expect: { type: 'string', multiple: true },
        since: { type: 'string' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
  if (values.help) throw new UsageError(usage);
  return { expect: values.expect ?? [], since: values.since };
}

function readHead(text: string): AuditCheckpoint {
  const head = parseHead(text);
  if (head === null) throw new UsageError(`This is not a head: ${text}`);
  return head;
}

/** The checkpoint with this number, or the one that a head tells of. */
async function findCheckpoint(prisma: Database['prisma'], text: string): Promise<AuditCheckpoint> {
  const head = /^\d{1,9}$/.test(text) ? null : readHead(text);
  const id = head?.id ?? Number(text);
  const found = await prisma.auditCheckpoint.findUnique({ where: { id } });
  if (found && (head === null || isSameHead(found, head))) return found;
  throw new UsageError(
    `The database has no checkpoint ${id}${head ? ' with the hash and the counts of this head: it was rewritten or removed' : ''}.`,
  );
}

async function lastLine(file: string): Promise<string | null> {
  if (!existsSync(file)) return null;
  return (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) || null;
}

function summary(verification: Verification, latest: AuditCheckpoint | null): string {
  const { checked, since, unbound, signature } = verification;
  const after = since === null ? '' : ` after checkpoint ${since}`;
  const lines = [`${checked} events${after} are as they were written.`];
  if (unbound > 0) {
    lines.push(
      `${unbound} generations are of a time when events did not say what their rows must hold: price, caller and prompt of those cannot be checked.`,
    );
  }
  if (signature === 'UNKNOWN_KEY') {
    lines.push(
      'The last checkpoint was signed by a key that is not known here: by another server, or by somebody else. Give all servers the same AUDIT_SIGNING_KEY, or name the others in AUDIT_TRUSTED_KEYS.',
    );
  }
  if (latest && signature === 'NONE') {
    lines.push(
      'The last checkpoint has no signature: it was made by a server without a key, or somebody removed it.',
    );
  }
  if (latest) lines.push(`Checkpoint ${latest.id}: ${latest.hash}`, `Head: ${headOf(latest)}`);
  return `${lines.join('\n')}\n`;
}

function unjudged(what: string): string {
  return `What guards the log was not judged: ${what}. Run this command of the newest version; if there is none that has it, somebody altered what guards the log. No checkpoint was made.`;
}

function describe({ reason, sequence, eventId, generationId, detail }: Break): string {
  const place = generationId === null ? 'of no generation' : `of generation ${generationId}`;
  switch (reason) {
    case 'EVENT_CHANGED':
      return `Event ${eventId} (number ${sequence} ${place}), or the one before it, was altered or moved.`;
    case 'EVENT_MISSING':
      return `Event number ${sequence} ${place} was removed; ${eventId} comes after it.`;
    case 'EVENTS_MISSING_AT_END':
      return `Event number ${sequence} ${place}, and any after it, were removed.`;
    case 'EVENT_ADDED':
      return `Event ${eventId} (number ${sequence} ${place}) was made up: the generation has not changed so often.`;
    case 'GENERATION_MISSING':
      return `Event ${eventId} tells of generation ${generationId}, which is not there any more.`;
    case 'GENERATION_CHANGED':
      return `What is stored of generation ${generationId} is not what its events say: ${detail}.`;
    case 'CHECKPOINT_MISMATCH':
      return `Checkpoint ${sequence}, up to event ${eventId}, does not fit the events that it covers or the checkpoint before.`;
    case 'CHECKPOINT_NOT_SIGNED':
      return `Checkpoint ${sequence} is not rightly signed by a key that counts here.`;
    case 'HEAD_MISMATCH':
      return `The database has no checkpoint ${sequence} as it was kept elsewhere: it was rewritten or removed.`;
    case 'GUARD_CHANGED':
      return `What guards the log is not as it was made: ${detail}.`;
  }
}
