import type { TaskBody } from '../../minimax/v2/wire.ts';
import { isHttpUrl } from '../callbacks.ts';
import { isExpiredUpload } from '../uploads.ts';

/** What of a good request the simulator goes on to use. */
export interface Create {
  kind: TaskBody['task_type'];
  prompt: string;
  model: 'MiniMax-H3' | 'MiniMax-H3-Max';
  resolution: '480P' | '768P' | '2K';
  seconds: number;
  ratio: string;
  images: number;
  videos: number;
  callbackUrl?: string;
}

export type Fields = Readonly<Record<string, unknown>>;

const RESOLUTIONS: Readonly<Record<string, readonly string[]>> = {
  'MiniMax-H3': ['768P', '2K'],
  'MiniMax-H3-Max': ['480P', '768P'],
};

const RATIOS = ['adaptive', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16'];

const MAX_PROMPT_CHARACTERS = 7000;

/** How many files of each role, and of which type they are (V2 §2.2). */
const ROLES: Readonly<Record<string, { type: string; most: number }>> = {
  first_frame: { type: 'image_url', most: 1 },
  last_frame: { type: 'image_url', most: 1 },
  reference_image: { type: 'image_url', most: 9 },
  reference_video: { type: 'video_url', most: 3 },
  reference_audio: { type: 'audio_url', most: 3 },
};

const MAX_FILES = 12;

/** The part of a create body that matters to the simulator, or what follows "invalid params, ". */
export function checkCreate(body: unknown, nowSeconds: number): Create | string {
  const fields = asObject(body);
  if (!fields) return 'the body must be a JSON object';
  const { model, duration, resolution, ratio, extra } = fields;
  const resolutions = typeof model === 'string' ? RESOLUTIONS[model] : undefined;
  if (!resolutions) return 'this model is not supported by /v2/video_generation';
  for (const name of ['resolution', 'duration', 'content']) {
    if (fields[name] == null) return `binding: expr_path=${name}, cause=missing required parameter`;
  }
  if (typeof resolution !== 'string' || !resolutions.includes(resolution)) {
    return `model ${String(model)} does not support this resolution`;
  }
  const least = model === 'MiniMax-H3' ? 4 : 5;
  const isWhole = typeof duration === 'number' && Number.isInteger(duration);
  if (!isWhole || duration < least || duration > 15) {
    return `duration must be a whole number from ${least} to 15`;
  }
  const content = checkContent(fields['content'], nowSeconds);
  if (typeof content === 'string') return content;
  const isText = content.files === 0;
  if (ratio != null && (typeof ratio !== 'string' || !RATIOS.includes(ratio))) {
    return 'ratio is invalid';
  }
  if (isText && (ratio == null || ratio === 'adaptive')) {
    return 'ratio is required for text to video, and cannot be adaptive';
  }
  const problem = checkExtra(extra, model as string);
  if (problem) return problem;
  return {
    kind: 'generation',
    prompt: content.prompt,
    model: model as Create['model'],
    resolution: resolution as Create['resolution'],
    seconds: duration,
    ratio: ratio ?? 'adaptive',
    images: content.images,
    videos: content.videos,
    ...callbackOf(fields),
  };
}

/** Where it is to be called back. */
export function callbackOf({ callback_url: callbackUrl }: Fields): Pick<Create, 'callbackUrl'> {
  return typeof callbackUrl === 'string' && callbackUrl !== '' ? { callbackUrl } : {};
}

function checkExtra(extra: unknown, model: string): string | undefined {
  if (extra == null) return undefined;
  const keys = Object.keys(asObject(extra) ?? { '': true });
  if (model !== 'MiniMax-H3-Max') return 'extra is not supported by this model';
  if (keys.some((key) => key !== 'prompt_expansion_mode')) return 'extra has an unknown key';
  const mode = asObject(extra)!['prompt_expansion_mode'];
  const isKnown = ['disabled', 'balanced', 'quality'].includes(mode as string);
  return isKnown ? undefined : 'extra.prompt_expansion_mode is invalid';
}

interface Content {
  prompt: string;
  files: number;
  images: number;
  videos: number;
}

export function checkContent(
  value: unknown,
  nowSeconds: number,
  longest = MAX_PROMPT_CHARACTERS,
): Content | string {
  const items = Array.isArray(value) ? value.map(asObject) : [];
  const texts = items.filter((item) => item?.['type'] === 'text');
  const [text] = texts;
  const prompt = text?.['text'];
  if (texts.length !== 1 || typeof prompt !== 'string' || prompt.trim() === '') {
    return 'content must include a non-empty text item (prompt is required)';
  }
  if ([...prompt].length > longest) return 'the text is too long';
  const counts = new Map<string, number>();
  const files = items.filter((item) => item?.['type'] !== 'text');
  for (const item of files) {
    const role = item && roleOf(item, files.length);
    const rule = role === undefined || role === null ? undefined : ROLES[role];
    if (!item || !rule || item['type'] !== rule.type) return 'content has an item that is invalid';
    const url = asObject(item[rule.type])?.['url'];
    if (typeof url !== 'string' || !isMedia(url)) return `${role} has a url that is invalid`;
    if (isExpiredUpload(url, nowSeconds)) return `the file of ${role} has expired`;
    counts.set(role!, (counts.get(role!) ?? 0) + 1);
    if (counts.get(role!)! > rule.most) return `too many items with role ${role}`;
  }
  const count = (...roles: string[]) =>
    roles.reduce((sum, role) => sum + (counts.get(role) ?? 0), 0);
  const frames = count('first_frame', 'last_frame');
  const references = count('reference_image', 'reference_video', 'reference_audio');
  if (frames > 0 && references > 0) return 'frames and references cannot be mixed';
  if (references > MAX_FILES) return `at most ${MAX_FILES} references are allowed`;
  if (references > 0 && count('reference_image', 'reference_video') === 0) {
    return 'reference_audio cannot be used on its own';
  }
  return {
    ...{ prompt, files: files.length },
    images: frames + count('reference_image'),
    videos: count('reference_video'),
  };
}

/** A single image without one is the first frame. */
function roleOf(item: Fields, files: number): string | undefined {
  const { role, type } = item;
  if (role == null && type === 'image_url' && files === 1) return 'first_frame';
  return typeof role === 'string' ? role : undefined;
}

/** Files are never fetched or decoded. */
export function isMedia(url: string): boolean {
  return isHttpUrl(url) || /^data:\w+\/[\w.+-]+;base64,/.test(url) || /^mm_file:\/\/\S+$/.test(url);
}

export function asObject(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
}
