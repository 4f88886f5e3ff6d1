import type { Express } from 'express';
import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import type { StoredObject } from '../../database/generated/client.ts';
import type { Caller } from '../../graphql/caller.ts';
import type { Gate } from '../../graphql/gate.ts';
import type { NodeSource } from '../../graphql/node.ts';
import type { Logger } from '../../logger.ts';
import type { RequestInput } from '../../minimax/request-problems.ts';
import { resolveLocal, resolvePublic, type Resolve } from '../../network/resolve-host.ts';
import type { DownloadOptions } from '../download.ts';
import type { MediaStorage } from '../storage.ts';
import { FetchedInputs } from './fetched-inputs.ts';
import { referencesIn } from './references.ts';
import { MediaResolver, toMediaFile } from './resolver.ts';
import { mountUploads } from './routes.ts';
import { SignedUrls } from '../signed-urls.ts';
import { thumbnailPath, Thumbnails } from './thumbnails.ts';
import { maxInputBytes, StoredInputs } from './stored-inputs.ts';
import { Uploads } from './uploads.ts';

export interface InputsOptions {
  database: Database;
  storage: MediaStorage;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  http: { corsOrigins: readonly string[] };
  media: { urlMs: number; fetchInputs: boolean };
  webhooks: { allowPrivate: boolean };
  /** How the hosts of URLs are resolved, instead of by DNS. */
  resolve: Resolve | undefined;
  /** How slowly what is fetched may come, where it is not as usual. */
  fetchPatience?: FetchPatience | undefined;
  /** This service as browsers reach it. */
  publicUrl: string;
}

export type FetchPatience = Pick<
  DownloadOptions,
  'idleMs' | 'minBytesPerSecond' | 'slowAfterMs'
> & { timeoutMs: number };

/** The caller waits meanwhile. */
const usualPatience: FetchPatience = {
  ...{ idleMs: 10_000, minBytesPerSecond: 128 * 1024, slowAfterMs: 5_000, timeoutMs: 60_000 },
};

/** The files that callers give: uploads, and what comes as data URLs. */
export function createInputs(options: InputsOptions) {
  const { database, storage, audit, log, now } = options;
  const { corsOrigins } = options.http;
  const inputs = new StoredInputs({ database, storage, log, now });
  const { prisma } = database;
  const fetched = options.media.fetchInputs ? fetchingOf(options, inputs) : null;
  const baseUrl = `${options.publicUrl}${thumbnailPath}`;
  const signing = { prisma, now, baseUrl, urlMs: options.media.urlMs, extension: 'webp' };
  const urls = new SignedUrls(signing);
  const thumbnails = new Thumbnails({ database, storage, urls, log });
  const uploads = new Uploads({ database, storage, inputs, audit, log, now });
  const nodes: NodeSource[] = [
    {
      type: 'MediaFile',
      find: async (ids, { caller }) => (await inputs.find(ids, caller)).map(toMediaFile),
    },
  ];
  return {
    /** What generations use them by. */
    store: {
      keep: inputs.keep.bind(inputs),
      adopt: inputs.adopt.bind(inputs),
      dropUnused: inputs.dropUnused.bind(inputs),
      uploadsOf: (input: RequestInput, caller: Caller) => inputs.given(referencesIn(input), caller),
      fetched: async (...given: Parameters<FetchedInputs['of']>) =>
        fetched && (await fetched.of(...given)),
      async of(generationId: string) {
        const used = await inputs.usedBy(generationId);
        return new Map(used.map((object) => [object.sha256, inputs.open(object)]));
      },
    },
    /** What is forgotten because of its age. */
    old: [uploads, inputs],
    dropOverdue: inputs.dropOverdue.bind(inputs),
    nodes,
    resolvers: [new MediaResolver({ inputs, thumbnails })],
    pictureOf: (object: StoredObject) => thumbnails.urlOf(object),
    mount(app: Express, gate: Gate) {
      thumbnails.mount(app);
      mountUploads(app, { uploads, gate, corsOrigins });
    },
  };
}

/**
 * Never through a proxy: it would resolve the names, and what was checked would not be what is
 * connected to.
 */
function fetchingOf(options: InputsOptions, inputs: StoredInputs): FetchedInputs {
  const { allowPrivate } = options.webhooks;
  const { timeoutMs, ...patience } = options.fetchPatience ?? usualPatience;
  return new FetchedInputs({
    ...{ prisma: options.database.prisma, inputs, timeoutMs },
    download: {
      ...{ ...patience, what: 'file', maxBytes: maxInputBytes, allowPrivate },
      resolve: options.resolve ?? (allowPrivate ? resolveLocal : resolvePublic),
      tunnel: () => undefined,
    },
  });
}
