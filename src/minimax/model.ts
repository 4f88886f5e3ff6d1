/** How the images of a request select what MiniMax makes (wire contract §3.1, V2 §2.2). */
export const Mode = {
  TEXT_TO_VIDEO: 'TEXT_TO_VIDEO',
  IMAGE_TO_VIDEO: 'IMAGE_TO_VIDEO',
  FIRST_AND_LAST_FRAME: 'FIRST_AND_LAST_FRAME',
  SUBJECT_REFERENCE: 'SUBJECT_REFERENCE',
  REFERENCE_TO_VIDEO: 'REFERENCE_TO_VIDEO',
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export const MediaKind = { IMAGE: 'IMAGE', VIDEO: 'VIDEO', AUDIO: 'AUDIO' } as const;
export type MediaKind = (typeof MediaKind)[keyof typeof MediaKind];

/** MiniMax's two protocols: base_resp at `/v1`, content lists at `/v2`. */
export type ApiGeneration = 1 | 2;

/** What is asked of MiniMax: a new video, an existing one in a higher resolution, or a better prompt. */
export type TaskKind = 'GENERATION' | 'REGENERATION' | 'PROMPT_ENHANCEMENT';

/** What MiniMax calls a kind of task (V2 §3). */
export const taskTypes = {
  GENERATION: 'generation',
  REGENERATION: 'regeneration',
  PROMPT_ENHANCEMENT: 'h3_context_ir',
} as const satisfies Record<TaskKind, string>;
export type TaskType = (typeof taskTypes)[TaskKind];

export type ImageField =
  'firstFrameImage' | 'lastFrameImage' | 'subjectReference' | 'referenceImages';
export type MediaField = ImageField | 'referenceVideos' | 'referenceAudios';

export interface Span {
  min: number;
  max: number;
}

/** What a file must be like; null: nothing is documented. */
export interface MediaLimits {
  kind: MediaKind;
  formats: readonly string[];
  maxBytes: number;
  /** Of the short side at least, of the long side at most, in pixels. */
  sides: { min: number; max: number | null } | null;
  /** Width by height. */
  aspectRatio: Span | null;
  /** Of each, in seconds. */
  seconds: Span | null;
  /** Of all of the field together. */
  maxSecondsTogether: number | null;
  framesPerSecond: Span | null;
}

/** An input field of a mode that takes files. */
export interface MediaInput {
  field: MediaField;
  required: boolean;
  maxCount: number;
  limits: MediaLimits;
}

export interface Output {
  resolution: string;
  /** In seconds. */
  durations: readonly number[];
}

export interface ModeRules {
  mode: Mode;
  /** Fields that take files; whatever is not here excludes the mode. */
  media: readonly MediaInput[];
  /** Of all fields together; null: as many as each allows. */
  maxFiles: number | null;
  /** Whether it needs a prompt. */
  promptRequired: boolean;
  /** Empty when MiniMax documents neither duration nor resolution. */
  outputs: readonly Output[];
  defaultResolution: string | null;
  /** In seconds. */
  defaultDuration: number | null;
  /** What may be asked for; empty when the model has no choice. */
  aspectRatios: readonly string[];
  /** `IGNORED`: the video has that of the frame. */
  aspectRatioUse: 'REQUIRED' | 'OPTIONAL' | 'IGNORED' | null;
  fastPretreatment: boolean;
}

/** Of one clip. */
export interface Price {
  resolution: string;
  duration: number;
  /** Decimal text, e.g. `0.28`. */
  usd: string;
  cny: string;
}

/** Decimal texts; null where it is not known. */
export interface Amounts {
  usd: string;
  cny: string | null;
}

/** Of a model that is paid by the second. */
export interface SecondPrice {
  resolution: string;
  /** Of the finished video. */
  output: Amounts;
  /** Of the reference videos. */
  referenceVideo: Amounts;
  /** So many images cost nothing, frames among them. */
  freeImages: number;
  /** Each one more. */
  furtherImage: Amounts;
}

/** Existing videos made anew in a higher resolution (V2 §8). */
export interface RegenerationRules {
  /** The resolution that they must have. */
  from: string;
  /** By the resolution that they get. */
  price: SecondPrice;
}

/** For a million tokens. */
export interface TokenPrice {
  /** Of what is read: the request. */
  input: Amounts;
  /** Of what is written: the prompt, and what MiniMax writes before it. */
  output: Amounts;
}

export interface VideoModel {
  /** As MiniMax spells it. */
  name: string;
  apiGeneration: ApiGeneration;
  modes: readonly ModeRules[];
  /** In Unicode code points; MiniMax does not say what it counts. */
  maxPromptLength: number;
  /** Whether the videos have sound. */
  sound: boolean;
  /** How much MiniMax may add to a prompt; empty when the model has no choice. */
  promptExpansions: readonly PromptExpansion[];
  /** Whether camera commands in brackets are documented for it. */
  cameraCommands: boolean;
  /** False for the 01 family, whose requests carry neither duration nor resolution (wire contract §3.3). */
  sendsOutputFields: boolean;
  /** Per clip, pay as you go; empty when none is published, or when it is paid by the second. */
  prices: readonly Price[];
  secondPrices: readonly SecondPrice[];
  /** Null when it makes none anew. */
  regeneration: RegenerationRules | null;
  /** What a better prompt for it costs (V2 §8); null when MiniMax writes none. */
  enhancement: TokenPrice | null;
  /** The day on which the prices were last read, and where; null without any. */
  priceListedOn: string | null;
  priceSource: string | null;
}

export const PromptExpansion = {
  DISABLED: 'DISABLED',
  BALANCED: 'BALANCED',
  QUALITY: 'QUALITY',
} as const;
export type PromptExpansion = (typeof PromptExpansion)[keyof typeof PromptExpansion];

/** The mode that MiniMax would choose for a request with these files. */
export function modeOf(media: { [field in MediaField]?: unknown }): Mode {
  const references = [media.referenceImages, media.referenceVideos, media.referenceAudios];
  if (media.subjectReference != null) return Mode.SUBJECT_REFERENCE;
  if (media.lastFrameImage != null) return Mode.FIRST_AND_LAST_FRAME;
  if (media.firstFrameImage != null) return Mode.IMAGE_TO_VIDEO;
  const hasReferences = references.some((list) => Array.isArray(list) && list.length > 0);
  return hasReferences ? Mode.REFERENCE_TO_VIDEO : Mode.TEXT_TO_VIDEO;
}

/** The rules of a model in a mode; undefined when it does not have that mode. */
export function rulesOf(model: VideoModel | undefined, mode: Mode): ModeRules | undefined {
  return model?.modes.find((rules) => rules.mode === mode);
}

/** The fields of a mode that must hold a file. */
export function requiredMedia({ media }: ModeRules): MediaField[] {
  return media.flatMap(({ field, required }) => (required ? [field] : []));
}
