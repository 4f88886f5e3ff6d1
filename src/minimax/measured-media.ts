import { MediaKind, type MediaLimits } from './model.ts';

/** What a file's own bytes tell of it; null: a file of its kind has none. */
export interface MeasuredMedia {
  kind: MediaKind;
  /** As `MediaLimits.formats` has it, e.g. `JPEG`. */
  format: string;
  /** E.g. `image/jpeg`. */
  mediaType: string;
  bytes: number;
  width: number | null;
  height: number | null;
  seconds: number | null;
  framesPerSecond: number | null;
}

export type ImageProblemCode =
  'IMAGE_INVALID' | 'IMAGE_FORMAT_UNSUPPORTED' | 'IMAGE_TOO_LARGE' | 'IMAGE_DIMENSIONS_UNSUPPORTED';

export type ClipProblemCode =
  | 'REFERENCE_INVALID'
  | 'REFERENCE_FORMAT_UNSUPPORTED'
  | 'REFERENCE_TOO_LARGE'
  | 'REFERENCE_DIMENSIONS_UNSUPPORTED'
  | 'REFERENCE_FRAME_RATE_UNSUPPORTED'
  | 'REFERENCE_LENGTH_NOT_SUPPORTED';

export type MediaProblemCode = ImageProblemCode | ClipProblemCode;

export interface MediaProblem {
  code: MediaProblemCode;
  /** Says what to do. */
  message: string;
}

/** MiniMax's own figures have three places: 23.976 is 24000/1001. */
const slack = 0.0005;

/** A container tells a length a frame or two longer than its picture is. */
const lengthSlackSeconds = 0.1;

/** What is wrong with a file by the limits of the field that it is given for, or null. */
export function misfitOf(media: MeasuredMedia, limits: MediaLimits): MediaProblem | null {
  const isImage = limits.kind === MediaKind.IMAGE;
  const noun = isImage ? 'image' : 'reference';
  const code = (what: 'FORMAT_UNSUPPORTED' | 'TOO_LARGE' | 'DIMENSIONS_UNSUPPORTED') =>
    isImage ? (`IMAGE_${what}` as const) : (`REFERENCE_${what}` as const);
  if (media.kind !== limits.kind || !limits.formats.includes(media.format)) {
    const message = `The file is ${media.format}, and the ${noun} must be one of ${limits.formats.join(', ')}, whatever its label says: convert it to one of them.`;
    return { code: code('FORMAT_UNSUPPORTED'), message };
  }
  if (media.bytes > limits.maxBytes) {
    return { code: code('TOO_LARGE'), message: tooLarge(noun, media.bytes, limits.maxBytes) };
  }
  const misshapen = shapeProblem(noun, media, limits);
  if (misshapen !== null) return { code: code('DIMENSIONS_UNSUPPORTED'), message: misshapen };
  const { seconds, framesPerSecond } = media;
  const { seconds: span, framesPerSecond: rates } = limits;
  if (span && seconds !== null && !isWithin(seconds, span, lengthSlackSeconds)) {
    const message = `The reference is ${round(seconds)} seconds long; cut it to ${span.min} to ${span.max} seconds.`;
    return { code: 'REFERENCE_LENGTH_NOT_SUPPORTED', message };
  }
  if (rates && framesPerSecond !== null && !isWithin(framesPerSecond, rates, slack)) {
    const message = `The reference has ${round(framesPerSecond)} frames in a second; make it anew with ${rates.min} to ${rates.max}.`;
    return { code: 'REFERENCE_FRAME_RATE_UNSUPPORTED', message };
  }
  return null;
}

export function tooLarge(noun: string, bytes: number, maxBytes: number): string {
  const mebibytes = maxBytes / 1024 / 1024;
  return `The ${noun} has ${bytes} bytes; use one of at most ${maxBytes} bytes (${mebibytes} MiB).`;
}

function shapeProblem(
  noun: string,
  { width, height }: MeasuredMedia,
  { sides, aspectRatio }: MediaLimits,
): string | null {
  if (width === null || height === null) return null;
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const { min = 0, max = null } = sides ?? {};
  const widest = aspectRatio?.max ?? Infinity;
  if (short >= min && long <= (max ?? Infinity) && long / short <= widest) return null;
  const atMost = max === null ? '' : `, its long side at most ${max}`;
  return (
    `The ${noun} is ${width}×${height} pixels; its short side must have at least ${min} pixels${atMost} ` +
    'and its aspect ratio must lie between 2:5 and 5:2.'
  );
}

function isWithin(value: number, { min, max }: { min: number; max: number }, by: number): boolean {
  return value >= min - by && value <= max + by;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
