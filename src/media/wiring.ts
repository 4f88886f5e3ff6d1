import type { Express } from 'express';
import type { Registry } from 'prom-client';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { StoredObject } from '../database/generated/client.ts';
import type { VideoLinks } from '../following/video-links.ts';
import type { GenerationStore } from '../generation/store.ts';
import type { VisibleGenerations } from '../generation/visible-generations.ts';
import type { HeavyReads } from '../graphql/heavy-reads.ts';
import type { Logger } from '../logger.ts';
import { buildTunnel } from '../minimax/tunnel.ts';
import { proxyFor, type Proxies } from '../network/proxies.ts';
import { isPublicHost } from '../network/public-address.ts';
import { resolveLocal, resolvePublic } from '../network/resolve-host.ts';
import { Archive } from './archive.ts';
import type { DownloadOptions } from './download.ts';
import { addArchiveMetrics } from './archive-metrics.ts';
import { ArchiveStore } from './archive-store.ts';
import { ArchiveWorker } from './archive-worker.ts';
import type { MediaConfig } from './config.ts';
import { EndedUses, type EndedUsesOptions } from './ended-uses.ts';
import { InputFilesOfGeneration, PictureOfInputFile } from './input-files.ts';
import { Keeping } from './keeping.ts';
import { KeptVideos } from './kept-videos.ts';
import { Removal } from './removal.ts';
import { Retention } from './retention.ts';
import { ArchiveOfGeneration, KeepingMutation } from './resolver.ts';
import { mountVideos } from './serving.ts';
import type { MediaStorage } from './storage.ts';
import { SignedUrls } from './signed-urls.ts';
import { Sweep } from './sweep.ts';
import { MediaUsageResolver } from './usage.ts';

export interface MediaOptions {
  media: MediaConfig;
  storage: MediaStorage;
  database: Database;
  audit: AuditLog;
  heavyReads: HeavyReads;
  log: Logger;
  now: () => Date;
  inputs: Pick<EndedUsesOptions, 'dropOverdue'> & {
    /** A signed address of a small picture of a stored input; null of what has none. */
    pictureOf: (object: StoredObject) => Promise<string | null>;
  };
  /** This service as browsers reach it, and as this machine does. */
  publicUrl: string;
  localUrl: string;
  http: { corsOrigins: readonly string[] };
  /** Without a base URL MiniMax is played by this process. */
  minimax: { baseUrl: string | undefined; simulated: boolean; proxies: Proxies };
  /** Used only after they have been made. */
  find: GenerationStore['find'];
  findOwn: VisibleGenerations['findOwn'];
  linkOf: VideoLinks['of'];
}

const path = '/media/videos';

const patience = { idleMs: 30_000, minBytesPerSecond: 8 * 1024, slowAfterMs: 20_000 };
const tunnelTimeoutMs = 10_000;

/** Keeps finished videos, and gives them out. */
export function createMedia(options: MediaOptions) {
  const { media, storage, database, audit, heavyReads, inputs, log, now, publicUrl } = options;
  const { corsOrigins } = options.http;
  const store = new ArchiveStore({ database: database.slow, now, keepVideos: media.keepVideos });
  const download = downloadOptions(options);
  const archive = new Archive({
    ...{ store, storage, download, log, now, timeoutMs: media.timeoutMs },
    ...{ find: options.find, linkOf: options.linkOf },
  });
  const retention = new Retention({ prisma: database.slow.prisma, media, log, now });
  const endedUses = new EndedUses({
    ...{ prisma: database.slow.prisma, dropOverdue: inputs.dropOverdue, log, now },
  });
  const removal = new Removal({ prisma: database.slow.prisma, storage, log, now });
  const sweep = new Sweep({ prisma: database.slow.prisma, storage, log });
  const worker = new ArchiveWorker({
    archive,
    store,
    removal,
    log,
    concurrency: media.concurrency,
  });
  const { prisma } = database;
  const baseUrl = `${publicUrl}${path}`;
  const urls = new SignedUrls({ prisma, now, baseUrl, urlMs: media.urlMs });
  const keeping = new Keeping({ database, removal, now });
  const videos = new KeptVideos({ prisma, urls, storageId: storage.id });
  return {
    worker,
    videos,
    hourly: [
      (signal: AbortSignal) => retention.apply(signal),
      () => endedUses.dropOld(),
      () => removal.dropUnfinished(now()),
      (signal: AbortSignal) => sweep.run(signal),
    ],
    enqueue: store.enqueue,
    addMetrics: (registry: Registry) => addArchiveMetrics(registry, { store, now, log }),
    resolvers: [
      new ArchiveOfGeneration({ videos }),
      new KeepingMutation({ findOwn: options.findOwn, keeping }),
      new InputFilesOfGeneration({ prisma }),
      new PictureOfInputFile({ pictureOf: inputs.pictureOf }),
      new MediaUsageResolver({
        ...{ prisma, audit, heavyReads, tenantBytes: media.tenantBytes },
        hasBucket: media.bucket !== undefined,
      }),
    ],
    mount: (app: Express) =>
      mountVideos(app, path, {
        ...{ videos, urls, storage, log, now, corsOrigins },
        redirect: media.redirect,
      }),
  };
}

/** Where MiniMax is on this machine, or in this network, its links lead there too. */
function downloadOptions({ media, minimax, localUrl }: MediaOptions): DownloadOptions {
  const { baseUrl = localUrl, simulated, proxies } = minimax;
  const allowPrivate = simulated || !isPublicHost(new URL(baseUrl).hostname);
  return {
    ...{ ...patience, allowPrivate, maxBytes: media.maxVideoBytes, what: 'video' as const },
    resolve: allowPrivate ? resolveLocal : resolvePublic,
    tunnel: (origin) => {
      const proxy = proxyFor(origin, proxies);
      return proxy === null ? undefined : buildTunnel(proxy, tunnelTimeoutMs);
    },
  };
}
