import { readFileSync } from 'node:fs';
import type { Express } from 'express';
import { createAccess } from './access/wiring.ts';
import { createAudit } from './audit/wiring.ts';
import type { Config } from './config.ts';
import { DatabaseClock } from './database/clock.ts';
import { openDatabase, type Database } from './database/database.ts';
import { isTooSlow, isUnavailable } from './database/unavailable.ts';
import { mountDropIn } from './drop-in/routes.ts';
import { createExports } from './export/wiring.ts';
import { UploadedFiles } from './files/uploaded-files.ts';
import { callbackAddress } from './following/callbacks.ts';
import type { Reconciliation } from './following/reconcile.ts';
import { createFollowing } from './following/wiring.ts';
import { createGenerationApi } from './generation/api/wiring.ts';
import { createGenerations, type Generations } from './generation/wiring.ts';
import type { Patience } from './graphql/connections.ts';
import { Resolvers } from './graphql/context.ts';
import type { Gate } from './graphql/gate.ts';
import { mountHealth } from './graphql/health.ts';
import { HeavyReads } from './graphql/heavy-reads.ts';
import { listenHttp, type HttpListener } from './graphql/http-listener.ts';
import { NodeResolver } from './graphql/node.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { TrustedDocuments } from './graphql/trusted-documents.ts';
import type { Logger } from './logger.ts';
import { Accounts } from './upstream/accounts.ts';
import { mountConsole } from './pages/console.ts';
import { mountLandingPages } from './pages/landing-page.ts';
import { tour } from './pages/tour.ts';
import { createSchema } from './schema.ts';
import { createSimulator } from './simulator/simulator.ts';
import { createSubmission } from './submission/wiring.ts';
import type { GenerationWorker } from './submission/worker.ts';
import type { Resolve } from './webhooks/resolve-host.ts';
import { createWebhooks } from './webhooks/wiring.ts';
import type { WebhookWorker } from './webhooks/worker.ts';

export interface App {
  /** Where it listens, e.g. `http://localhost:4000`. */
  readonly url: string;
  /** Who is let in as it starts; `everybody` is let in as admin. */
  readonly letsIn: 'everybody' | 'callers' | 'nobody';
  readonly worker: GenerationWorker;
  readonly webhooks: WebhookWorker;
  readonly reconciliation: Reconciliation;
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
  /** How long clients are waited for, and wait, instead of what is usual. */
  patience?: Partial<Patience>;
  /** How the names of webhook receivers are resolved, instead of by DNS. */
  resolveHost?: Resolve;
}

/** A running service: the one place that knows all features. */
export async function startApp(config: Config, log: Logger, parts: AppParts = {}): Promise<App> {
  const resolvers = new Resolvers();
  const schema = await createSchema();
  const { trustedDocuments } = config.guards;
  // Before anything is opened, like every other mistake in the configuration.
  const trusted = trustedDocuments && new TrustedDocuments(trustedDocuments, schema);
  // Listening comes first: the simulator's address is known then, and a port in use is noticed at once.
  const listener = await listenHttp(config.http.host, config.http.port);
  let database: Database;
  try {
    database = parts.database ?? (await openDatabase({ ...config.database, logger: log }));
  } catch (error) {
    listener.http.close();
    throw error;
  }
  const clock = await DatabaseClock.start(database);
  const now = parts.now ?? clock.now;
  const publicUrl = config.http.publicUrl ?? listener.url;
  const features = await createFeatures({ config, log, now, database, listener, publicUrl, parts });
  const { refusals, watch, access, webhooks, submission, api, accounts, exports, generations } =
    features;
  resolvers.add(...features.resolvers);

  let stopping = false;
  const graphql = await createGraphqlServer({
    ...{ schema, resolvers, log, isUnavailable, http: listener.http, apollo: config.apollo },
    authenticate: (authorization, sender) =>
      access.authenticator.authenticate(authorization, sender),
    trustedProxies: config.http.trustedProxies,
    sharedCounts: database.kind === 'postgres' ? database.pool : undefined,
    bodyLimitBytes: config.http.bodyLimitBytes,
    largeBodiesBytes: config.http.largeBodiesBytes,
    patience: parts.patience,
    corsOrigins: config.http.corsOrigins,
    guards: {
      ...config.guards,
      suggestions: !config.production,
      trustedDocuments: trusted,
      https: config.http.publicUrl?.startsWith('https:') ?? false,
    },
    mountRoutes: (app, gate) => {
      mountHealth(app, {
        checkReady: async () => {
          if (stopping) throw new Error('stopping');
          return await readiness(database, features, config);
        },
        inFlight: () => submission.worker.inFlight,
      });
      mountExploration(app, config, publicUrl);
      features.mountRoutes(app, gate);
    },
  });
  listener.serve(graphql.app);
  if (parts.runWorker ?? true)
    for (const part of [submission.worker, webhooks.worker, watch]) part.start();

  return {
    url: listener.url,
    letsIn: await access.authenticator.letsIn(),
    worker: submission.worker,
    webhooks: webhooks.worker,
    reconciliation: features.reconciliation,
    database,
    async stop() {
      stopping = true;
      api.endWaits();
      await Promise.all([submission.worker.stop(), webhooks.worker.stop()]);
      await graphql.close();
      await exports.downloads.stop();
      await refusals.stop();
      await watch.stop();
      api.close();
      await generations.holds.stop();
      await generations.updates.close();
      await access.close();
      await accounts.close();
      clock.stop();
      await database.close();
    },
  };
}

