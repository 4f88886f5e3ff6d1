import type { VideoLinks } from '../following/video-links.ts';
import { isOutOfWindow } from '../following/window.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { GenerationStore } from '../generation/store.ts';
import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import { jittered } from '../network/jitter.ts';
import { download, DownloadError, type DownloadOptions } from './download.ts';
import { NotAVideoError } from './archive-facts.ts';
import { storedFile } from './file-bytes.ts';
import { readVideoApart } from './read-apart.ts';
import { leaseMs, videoType, type ArchiveJob, type ArchiveStore } from './archive-store.ts';
import { measured, TooLargeError, type MediaStorage, type StoredBytes } from './storage.ts';
import { keyOf } from './stored-objects.ts';

export interface ArchiveOptions {
  store: ArchiveStore;
  find: GenerationStore['find'];
  linkOf: VideoLinks['of'];
  storage: MediaStorage;
  download: DownloadOptions;
  /** For one attempt as a whole. */
  timeoutMs: number;
  log: Logger;
  now: () => Date;
}

/** After so many attempts, which is half an hour, somebody should look. */
export const alarmAfterAttempts = 6;
/** MiniMax may say once by mistake that it has no video; three times it is so. */
const verdictAfterAttempts = 3;
/** By then MiniMax has neither the task nor a link to its video. */
const giveUpAfterMs = 8 * 24 * 3_600_000;
const firstDelayMs = 15_000;
const longestDelayMs = 30 * 60_000;

interface Attempt extends ArchiveJob {
  /** Under which the next attempt may find what was stored by now; null: under none. */
  storedAs: string | null;
}

/** Stores one finished video: fetches it, has it stored, reads it, and records what it is. */
export class Archive {
  readonly #options: ArchiveOptions;

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** Makes one attempt and stores what came of it. Ended by `stopping`, it is due again at once. */
  async keep(job: ArchiveJob, stopping: AbortSignal): Promise<void> {
    const { store, find, timeoutMs, now } = this.#options;
    const generation = (await find(job.generationId))!;
    const lost = new AbortController();
    const renewal = setInterval(() => {
      // An outage is no reason to stop: the lease may still be ours, and is looked at in the end.
      store.renew(job).then(
        (isOurs) => isOurs || lost.abort(),
        () => undefined,
      );
    }, leaseMs / 4);
    const timeUp = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([stopping, lost.signal, timeUp]);
    const attempt: Attempt = { ...job, storedAs: job.previousToken };
    try {
      if (generation.redactedAt === null) await this.#store(attempt, generation, signal);
    } catch (error) {
      if (lost.signal.aborted) return;
      if (stopping.aborted) {
        await store.failed(attempt, { nextAttemptAt: now() }, null);
        return;
      }
      const late = new DownloadError('broken', 'The video could not be stored in time.');
      await this.#failed(attempt, generation, timeUp.aborted ? late : error);
    } finally {
      clearInterval(renewal);
    }
  }

  async #store(job: Attempt, generation: VideoGeneration, signal: AbortSignal): Promise<void> {
    const { store, storage, log } = this.#options;
    if (job.forgottenToken !== null) await this.#drop(job.forgottenToken);
    const found = await this.#foundBefore(job, signal);
    const objectId = found === null ? job.leaseToken : job.previousToken!;
    // Also when the storage does not say that it has it.
    job.storedAs = objectId;
    const key = keyOf({ kind: 'VIDEO', id: objectId });
    const bytes = found ?? (await this.#fetch(key, generation, signal));
    try {
      const facts = await readVideoApart(storedFile(storage, key, bytes.bytes));
      const outcome = await store.stored(job, objectId, storage.id, bytes, facts);
      const about = { generationId: job.generationId, attempts: job.attempts, bytes: bytes.bytes };
      // Redacted meanwhile, or stored by another server.
      if (outcome === 'unwanted') await this.#drop(objectId);
      if (outcome !== 'stored') return;
      log.info(about, 'video stored');
      // The attempt before may have ended only after this one had looked for what it left.
      if (job.previousToken !== null && found === null) await this.#dropLate(job.previousToken);
    } catch (error) {
      if (error instanceof NotAVideoError) {
        await this.#drop(objectId);
        job.storedAs = null;
      }
      throw error;
    }
  }

