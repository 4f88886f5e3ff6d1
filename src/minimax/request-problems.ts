import type { ReadImage } from './images.ts';
import type { MeasuredMedia } from './measured-media.ts';
import type { ApiGeneration, ImageField, Mode, PromptExpansion } from './model.ts';

/** What is wrong with a request; the same words are the codes of the API's user errors. */
export const ProblemCode = {
  MODEL_UNKNOWN: 'MODEL_UNKNOWN',
  PROMPT_REQUIRED: 'PROMPT_REQUIRED',
  PROMPT_TOO_LONG: 'PROMPT_TOO_LONG',
  DURATION_NOT_SUPPORTED: 'DURATION_NOT_SUPPORTED',
  RESOLUTION_NOT_SUPPORTED: 'RESOLUTION_NOT_SUPPORTED',
  COMBINATION_NOT_SUPPORTED: 'COMBINATION_NOT_SUPPORTED',
  FIRST_FRAME_REQUIRED: 'FIRST_FRAME_REQUIRED',
  FIRST_FRAME_NOT_SUPPORTED: 'FIRST_FRAME_NOT_SUPPORTED',
  LAST_FRAME_NOT_SUPPORTED: 'LAST_FRAME_NOT_SUPPORTED',
  SUBJECT_REQUIRED: 'SUBJECT_REQUIRED',
  SUBJECT_NOT_SUPPORTED: 'SUBJECT_NOT_SUPPORTED',
  SUBJECT_INVALID: 'SUBJECT_INVALID',
  MODE_NOT_SUPPORTED: 'MODE_NOT_SUPPORTED',
  FAST_PRETREATMENT_NOT_SUPPORTED: 'FAST_PRETREATMENT_NOT_SUPPORTED',
  ASPECT_RATIO_REQUIRED: 'ASPECT_RATIO_REQUIRED',
  ASPECT_RATIO_NOT_SUPPORTED: 'ASPECT_RATIO_NOT_SUPPORTED',
  PROMPT_EXPANSION_NOT_SUPPORTED: 'PROMPT_EXPANSION_NOT_SUPPORTED',
  FRAMES_AND_REFERENCES: 'FRAMES_AND_REFERENCES',
  REFERENCE_NOT_SUPPORTED: 'REFERENCE_NOT_SUPPORTED',
  REFERENCE_REQUIRED: 'REFERENCE_REQUIRED',
  REFERENCE_INVALID: 'REFERENCE_INVALID',
  TOO_MANY_REFERENCES: 'TOO_MANY_REFERENCES',
  REFERENCE_LENGTH_NOT_SUPPORTED: 'REFERENCE_LENGTH_NOT_SUPPORTED',
  REFERENCE_FORMAT_UNSUPPORTED: 'REFERENCE_FORMAT_UNSUPPORTED',
  REFERENCE_TOO_LARGE: 'REFERENCE_TOO_LARGE',
  REFERENCE_DIMENSIONS_UNSUPPORTED: 'REFERENCE_DIMENSIONS_UNSUPPORTED',
  REFERENCE_FRAME_RATE_UNSUPPORTED: 'REFERENCE_FRAME_RATE_UNSUPPORTED',
  IMAGE_INVALID: 'IMAGE_INVALID',
  IMAGE_FORMAT_UNSUPPORTED: 'IMAGE_FORMAT_UNSUPPORTED',
  IMAGE_TOO_LARGE: 'IMAGE_TOO_LARGE',
  IMAGE_DIMENSIONS_UNSUPPORTED: 'IMAGE_DIMENSIONS_UNSUPPORTED',
  IMAGE_URL_NOT_PUBLIC: 'IMAGE_URL_NOT_PUBLIC',
  MEDIA_NOT_FOUND: 'MEDIA_NOT_FOUND',
  INPUT_NOT_FETCHED: 'INPUT_NOT_FETCHED',
} as const;
export type ProblemCode = (typeof ProblemCode)[keyof typeof ProblemCode];

