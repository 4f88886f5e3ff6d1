import type { SubmitRequest } from '../answers.ts';

/** Where each operation of the first API generation lives, below the base URL (wire contract §3, §5, §6). */
export const paths = {
  submit: '/v1/video_generation',
  query: '/v1/query/video_generation',
  retrieve: '/v1/files/retrieve',
  balance: '/account/query_balance',
} as const;
export type Operation = keyof typeof paths;

/** The body of a submission (wire contract §3.1). A key that is not set is left out. */
export interface SubmitBody {
  model: string;
  prompt?: string;
  first_frame_image?: string;
  last_frame_image?: string;
  subject_reference?: [{ type: 'character'; image: [string] }];
  prompt_optimizer?: boolean;
  fast_pretreatment?: boolean;
  /** In seconds; a number, not "6s". */
  duration?: number;
  resolution?: string;
  callback_url?: string;
  aigc_watermark?: boolean;
}

export interface BaseResp {
  status_code: number;
  status_msg: string;
}

export const success: Readonly<BaseResp> = { status_code: 0, status_msg: 'success' };

/** The one code MiniMax has for everything wrong with a request; the text says what (wire contract §4.1). */
export function invalidParams(what: string): BaseResp {
  return { status_code: 2013, status_msg: `invalid params, ${what}` };
}

export interface SubmitAnswerBody {
  task_id: string;
  base_resp: BaseResp;
}

export interface QueryAnswerBody {
  task_id: string;
  status: string;
  file_id?: string;
  video_width?: number;
  video_height?: number;
  base_resp: BaseResp;
}

export interface RetrieveAnswerBody {
  file: {
    /** A number here, although the query answer has it as a string; text where a number cannot hold it. */
    file_id: number | string;
    bytes: number;
    /** Unix seconds. */
    created_at: number;
    filename: string;
    purpose: string;
    download_url?: string;
  };
  base_resp: BaseResp;
}

/** What becomes the `SubmitBody` of a submission, in the order of MiniMax's documentation. */
export function toSubmitBody(request: SubmitRequest): { [key in keyof SubmitBody]?: unknown } {
  const body: { [key in keyof SubmitBody]-?: unknown } = {
    model: request.model,
    prompt: request.prompt,
    first_frame_image: request.firstFrameImage,
    last_frame_image: request.lastFrameImage,
    subject_reference:
      request.subjectImage == null
        ? undefined
        : [{ type: 'character', image: [request.subjectImage] }],
    prompt_optimizer: request.promptOptimizer,
    fast_pretreatment: request.fastPretreatment,
    duration: request.duration,
    resolution: request.resolution,
    callback_url: request.callbackUrl,
    aigc_watermark: request.aigcWatermark,
  };
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== null && value !== undefined),
  );
}