/** What `/readyz` tells; rejects while the database does not answer. */
async function readiness(
  database: Database,
  { submission, generations }: Awaited<ReturnType<typeof createFeatures>>,
  { minimax }: Config,
) {
  await database.ping();
  const { pause } = await submission.key.status();
  return {
    database: database.kind,
    simulated: minimax.simulated,
    submissionsPaused: pause,
    accountsUnknown: await submission.unknownAccounts.list(),
    generationsHeld: await generations.holds.count(),
  };
}

interface FeatureOptions {
  config: Config;
  log: Logger;
  now: () => Date;
  database: Database;
  listener: HttpListener;
  publicUrl: string;
  parts: AppParts;
}

/** The features, each made from those that it needs, and their routes. */
async function createFeatures(options: FeatureOptions) {
  const { config, log, now, database, listener, publicUrl, parts } = options;
  const { prisma, work, slow } = database;
  const base = { prisma, database, log, now };
  const { retentionDays, minimax, worker } = config;
  const { createWaitMs, holdQueued, pollIntervalMs } = worker;
  const { simulated } = minimax;
  const accounts = accountsOf(config, `${listener.localUrl}/simulator`);
  const callbackBaseUrl = parts.callbackBaseUrl ?? callbackAddress(config.http.publicUrl);

  const auditing = await createAudit({ ...base, slow, ...config.audit, ...config.database });
  const { audit, refusals, watch } = auditing;
  const access = await createAccess({
    ...{ ...base, ...config.access },
    recordKeyChange: audit.recordKeyChange,
    recordRefusal: refusals.note,
  });
  const webhooks = createWebhooks({
    ...{ ...base, ...config.webhooks, work, slow, audit },
    resolve: parts.resolveHost,
  });
  const files = new UploadedFiles({ ...base, audit, account: accounts.sending });
  const generations = await createGenerations({
    ...{ ...base, audit, simulated, createWaitMs, holdQueued, retentionDays },
    ...{ account: accounts.sending, extraModels: config.minimax.extraModels },
    wantsCallbacks: callbackBaseUrl !== undefined,
    enqueueWebhooks: webhooks.deliveries.enqueue,
    fileProblems: (input, caller) => files.problems(input, caller),
    webhookUrlProblem: (url, callerId) => webhooks.endpoints.generationUrlProblem(url, callerId),
    worker: {
      wake: () => submission.worker.wake(),
      look: (id) => submission.worker.look(id),
      cancel: (id, requester) => submission.worker.cancel(id, requester),
    },
  });
  const { workStore, images, outcomes, erasure } = generations;
  const following = createFollowing({
    ...{ log, now, store: workStore, outcomes, accounts, database: work, simulated },
    pollIntervalMs,
    onLook: (accountId, refusal) => submission.key.noteLook(accountId, refusal),
    onUnknownAccount: (accountId) => submission.unknownAccounts.note(accountId),
    wakeWorker: () => submission.worker.wake(),
  });
  const { follow, links, reconciliation, removal } = following;
  const exports = createExports({
    ...{ ...base, audit, publicUrl },
    admitsStill: (caller) => access.authenticator.admitsStill(caller),
  });
  const submission = await createSubmission({
    ...{ ...base, audit, generations, accounts, worker, minimax, callbackBaseUrl },
    follow: (generation) => follow.follow(generation),
    cancel: (generation, requester) => removal.cancel(generation, requester),
    minutely: () => reconciliation.run(),
    hourly: [
      ...[images, exports.exports, files].map((kept) => () => kept.dropOld()),
      (signal) => erasure.applyRetention(signal),
    ],
  });
  const heavyReads = new HeavyReads({ atOnce: Math.ceil(config.database.poolSize / 2), isTooSlow });
  const made = { heavyReads, generations, links, reconciliation, removal, audit, simulated };
  const api = createGenerationApi({ ...base, ...made });
  return {
    ...{ refusals, watch, access, webhooks, generations, submission, exports, api, accounts },
    reconciliation,
    resolvers: [
      // In the order in which an id is looked for.
      new NodeResolver([api, submission, auditing, webhooks, access].flatMap(({ nodes }) => nodes)),
      ...[api, submission, auditing, webhooks, access, exports].flatMap(
        ({ resolvers }): object[] => resolvers,
      ),
    ],
    mountRoutes(app: Express, gate: Gate) {
      following.mountCallbacks(app, gate);
      mountDropIn(app, { gate, links, files, ...dropInOf(generations, options) });
      exports.mount(app, gate);
      if (config.minimax.baseUrl === undefined) mountSimulator(app, options);
    },
  };
}