export const WarningCode = {
  INVISIBLE_CHARACTERS: 'INVISIBLE_CHARACTERS',
  CAMERA_COMMANDS_IN_WIDE_BRACKETS: 'CAMERA_COMMANDS_IN_WIDE_BRACKETS',
  UNKNOWN_CAMERA_COMMAND: 'UNKNOWN_CAMERA_COMMAND',
  TOO_MANY_CAMERA_COMMANDS: 'TOO_MANY_CAMERA_COMMANDS',
  CAMERA_COMMANDS_NOT_SUPPORTED: 'CAMERA_COMMANDS_NOT_SUPPORTED',
  FAST_PRETREATMENT_WITHOUT_OPTIMIZER: 'FAST_PRETREATMENT_WITHOUT_OPTIMIZER',
  PROMPT_OPTIMIZER_NOT_SUPPORTED: 'PROMPT_OPTIMIZER_NOT_SUPPORTED',
  ASPECT_RATIO_IGNORED: 'ASPECT_RATIO_IGNORED',
  REFERENCE_LENGTH_UNKNOWN: 'REFERENCE_LENGTH_UNKNOWN',
  IMAGE_END_MISSING: 'IMAGE_END_MISSING',
  IMAGE_ANIMATED: 'IMAGE_ANIMATED',
  IMAGE_TRANSPARENT: 'IMAGE_TRANSPARENT',
  PRICE_UNKNOWN: 'PRICE_UNKNOWN',
} as const;
export type WarningCode = (typeof WarningCode)[keyof typeof WarningCode];

export interface SubjectReferenceInput {
  type: string;
  image: readonly string[];
}

/** A video or audio clip that the new video is to be like. */
export interface ReferenceClip {
  /** A public URL, `media:<id>` of an upload, or `mm_file://<file id>`. */
  url: string;
  /** How long it is, as far as the caller knows. */
  seconds?: number | null;
}

/** A request as a client of this service writes it; null and undefined both mean "left out". */
export interface RequestInput {
  model: string;
  prompt?: string | null;
  duration?: number | null;
  resolution?: string | null;
  firstFrameImage?: string | null;
  lastFrameImage?: string | null;
  subjectReference?: readonly SubjectReferenceInput[] | null;
  referenceImages?: readonly string[] | null;
  referenceVideos?: readonly ReferenceClip[] | null;
  referenceAudios?: readonly ReferenceClip[] | null;
  aspectRatio?: string | null;
  promptExpansion?: PromptExpansion | null;
  promptOptimizer?: boolean | null;
  fastPretreatment?: boolean | null;
  aigcWatermark?: boolean | null;
}

export interface Problem {
  /** Path within the input, e.g. `['duration']` or `['subjectReference', '0', 'image']`. */
  field: string[];
  code: ProblemCode;
  /** Says what to do and lists the allowed values. */
  message: string;
}

export interface Warning {
  field: string[];
  code: WarningCode;
  message: string;
}

/** What the video will be, with the defaults filled in. */
export interface Effective {
  mode: Mode;
  /** In seconds; null when MiniMax documents none for the model. */
  duration: number | null;
  resolution: string | null;
  /** What is asked for; null where nothing is. */
  aspectRatio: string | null;
  /** Whether duration and resolution go into the submission (never for the 01 family). */
  sendsOutputFields: boolean;
}

/** A file that lies here already: an upload, or what was fetched from a URL. */
export interface GivenMedia extends MeasuredMedia {
  /** Under which it is stored. */
  objectId: string;
  sha256: string;
  /** From which it was fetched; left out: it was uploaded. */
  sourceUrl?: string;
}

/** The stored files that a request may refer to, by what it writes: `media:<id>`, or the URL that was fetched. */
export type Uploads = ReadonlyMap<string, GivenMedia>;

/** An image of the request: what its bytes say when it came as a data URL, the upload, or the URL. */
export type CheckedImage = {
  field: ImageField;
  /** Its place among those of the field. */
  index: number;
} & (
  | { url: string; image?: undefined; stored?: undefined }
  | { url?: undefined; image: ReadImage; stored?: undefined }
  | { url?: undefined; image?: undefined; stored: GivenMedia }
);

/** A clip of the request, as it is stored: `stored` of an upload, else its URL. */
export type CheckedClip = {
  field: 'referenceVideos' | 'referenceAudios';
  index: number;
} & ({ url: string; stored?: undefined } | { url?: undefined; stored: GivenMedia });

export interface RequestCheck {
  /** Nothing may be sent unless this is empty. */
  problems: Problem[];
  warnings: Warning[];
  /** Which protocol the model speaks. */
  apiGeneration: ApiGeneration;
  effective: Effective;
  /** The list price in US dollars, as decimal text; null when MiniMax publishes none, never 0. */
  price: { usd: string; listedOn: string } | null;
  /** The images without problems, decoded once so that the caller need not do it again. */
  images: CheckedImage[];
  clips: CheckedClip[];
}

/** Collects what a check finds. */
export class Report {
  readonly problems: Problem[] = [];
  readonly warnings: Warning[] = [];

  refuse(field: string | string[], code: ProblemCode, message: string): void {
    this.problems.push({ field: [field].flat(), code, message });
  }

  warn(field: string | string[], code: WarningCode, message: string): void {
    this.warnings.push({ field: [field].flat(), code, message });
  }
}

/** What the caller wrote, short enough for a message. */
export function quote(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 59)}…` : text}"`;
}
