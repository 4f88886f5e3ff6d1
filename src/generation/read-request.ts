import type { ImageField } from '../minimax/model.ts';
import type { CheckedImage, RequestCheck, RequestInput } from '../upstream/check-request.ts';
import { referenceRole, type ImageRole, type InputImage } from './input-images.ts';
import type { RequestedVideo } from './requested-video.ts';

/** What MiniMax is asked for, and what this service does beside. */
export type GenerationInput = RequestInput & {
  tags?: readonly string[] | null;
  webhookUrl?: string | null;
};

const roleOf: Readonly<Record<Exclude<ImageField, 'referenceImages'>, ImageRole>> = {
  firstFrameImage: 'first_frame',
  lastFrameImage: 'last_frame',
  subjectReference: 'subject',
};

/** What an input without problems asks for; the images are nowhere else. */
export function readRequest(
  input: GenerationInput,
  check: Omit<RequestCheck, 'problems' | 'warnings'> & { tags: string[] },
): { video: RequestedVideo; images: InputImage[] } {
  const image = (field: ImageField) =>
    check.images.filter((checked) => checked.field === field).map(describe);
  const images = check.images.flatMap(bytesToStore);
  const video = {
    kind: 'GENERATION' as const,
    model: input.model,
    prompt: input.prompt ?? null,
    duration: check.effective.duration,
    resolution: check.effective.resolution,
    promptOptimizer: input.promptOptimizer ?? true,
    fastPretreatment: input.fastPretreatment ?? null,
    aigcWatermark: input.aigcWatermark ?? null,
    firstFrameImage: image('firstFrameImage')[0] ?? null,
    lastFrameImage: image('lastFrameImage')[0] ?? null,
    subjectImage: image('subjectReference')[0] ?? null,
    apiGeneration: check.apiGeneration,
    aspectRatio: check.effective.aspectRatio,
    promptExpansion: input.promptExpansion ?? null,
    referenceImages: image('referenceImages'),
    referenceVideos: input.referenceVideos?.map(({ url }) => url.trim()) ?? [],
    referenceAudios: input.referenceAudios?.map(({ url }) => url.trim()) ?? [],
    inputImageBytes: images.reduce((sum, { bytes }) => sum + bytes.length, 0),
    listPriceUsd: check.price?.usd ?? null,
    tags: check.tags,
    webhookUrl: input.webhookUrl ?? null,
  };
  return { video, images };
}

/** What the row keeps of an image: its URL, or the name of the bytes that came as a data URL. */
function describe({ url, image }: CheckedImage): string {
  return image ? `urn:sha256:${image.sha256}` : url;
}

function bytesToStore({ field, index, image }: CheckedImage): InputImage[] {
  if (!image) return [];
  const role = field === 'referenceImages' ? referenceRole(index) : roleOf[field];
  return [{ role, bytes: image.bytes }];
}
