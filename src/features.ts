import type { Worker } from './generation/decisions.ts';
import type { GenerationWorker } from './submission/worker.ts';
import type { Express } from 'express';
import { createAccess } from './access/wiring.ts';
import { createAudit } from './audit/wiring.ts';
import type { Config } from './config.ts';
import { type Database } from './database/database.ts';
import { isTooSlow } from './database/unavailable.ts';
import type { DropInOptions } from './drop-in/options.ts';
import { mountDropIn } from './drop-in/routes.ts';
import type { ExportsOptions } from './export/exports.ts';
import { createExports } from './export/wiring.ts';
import { SentFiles } from './files/sent-files.ts';
import { UploadedFiles } from './files/uploaded-files.ts';
import { callbackAddress } from './following/callbacks.ts';
import type { VideoLinks } from './following/video-links.ts';
import { createFollowing } from './following/wiring.ts';
import { createGenerationApi } from './generation/api/wiring.ts';
import { createGenerations, type Generations } from './generation/wiring.ts';
import type { Patience } from './graphql/connections.ts';
import type { Gate } from './graphql/gate.ts';
import { HeavyReads } from './graphql/heavy-reads.ts';
import { type HttpListener } from './graphql/http-listener.ts';
import { NodeResolver, type NodeSource } from './graphql/node.ts';
import type { Logger } from './logger.ts';
import { createInputs, type FetchPatience } from './media/inputs/wiring.ts';
import { createMedia, type MediaOptions } from './media/wiring.ts';
import { Accounts } from './upstream/accounts.ts';
import { createSimulator } from './simulator/simulator.ts';
import { createSettings } from './settings/wiring.ts';
import { createSubmission } from './submission/wiring.ts';
import type { Resolve } from './network/resolve-host.ts';
import { createWebhooks } from './webhooks/wiring.ts';
import type { MediaStorage } from './media/storage.ts';
import type { KeptVideos } from './media/kept-videos.ts';

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
  /** How slowly what callers give by URL may come. */
  fetchPatience?: FetchPatience;
  /** How the names of webhook receivers, and of URLs that are fetched, are resolved, instead of by DNS. */
  resolveHost?: Resolve;
}

export interface FeatureOptions {
  config: Config;
  log: Logger;
  now: () => Date;
  database: Database;
  storage: MediaStorage;
  listener: HttpListener;
  publicUrl: string;
  parts: AppParts;
}

