import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { noticeOf, startApp, type App } from './app.ts';
import { ConfigError, loadConfig, type Config } from './config.ts';
import { readAddress } from './database/address.ts';
import { DatabaseStartError } from './database/database.ts';
import { isUnavailable } from './database/unavailable.ts';
import { TrustedDocumentsError } from './graphql/trusted-documents.ts';
import { createLogger } from './logger.ts';
import { StorageConfigError } from './media/storage.ts';

/** Waiting longer than for open requests and one exchange with MiniMax is of no use at shutdown. */
const shutdownMarginMs = 5_000;

if (existsSync('.env')) process.loadEnvFile('.env');

const config = readConfig();
const log = createLogger(config.logLevel);
let app: App;
try {
  app = await startApp(config, log);
} catch (error) {
  exitWith(explainStart(error, config));
}
log.info(
  { url: app.url, simulated: config.minimax.simulated, database: app.database.kind },
  `Reelgraph is ready: open ${app.url} · ${noticeOf(config.minimax.simulated)} · Data: ${describeData(config)}`,
);

const makeKey = 'node dist/cli/keys.js create --caller me --role admin';
if (app.letsIn === 'everybody') {
  log.warn(
    {},
    `Everybody who can reach this address is let in as admin. Make a key to close it: ${makeKey}`,
  );
}
if (app.letsIn === 'nobody') {
  log.warn({}, `Nobody is let in: there is no API key yet. Make one: ${makeKey}`);
}

// graphql-js leaves one behind when a list fails as a whole while its entries still wait: no reason to
// end what others wait for.
process.on('unhandledRejection', (error) => {
  log.error({ error }, 'a promise was rejected that nobody waits for any more');
});

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    void stop(signal);
  });
}

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping: finishing what is under way');
  const limit = setTimeout(
    () => {
      log.error({}, 'stopping took too long; what was under way is taken up by the next server');
      process.exit(1);
    },
    Math.max(config.minimax.timeoutMs, config.webhooks.timeoutMs) +
      config.worker.createWaitMs +
      shutdownMarginMs,
  );
  try {
    await app.stop();
    log.info({}, 'stopped');
    process.exitCode = 0;
  } catch (error) {
    log.error({ error }, 'stopping failed');
    process.exitCode = 1;
  }
  clearTimeout(limit);
  process.exit();
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) exitWith(error.message);
    throw error;
  }
}

/** Where the rows are, without credentials. */
function describeData({ database: { url, dataDir } }: Config): string {
  if (url === undefined) {
    return `embedded database in ${join(dataDir, 'postgres')} (safe against a killed process, not against power loss; set DATABASE_URL for a server)`;
  }
  return `PostgreSQL at ${readAddress(url).where}`;
}

/** A sentence for the person who starts the service; an unexpected error is thrown as it is. */
function explainStart(error: unknown, { http }: Config): string {
  const explained = [DatabaseStartError, ConfigError, TrustedDocumentsError, StorageConfigError];
  if (explained.some((kind) => error instanceof kind)) return (error as Error).message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return `Port ${http.port} is in use by another program: set PORT to a free one.`;
  if (code === 'EACCES')
    return `Port ${http.port} may not be used by this user: set PORT to one above 1023.`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${http.host}: correct HOST.`;
  if (isUnavailable(error)) {
    return `The database stopped answering while the service was being started: ${(error as Error).message}`;
  }
  throw error;
}

function exitWith(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
