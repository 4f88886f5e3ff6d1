import type { VideoGeneration } from '../generation/generation.ts';
import { audioRole, referenceRole, videoRole, type InputRole } from '../generation/input-images.ts';
import type { SubmitFile, SubmitRequest } from '../minimax/answers.ts';
import type { StoredMedia } from '../minimax/stored-media.ts';
import { toSubmitRequest } from '../upstream/check-request.ts';

/** What is sent for a generation, with the files whose bytes are stored. */
export function requestOf(
  generation: VideoGeneration,
  stored: ReadonlyMap<InputRole, StoredMedia | string>,
  callbackUrl: string | null,
): SubmitRequest {
  const file = <Value extends string | null>(value: Value, role: InputRole): Value | SubmitFile =>
    stored.get(role) ?? value;
  const { model, prompt, duration, resolution, aspectRatio, promptExpansion } = generation;
  const { referenceImages, referenceVideos, referenceAudios } = generation;
  const { promptOptimizer, fastPretreatment, aigcWatermark } = generation;
  return toSubmitRequest({
    ...{ kind: generation.kind, sourceTaskId: generation.sourceTaskId },
    baseVideo: generation.baseVideo,
    ...{ model, prompt, duration, resolution, aspectRatio, promptExpansion },
    firstFrameImage: file(generation.firstFrameImage, 'first_frame'),
    lastFrameImage: file(generation.lastFrameImage, 'last_frame'),
    subjectImage: file(generation.subjectImage, 'subject'),
    referenceImages: referenceImages.map((value, index) => file(value, referenceRole(index))),
    referenceVideos: referenceVideos.map((value, index) => file(value, videoRole(index))),
    referenceAudios: referenceAudios.map((value, index) => file(value, audioRole(index))),
    ...{ promptOptimizer, fastPretreatment, aigcWatermark, callbackUrl },
  });
}

/** Where MiniMax may tell of a generation; null where it may not. Whoever knows it can speak for MiniMax. */
export function callbackUrlOf(
  { callbackToken }: Pick<VideoGeneration, 'callbackToken'>,
  baseUrl: string | undefined,
): string | null {
  return baseUrl && callbackToken ? `${baseUrl}/${callbackToken}` : null;
}
