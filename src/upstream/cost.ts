import type { Usage } from '../minimax/answers.ts';
import { priceOf } from '../minimax/v2/price.ts';
import { findVideoModel } from './models.ts';

/** What MiniMax metered, read; null where it says nothing of it (V2 §9). */
export interface ReadUsage {
  outputSeconds: number | null;
  inputSeconds: number | null;
  totalSeconds: number | null;
  inputImageCount: number | null;
  inputAudioSeconds: number | null;
  totalTokens: number | null;
}

export function readUsage(usage: Usage): ReadUsage {
  const read = (name: string) => usage[name] ?? null;
  return {
    outputSeconds: read('output_seconds'),
    inputSeconds: read('input_seconds'),
    totalSeconds: read('total_seconds'),
    inputImageCount: read('input_image_count'),
    inputAudioSeconds: read('input_audio_seconds'),
    totalTokens: read('total_tokens'),
  };
}

/** The part of a request that says what it is paid by. */
export interface Requested {
  model: string;
  resolution: string | null;
  firstFrameImage: string | null;
  lastFrameImage: string | null;
  referenceImages: readonly string[];
  referenceVideos: readonly string[];
}

/**
 * What was metered costs so many US dollars by the list, as decimal text. What MiniMax leaves out is
 * taken from the request; null where that does not say it either, or no price is published.
 */
export function usageCostOf(request: Requested, usage: Usage): string | null {
  const model = findVideoModel(request.model);
  const { outputSeconds, inputSeconds, inputImageCount } = readUsage(usage);
  const isKnown = inputSeconds !== null || request.referenceVideos.length === 0;
  if (model === undefined || outputSeconds === null || !isKnown) return null;
  const frames = [request.firstFrameImage, request.lastFrameImage].filter((url) => url !== null);
  const images = inputImageCount ?? frames.length + request.referenceImages.length;
  const { resolution } = request;
  return priceOf(model, { resolution, outputSeconds, inputSeconds: inputSeconds ?? 0, images });
}

/** What is kept of what MiniMax metered: as it came, and what it costs. */
export function metered(request: Requested, usage: Usage | null) {
  return usage === null ? {} : { usage, usageCostUsd: usageCostOf(request, usage) };
}
