import { existsSync } from 'node:fs';
import { ConfigError, loadConfig } from '../config.ts';
import { DatabaseStartError, openDatabase } from '../database/database.ts';
import { allowService } from '../database/service-role.ts';
import { createLogger } from '../logger.ts';

const usage = `Makes a role by which the service may sign in to PostgreSQL: it owns nothing, and cannot alter the audit log.

  DATABASE_URL=postgres://OWNER@HOST/NAME npm run service-role -- ROLE

Migrates the database as its owner, and gives the role what the service needs. Repeat it with each new version, before the service is started.
`;

if (existsSync('.env')) process.loadEnvFile('.env');

const [role, ...rest] = process.argv.slice(2);
if (role === undefined || role.startsWith('-') || rest.length > 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  try {
    await run(role);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

async function run(name: string): Promise<void> {
  const { database: where } = loadConfig({ ...process.env, SIMULATOR: 'on', OPEN_ACCESS: '' });
  if (where.url === undefined) {
    throw new ConfigError(['DATABASE_URL is required: the embedded database has no roles']);
  }
  const database = await openDatabase({ ...where, logger: createLogger('error') });
  try {
    await allowService(database.pool, name);
  } catch (error) {
    throw new DatabaseStartError(`The role cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await database.close();
  }
  process.stdout.write(
    `The service may sign in as ${name}. If the role is new, give it a password: in psql, \\password ${name}\n`,
  );
}
