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
  expired: 'fail',
  cancelled: 'fail',
  canceled: 'fail',
  rejected: 'fail',
  timeout: 'fail',
  timedout: 'fail',
  error: 'fail',
};

/** The words that say no more than that it failed. */
const plainFailures = new Set(['fail', 'failed', 'failure', 'error']);

/** The reason that a word by which a task ended gives by itself, such as "Expired"; null when it gives none. */
export function reasonInWord(word: string): string | null {
  return plainFailures.has(plain(word)) ? null : `The task ended as "${word}".`;
}

/** What MiniMax or a proxy means by its word for a task's status. */
export function readTaskState(word: string): TaskState {
  return stateOf[plain(word)] ?? 'unknown';
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z]/g, '');
}
