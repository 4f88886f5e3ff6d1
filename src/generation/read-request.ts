import type { ReadImage } from '../minimax/images.ts';
import type { ImageField } from '../minimax/model.ts';
import type {
  CheckedClip,
  CheckedImage,
  RequestCheck,
  RequestInput,
} from '../upstream/check-request.ts';
import { nameOfStored, type UsedInput } from './input-images.ts';
import type { RequestedVideo } from './requested-video.ts';

/** What MiniMax is asked for, and what this service does beside. */
export type GenerationInput = RequestInput & {
  tags?: readonly string[] | null;
  webhookUrl?: string | null;
  keepForDays?: number | null;
};

/** The files of a request whose bytes are stored with it. */
export interface InputFiles {
  /** That came with it and have still to be stored. */
  images: ReadImage[];
  /** That are stored already: uploads, and what was fetched. */
  stored: UsedInput[];
}

/** Of what repeats another one, or is made of it. */
export function noFiles(): InputFiles {
  return { images: [], stored: [] };
}

/** What an input without problems asks for; the images are nowhere else. */
export function readRequest(
  input: GenerationInput,
  check: Omit<RequestCheck, 'problems' | 'warnings'> & { tags: string[] },
): { video: RequestedVideo; files: InputFiles } {
  const image = (field: ImageField) =>
    check.images.filter((checked) => checked.field === field).map(describe);
  const clip = (field: CheckedClip['field']) =>
    check.clips.filter((checked) => checked.field === field).map(describe);
  const uploads = [...check.images, ...check.clips].flatMap(({ stored }) => stored ?? []);
  const images = check.images.flatMap(({ image: read }) => read ?? []);
  const sent = [...images.map(({ bytes }) => bytes.length), ...uploads.map(({ bytes }) => bytes)];
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
    referenceVideos: clip('referenceVideos'),
    referenceAudios: clip('referenceAudios'),
    inputImageBytes: sent.reduce((sum, bytes) => sum + bytes, 0),
    listPriceUsd: check.price?.usd ?? null,
    tags: check.tags,
    webhookUrl: input.webhookUrl ?? null,
    keepForDays: input.keepForDays ?? null,
  };
  const stored = uploads.map(({ objectId: id, sourceUrl = null }) => ({ id, sourceUrl }));
  return { video, files: { images, stored } };
}

/** What the row keeps of a file: its URL, or the name of the bytes that are stored. */
function describe({ url, stored, ...checked }: CheckedImage | CheckedClip): string {
  if (url !== undefined) return url;
  const { sha256 } = stored ?? (checked as { image: ReadImage }).image;
  return nameOfStored(sha256);
}
