import type { VideoGeneration } from '../generation/generation.ts';
import { referenceRole, type ImageRole } from '../generation/input-images.ts';
import type { SubmitRequest } from '../minimax/answers.ts';
import type { StoredImage } from '../minimax/images.ts';
import { toSubmitRequest } from '../upstream/check-request.ts';

/** What is sent for a generation, with the images that came as bytes. */
export function requestOf(
  generation: VideoGeneration,
  stored: ReadonlyMap<ImageRole, StoredImage>,
  callbackUrl: string | null,
): SubmitRequest {
  const image = <Value extends string | null>(value: Value, role: ImageRole): Value | StoredImage =>
    stored.get(role) ?? value;
  const { model, prompt, duration, resolution, aspectRatio, promptExpansion } = generation;
  const { referenceImages, referenceVideos, referenceAudios } = generation;
  const { promptOptimizer, fastPretreatment, aigcWatermark } = generation;
  return toSubmitRequest({
    ...{ kind: generation.kind, sourceTaskId: generation.sourceTaskId },
    baseVideo: generation.baseVideo,
    ...{ model, prompt, duration, resolution, aspectRatio, promptExpansion },
    firstFrameImage: image(generation.firstFrameImage, 'first_frame'),
    lastFrameImage: image(generation.lastFrameImage, 'last_frame'),
    subjectImage: image(generation.subjectImage, 'subject'),
    referenceImages: referenceImages.map((value, index) => image(value, referenceRole(index))),
    ...{ referenceVideos, referenceAudios },
    ...{ promptOptimizer, fastPretreatment, aigcWatermark, callbackUrl },
  });
}
