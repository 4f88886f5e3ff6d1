import { isHttpUrl } from '../callbacks.ts';
import { OUTPUTS } from './videos.ts';
import type { Output } from './videos.ts';

/** What of a good request the simulator goes on to use. */
export interface Submit {
  prompt: string;
  /** Index into `OUTPUTS`. */
  output: number;
  callbackUrl?: string;
}

type Mode = 'text-to-video' | 'image-to-video' | 'first-and-last-frame' | 'subject-reference';
type Size = `${Output['resolution']}-${Output['durationSeconds']}`;

const HAILUO_SIZES: readonly Size[] = ['768P-6', '768P-10', '1080P-6'];
const HAILUO_02_IMAGE_SIZES: readonly Size[] = [...HAILUO_SIZES, '512P-6', '512P-10'];
const FIRST_FAMILY_SIZES: readonly Size[] = ['720P-6'];

/**
 * Model × mode × size (wire contract §3.2 and §3.3); the first size of a list is the default.
 *
 * S2V-01 has no sizes documented, but the guide's own sample sends 1080P, so that passes here.
 */
const CAPABILITIES: Readonly<Record<string, Partial<Record<Mode, readonly Size[]>>>> = {
  'MiniMax-Hailuo-2.3': { 'text-to-video': HAILUO_SIZES, 'image-to-video': HAILUO_SIZES },
  'MiniMax-Hailuo-2.3-Fast': { 'image-to-video': HAILUO_SIZES },
  'MiniMax-Hailuo-02': {
    'text-to-video': HAILUO_SIZES,
    'image-to-video': HAILUO_02_IMAGE_SIZES,
    'first-and-last-frame': HAILUO_SIZES,
  },
  'T2V-01-Director': { 'text-to-video': FIRST_FAMILY_SIZES },
  'T2V-01': { 'text-to-video': FIRST_FAMILY_SIZES },
  'I2V-01-Director': { 'image-to-video': FIRST_FAMILY_SIZES },
  'I2V-01-live': { 'image-to-video': FIRST_FAMILY_SIZES },
  'I2V-01': { 'image-to-video': FIRST_FAMILY_SIZES },
  'S2V-01': { 'subject-reference': ['720P-6', '1080P-6'] },
};

const FIELD_TYPES: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  model: 'string',
  prompt: 'string',
  first_frame_image: 'string',
  last_frame_image: 'string',
  duration: 'number',
  resolution: 'string',
  callback_url: 'string',
  prompt_optimizer: 'boolean',
  fast_pretreatment: 'boolean',
  aigc_watermark: 'boolean',
};

const MAX_PROMPT_CHARACTERS = 2000;
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

/**
 * The part of a submit body that matters to the simulator, or what follows "invalid params, ".
 *
 * Keys it does not know are ignored, a `"prompt_optimizer "` with a trailing blank among them
 * (wire contract §3.1). `null` and the empty string count as absent. Images are looked at, never
 * fetched or decoded: their pixel bounds are not checked.
 */
export function checkSubmit(body: unknown): Submit | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return 'the body must be a JSON object';
  }
  const fields = body as Record<string, unknown>;
  for (const [field, type] of Object.entries(FIELD_TYPES)) {
    if (fields[field] != null && typeof fields[field] !== type) return `${field} must be a ${type}`;
  }
  const text = (field: string) => (fields[field] ?? '') as string;

  const model = text('model');
  if (!model) return 'model is required';
  const modes = Object.hasOwn(CAPABILITIES, model) ? CAPABILITIES[model] : undefined;
  if (!modes) return `model ${model} is unknown`;

  const subjects = fields['subject_reference'];
  const subject = readSubject(subjects);
  if (subjects != null && !subject) {
    return 'subject_reference must be [{ "type": "character", "image": ["<one image>"] }]';
  }
  const first = text('first_frame_image');
  const last = text('last_frame_image');
  if (subject && (first || last)) return 'subject_reference excludes frame images';
  const mode: Mode = subject
    ? 'subject-reference'
    : last
      ? 'first-and-last-frame'
      : first
        ? 'image-to-video'
        : 'text-to-video';
  const sizes = modes[mode];
  if (!sizes) return `model ${model} does not support ${mode}`;

  const prompt = text('prompt');
  if (mode === 'text-to-video' && !prompt.trim()) return 'prompt is required';
  if ([...prompt].length > MAX_PROMPT_CHARACTERS) {
    return `prompt must have at most ${MAX_PROMPT_CHARACTERS} characters`;
  }

  const images = { first_frame_image: first, last_frame_image: last, subject_reference: subject };
  for (const [field, image] of Object.entries(images)) {
    const fault = image && imageFault(image);
    if (fault) return `${field} ${fault}`;
  }

  const [defaultResolution] = sizes[0]!.split('-');
  const resolution = text('resolution') || defaultResolution;
  const duration = (fields['duration'] ?? 6) as number;
  const size = sizes.find((possible) => possible === `${resolution}-${duration}`);
  if (!size) {
    return `model ${model} does not support resolution ${resolution} with duration ${duration} in ${mode}`;
  }

  const callbackUrl = text('callback_url');
  return {
    prompt,
    output: OUTPUTS.findIndex((it) => `${it.resolution}-${it.durationSeconds}` === size),
    ...(callbackUrl && { callbackUrl }),
  };
}

/** The image in a `subject_reference` of exactly the documented shape (wire contract §3.1). */
function readSubject(value: unknown): string | undefined {
  const [subject, ...otherSubjects] = asList(value);
  if (typeof subject !== 'object' || subject === null || otherSubjects.length > 0) return undefined;
  if (!('type' in subject) || subject.type !== 'character' || !('image' in subject)) {
    return undefined;
  }
  const [image, ...otherImages] = asList(subject.image);
  return typeof image === 'string' && otherImages.length === 0 ? image : undefined;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What is wrong with an image input, or `undefined` (wire contract §3.4). */
function imageFault(image: string): string | undefined {
  if (!image.startsWith('data:')) {
    return isHttpUrl(image) ? undefined : 'must be an http(s) URL or a data URL';
  }
  const comma = image.indexOf(',');
  if (comma < 0 || !image.slice(0, comma).endsWith(';base64')) return 'must be a base64 data URL';
  const bytes = ((image.length - comma - 1) * 3) / 4;
  if (bytes > MAX_IMAGE_BYTES) return 'must be under 20 MB';
  const head = Buffer.from(image.slice(comma + 1, comma + 33), 'base64');
  return isKnownImage(head) ? undefined : 'must be a JPG, PNG or WebP image';
}

function isKnownImage(head: Buffer): boolean {
  const hex = head.toString('hex');
  return (
    hex.startsWith('ffd8ff') ||
    hex.startsWith('89504e470d0a1a0a') ||
    (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP')
  );
}
