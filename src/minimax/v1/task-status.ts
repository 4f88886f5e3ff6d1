import type { TaskState } from './answers.ts';

/** MiniMax's words for how a task stands, and those of proxies, in small letters (wire contract §5). */
const stateOf: Readonly<Record<string, TaskState>> = {
  preparing: 'preparing',
  queueing: 'queueing',
  queuing: 'queueing',
  queued: 'queueing',
  submitted: 'queueing',
  pending: 'queueing',
  notstart: 'queueing',
  processing: 'processing',
  running: 'processing',
  inprogress: 'processing',
  success: 'success',
  succeeded: 'success',
  succeed: 'success',
  completed: 'success',
  fail: 'fail',
  failed: 'fail',
  failure: 'fail',
};

/** What MiniMax or a proxy means by its word for a task's status. */
export function readTaskState(word: string): TaskState {
  return stateOf[word.toLowerCase().replace(/[^a-z]/g, '')] ?? 'unknown';
}