/** What MiniMax's own clients ask for. */
function dropInOf(generations: Generations, { config, database, now }: FeatureOptions) {
  const { service, store, visible, cancellation } = generations;
  const { bodyLimitBytes } = config.http;
  const cancel = cancellation.cancel.bind(cancellation);
  return { ...{ service, store, visible, cancel }, prisma: database.prisma, now, bodyLimitBytes };
}

/** Those that are configured, or the one of the simulator at this address. */
function accountsOf({ minimax }: Config, simulatorUrl: string): Accounts {
  const baseUrl = minimax.baseUrl ?? simulatorUrl;
  const { accountName: name, apiKey, formerAccounts: former, ...given } = minimax;
  const { timeoutMs, proxies, simulated } = given;
  const sending = { name, baseUrl, apiKey };
  return new Accounts({ sending, former, timeoutMs, proxies, simulated });
}

/** Where no MiniMax is configured, one that is played by this process. */
function mountSimulator(app: Express, { config, publicUrl, now }: FeatureOptions): void {
  const simulator = createSimulator({
    publicUrl: `${publicUrl}/simulator`,
    renderMs: config.simulator.renderMs,
    now: () => now().getTime(),
  });
  app.use('/simulator', (request, response) => void simulator(request, response));
}

/** Pages, and what else helps to explore the API, as far as they are wanted. */
function mountExploration(app: Express, config: Config, publicUrl: string): void {
  const { guards, production, minimax } = config;
  const schemaFile = readFileSync(new URL('../schema.graphql', import.meta.url));
  if (guards.introspection) {
    app.get('/schema.graphql', (_, response) => void response.type('text').send(schemaFile));
  }
  if (!production) mountLandingPages(app, tour, noticeOf(minimax.simulated));
  if (config.console) mountConsole(app, { publicUrl, issuer: config.access.issuer });
}

/** One sentence about what is real, for the log and the landing page. */
export function noticeOf(simulated: boolean): string {
  return simulated
    ? 'MiniMax is simulated: nothing is paid, and each video is a sample.'
    : 'MiniMax is real: each accepted request is paid for.';
}
