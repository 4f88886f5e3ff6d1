import { createHash } from 'node:crypto';
import type { NewGeneration, VideoGeneration } from './generation.ts';

/** The columns that say what is to be made. */
export type RequestedVideo = Omit<
  NewGeneration,
  | 'id'
  | 'callerId'
  | 'tenant'
  | 'idempotencyKey'
  | 'inputHash'
  | 'requestSalt'
  | 'retryOfId'
  | 'callbackToken'
  | 'simulated'
>;

/** What a generation was made for, to be made once more. */
export function requestedVideoOf(generation: VideoGeneration): RequestedVideo {
  const { model, prompt, duration, resolution, promptOptimizer, fastPretreatment } = generation;
  const { aigcWatermark, firstFrameImage, lastFrameImage, subjectImage } = generation;
  const { apiGeneration, aspectRatio, promptExpansion } = generation;
  const { referenceImages, referenceVideos, referenceAudios } = generation;
  const { kind, sourceId, sourceTaskId, baseVideo } = generation;
  const { inputImageBytes, listPriceUsd, tags, webhookUrl, keepForDays } = generation;
  return {
    ...{ model, prompt, duration, resolution, promptOptimizer, fastPretreatment },
    ...{ aigcWatermark, firstFrameImage, lastFrameImage, subjectImage },
    ...{ apiGeneration, aspectRatio, promptExpansion },
    ...{ referenceImages, referenceVideos, referenceAudios },
    ...{ kind, sourceId, sourceTaskId, baseVideo },
    ...{ inputImageBytes, listPriceUsd, tags, webhookUrl, keepForDays },
  };
}

/**
 * Equal for requests that ask for the same. The price may change in between; the names
 * of images say how large they are. What older requests had not counts where there is any: tags, a webhook URL, a time to be kept, what the second API generation has.
 * What is made anew is the same from whatever it is made.
 */
export function hashOf({
  listPriceUsd: _price,
  inputImageBytes: _bytes,
  tags,
  webhookUrl,
  keepForDays,
  apiGeneration,
  aspectRatio,
  promptExpansion,
  referenceImages,
  referenceVideos,
  referenceAudios,
  kind,
  sourceId,
  sourceTaskId: _task,
  baseVideo: _base,
  ...video
}: RequestedVideo): string {
  const newer = { aspectRatio, promptExpansion, referenceImages, referenceVideos, referenceAudios };
  const request = {
    ...video,
    ...((apiGeneration ?? 1) > 1 && newer),
    ...((kind ?? 'GENERATION') !== 'GENERATION' && { kind, sourceId }),
    ...(tags.length > 0 && { tags }),
    ...(webhookUrl !== null && { webhookUrl }),
    ...(keepForDays !== null && { keepForDays }),
  };
  const sorted = Object.entries(request).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(sorted));
}

/**
 * Whether the generation was made for this request.
 *
 * Of a redacted one there is no hash any more, or prompts could be guessed by it: it is compared by
 * what is left, so that a repetition is still recognised and not paid twice.
 */
export function isRequestOf(generation: VideoGeneration, video: RequestedVideo): boolean {
  if (generation.redactedAt === null) return generation.inputHash === hashOf(video);
  const left = [
    'model',
    'duration',
    'resolution',
    'promptOptimizer',
    'fastPretreatment',
    'aigcWatermark',
    'aspectRatio',
    'promptExpansion',
    'kind',
    'sourceId',
    'keepForDays',
  ] as const;
  return left.every((column) => generation[column] === (video[column] ?? null));
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
