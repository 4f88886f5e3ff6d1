import type { VideoGeneration } from '../generation/generation.ts';
import type { UserError } from '../generation/user-errors.ts';
import { failureAdvice, type FailureKind } from '../minimax/failure-kind.ts';
import { statusCodeEntry } from '../minimax/codes.ts';
import type { MinimaxError } from '../minimax/errors.ts';
import { readTaskState } from '../minimax/task-status.ts';
import {
  invalidParams,
  success,
  type BaseResp,
  type QueryAnswerBody,
  type RetrieveAnswerBody,
  type SubmitAnswerBody,
} from '../minimax/v1/wire.ts';

/**
 * Codes that MiniMax does not have, so that no client takes them for one after which it should
 * send a paid request again.
 */
export const ownCodes = {
  /** Nobody knows whether there is a paid task. */
  outcomeUnknown: 90001,
  /** Ended without a video, and without a code of MiniMax's that says why. */
  noVideo: 90002,
} as const;

/** MiniMax's code for each kind of failure, for when it gave none itself, as proxies do. */
const codeOfKind: Readonly<Partial<Record<FailureKind, number>>> = {
  INPUT_INVALID: 2013,
  INPUT_FLAGGED: 1026,
  OUTPUT_FLAGGED: 1027,
  UNAUTHORIZED: 1004,
  BALANCE_EXHAUSTED: 1008,
  QUOTA_EXHAUSTED: 2056,
  ACCOUNT_NOT_ENTITLED: 2061,
};

/** The fields of this API, by the names of the service's. */
const wireNames: Readonly<Record<string, string>> = {
  firstFrameImage: 'first_frame_image',
  lastFrameImage: 'last_frame_image',
  subjectReference: 'subject_reference',
  promptOptimizer: 'prompt_optimizer',
  fastPretreatment: 'fast_pretreatment',
  aigcWatermark: 'aigc_watermark',
  idempotencyKey: 'Idempotency-Key',
};

/**
 * The answer to a submission (wire contract §4). The task id is the generation's own id, so a
 * request that still waits for its turn has one too.
 */
export function submitAnswer(generation: VideoGeneration): SubmitAnswerBody {
  const { id, status, taskId } = generation;
  // What MiniMax accepted and failed later is for the query to tell, as it does there.
  const isRefused = taskId === null && (status === 'FAILED' || status === 'CANCELLED');
  if (isRefused) return { task_id: '', base_resp: failureOf(generation) };
  return { task_id: id, base_resp: status === 'UNCERTAIN' ? failureOf(generation) : success };
}

/** The refusal of a request that was neither stored nor sent, in the names of this API. */
export function refusal(userErrors: readonly UserError[]): BaseResp {
  return invalidParams(userErrors.map(({ message }) => inWireNames(message)).join(' '));
}

function inWireNames(message: string): string {
  return message.replace(/\b[a-z]+[A-Z]\w*\b/g, (name) => wireNames[name] ?? name);
}

/** How the task stands, in MiniMax's words (wire contract §5). */
export function queryAnswer(generation: VideoGeneration): QueryAnswerBody {
  const { id, status, upstreamStatus, videoWidth, videoHeight } = generation;
  switch (status) {
    case 'QUEUED':
    case 'SUBMITTING':
      return { task_id: id, status: 'Preparing', base_resp: success };
    case 'PROCESSING':
      return { task_id: id, status: runningWord(upstreamStatus), base_resp: success };
    case 'SUCCEEDED':
      return {
        task_id: id,
        status: 'Success',
        file_id: fileIdOf(generation),
        ...(videoWidth !== null && { video_width: videoWidth }),
        ...(videoHeight !== null && { video_height: videoHeight }),
        base_resp: success,
      };
    case 'FAILED':
    case 'CANCELLED':
    case 'UNCERTAIN':
      return { task_id: id, status: 'Fail', base_resp: failureOf(generation) };
  }
}

/** What is to be known of a finished file (wire contract §6). */
export function retrieveAnswer(
  generation: VideoGeneration,
  downloadUrl: string,
): RetrieveAnswerBody {
  const fileId = fileIdOf(generation);
  const number = Number(fileId);
  return {
    file: {
      // A number at MiniMax; what a number cannot hold stays text.
      file_id: Number.isSafeInteger(number) ? number : fileId,
      bytes: 0,
      created_at: Math.floor((generation.completedAt ?? generation.updatedAt).getTime() / 1000),
      filename: 'output_aigc.mp4',
      purpose: 'video_generation',
      download_url: downloadUrl,
    },
    base_resp: success,
  };
}

/** Why there is no link now; asking again later may give one. */
export function linkFailure(error: MinimaxError): BaseResp {
  const { failureKind, statusCode, statusMessage } = error;
  const code = statusCode || 1013;
  const said = statusMessage ? `: ${statusMessage}` : '';
  return {
    status_code: code,
    status_msg: ownKeyNote(failureKind) + `MiniMax gives no link to this file now${said}`,
  };
}

/** MiniMax's name of the file; the generation's id where a proxy gave a link without naming a file. */
function fileIdOf({ fileId, id }: VideoGeneration): string {
  return fileId ?? id;
}

/** A word that MiniMax documents, whatever a proxy said; never that it has ended before the file is there. */
function runningWord(upstreamStatus: string | null): string {
  if (upstreamStatus === null) return 'Preparing';
  const state = readTaskState(upstreamStatus);
  return state === 'preparing' ? 'Preparing' : state === 'queueing' ? 'Queueing' : 'Processing';
}

function failureOf(generation: VideoGeneration): BaseResp {
  const { id, status, statusCode, statusMessage } = generation;
  if (status === 'CANCELLED') {
    return {
      status_code: ownCodes.noVideo,
      status_msg: 'cancelled before it was sent to MiniMax; nothing was paid',
    };
  }
  if (status === 'UNCERTAIN') {
    return {
      status_code: ownCodes.outcomeUnknown,
      status_msg: `outcome unknown: MiniMax may have accepted and billed this request. Do not send it again; ask the administrator of this service about generation ${id}`,
    };
  }
  const kind = (generation.failureKind ?? 'UNKNOWN') as FailureKind;
  // A code that came with an earlier answer is not the reason.
  const isReason =
    statusCode !== null && statusCode !== 0 && statusCodeEntry(statusCode).failureKind === kind;
  return {
    status_code: isReason ? statusCode : (codeOfKind[kind] ?? ownCodes.noVideo),
    status_msg:
      ownKeyNote(kind) + ((kind !== 'NOT_CREATED' && statusMessage) || failureAdvice[kind]),
  };
}

/** So that nobody replaces a key that is good. */
function ownKeyNote(kind: FailureKind): string {
  if (kind === 'UNAUTHORIZED') return 'MiniMax refused the key of this service, not yours: ';
  return kind === 'ACCOUNT_UNKNOWN'
    ? 'This service no longer has the key of the account that made it, yours is good: '
    : '';
}
