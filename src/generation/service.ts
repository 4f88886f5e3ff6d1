import type { Logger } from '../logger.ts';
import type { MinimaxClient } from '../minimax/client.ts';
import {
  checkRequest,
  type CheckedImage,
  type Problem,
  type RequestInput,
} from '../minimax/check-request.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { ImageField } from '../minimax/models.ts';
import type { GenerationStore, ImageRole, InputImage, VideoGeneration } from './store.ts';
import type { GenerationUpdates } from './updates.ts';

export interface ServiceOptions {
  store: GenerationStore;
  client: MinimaxClient;
  updates: GenerationUpdates;
  /** Makes the background worker look for due work now. */
  wakeWorker: () => void;
  log: Logger;
  now: () => Date;
  createWaitMs: number;
  extraModels: readonly string[];
}

export type CreateResult =
  | { generation: VideoGeneration; problems: readonly [] }
  | { generation: null; problems: readonly Problem[] };

export interface VideoLink {
  url: string;
  expiresAt: Date | null;
}

/** A link that ends this soon is renewed, so that whoever gets it can still use it. */
const renewBeforeMs = 60_000;

const roleOf: Readonly<Record<ImageField, ImageRole>> = {
  firstFrameImage: 'first_frame',
  lastFrameImage: 'last_frame',
  subjectReference: 'subject',
};

/** What a caller may ask for: a new generation, and a link that works. */
export class GenerationService {
  readonly #options: ServiceOptions;
  readonly #renewals = new Map<string, Promise<VideoLink>>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** What the mutation would say to this input, without storing or sending anything. */
  check(input: RequestInput) {
    return checkRequest(input, this.#options.extraModels);
  }

  /**
   * Stores a request, has the worker send it, and answers with what MiniMax said.
   *
   * When that takes longer than `createWaitMs`, or MiniMax asks for patience,
   * the answer is the generation as it stands and the worker carries on.
   * A request that the capability matrix forbids is neither stored nor sent.
   */
  async create(input: RequestInput, requestId: string): Promise<CreateResult> {
    const { store, updates, wakeWorker, createWaitMs } = this.#options;
    const check = this.check(input);
    if (check.problems.length > 0) return { generation: null, problems: check.problems };

    const id = store.newId();
    const waiting = AbortSignal.timeout(createWaitMs);
    const changes = updates.changes(id, waiting);
    const image = (field: ImageField) =>
      describe(check.images.find((checked) => checked.field === field));
    const created = await store.insert(
      {
        id,
        model: input.model,
        prompt: input.prompt ?? null,
        duration: check.effective.duration,
        resolution: check.effective.resolution,
        promptOptimizer: input.promptOptimizer ?? true,
        fastPretreatment: input.fastPretreatment ?? null,
        aigcWatermark: input.aigcWatermark ?? null,
        firstFrameImage: image('firstFrameImage'),
        lastFrameImage: image('lastFrameImage'),
        subjectImage: image('subjectReference'),
        listPriceUsd: check.price?.usd ?? null,
      },
      check.images.flatMap(bytesToStore),
      { action: 'GENERATION_CREATED', requestId },
    );
    wakeWorker();
    for await (const change of changes) if (change?.status !== 'SUBMITTING') break;
    return { generation: (await store.find(id)) ?? created, problems: [] };
  }

  /**
   * A download link that still works for a minute at least, renewed when need be;
   * null as long as there is no video. Throws a MinimaxError when MiniMax does
   * not hand out a new one.
   */
  async videoLink(generation: VideoGeneration): Promise<VideoLink | null> {
    const { id, videoUrl, videoUrlExpiresAt } = generation;
    if (videoUrl === null) return null;
    const usableUntil = videoUrlExpiresAt?.getTime() ?? Infinity;
    if (usableUntil - renewBeforeMs > this.#options.now().getTime()) {
      return { url: videoUrl, expiresAt: videoUrlExpiresAt };
    }
    const renewal = this.#renewals.get(id) ?? this.#renew(generation);
    this.#renewals.set(id, renewal);
    return await renewal.finally(() => this.#renewals.delete(id));
  }

  async #renew(generation: VideoGeneration): Promise<VideoLink> {
    const { client, store, log } = this.#options;
    try {
      const file = await client.retrieveFile(generation.fileId!);
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
          { generationId: generation.id, kind: error.kind, statusCode: error.statusCode },
          'a link could not be renewed',
        );
      }
      throw error;
    }
  }
}

/** What the row keeps of an image: its URL, or the name of the bytes that came as a data URL. */
function describe(checked: CheckedImage | undefined): string | null {
  if (!checked) return null;
  return checked.image ? `urn:sha256:${checked.image.sha256}` : checked.url;
}

function bytesToStore({ field, image }: CheckedImage): InputImage[] {
  return image ? [{ role: roleOf[field], bytes: image.bytes }] : [];
}
