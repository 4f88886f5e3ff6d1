import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { ApiKeys } from './access/api-keys.ts';
import { Authenticator } from './access/authenticator.ts';
import { ApiKeyResolver } from './access/resolver.ts';
import { Tokens } from './access/tokens.ts';
import { AuditLog } from './audit/log.ts';
import { AuditResolver } from './audit/resolver.ts';
import { ConfigError, type Config } from './config.ts';
import { openDatabase, type Database } from './database/database.ts';
import { DatabaseClock } from './database/clock.ts';
import { Advance } from './generation/advance.ts';
import { mountCallbacks } from './generation/callbacks.ts';
import { Decisions } from './generation/decisions.ts';
import { GenerationConnectionFields, GenerationFields } from './generation/fields.ts';
import { Leases } from './generation/leases.ts';
import { VideoModelsResolver } from './generation/models-resolver.ts';
import { ProviderResolver } from './generation/provider-resolver.ts';
import { GenerationResolver } from './generation/resolver.ts';
import { GenerationService } from './generation/service.ts';
import { GenerationStore } from './generation/store.ts';
import { GenerationUpdates } from './generation/updates.ts';
import { UpstreamKey } from './generation/upstream-key.ts';
import { GenerationWorker } from './generation/worker.ts';
import { Resolvers } from './graphql/context.ts';
import { mountHealth } from './graphql/health.ts';
import { mountLandingPages } from './graphql/landing-page.ts';
import { createGraphqlServer } from './graphql/server.ts';
import type { Logger } from './logger.ts';
import { isPublicHost } from './minimax/image-url.ts';
import { MinimaxClient } from './minimax/client.ts';
import { createSchema } from './schema.ts';
import { createSimulator } from './simulator/simulator.ts';
import { tour } from './tour.ts';

export interface App {
  /** Where it listens, e.g. `http://localhost:4000`. */
  readonly url: string;
  /** Whether everybody is let in as admin. */
  readonly isOpen: boolean;
  readonly worker: GenerationWorker;
  readonly database: Database;
  /** Takes no more work, stores what is under way, closes everything. */
  stop(): Promise<void>;
}

export interface AppParts {
  /** An open database to use instead of the configured one; it is closed with the app. */
  database?: Database;
  /** Whether work is looked for by the clock; false leaves it to whoever calls `worker.runOnce()`. */
  runWorker?: boolean;
  now?: () => Date;
  /** Where the upstream reaches this service's callbacks, instead of the configured public address. */
  callbackBaseUrl?: string;
}

/** Who sends slower than this is not waited for: 30 MB in two minutes is 2 Mbit/s. */
const connectionLimits = {
  headersTimeout: 15_000,
  requestTimeout: 120_000,
  connectionsCheckingInterval: 5_000,
};

const callbackPath = '/callbacks/minimax';

