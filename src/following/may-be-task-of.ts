import type { VideoGeneration } from '../generation/generation.ts';
import type { ListedTask } from '../minimax/answers.ts';
import { taskTypes } from '../minimax/model.ts';

/** A submission, and what it was to make. */
export interface SentRequest {
  claimedAt: Date;
  generation: Pick<
    VideoGeneration,
    | 'kind'
    | 'model'
    | 'resolution'
    | 'duration'
    | 'aspectRatio'
    | 'firstFrameImage'
    | 'lastFrameImage'
    | 'referenceImages'
    | 'redactedAt'
  >;
}

/** MiniMax's clock and ours may differ by so much, and it takes so long at most to make a task. */
export const beforeMs = 60_000;
export const afterMs = 10 * 60_000;

/**
 * Whether a listed task may be what a submission became, by all that a list tells: model, kind,
 * resolution, duration, ratio, images, and when. What is left out on either side rules nothing out;
 * the ratio may be the one that was asked for or the one that was made.
 */
export function mayBeTaskOf(task: ListedTask, { claimedAt, generation }: SentRequest): boolean {
  const lateMs = task.createdAt.getTime() - claimedAt.getTime();
  const frames = [generation.firstFrameImage, generation.lastFrameImage];
  const given = frames.filter((image) => image !== null).length + generation.referenceImages.length;
  // What was redacted does not tell any more how many there were.
  const images = generation.redactedAt === null ? given : null;
  const isAlike =
    lateMs >= -beforeMs &&
    lateMs <= afterMs &&
    fits(task.model, generation.model) &&
    isOfKind(task, generation) &&
    fits(task.resolution, generation.resolution);
  // Of what is made anew MiniMax does not say how it counts the rest.
  if (generation.kind === 'REGENERATION') return isAlike;
  return (
    isAlike &&
    fits(task.duration, generation.duration) &&
    fits(task.images, images) &&
    // Beside a frame it is ignored.
    (images !== 0 || fits(concrete(task.aspectRatio), concrete(generation.aspectRatio)))
  );
}

/**
 * Whether a list tells enough of a task to say that it is the one: what it leaves out rules nothing
 * out, and somebody else's may be told with as little.
 */
export function isTold({ taskType, model, resolution, duration }: ListedTask): boolean {
  const isVideo = taskType === null || taskType === taskTypes.GENERATION;
  return model !== null && (!isVideo || (resolution !== null && duration !== null));
}

/** Where the type is left out, a resolution tells that it makes a video. */
function isOfKind({ taskType, resolution }: ListedTask, { kind }: SentRequest['generation']) {
  if (taskType !== null) return fits(taskType, taskTypes[kind]);
  return kind !== 'PROMPT_ENHANCEMENT' || resolution === null;
}

/** In whatever spelling: resellers write names in lower case (V2 §12). */
function fits(told: string | number | null, asked: string | number | null): boolean {
  return told === null || asked === null || plain(told) === plain(asked);
}

const plain = (value: string | number) => String(value).toLowerCase();

function concrete(ratio: string | null): string | null {
  return ratio === 'adaptive' ? null : ratio;
}
