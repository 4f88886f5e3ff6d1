import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ApiKeys } from '../access/api-keys.ts';
import { isName, isPurpose, nameRule, roleNamed } from '../access/names.ts';
import { AuditLog } from '../audit/log.ts';
import { loadConfig } from '../config.ts';
import { DatabaseClock } from '../database/clock.ts';
import { DatabaseStartError, openDatabase } from '../database/database.ts';
import { createLogger } from '../logger.ts';

const usage = `Makes, lists and revokes API keys in the database that the service uses.

  node dist/cli/keys.js create --caller NAME --role client|auditor|admin [--tenant NAME] [--days N] [--name TEXT]
  node dist/cli/keys.js list
  node dist/cli/keys.js revoke ID
`;

const dayMs = 24 * 3_600_000;

/** The command was not understood; the message says what is. */
class UsageError extends Error {}

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  await run(process.argv.slice(2));
} catch (error) {
  // The database's own sentences, and this file's; anything else is a bug and shows where.
  const known = error instanceof DatabaseStartError || error instanceof UsageError;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}

async function run(args: string[]): Promise<void> {
  const { command, id, key } = readArguments(args);
  const { database: where } = loadConfig({ ...process.env, SIMULATOR: 'on', OPEN_ACCESS: '' });
  const log = createLogger('error');
  const database = await openDatabase({ ...where, logger: log });
  const { prisma } = database;
  // The order of events is the database's time, whatever this machine's clock says.
  const clock = await DatabaseClock.start(database);
  const { now } = clock;
  const audit = new AuditLog({ prisma, log, now });
  const apiKeys = new ApiKeys({ prisma, now, record: audit.recordKeyChange });
  try {
    switch (command) {
      case 'create': {
        const { apiKey, secret } = await apiKeys.create(key, null);
        print(`${secret}\n`);
        process.stderr.write(
          `Key ${apiKey.id} of ${apiKey.callerId}, ${apiKey.role}. It is shown now and never again.\n`,
        );
        break;
      }
      case 'list':
        for (const { id, prefix, callerId, role, expiresAt, revokedAt } of await apiKeys.list()) {
          const end = revokedAt ? 'revoked' : (expiresAt?.toISOString() ?? 'no end');
          print(`${id}  ${prefix}  ${role.padEnd(7)}  ${end}  ${callerId}\n`);
        }
        break;
      case 'revoke':
        if (!(await apiKeys.revoke(id!, null)))
          throw new UsageError('There is no key with this id.');
        print('revoked\n');
    }
  } finally {
    clock.stop();
    await database.close();
  }
}

function readArguments(args: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        caller: { type: 'string' },
        role: { type: 'string' },
        tenant: { type: 'string' },
        days: { type: 'string' },
        name: { type: 'string' },
      },
    });
    const [command, id] = positionals;
    if (command === 'list') return { command } as const;
    if (command === 'revoke' && /^[\da-f-]{36}$/i.test(id ?? '')) return { command, id } as const;
    const role = roleNamed(values.role);
    const days = Number(values.days ?? 0);
    if (command !== 'create' || values.caller === undefined || !role) throw new Error();
    if (!(days >= 0 && days <= 36_500)) throw new Error();
    const expiresAt = days > 0 ? new Date(Date.now() + days * dayMs) : null;
    const { caller: callerId, tenant = null, name = callerId } = values;
    if (!isName(callerId) || (tenant !== null && !isName(tenant))) {
      throw new UsageError(`A caller or tenant has ${nameRule}.`);
    }
    if (!isPurpose(name)) {
      throw new UsageError('A name has at most 100 characters, none of them a control character.');
    }
    return { command, key: { callerId, role, tenant, name, expiresAt } } as const;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(usage);
  }
}

function print(text: string): void {
  process.stdout.write(text);
}