/** A running service: the one place where its parts are constructed. */
export async function startApp(config: Config, log: Logger, parts: AppParts = {}): Promise<App> {
  const { http: httpConfig, minimax, worker: workerConfig } = config;

  const trustedDocuments = readTrustedDocuments(config);
  // Listening comes first: the simulator's address is known then, and a port in use is noticed at once.
  let handle: RequestListener = (_request, response) => {
    response.writeHead(503, { 'Retry-After': '1' }).end();
  };
  const http = createServer(
    connectionLimits,
    (request, response) => void handle(request, response),
  );
  const port = await listen(http, httpConfig.port, httpConfig.host);
  const url = `http://${printableHost(httpConfig.host)}:${port}`;

  let database: Database;
  try {
    database = parts.database ?? (await openDatabase({ ...config.database, logger: log }));
  } catch (error) {
    http.close();
    throw error;
  }

  const baseUrl = minimax.baseUrl ?? `http://${reachableHost(httpConfig.host)}:${port}/simulator`;
  const client = new MinimaxClient({
    baseUrl,
    apiKey: minimax.apiKey,
    timeoutMs: minimax.timeoutMs,
  });

  const { prisma } = database;
  const clock = await DatabaseClock.start(prisma);
  const now = parts.now ?? clock.now;
  const { simulated } = minimax;
  const simulator =
    minimax.baseUrl === undefined
      ? createSimulator({
          publicUrl: `${httpConfig.publicUrl ?? url}/simulator`,
          renderMs: config.simulator.renderMs,
          now: () => now().getTime(),
        })
      : undefined;
  const key = new UpstreamKey({
    prisma,
    log,
    now,
    // Simulators come and go with their ports; a real key is the same everywhere.
    keyId: simulated ? 'simulator' : fingerprint(baseUrl, minimax.apiKey),
    requestsPerMinute: minimax.requestsPerMinute,
    longestPauseMs: simulated ? 2_000 : Infinity,
  });
  await key.register();
  const store = new GenerationStore({ prisma, now });
  const leases = new Leases({ prisma, store, key, now, leaseMs: workerConfig.leaseMs, simulated });
  const updates = new GenerationUpdates();
  await updates.start(database);
  const callbackBaseUrl = parts.callbackBaseUrl ?? callbackAddress(httpConfig.publicUrl);
  const advance = new Advance({
    store,
    leases,
    key,
    client,
    log,
    now,
    pollIntervalMs: workerConfig.pollIntervalMs,
    callbackBaseUrl,
  });
  const worker = new GenerationWorker({
    leases,
    advance,
    log,
    concurrency: workerConfig.concurrency,
    leaseMs: workerConfig.leaseMs,
    tickMs: Math.min(Math.max(workerConfig.pollIntervalMs / 10, 50), 1_000),
  });
  const service = new GenerationService({
    store,
    client,
    updates,
    wakeWorker: () => worker.wake(),
    log,
    now,
    createWaitMs: workerConfig.createWaitMs,
    extraModels: minimax.extraModels,
    simulated,
    wantsCallbacks: callbackBaseUrl !== undefined,
  });
  const decisions = new Decisions({ store, service, worker, now });

  const audit = new AuditLog({ prisma, log, now });
  const apiKeys = new ApiKeys({ prisma, now, record: audit.recordKeyChange });
  const resolvers = new Resolvers([
    new GenerationResolver({ prisma, store, service, decisions, updates, audit }),
    new GenerationFields({ store, service }),
    new GenerationConnectionFields({ prisma }),
    new VideoModelsResolver(),
    new ApiKeyResolver({ apiKeys, now }),
    new AuditResolver({ prisma }),
    new ProviderResolver({ key, client, log, simulated }),
  ]);
  const authenticator = new Authenticator({
    apiKeys,
    tokens: config.access.issuer && new Tokens(config.access.issuer),
    open: config.access.open,
    onRefused: audit.recordRefusal,
  });
  let stopping = false;
  const graphql = await createGraphqlServer({
    schema: await createSchema(resolvers),
    resolvers,
    log,
    authenticate: (authorization, sender) => authenticator.authenticate(authorization, sender),
    http,
    bodyLimitBytes: httpConfig.bodyLimitBytes,
    corsOrigins: httpConfig.corsOrigins,
    guards: {
      ...config.guards,
      suggestions: !config.production,
      trustedDocuments,
      https: httpConfig.publicUrl?.startsWith('https:') ?? false,
    },
    apollo: config.apollo,
    mountRoutes: (app) => {
      mountHealth(app, {
        checkReady: async () => {
          if (stopping) throw new Error('stopping');
          await database.ping();
          const { pause } = await key.status();
          return { database: database.kind, simulated, submissionsPaused: pause };
        },
        metrics: createMetrics(worker),
      });
      const schemaFile = readFileSync(new URL('../schema.graphql', import.meta.url));
      if (config.guards.introspection) {
        app.get('/schema.graphql', (_request, response) => {
          response.type('text/plain').send(schemaFile);
        });
      }
      if (!config.production) mountLandingPages(app, tour, noticeOf(simulated));
      mountCallbacks(app, callbackPath, { store, wakeWorker: () => worker.wake(), log });
      if (simulator)
        app.use('/simulator', (request, response) => void simulator(request, response));
    },
  });
  handle = graphql.app;
  if (parts.runWorker ?? true) {
    worker.start();
    audit.start();
  }

  return {
    url,
    isOpen: await authenticator.isOpen(),
    worker,
    database,
    async stop() {
      stopping = true;
      await worker.stop();
      await graphql.close();
      await audit.stop();
      await updates.close();
      await client.close();
      clock.stop();
      await database.close();
    },
  };
}

function readTrustedDocuments({ guards: { trustedDocuments } }: Config): string | undefined {
  if (trustedDocuments === undefined) return undefined;
  try {
    return readFileSync(trustedDocuments, 'utf8');
  } catch (error) {
    throw new ConfigError([
      `TRUSTED_DOCUMENTS names a file that cannot be read: ${(error as Error).message}`,
    ]);
  }
}

/** One sentence about what is real, for the log and the landing page. */
export function noticeOf(simulated: boolean): string {
  return simulated
    ? 'MiniMax is simulated: nothing is paid, and each video is a sample.'
    : 'MiniMax is real: each accepted request is paid for.';
}

/** Where the rows are, without credentials, for the log. */
export function describeData(config: Config): string {
  if (config.database.url === undefined) {
    return `embedded database in ${join(config.database.dataDir, 'postgres')} (safe against a killed process, not against power loss; set DATABASE_URL for a server)`;
  }
  const { host, pathname } = new URL(config.database.url);
  return `PostgreSQL at ${host}${pathname}`;
}

/** Under the public address when MiniMax can reach it; it refuses submissions whose address it cannot (wire contract §7). */
function callbackAddress(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' && isPublicHost(hostname)
    ? `${publicUrl}${callbackPath}`
    : undefined;
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function printableHost(host: string): string {
  const reachable = reachableHost(host);
  return ['127.0.0.1', '[::1]'].includes(reachable) ? 'localhost' : reachable;
}

/** Names a key without telling it. */
function fingerprint(baseUrl: string, apiKey: string): string {
  return createHash('sha256').update(`${baseUrl} ${apiKey}`).digest('hex').slice(0, 16);
}

function createMetrics(worker: GenerationWorker): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'reelgraph_generations_in_flight',
    help: 'Generations that this server is sending or looking at now.',
    registers: [registry],
    collect() {
      this.set(worker.inFlight);
    },
  });
  return registry;
}
