import type { Usage, UsageValue } from '../minimax/answers.ts';
import type { TaskKind, VideoModel } from '../minimax/model.ts';
import { priceOf, tokenPriceOf } from '../minimax/v2/reckon-price.ts';
import { regeneratedSeconds } from '../minimax/v2/video-length.ts';
import { findVideoModel } from './models.ts';

/** What MiniMax metered, read; null where it says nothing of it (V2 §9). */
export interface ReadUsage {
  outputSeconds: number | null;
  inputSeconds: number | null;
  totalSeconds: number | null;
  inputImageCount: number | null;
  inputAudioSeconds: number | null;
  totalTokens: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
}

const mostSeconds = 1_000_000;
const mostCounted = 2 ** 31 - 1;

/** A figure that cannot be one counts as not told. */
export function readUsage(usage: Usage): ReadUsage {
  const figure = (name: string, most: number) => {
    const told = figureIn(usage[name]);
    return told !== null && told >= 0 && told <= most ? told : null;
  };
  const seconds = (name: string) => figure(name, mostSeconds);
  const count = (name: string) => {
    const told = figure(name, mostCounted);
    return Number.isInteger(told) ? told : null;
  };
  return {
    outputSeconds: seconds('output_seconds'),
    inputSeconds: seconds('input_seconds'),
    totalSeconds: seconds('total_seconds'),
    inputImageCount: count('input_image_count'),
    inputAudioSeconds: seconds('input_audio_seconds'),
    totalTokens: count('total_tokens'),
    promptTokens: count('prompt_tokens'),
    completionTokens: count('completion_tokens'),
  };
}

/** A number, also one that stands there as text. */
function figureIn(value: UsageValue | undefined): number | null {
  const isFigure = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value);
  const told = isFigure ? Number(value) : value;
  return typeof told === 'number' ? told : null;
}

/** The part of a request that says what it is paid by. */
export interface Requested {
  kind: TaskKind;
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
  if (request.kind === 'PROMPT_ENHANCEMENT') return tokenCostOf(model, usage);
  const { outputSeconds, inputSeconds, inputImageCount } = readUsage(usage);
  const isKnown = inputSeconds !== null || request.referenceVideos.length === 0;
  if (model === undefined || outputSeconds === null || !isKnown) return null;
  const frames = [request.firstFrameImage, request.lastFrameImage].filter((url) => url !== null);
  const images = inputImageCount ?? frames.length + request.referenceImages.length;
  const { resolution } = request;
  const metered = { resolution, outputSeconds, inputSeconds: inputSeconds ?? 0, images };
  return priceOf(pricesOf(model, request.kind), metered);
}

/** Nothing but tokens counts, and only MiniMax knows how many there were. */
function tokenCostOf(model: VideoModel | undefined, usage: Usage): string | null {
  const { promptTokens, completionTokens } = readUsage(usage);
  const isKnown = promptTokens !== null && completionTokens !== null;
  return model?.enhancement && isKnown
    ? tokenPriceOf(model.enhancement, promptTokens, completionTokens)
    : null;
}

function pricesOf({ secondPrices, regeneration }: VideoModel, kind: TaskKind) {
  if (kind === 'GENERATION') return secondPrices;
  return regeneration ? [regeneration.price] : [];
}

/**
 * What making a finished video anew costs by the list, with the inputs that it was made from. MiniMax
 * says by what it metered then how long they were; null where it did not and that counts.
 */
export function regenerationPriceOf(
  request: Requested & { duration: number | null },
  usage: Usage | null,
): string | null {
  const model = findVideoModel(request.model);
  if (!model?.regeneration || request.duration === null) return null;
  const { resolution } = model.regeneration.price;
  const { input_seconds, input_image_count } = usage ?? {};
  return usageCostOf(
    { ...request, kind: 'REGENERATION', resolution },
    {
      ...(input_seconds !== undefined && { input_seconds }),
      ...(input_image_count !== undefined && { input_image_count }),
      output_seconds: regeneratedSeconds(request.duration),
    },
  );
}

/** What is kept of what MiniMax metered: as it came, and what it costs. */
export function metered(request: Requested, usage: Usage | null) {
  return usage === null ? {} : { usage, usageCostUsd: usageCostOf(request, usage) };
}
