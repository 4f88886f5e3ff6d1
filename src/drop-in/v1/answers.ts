import type { VideoGeneration } from '../../generation/generation.ts';
import type { UserError } from '../../generation/user-errors.ts';
import type { MinimaxError } from '../../minimax/errors.ts';
import { readTaskState } from '../../minimax/task-status.ts';
import {
  invalidParams,
  success,
  type BaseResp,
  type QueryAnswerBody,
  type RetrieveAnswerBody,
  type SubmitAnswerBody,
} from '../../minimax/v1/wire.ts';
import { failureOf, inWireNames, ownKeyNote } from '../failures.ts';

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
 * request that still waits for its turn has one too. `isOpen` as for `failureOf`.
 */
export function submitAnswer(generation: VideoGeneration, isOpen: boolean): SubmitAnswerBody {
  const { id, status, taskId } = generation;
  // What MiniMax accepted and failed later is for the query to tell, as it does there.
  const isRefused = taskId === null && (status === 'FAILED' || status === 'CANCELLED');
  if (isRefused && !isOpen) return { task_id: '', base_resp: baseRespOf(generation, isOpen) };
  const isUnknown = status === 'UNCERTAIN' || isOpen;
  return { task_id: id, base_resp: isUnknown ? baseRespOf(generation, isOpen) : success };
}

/** The refusal of a request that was neither stored nor sent, in the names of this API. */
export function refusal(userErrors: readonly UserError[]): BaseResp {
  return invalidParams(inWireNames(userErrors, wireNames));
}

function baseRespOf(generation: VideoGeneration, isOpen: boolean): BaseResp {
  const { code, message } = failureOf(generation, isOpen);
  return { status_code: code, status_msg: message };
}

/** How the task stands, in MiniMax's words (wire contract §5); `isOpen` as for `failureOf`. */
export function queryAnswer(generation: VideoGeneration, isOpen: boolean): QueryAnswerBody {
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
      return { task_id: id, status: 'Fail', base_resp: baseRespOf(generation, isOpen) };
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
