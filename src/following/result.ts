import type { VideoGeneration } from '../generation/generation.ts';
import type { TaskAnswer } from '../minimax/answers.ts';
import { MinimaxError } from '../minimax/errors.ts';
import { linkExpiry } from '../minimax/link-expiry.ts';

/** What a finished task has of what was asked for, which is a video or a better prompt. */
export interface Result {
  /** False where there is at most a file that a link is to be had for. */
  isThere: boolean;
  fileId: string | null;
  /** Null also of what was redacted while nobody knew of its task. */
  enhancedPrompt: string | null;
  link: { downloadUrl: string | null; expiresAt: Date | null };
}

export function resultOf(
  { kind, redactedAt }: Pick<VideoGeneration, 'kind' | 'redactedAt'>,
  { downloadUrl, fileId, enhancedPrompt }: TaskAnswer,
  now: Date,
): Result {
  if (kind === 'PROMPT_ENHANCEMENT') {
    return {
      ...{ isThere: enhancedPrompt !== null, fileId: null },
      enhancedPrompt: redactedAt === null ? enhancedPrompt : null,
      link: { downloadUrl: null, expiresAt: null },
    };
  }
  const expiresAt = downloadUrl === null ? null : linkExpiry(downloadUrl, now);
  const link = { downloadUrl, expiresAt };
  return { isThere: downloadUrl !== null, fileId, enhancedPrompt: null, link };
}

/** It says that it is done, and has nothing. */
export function resultMissing(task: TaskAnswer): MinimaxError {
  return new MinimaxError('MiniMax says the task succeeded but gives no result.', {
    ...task,
    kind: 'uncertain',
    failureKind: 'RESULT_MISSING',
  });
}
