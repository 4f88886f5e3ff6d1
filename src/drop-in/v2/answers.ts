import type { VideoGeneration } from '../../generation/generation.ts';
import type { UserError } from '../../generation/user-errors.ts';
import { lookedForMs } from '../../following/reconcile.ts';
import { readTaskState } from '../../minimax/task-status.ts';
import type { TaskBody, TaskWord } from '../../minimax/v2/wire.ts';
import { failureOf, inWireNames, type Failure } from '../failures.ts';
import { invalidParams } from './errors.ts';

/** The fields of this API, by the names of the service's. */
const wireNames: Readonly<Record<string, string>> = {
  firstFrameImage: 'first_frame',
  lastFrameImage: 'last_frame',
  referenceImages: 'reference_image',
  referenceVideos: 'reference_video',
  referenceAudios: 'reference_audio',
  aspectRatio: 'ratio',
  promptExpansion: 'prompt_expansion_mode',
  aigcWatermark: 'aigc_watermark',
  idempotencyKey: 'Idempotency-Key',
};

/** The refusal of a request that changed nothing, in the names of this API. */
export function refusal(userErrors: readonly UserError[]): Failure {
  return invalidParams(inWireNames(userErrors, wireNames));
}

/** Whether a submission came to nothing; what MiniMax accepted and failed later is for the query to tell. */
export function isRefused({ status, taskId }: VideoGeneration): boolean {
  return status === 'FAILED' && taskId === null;
}

/**
 * A task as query and list tell of it (V2 §3); its id is the generation's. `isOpen` as for
 * `failureOf`: then one that was cancelled has an error too.
 */
export function toTask(
  generation: VideoGeneration,
  { url, now, isOpen }: { url: string | null; now: Date; isOpen: boolean },
): TaskBody {
  const { id, model, createdAt, updatedAt, resolution, duration, usage } = generation;
  const status = wordOf(generation, now);
  const failure = status === 'failed' || isOpen ? failureOf(generation, isOpen) : null;
  return {
    ...{ id, model, status },
    ...(failure && { error: { code: String(failure.code), message: failure.message } }),
    created_at: toSeconds(createdAt),
    updated_at: toSeconds(updatedAt),
    ...(url !== null && { content: { url } }),
    ...(resolution !== null && { resolution }),
    duration: duration ?? 0,
    usage: (usage ?? {}) as Record<string, number>,
    ratio: generation.aspectRatio ?? 'adaptive',
    task_type: generation.kind === 'REGENERATION' ? 'regeneration' : 'generation',
    modality: 'video',
  };
}

/** A word that MiniMax documents, whatever a proxy said. */
function wordOf({ status, upstreamStatus, ...generation }: VideoGeneration, now: Date): TaskWord {
  switch (status) {
    case 'QUEUED':
    case 'SUBMITTING':
      return 'queued';
    case 'PROCESSING':
      return isQueued(upstreamStatus) ? 'queued' : 'running';
    case 'UNCERTAIN':
      return mayBeFound(generation, now) ? 'running' : 'failed';
    case 'SUCCEEDED':
      return 'succeeded';
    case 'FAILED':
      return 'failed';
    case 'CANCELLED':
      return 'cancelled';
  }
}

function isQueued(upstreamStatus: string | null): boolean {
  if (upstreamStatus === null) return true;
  return ['preparing', 'queueing'].includes(readTaskState(upstreamStatus));
}

/** Whether the service still looks for the task of an uncertain one by itself; nobody is told that it failed as long as it does. */
function mayBeFound(
  { submittedAt, updatedAt }: Pick<VideoGeneration, 'submittedAt' | 'updatedAt'>,
  now: Date,
): boolean {
  return now.getTime() - (submittedAt ?? updatedAt).getTime() <= lookedForMs;
}

function toSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