/** The features, each made from those that it needs, and their routes. */
export async function createFeatures(options: FeatureOptions) {
  const { config, log, now, database, storage, listener, publicUrl, parts } = options;
  const { prisma, work, slow } = database;
  const base = { prisma, database, log, now };
  const { retentionDays, minimax, worker } = config;
  const { createWaitMs, holdQueued, pollIntervalMs } = worker;
  const { simulated, extraModels } = minimax;
  const accounts = accountsOf(config, `${listener.localUrl}/simulator`);
  const callbackBaseUrl = parts.callbackBaseUrl ?? callbackAddress(config.http.publicUrl);

  const auditing = await createAudit({ ...base, slow, ...config.audit, ...config.database });
  const { audit, refusals, watch } = auditing;
  const noting = { recordKeyChange: audit.recordKeyChange, recordRefusal: refusals.note };
  const access = await createAccess({ ...base, ...config.access, ...noting });
  const hooks = { ...config.webhooks, work, slow, audit, resolve: parts.resolveHost };
  const webhooks = createWebhooks({ ...base, ...hooks });
  const filesAt = { ...base, audit, account: accounts.sending };
  const [files, sentFiles] = [new UploadedFiles(filesAt), new SentFiles(filesAt)];
  const heavyReads = new HeavyReads({ atOnce: Math.ceil(config.database.poolSize / 2), isTooSlow });
  const fetching = { resolve: parts.resolveHost, fetchPatience: parts.fetchPatience };
  const inputs = createInputs({ ...config, ...base, ...fetching, storage, audit, publicUrl });
  const media = createMedia({
    ...{ ...config, ...base, audit, heavyReads, storage, inputs, publicUrl },
    ...{ localUrl: listener.localUrl, ...findersOf(() => generations) },
    linkOf: (generation, dead) => links.of(generation, dead),
  });
  const generations = await createGenerations({
    ...{ ...base, audit, simulated, createWaitMs, holdQueued, retentionDays },
    ...{ account: accounts.sending, extraModels },
    wantsCallbacks: callbackBaseUrl !== undefined,
    ...{ enqueueWebhooks: webhooks.deliveries.enqueue, enqueueArchive: media.enqueue },
    ...{ inputs: inputs.store, maxKeepForDays: config.media.maxKeepForDays },
    fileProblems: (input, caller) => files.problems(input, caller),
    webhookUrlProblem: (url, callerId) => webhooks.endpoints.generationUrlProblem(url, callerId),
    worker: workerOf(() => submission.worker),
  });
  const { workStore, images, outcomes, toldTasks } = generations;
  const following = createFollowing({
    ...{ log, now, store: workStore, outcomes, toldTasks, accounts },
    ...{ database: work, simulated, pollIntervalMs },
    onLook: (accountId, refusal) => submission.key.noteLook(accountId, refusal),
    onUnknownAccount: (accountId) => submission.unknownAccounts.note(accountId),
    wakeWorker: () => submission.worker.wake(),
  });
  const { follow, links, reconciliation, removal } = following;
  const admitsStill: ExportsOptions['admitsStill'] = (caller) =>
    access.authenticator.admitsStill(caller);
  const exports = createExports({ ...base, audit, publicUrl, admitsStill });
  const submission = await createSubmission({
    ...{ ...base, audit, generations, accounts, worker, minimax, callbackBaseUrl },
    ...{ storageId: storage.id, handOver: sentFiles.handOver.bind(sentFiles) },
    follow: (generation) => follow.follow(generation),
    cancel: (generation, requester) => removal.cancel(generation, requester),
    minutely: () => reconciliation.run(),
    hourly: [
      ...choresOf(generations, [images, exports.exports, files, ...inputs.old]),
      ...media.hourly,
    ],
  });
  const made = { heavyReads, generations, links, reconciliation, removal, audit, simulated };
  const api = createGenerationApi({ ...base, ...made, kept: media.videos });
  return {
    ...{ refusals, watch, access, webhooks, generations, submission, exports, api, accounts },
    ...{ media, reconciliation },
    resolvers: [
      // In the order in which an id is looked for.
      nodesOf([api, submission, auditing, webhooks, access, inputs]),
      ...allResolvers([api, submission, auditing, webhooks, access, exports, media, inputs]),
      ...createSettings(config).resolvers,
    ],
    mountRoutes(app: Express, gate: Gate) {
      following.mountCallbacks(app, gate);
      const own = { gate, files, links: ownFirst(media.videos, links) };
      mountDropIn(app, { ...own, ...dropInOf(generations, options) });
      exports.mount(app, gate);
      media.mount(app);
      inputs.mount(app, gate);
      mountSimulator(app, options);
    },
  };
}

/** The background work, which is made after those that it is told by. */
const workerOf = (worker: () => GenerationWorker): Worker => ({
  wake: (due) => worker().wake(due),
  look: (id) => worker().look(id),
  cancel: (id, requester) => worker().cancel(id, requester),
});

/** What media want of generations, which are made after them. */
const findersOf = (generations: () => Generations): Pick<MediaOptions, 'find' | 'findOwn'> => ({
  find: (id) => generations().workStore.find(id),
  findOwn: (id, context) => generations().visible.findOwn(id, context),
});

/** What is dropped because of its age, redacted, and moved. */
const choresOf = (
  { erasure, moveChunks }: Generations,
  old: readonly { dropOld(): Promise<void> }[],
): ((signal: AbortSignal) => Promise<void>)[] => [
  ...old.map((kept) => () => kept.dropOld()),
  (signal) => erasure.applyRetention(signal),
  (signal) => moveChunks.run(signal),
];

const nodesOf = (features: readonly { nodes: readonly NodeSource[] }[]) =>
  new NodeResolver(features.flatMap(({ nodes }) => nodes));

const allResolvers = (features: readonly { resolvers: readonly object[] }[]) =>
  features.flatMap(({ resolvers }) => resolvers);

/** The link to a video: to what is kept here, or else MiniMax's. */
function ownFirst(kept: KeptVideos, links: VideoLinks): DropInOptions['links'] {
  return {
    of: async (generation) => (await kept.linkOf(generation.id)) ?? (await links.of(generation)),
    kept: (generationIds) => kept.linksOf(generationIds),
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
  if (config.minimax.baseUrl !== undefined) return;
  const simulator = createSimulator({
    publicUrl: `${publicUrl}/simulator`,
    renderMs: config.simulator.renderMs,
    now: () => now().getTime(),
  });
  app.use('/simulator', (request, response) => void simulator(request, response));
}
