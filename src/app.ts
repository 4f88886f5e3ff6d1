import { readFileSync } from 'node:fs';
import type { Express } from 'express';
import type { Config } from './config.ts';
import { DatabaseClock } from './database/clock.ts';
import { openDatabase, type Database } from './database/database.ts';
import { isUnavailable } from './database/unavailable.ts';
import type { Reconciliation } from './following/reconcile.ts';
import { Resolvers } from './graphql/context.ts';
import { mountHealth } from './graphql/health.ts';
import { listenHttp } from './graphql/http-listener.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { TrustedDocuments } from './graphql/trusted-documents.ts';
import type { Logger } from './logger.ts';
import type { ArchiveWorker } from './media/archive-worker.ts';
import { openStorage } from './media/open-storage.ts';
import { StorageError } from './media/storage.ts';
import { mountConsole, type ConsoleFacts } from './pages/console.ts';
import { mountLandingPages } from './pages/landing-page.ts';
import { tour } from './pages/tour.ts';
import { root } from './root.ts';
import { createSchema } from './schema.ts';
import type { GenerationWorker } from './submission/worker.ts';
import type { WebhookWorker } from './webhooks/worker.ts';
import { createFeatures, type AppParts } from './features.ts';

export type { AppParts };

export interface App {
  /** Where it listens, e.g. `http://localhost:4000`. */
  readonly url: string;
  /** Who is let in as it starts; `everybody` is let in as admin. */
  readonly letsIn: 'everybody' | 'callers' | 'nobody';
  readonly worker: GenerationWorker;
  readonly webhooks: WebhookWorker;
  readonly archive: ArchiveWorker;
  readonly reconciliation: Reconciliation;
  readonly database: Database;
  /** Takes no more work, stores what is under way, closes everything. */
  stop(): Promise<void>;
}

/** A running service: the one place that knows all features. */
export async function startApp(config: Config, log: Logger, parts: AppParts = {}): Promise<App> {
  const resolvers = new Resolvers();
  const schema = await createSchema();
  const { trustedDocuments } = config.guards;
  // Before anything is opened, like every other mistake in the configuration.
  const trusted = trustedDocuments && new TrustedDocuments(trustedDocuments, schema);
  const storage = await openStorage(config.media, log);
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
  const base = { config, log, now, database, storage };
  const features = await createFeatures({ ...base, listener, publicUrl, parts });
  const { refusals, watch, access, webhooks, submission, api, exports, generations, media } =
    features;
  resolvers.add(...features.resolvers);

  let stopping = false;
  const graphql = await createGraphqlServer({
    isStorageFailure: (error) => error instanceof StorageError,
    ...{ schema, resolvers, log, isUnavailable, http: listener.http, apollo: config.apollo },
    authenticate: (authorization, sender) =>
      access.authenticator.authenticate(authorization, sender),
    trustedProxies: config.http.trustedProxies,
    sharedCounts: database.kind === 'postgres' ? database.pool : undefined,
    bodyLimitBytes: config.http.bodyLimitBytes,
    largeBodiesBytes: config.http.largeBodiesBytes,
    patience: parts.patience,
    corsOrigins: config.http.corsOrigins,
    guards: guardsOf(config, trusted),
    mountRoutes: (app, gate) => {
      mountHealth(app, {
        checkReady: async () => {
          if (stopping) throw new Error('stopping');
          return await readiness(database, features, config);
        },
        inFlight: () => submission.worker.inFlight,
        addMetrics: media.addMetrics,
      });
      mountExploration(app, config, { publicUrl, isOpen: () => access.authenticator.isOpen() });
      features.mountRoutes(app, gate);
    },
  });
  listener.serve(graphql.app);
  if (parts.runWorker ?? true)
    for (const part of [submission.worker, webhooks.worker, media.worker, watch]) part.start();

  return {
    url: listener.url,
    letsIn: await access.authenticator.letsIn(),
    worker: submission.worker,
    webhooks: webhooks.worker,
    archive: media.worker,
    reconciliation: features.reconciliation,
    database,
    async stop() {
      stopping = true;
      api.endWaits();
      await Promise.all([submission, webhooks, media].map(({ worker }) => worker.stop()));
      await graphql.close();
      await exports.downloads.stop();
      await refusals.stop();
      await watch.stop();
      api.close();
      await generations.holds.stop();
      await generations.close();
      await access.close();
      await features.accounts.close();
      storage.close();
      clock.stop();
      await database.close();
    },
  };
}

function guardsOf({ guards, production, http }: Config, trusted: TrustedDocuments | undefined) {
  const https = http.publicUrl?.startsWith('https:') ?? false;
  return { ...guards, suggestions: !production, trustedDocuments: trusted, https };
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

/** Pages, and what else helps to explore the API, as far as they are wanted. */
function mountExploration(app: Express, config: Config, facts: ConsoleFacts): void {
  const { guards, production, minimax, media } = config;
  const schemaFile = readFileSync(new URL('schema.graphql', root));
  if (guards.introspection) {
    app.get('/schema.graphql', (_, response) => void response.type('text').send(schemaFile));
  }
  if (!production) mountLandingPages(app, tour, noticeOf(minimax.simulated));
  if (config.console) {
    const bucketUrl = media.redirect ? media.bucket?.endpoint : undefined;
    mountConsole(app, { ...facts, bucketUrl, issuer: config.access.issuer });
  }
}

/** One sentence about what is real, for the log and the landing page. */
export function noticeOf(simulated: boolean): string {
  return simulated
    ? 'MiniMax is simulated: nothing is paid, and each video is a sample.'
    : 'MiniMax is real: each accepted request is paid for.';
}
