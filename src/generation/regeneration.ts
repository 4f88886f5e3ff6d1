import type { NamedAccount, VideoGeneration } from './generation.ts';
import { findVideoModel } from '../upstream/models.ts';
import { regenerationPriceOf } from '../upstream/cost.ts';
import type { Usage } from '../minimax/answers.ts';
import type { InputImages } from './input-images.ts';
import { isLost } from './lifecycle.ts';
import { redactionProblem } from './problems.ts';
import { requestedVideoOf, type RequestedVideo } from './requested-video.ts';
import { refused, type CreateResult, type GenerationService, type Request } from './service.ts';
import { noFiles } from './read-request.ts';
import type { GenerationStore } from './store.ts';
import { userError, type UserError } from './user-errors.ts';

export interface RegenerationOptions {
  store: GenerationStore;
  service: GenerationService;
  images: InputImages;
  now: () => Date;
  /** The account that sends. */
  account: NamedAccount;
  /** What the simulator made is made anew by the simulator alone, and the other way round. */
  simulated: boolean;
}

/** What a video is made anew from: its task at MiniMax, or what it was made from and itself. */
export const RegenerationSource = { TASK: 'TASK', INPUTS: 'INPUTS' } as const;
export type RegenerationSource = (typeof RegenerationSource)[keyof typeof RegenerationSource];

export interface RegenerationWish {
  /** Null: the task where MiniMax has it still, else the inputs. */
  from: RegenerationSource | null;
  aigcWatermark: boolean | null;
}

export type RegenerationCheck =
  | { video: RequestedVideo; problems: readonly [] }
  | { video: null; problems: readonly UserError[] };

/** MiniMax shows tasks for seven days (V2 §8); what is asked for may have to wait for its turn. */
const taskKeptMs = 7 * 24 * 3_600_000 - 3_600_000;

/** A link that ends sooner may have ended when MiniMax fetches it. */
const linkLeftMs = 3_600_000;

/** Finished videos made anew in a higher resolution (V2 §8). */
export class Regenerations {
  readonly #options: RegenerationOptions;

  constructor(options: RegenerationOptions) {
    this.#options = options;
  }

  /**
   * Makes a new generation from a finished one, of the same caller and tenant: once, whoever asks, but
   * that another is made when the last one was cancelled or failed for good.
   */
  async regenerate(
    source: VideoGeneration,
    wish: RegenerationWish,
    request: Request,
  ): Promise<CreateResult> {
    const { service, store } = this.#options;
    const { regenerationId } = source;
    const latest = regenerationId === null ? null : await store.find(regenerationId);
    if (latest && !(await this.#isOfNoUse(latest))) return await service.repeat(latest);
    const { video, problems } = await this.check(source, wish);
    if (video === null) return refused(problems);
    return await service.submit(video, noFiles(), request, {
      as: 'regeneration',
      generation: source,
    });
  }

  /** What would be asked of MiniMax, or why nothing can be. */
  async check(
    source: VideoGeneration,
    { from, aigcWatermark }: RegenerationWish,
  ): Promise<RegenerationCheck> {
    const refuse = (...problems: UserError[]) => ({ video: null, problems });
    const problem = unfit(source) ?? redactionProblem(source) ?? this.#originProblem(source);
    if (problem) return refuse(problem);
    const inputsProblem = await this.#inputsProblem(source);
    const hasTask = await this.#hasTask(source);
    const isFromTask = from === null ? hasTask : from === 'TASK';
    if (isFromTask && !hasTask) return refuse(userError('from', 'SOURCE_NOT_AVAILABLE', taskGone));
    if (!isFromTask && inputsProblem) return refuse(inputsProblem);
    const { price } = findVideoModel(source.model)!.regeneration!;
    return {
      problems: [],
      video: {
        ...requestedVideoOf(source),
        ...(isFromTask ? onlyTask : { baseVideo: source.videoUrl }),
        ...{ kind: 'REGENERATION', sourceId: source.id, resolution: price.resolution },
        ...{ sourceTaskId: isFromTask ? source.taskId : null, aigcWatermark },
        listPriceUsd: regenerationPriceOf(source, source.usage as Usage | null),
      },
    };
  }

  /** Nothing was paid for it, or what it repeats, and nobody will find that it was. */
  async #isOfNoUse(generation: VideoGeneration): Promise<boolean> {
    const { store } = this.#options;
    const { id, status, retryOfId } = generation;
    const hasEnded = status === 'CANCELLED' || (status === 'FAILED' && !isLost(generation));
    if (!hasEnded || (await store.trail.findOpen([generation])).has(id)) return false;
    return retryOfId === null || (await this.#isOfNoUse((await store.find(retryOfId))!));
  }

  /** Whether MiniMax has its task still, in the account that sends: a task is its account's own. */
  async #hasTask(source: VideoGeneration): Promise<boolean> {
    const { account, store, now } = this.#options;
    const { id, accountId, taskId, submittedAt, createdAt } = source;
    const ageMs = now().getTime() - (submittedAt ?? createdAt).getTime();
    if (taskId === null || accountId !== account.id || ageMs >= taskKeptMs) return false;
    return !(await store.trail.wasTaskDeleted(id, taskId));
  }

  #originProblem({ simulated }: VideoGeneration): UserError | null {
    const isOurs = simulated === this.#options.simulated;
    return isOurs ? null : userError('id', 'SOURCE_NOT_AVAILABLE', otherWorld);
  }

  async #inputsProblem(source: VideoGeneration): Promise<UserError | null> {
    const { videoUrl, videoUrlExpiresAt } = source;
    if (!(await this.#options.images.areStored(source))) {
      return userError('id', 'IMAGES_NO_LONGER_STORED', imagesGone);
    }
    const until = this.#options.now().getTime() + linkLeftMs;
    const isThere =
      videoUrl !== null && !(videoUrlExpiresAt && videoUrlExpiresAt.getTime() < until);
    return isThere ? null : userError('id', 'SOURCE_NOT_AVAILABLE', linkGone);
  }
}

/** Of a request whose task says everything. */
const onlyTask = {
  ...{ firstFrameImage: null, lastFrameImage: null, subjectImage: null },
  ...{ referenceImages: [], referenceVideos: [], referenceAudios: [], inputImageBytes: 0 },
};

/** Why it is not what can be made anew; null when it is. */
function unfit({ status, kind, model, resolution }: VideoGeneration): UserError | null {
  const rules = findVideoModel(model)?.regeneration;
  if (kind !== 'GENERATION' || !rules || resolution !== rules.from) {
    return userError('id', 'REGENERATION_NOT_SUPPORTED', notSupported);
  }
  if (status === 'SUCCEEDED') return null;
  const message = `Only a SUCCEEDED generation can be made anew; this one is ${status}.`;
  return userError('id', 'WRONG_STATUS', message);
}

const notSupported =
  'Only videos of MiniMax-H3 in 768P can be made anew, in 2K, and not those that were made anew already.';

const taskGone =
  'MiniMax keeps tasks for seven days, for the account that made them, and unless an admin had them deleted: leave `from` out, or give INPUTS.';

const otherWorld =
  'A video of the simulator is made anew by the simulator alone, and one of MiniMax by MiniMax.';

const imagesGone =
  'Its files are not stored any more, and MiniMax does not have its task any more, or is not to use it: create a new generation in 2K.';

const linkGone =
  'MiniMax does not have its task any more, or is not to use it, and the link to the video has expired: create a new generation in 2K.';
