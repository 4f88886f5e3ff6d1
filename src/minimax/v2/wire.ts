import type { SubmitRequest } from '../answers.ts';
import type { TaskType } from '../model.ts';

/** Where each operation of the second API generation lives, below the base URL (V2 §1). */
export const paths = {
  submit: '/v2/video_generation',
  regenerate: '/v2/video_regeneration',
  enhance: '/v2/h3_context_ir',
  /** A task is named by a further segment; without one it is the list. */
  query: '/v2/query/video_generation',
  /** Of the first one's family: refusals are `base_resp`, with a true HTTP status or without (V2 §2.4). */
  upload: '/v1/files/upload',
  /** With a task as a further segment (V2 §5). */
  remove: '/v2/video_generation',
} as const;

/** The body of a submission (V2 §2.1). A key that is not set is left out. */
export interface SubmitBody {
  model: string;
  content: ContentItem[];
  resolution?: string;
  /** In seconds; a number. */
  duration?: number;
  ratio?: string;
  extra?: { prompt_expansion_mode: string };
  callback_url?: string;
  aigc_watermark?: boolean;
}

/** The body of a regeneration (V2 §8): one of a task and the inputs, among them the video. */
export interface RegenerationBody {
  model: string;
  source_task_id?: string;
  content?: ContentItem[];
  resolution?: string;
  callback_url?: string;
  aigc_watermark?: boolean;
}

/** The body of a request for a better prompt (V2 §8): that of the video, without what says how it is made. */
export type EnhancementBody = Pick<
  SubmitBody,
  'model' | 'content' | 'duration' | 'ratio' | 'callback_url'
>;

export type ContentItem =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string }; role?: string }
  | { type: 'video_url'; video_url: { url: string }; role: string }
  | { type: 'audio_url'; audio_url: { url: string }; role: string };

/** A refusal of any operation (V2 §6). */
export interface ErrorBody {
  type: 'error';
  error: { type: string; message: string; http_code: string };
  request_id: string;
}

/** What files are uploaded for that submissions refer to. */
export const uploadPurpose = 'video_generation_input';

export type TaskWord = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A task as query, list and callback tell of it (V2 §3). */
export interface TaskBody {
  id: string;
  model: string;
  status: string;
  error?: { code: string; message: string };
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
  content?: { url?: string; prompt?: string };
  resolution?: string;
  duration: number;
  usage: Record<string, number>;
  ratio: string;
  task_type: TaskType;
  modality: 'video' | 'text';
}

/** Where each kind of request is submitted, and with what. */
export function addressed(request: SubmitRequest): { path: string; body: object } {
  switch (request.kind) {
    case 'REGENERATION':
      return { path: paths.regenerate, body: toRegenerationBody(request) };
    case 'PROMPT_ENHANCEMENT':
      return { path: paths.enhance, body: toEnhancementBody(request) };
    case 'GENERATION':
    case undefined:
      return { path: paths.submit, body: toSubmitBody(request) };
  }
}

/** What becomes the `SubmitBody` of a submission, in the order of MiniMax's documentation. */
export function toSubmitBody(request: SubmitRequest): { [key in keyof SubmitBody]?: unknown } {
  const { promptExpansion } = request;
  const body: { [key in keyof SubmitBody]-?: unknown } = {
    model: request.model,
    content: toContent(request),
    resolution: request.resolution,
    duration: request.duration,
    ratio: request.aspectRatio,
    extra:
      promptExpansion == null ? null : { prompt_expansion_mode: promptExpansion.toLowerCase() },
    callback_url: request.callbackUrl,
    aigc_watermark: request.aigcWatermark,
  };
  return given(body);
}

/** What becomes the `RegenerationBody` of a regeneration. */
export function toRegenerationBody(request: SubmitRequest): {
  [key in keyof RegenerationBody]?: unknown;
} {
  const { sourceTaskId, baseVideo } = request;
  const video = { type: 'video_url', video_url: { url: baseVideo }, role: 'base_video' };
  const body: { [key in keyof RegenerationBody]-?: unknown } = {
    model: request.model,
    source_task_id: sourceTaskId,
    content: sourceTaskId == null ? [...toContent(request), video] : null,
    resolution: request.resolution,
    callback_url: request.callbackUrl,
    aigc_watermark: request.aigcWatermark,
  };
  return given(body);
}

/** What becomes the `EnhancementBody` of a request for a better prompt. */
export function toEnhancementBody(request: SubmitRequest): {
  [key in keyof EnhancementBody]?: unknown;
} {
  const body: { [key in keyof EnhancementBody]-?: unknown } = {
    model: request.model,
    content: toContent(request),
    duration: request.duration,
    ratio: request.aspectRatio,
    callback_url: request.callbackUrl,
  };
  return given(body);
}

/** Without what is not set. */
function given<Body extends object>(body: Body): Partial<Body> {
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<Body>;
}

/** In the order in which prompts speak of image 1, video 1, audio 1 (V2 §2.2). */
function toContent(request: SubmitRequest): unknown[] {
  const { prompt, firstFrameImage, lastFrameImage } = request;
  const item = (type: string, role: string) => (url: unknown) => ({ type, [type]: { url }, role });
  return [
    ...(prompt == null ? [] : [{ type: 'text', text: prompt }]),
    ...listed(firstFrameImage).map(item('image_url', 'first_frame')),
    ...listed(lastFrameImage).map(item('image_url', 'last_frame')),
    ...(request.referenceImages ?? []).map(item('image_url', 'reference_image')),
    ...(request.referenceVideos ?? []).map(item('video_url', 'reference_video')),
    ...(request.referenceAudios ?? []).map(item('audio_url', 'reference_audio')),
  ];
}

function listed<Value>(value: Value | null | undefined): Value[] {
  return value == null ? [] : [value];
}
