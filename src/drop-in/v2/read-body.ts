import type { PromptExpansion } from '../../minimax/model.ts';
import type { RequestInput } from '../../upstream/check-request.ts';
import { apiGenerationOf } from '../../upstream/models.ts';
import {
  asBoolean,
  asText,
  isAbsent,
  isObject,
  orProblem,
  refuseCallback,
  refuseForeign,
  Unreadable,
  type Fields,
} from '../fields.ts';

const expansions: Readonly<Record<string, PromptExpansion>> = {
  disabled: 'DISABLED',
  balanced: 'BALANCED',
  quality: 'QUALITY',
};

const ownKeys: ReadonlySet<string> = new Set([
  ...['model', 'content', 'resolution', 'duration', 'ratio', 'extra'],
  ...['callback_url', 'aigc_watermark'],
]);

const noText = 'content must include a non-empty text item (prompt is required)';

/**
 * The request that a submission's body asks for (V2 §2.1), or what is wrong with its form; whether a
 * model takes it is for the service to say.
 *
 * Resolution and duration have no default, as at MiniMax. Keys that MiniMax does not have are ignored,
 * but for those that look like an input, and those in `extra`, where MiniMax allows no others.
 */
export function readCreateBody(body: unknown): RequestInput | string {
  return orProblem(() => readFields(body));
}

function readFields(body: unknown): RequestInput {
  if (!isObject(body)) throw new Unreadable('the body must be a JSON object');
  const demanded = (key: string): unknown => {
    if (!isAbsent(body[key])) return body[key];
    throw new Unreadable(`binding: expr_path=${key}, cause=missing required parameter`);
  };
  const optional = <T>(key: string, as: (key: string, value: unknown) => T): T | null =>
    isAbsent(body[key]) ? null : as(key, body[key]);
  refuseForeign(body, ownKeys, 'content');
  const model = asText('model', demanded('model'));
  if (apiGenerationOf(model) !== 2) {
    throw new Unreadable('this model is not supported by /v2/video_generation');
  }
  refuseCallback('callback_url', body['callback_url']);
  return {
    model,
    duration: asWhole('duration', demanded('duration')),
    resolution: asText('resolution', demanded('resolution')),
    ...readContent(demanded('content')),
    aspectRatio: optional('ratio', asText),
    promptExpansion: optional('extra', asExpansion),
    aigcWatermark: optional('aigc_watermark', asBoolean),
  };
}

/** The text and the files by their roles, each in the order in which prompts count them (V2 §2.2). */
function readContent(value: unknown): Partial<RequestInput> {
  if (!Array.isArray(value)) throw new Unreadable('content must be an array');
  const items = value.map((item: unknown, index) => {
    if (isObject(item)) return readItem(item, `content[${index}]`);
    throw new Unreadable(`content[${index}] must be an object`);
  });
  const texts = items.flatMap(({ text }) => (text?.trim() ? text : []));
  if (texts.length === 0) throw new Unreadable(noText);
  if (texts.length > 1) throw new Unreadable('content must include one text item, not several');
  const images = items.filter(({ type }) => type === 'image_url');
  if (images.length === 1) images[0]!.role ??= 'first_frame';
  const urls = (type: string, role: string) =>
    items.flatMap((item) => (item.type === type && item.role === role ? item.url! : []));
  const single = (role: string) => {
    const [url = null, ...more] = urls('image_url', role);
    if (more.length > 0) throw new Unreadable(`content may have one ${role} only`);
    return url;
  };
  for (const { type, role, place } of items) {
    if (type === 'text' || roles[type]!.includes(role!)) continue;
    throw new Unreadable(`${place}.role must be ${roles[type]!.join(' or ')}`);
  }
  const clip = (url: string) => ({ url });
  return {
    prompt: texts[0]!,
    firstFrameImage: single('first_frame'),
    lastFrameImage: single('last_frame'),
    referenceImages: urls('image_url', 'reference_image'),
    referenceVideos: urls('video_url', 'reference_video').map(clip),
    referenceAudios: urls('audio_url', 'reference_audio').map(clip),
  };
}

const roles: Readonly<Record<string, readonly string[]>> = {
  image_url: ['first_frame', 'last_frame', 'reference_image'],
  video_url: ['reference_video'],
  audio_url: ['reference_audio'],
};

const itsOwnItem = 'items of their own in content, of type image_url';

interface Item {
  type: string;
  place: string;
  text?: string;
  url?: string;
  role?: string;
}

function readItem(item: Fields, place: string): Item {
  const type = asText(`${place}.type`, item['type']);
  refuseForeign(item, new Set(['type', 'role', type]), itsOwnItem);
  if (type === 'text') {
    const text = isAbsent(item['text']) ? '' : asText(`${place}.text`, item['text']);
    return { type, place, text };
  }
  if (!Object.hasOwn(roles, type)) {
    const known = ['text', ...Object.keys(roles)].join(', ');
    throw new Unreadable(`${place}.type must be one of ${known}`);
  }
  const file = item[type];
  if (!isObject(file)) throw new Unreadable(`${place}.${type} must be { "url": "…" }`);
  refuseForeign(file, new Set(['url']), itsOwnItem);
  const url = asText(`${place}.${type}.url`, file['url']);
  const role = isAbsent(item['role']) ? undefined : asText(`${place}.role`, item['role']);
  return { type, place, url, ...(role !== undefined && { role }) };
}

/** A number, and not its text (V2 §2.1). */
function asWhole(key: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31)
    return value;
  throw new Unreadable(`${key} must be a whole number of seconds, such as 5`);
}

function asExpansion(key: string, value: unknown): PromptExpansion | null {
  const { prompt_expansion_mode: mode, ...others } = isObject(value) ? value : { '': value };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new Unreadable(`${key} takes prompt_expansion_mode and nothing else`);
  }
  if (isAbsent(mode)) return null;
  if (typeof mode === 'string' && Object.hasOwn(expansions, mode)) return expansions[mode]!;
  const known = Object.keys(expansions).join(', ');
  throw new Unreadable(`${key}.prompt_expansion_mode must be one of ${known}`);
}
