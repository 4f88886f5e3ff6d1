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
import type { Config } from './config.ts';
import { openDatabase, type Database } from './database/database.ts';
import { isUnavailable } from './database/unavailable.ts';
import { DatabaseClock } from './database/clock.ts';
import { mountDropIn } from './drop-in/routes.ts';
import { Downloads } from './export/downloads.ts';
import { Exports } from './export/exports.ts';
import { ExportResolver } from './export/resolver.ts';
import { Advance } from './submission/submit.ts';
import { mountCallbacks } from './following/callbacks.ts';
import { Decisions } from './generation/decisions.ts';
import { Erasure } from './generation/erasure.ts';
import { ErasureResolver } from './generation/api/erasure-resolver.ts';
import { GenerationConnectionFields, GenerationFields } from './generation/api/fields.ts';
import { Leases } from './submission/leases.ts';
import { VideoModelsResolver } from './generation/api/models-resolver.ts';
import { ProviderResolver } from './submission/provider-resolver.ts';
import { GenerationResolver } from './generation/api/resolver.ts';
import { StatsResolver } from './generation/api/stats-resolver.ts';
import { GenerationService } from './generation/service.ts';
import { GenerationStore } from './generation/store.ts';
import { GenerationFeed } from './generation/live/feed.ts';
import { GenerationUpdates } from './generation/updates.ts';
import { VideoLinks } from './following/video-links.ts';
import { UpstreamKey } from './submission/upstream-key.ts';
import { Watches } from './generation/live/watch.ts';
import { GenerationWorker } from './submission/worker.ts';
import { Resolvers } from './graphql/context.ts';
import { mountHealth } from './graphql/health.ts';
import { mountLandingPages } from './pages/landing-page.ts';
import type { Patience } from './graphql/connections.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { TrustedDocuments } from './graphql/trusted-documents.ts';
import type { Logger } from './logger.ts';
import { MinimaxClient } from './minimax/v1/client.ts';
import { isPublicHost } from './network/public-address.ts';
import { createSchema } from './schema.ts';
import { createSimulator } from './simulator/simulator.ts';
import { tour } from './pages/tour.ts';
import { WebhookDeliveries } from './webhooks/deliveries.ts';
import { WebhookEndpoints } from './webhooks/endpoints.ts';
import { resolveLocal, resolvePublic, type Resolve } from './webhooks/resolve.ts';
import { WebhookResolver } from './webhooks/resolver.ts';
import { Sender } from './webhooks/sender.ts';
import { WebhookWorker } from './webhooks/worker.ts';

export interface App {
  /** Where it listens, e.g. `http://localhost:4000`. */
  readonly url: string;
  /** Who is let in as it starts; `everybody` is let in as admin. */
  readonly letsIn: 'everybody' | 'callers' | 'nobody';
  readonly worker: GenerationWorker;
  readonly webhooks: WebhookWorker;
  readonly database: Database;
  /** Takes no more work, stores what is under way, closes everything. */
  stop(): Promise<void>;
}

export interface AppParts {
  /** An open database to use instead of the configured one; it is closed with the app. */
  database?: Database;
  /** Whether work is looked for by the clock; false leaves it to whoever calls `worker.runOnce()` and `webhooks.runOnce()`. */
  runWorker?: boolean;
  now?: () => Date;
  /** Where the upstream reaches this service's callbacks, instead of the configured public address. */
  callbackBaseUrl?: string;
  /** How long open connections may be silent, instead of what is usual. */
  patience?: Partial<Patience>;
  /** How the names of webhook receivers are resolved, instead of by DNS. */
  resolveHost?: Resolve;
}

/** Who sends slower than this is not waited for: 30 MB in two minutes is 2 Mbit/s. */
const connectionLimits = {
  headersTimeout: 15_000,
  requestTimeout: 120_000,
  connectionsCheckingInterval: 5_000,
};

/** For storing what came of an attempt. */
const webhookLeaseMarginMs = 30_000;

const callbackPath = '/callbacks/minimax';
const exportPath = '/exports';