  async #drop(objectId: string): Promise<void> {
    await this.#options.storage.delete(keyOf({ kind: 'VIDEO', id: objectId }), { alsoBegun: true });
  }

  /** Of a video that is stored already: what cannot be removed now goes with it, by its token. */
  async #dropLate(objectId: string): Promise<void> {
    await this.#drop(objectId).catch((error: unknown) => {
      this.#options.log.warn({ error }, 'what an attempt before had stored could not be removed');
    });
  }

  /** What the attempt before stored to its end, and died before it could say so: it is not fetched again. */
  async #foundBefore(
    { previousToken }: ArchiveJob,
    signal: AbortSignal,
  ): Promise<StoredBytes | null> {
    const { storage } = this.#options;
    if (previousToken === null) return null;
    const key = keyOf({ kind: 'VIDEO', id: previousToken });
    if ((await storage.stat(key)) === null) return null;
    const options = { contentType: videoType, maxBytes: Infinity, signal };
    const { chunks, seen } = measured(await storage.get(key), options);
    for await (const chunk of chunks) void chunk;
    return seen();
  }

  async #fetch(key: string, generation: VideoGeneration, signal: AbortSignal) {
    const { storage, linkOf, download: options } = this.#options;
    const source = async (dead: string | null) => (await linkOf(generation, dead))!.url;
    const { maxBytes } = options;
    return await storage.put(key, download(source, options, signal), {
      ...{ contentType: videoType, maxBytes, signal },
    });
  }

  async #failed(job: Attempt, generation: VideoGeneration, error: unknown): Promise<void> {
    const { store, log, now } = this.#options;
    const { generationId, attempts, createdAt } = job;
    const reason = reasonOf(error);
    const isOld = now().getTime() - createdAt.getTime() > giveUpAfterMs;
    const about = { generationId, attempts, reason, error };
    // Where it was redacted meanwhile, which ends what is stored of it, there is nothing to tell.
    if (isGone(error, attempts, isOutOfWindow(generation, now())) || isOld) {
      if (await store.failed(job, { state: 'EXPIRED' }, reason))
        log.error(about, 'a video is lost: MiniMax has it no longer, and it was not stored');
      return;
    }
    if (isFinal(error, attempts)) {
      if (await store.failed(job, { state: 'FAILED' }, reason))
        log.error(about, 'a video cannot be stored');
      return;
    }
    const delay = Math.min(firstDelayMs * 2 ** (attempts - 1), longestDelayMs);
    const nextAttemptAt = new Date(now().getTime() + jittered(delay, Math.random));
    if (!(await store.failed(job, { nextAttemptAt }, reason))) return;
    if (attempts >= alarmAfterAttempts)
      log.error(about, 'a video is still not stored, and will be lost when MiniMax forgets it');
    else log.warn(about, 'a video could not be stored yet');
  }
}

/** Whether MiniMax has said often enough that there is nothing to fetch any more. */
function isGone(error: unknown, attempts: number, isOutOfWindow: boolean): boolean {
  if (!(error instanceof MinimaxError)) return false;
  const { failureKind, kind } = error;
  const isVerdict =
    kind === 'refused' || failureKind === 'RESULT_MISSING' || failureKind === 'TASK_UNKNOWN';
  return isVerdict && (isOutOfWindow || attempts >= verdictAfterAttempts);
}

function isFinal(error: unknown, attempts: number): boolean {
  if (error instanceof TooLargeError) return !error.isAnnounced || attempts >= verdictAfterAttempts;
  return error instanceof NotAVideoError && !error.isCutOff && attempts >= verdictAfterAttempts;
}

/** For callers: of what is ours, no more than that it failed. */
function reasonOf(error: unknown): string {
  if (error instanceof DownloadError || error instanceof NotAVideoError) return error.message;
  if (error instanceof TooLargeError)
    return `The video is larger than ${error.maxBytes} bytes, which is the most that is stored.`;
  if (error instanceof MinimaxError)
    return `MiniMax gives no link: ${error.failureKind}`.slice(0, 200);
  return 'The storage does not take it for now.';
}
