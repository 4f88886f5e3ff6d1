import type { VideoGeneration } from '../generation/generation.ts';
import { later, type Answer } from '../generation/outcomes.ts';
import type { MinimaxError } from '../minimax/errors.ts';

/** The second API generation shows tasks for so long (V2 §3). */
const windowMs = 7 * 24 * 3_600_000;

/** Whether MiniMax does not show the task any more because of its age. */
export function isOutOfWindow(
  { apiGeneration, submittedAt, createdAt }: VideoGeneration,
  now: Date,
): boolean {
  return apiGeneration === 2 && now.getTime() - (submittedAt ?? createdAt).getTime() >= windowMs;
}

/** A look so long before it ends finds what the task came to. */
const lastLookMs = 10 * 60_000;

/** When to look next: after `delayMs`, or in time before MiniMax does not show the task any more. */
export function inWindow(generation: VideoGeneration, now: Date, delayMs: number): Date {
  const planned = later(now, delayMs);
  const { apiGeneration, submittedAt, createdAt } = generation;
  const last = new Date((submittedAt ?? createdAt).getTime() + windowMs - lastLookMs);
  return apiGeneration === 2 && now < last && planned > last ? last : planned;
}

/** What MiniMax said last of a task that it keeps not knowing, with the reason that it leaves out. */
export function verdictOf(generation: VideoGeneration, error: MinimaxError, now: Date): Answer {
  if (error.failureKind !== 'TASK_UNKNOWN' || !isOutOfWindow(generation, now)) return error;
  const { statusCode, traceId, latencyMs } = error;
  const said = error.statusMessage === null ? '' : ` It says: ${error.statusMessage}`;
  const statusMessage = `MiniMax shows tasks for seven days, and this one is older.${said}`;
  return { httpStatus: error.httpStatus!, statusCode, traceId, latencyMs, statusMessage };
}
