import { success } from '../../minimax/v1/wire.ts';
import { baseResp } from './status-codes.ts';
import type { StatusChange } from '../callbacks.ts';
import type { BaseResp } from '../../minimax/v1/wire.ts';
import type { Task } from './tasks.ts';

interface TaskAnswer {
  task_id: string;
  status: string;
  file_id?: string;
  video_width?: number;
  video_height?: number;
  base_resp: BaseResp;
}

type Phase = 'Preparing' | 'Queueing' | 'Processing' | 'ended';

/** When each phase is over, as a part of the render time. */
const PREPARED = 0.1;
const QUEUED = 0.3;

/** How long the task takes from submit to its end, ms; `Infinity` for one that never ends. */
export function renderMsOf(task: Task, usualMs: number): number {
  return task.scenario.renderMs ?? usualMs;
}

export function phaseAt(task: Task, nowMs: number, usualMs: number): Phase {
  const elapsedMs = nowMs - task.startedAtMs;
  if (elapsedMs >= renderMsOf(task, usualMs)) return 'ended';
  const part = elapsedMs / pacedMs(task, usualMs);
  return part < PREPARED ? 'Preparing' : part < QUEUED ? 'Queueing' : 'Processing';
}

/** Whether the task will have a file when it has ended. */
export function yieldsFile(task: Task): boolean {
  return !task.scenario.failure && !task.scenario.withoutFile;
}

/** The answer to a query in that phase (wire contract §5 and §12). */
export function describe(task: Task, phase: Phase): TaskAnswer {
  const { failure, withoutFile, upperCase } = task.scenario;
  const word = phase !== 'ended' ? phase : failure ? failure.status : 'Success';
  const status = upperCase ? word.toUpperCase() : word;
  if (phase !== 'ended') return { task_id: task.id, status, base_resp: success };
  if (failure) {
    const reason = failure.code ? baseResp(failure.code) : baseResp(0, failure.message ?? '');
    return { task_id: task.id, status, base_resp: reason };
  }
  return {
    task_id: task.id,
    status,
    ...(!withoutFile && { file_id: task.fileId }),
    video_width: task.output.width,
    video_height: task.output.height,
    base_resp: success,
  };
}

/** What is posted to a callback address: a query's answers, with the callback's spelling (wire contract §7). */
export function statusChanges(task: Task, usualMs: number): StatusChange[] {
  const endMs = renderMsOf(task, usualMs);
  const processing = { ...describe(task, 'Processing'), status: 'processing' };
  const ended = {
    ...describe(task, 'ended'),
    status: task.scenario.failure ? 'failed' : 'success',
  };
  return [
    { afterMs: pacedMs(task, usualMs) * QUEUED, body: processing },
    ...(Number.isFinite(endMs) ? [{ afterMs: endMs, body: ended }] : []),
  ];
}

/** The time over which the phases are spread; a task without end keeps the usual pace. */
function pacedMs(task: Task, usualMs: number): number {
  const renderMs = renderMsOf(task, usualMs);
  return Number.isFinite(renderMs) ? renderMs : usualMs;
}
