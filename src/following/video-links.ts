import type { Logger } from '../logger.ts';
import { ForeignAnswer, MinimaxError } from '../minimax/errors.ts';
import type { Exchange } from '../minimax/exchange.ts';
import { clientOf, type Accounts } from '../upstream/accounts.ts';
import { linkExpiry } from '../minimax/link-expiry.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { GenerationStore } from '../generation/store.ts';
import { isOutOfWindow } from './window.ts';

export interface VideoLinksOptions {
  store: GenerationStore;
  accounts: Accounts;
  log: Logger;
  now: () => Date;
  /** Told of each usable answer. */
  onLook: (accountId: string | null, refusal: null) => Promise<void>;
}

export interface VideoLink {
  url: string;
  expiresAt: Date | null;
}

/** A link that ends this soon is renewed, so that whoever gets it can still use it. */
const renewBeforeMs = 60_000;

/** How long one holds that does not say until when (wire contract §6). */
const unknownLifeMs = 60 * 60_000;

/** The download links of finished generations, renewed when somebody asks for one that has ended. */
export class VideoLinks {
  readonly #options: VideoLinksOptions;
  readonly #renewals = new Map<string, Promise<VideoLink>>();

  constructor(options: VideoLinksOptions) {
    this.#options = options;
  }

  /**
   * A download link that still works for a minute at least, renewed when need be;
   * null as long as there is no video. Throws a MinimaxError when MiniMax does
   * not hand out a new one, or the key of the account that made it is not configured.
   *
   * `dead` is a link that was seen not to work, whatever it says: then another one.
   */
  async of(generation: VideoGeneration, dead: string | null = null): Promise<VideoLink | null> {
    const { id, videoUrl } = generation;
    if (videoUrl === null) return null;
    const stored = this.#usable(generation, dead);
    if (stored) return stored;
    let renewal = this.#renewals.get(id);
    if (!renewal) {
      renewal = this.#renew(id, dead).finally(() => this.#renewals.delete(id));
      this.#renewals.set(id, renewal);
    }
    return await renewal;
  }

  #usable(
    { videoUrl, videoUrlExpiresAt, updatedAt }: VideoGeneration,
    dead: string | null,
  ): VideoLink | null {
    if (videoUrl === dead) return null;
    const usableUntil = videoUrlExpiresAt?.getTime() ?? updatedAt.getTime() + unknownLifeMs;
    const usable = usableUntil - renewBeforeMs > this.#options.now().getTime();
    return videoUrl !== null && usable ? { url: videoUrl, expiresAt: videoUrlExpiresAt } : null;
  }

  async #renew(id: string, dead: string | null): Promise<VideoLink> {
    const { store, log, onLook } = this.#options;
    // Read anew: it may have been renewed since the caller read it, here or at another server.
    const generation = (await store.find(id))!;
    const stored = this.#usable(generation, dead);
    if (stored) return stored;
    // MiniMax would not know the task any more: what it gave last is all there is, and may still work.
    const isGone = isOutOfWindow(generation, this.#options.now());
    if (isGone && generation.videoUrlExpiresAt === null && generation.videoUrl !== dead)
      return { url: generation.videoUrl!, expiresAt: null };
    try {
      const file = await this.#fresh(generation);
      await onLook(generation.accountId, null);
      if (file.expiresAt !== null && file.expiresAt <= this.#options.now())
        throw endedAlready(file);
      await store.annotate(
        generation,
        { videoUrl: file.downloadUrl, videoUrlExpiresAt: file.expiresAt },
        {
          action: 'VIDEO_LINK_RENEWED',
          httpStatus: file.httpStatus,
          latencyMs: Math.round(file.latencyMs),
          upstreamCode: file.statusCode,
          upstreamMessage: file.statusMessage,
          traceId: file.traceId,
        },
      );
      return { url: file.downloadUrl, expiresAt: file.expiresAt };
    } catch (error) {
      if (error instanceof MinimaxError) {
        log.warn(
          {
            generationId: id,
            kind: error.kind,
            failureKind: error.failureKind,
            statusCode: error.statusCode,
            // Only of a connection: what MiniMax says may repeat the prompt.
            error: error instanceof ForeignAnswer ? error : error.cause,
          },
          'a link could not be renewed',
        );
      }
      throw error;
    }
  }

  async #fresh({ fileId, taskId, accountId, apiGeneration }: VideoGeneration) {
    const { accounts, now } = this.#options;
    const account = accounts.of(accountId);
    if (account === undefined) {
      throw new MinimaxError(`The key of account ${accountId} is not configured.`, {
        kind: 'unreachable',
        failureKind: 'ACCOUNT_UNKNOWN',
        latencyMs: 0,
      });
    }
    if (fileId !== null) return await account.client.retrieveFile(fileId);
    // The second generation has no files, and some proxies name none but give the link with the task (wire contract §6).
    const { downloadUrl, ...task } = await clientOf(account, apiGeneration).queryTask(taskId!);
    if (downloadUrl === null) {
      throw new MinimaxError('MiniMax gives no link for this task any more.', {
        ...task,
        kind: 'uncertain',
        failureKind: 'RESULT_MISSING',
      });
    }
    return { ...task, downloadUrl, expiresAt: linkExpiry(downloadUrl, now()) };
  }
}

function endedAlready(answer: Exchange): MinimaxError {
  return new MinimaxError('MiniMax gives a link that has ended already.', {
    ...answer,
    kind: 'uncertain',
    failureKind: 'RESULT_MISSING',
  });
}