/** A running service: the one place where its parts are constructed. */
export async function startApp(config: Config, log: Logger, parts: AppParts = {}): Promise<App> {
  const { http: httpConfig, minimax, worker: workerConfig } = config;

  const resolvers = new Resolvers();
  const schema = await createSchema(resolvers);
  const { trustedDocuments } = config.guards;
  // Before anything is opened, like every other mistake in the configuration.
  const trusted = trustedDocuments && new TrustedDocuments(trustedDocuments, schema);
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
  const audit = new AuditLog({ prisma, log, now });
  const { allowPrivate, timeoutMs } = config.webhooks;
  const endpoints = new WebhookEndpoints({ prisma, audit, now, allowPrivate });
  const deliveries = new WebhookDeliveries({
    ...{ prisma, endpoints, audit, now },
    leaseMs: timeoutMs + webhookLeaseMarginMs,
  });
  const resolve = parts.resolveHost ?? (allowPrivate ? resolveLocal : resolvePublic);
  const sender = new Sender({ resolve, timeoutMs, allowPrivate });
  const webhooks = new WebhookWorker({ deliveries, sender, log, now });
  const store = new GenerationStore({ database, now, enqueueWebhooks: deliveries.enqueue });
  const leases = new Leases({ prisma, store, key, now, leaseMs: workerConfig.leaseMs, simulated });
  const updates = new GenerationUpdates();
  await updates.start(database);
  const feed = new GenerationFeed({ prisma, updates, now, log });
  const watches = new Watches({ prisma, feed, now });
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
  const erasure = new Erasure({ prisma, store, log, now, retentionDays: config.retentionDays });
  const apiKeys = new ApiKeys({ prisma, now, record: audit.recordKeyChange });
  const authenticator = new Authenticator({
    apiKeys,
    tokens: config.access.issuer && new Tokens(config.access.issuer),
    open: config.access.open,
    onRefused: audit.recordRefusal,
  });
  const exports = new Exports({
    database,
    audit,
    log,
    now,
    admitsStill: (caller) => authenticator.admitsStill(caller),
  });
  const downloads = new Downloads({ exports, log, now });
  const worker = new GenerationWorker({
    leases,
    advance,
    log,
    concurrency: workerConfig.concurrency,
    leaseMs: workerConfig.leaseMs,
    tickMs: Math.min(Math.max(workerConfig.pollIntervalMs / 10, 50), 1_000),
    hourly: [
      () => advance.dropOldImages(),
      () => exports.dropOld(),
      (signal) => erasure.applyRetention(signal),
    ],
  });
  const service = new GenerationService({
    store,
    updates,
    wakeWorker: () => worker.wake(),
    createWaitMs: workerConfig.createWaitMs,
    extraModels: minimax.extraModels,
    webhookUrlProblem: (url, callerId) => endpoints.generationUrlProblem(url, callerId),
    simulated,
    wantsCallbacks: callbackBaseUrl !== undefined,
  });
  const links = new VideoLinks({ store, client, log, now });
  const decisions = new Decisions({ store, service, worker, now });

  resolvers.add(
    new GenerationResolver({ database, store, service, decisions, watches, audit }),
    new GenerationFields({ store, links }),
    new GenerationConnectionFields({ prisma }),
    new StatsResolver({ prisma, audit, now, simulated }),
    new VideoModelsResolver(),
    new ApiKeyResolver({ apiKeys, now }),
    new AuditResolver({ prisma }),
    new ErasureResolver({ store, erasure }),
    new ExportResolver({ exports, baseUrl: `${httpConfig.publicUrl ?? url}${exportPath}` }),
    new WebhookResolver({ endpoints, deliveries, audit, wakeWorker: () => webhooks.wake() }),
    new ProviderResolver({ key, client, log, simulated }),
  );
  let stopping = false;
  const graphql = await createGraphqlServer({
    schema,
    resolvers,
    log,
    authenticate: (authorization, sender) => authenticator.authenticate(authorization, sender),
    isUnavailable,
    http,
    trustedProxies: httpConfig.trustedProxies,
    sharedCounts: database.kind === 'postgres' ? database.pool : undefined,
    bodyLimitBytes: httpConfig.bodyLimitBytes,
    patience: parts.patience,
    corsOrigins: httpConfig.corsOrigins,
    guards: {
      ...config.guards,
      suggestions: !config.production,
      trustedDocuments: trusted,
      https: httpConfig.publicUrl?.startsWith('https:') ?? false,
    },
    apollo: config.apollo,
    mountRoutes: (app, gate) => {
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
      mountCallbacks(app, callbackPath, { store, wakeWorker: () => worker.wake(), gate, log });
      const { bodyLimitBytes } = httpConfig;
      mountDropIn(app, { gate, service, links, store, audit, bodyLimitBytes });
      downloads.mount(app, exportPath, gate);
      if (simulator)
        app.use('/simulator', (request, response) => void simulator(request, response));
    },
  });
  handle = graphql.app;
  if (parts.runWorker ?? true) {
    worker.start();
    webhooks.start();
    audit.start();
  }

  return {
    url,
    letsIn: await authenticator.letsIn(),
    worker,
    webhooks,
    database,
    async stop() {
      stopping = true;
      watches.close();
      await Promise.all([worker.stop(), webhooks.stop()]);
      await graphql.close();
      await downloads.stop();
      await audit.stop();
      feed.close();
      await updates.close();
      await client.close();
      clock.stop();
      await database.close();
    },
  };
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
