import type { CreateVideoGenerationInput } from '../../../generated/graphql.ts';
import type { Detail } from './page.tsx';

/** The request as it was made, as far as it is stored: images that came as data are named by their hash. */
export function requestOf(generation: Detail): CreateVideoGenerationInput {
  const { apiGeneration, promptOptimizer, subjectImage, tags } = generation;
  const clips = (urls: string[]) => (urls.length > 0 ? urls.map((url) => ({ url })) : null);
  const given = {
    model: generation.model,
    prompt: generation.prompt,
    duration: generation.duration,
    resolution: generation.resolution,
    aspectRatio: generation.aspectRatio,
    firstFrameImage: generation.firstFrameImage,
    lastFrameImage: generation.lastFrameImage,
    subjectReference: subjectImage === null ? null : [{ image: [subjectImage] }],
    referenceImages: generation.referenceImages.length > 0 ? generation.referenceImages : null,
    referenceVideos: clips(generation.referenceVideos),
    referenceAudios: clips(generation.referenceAudios),
    promptExpansion: generation.promptExpansion,
    promptOptimizer: apiGeneration === 1 ? promptOptimizer : null,
    fastPretreatment: generation.fastPretreatment,
    aigcWatermark: generation.aigcWatermark,
    tags: tags.length > 0 ? tags : null,
    webhookUrl: generation.webhookUrl,
    keepForDays: generation.keepForDays,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null),
  ) as unknown as CreateVideoGenerationInput;
}
