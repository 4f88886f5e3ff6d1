import type { BrokenAnswer } from '../answers.ts';
import { readTags, type Wishes } from '../tags.ts';

/** What the second generation can do wrong on request; docs/simulator.md lists each tag for its users. */
export type Trouble =
  | { kind: 'refusal'; status: number; code: number; message?: string }
  | { kind: 'error-in-200' | 'no-task-id' | BrokenAnswer };

export interface SubmitScenario {
  tag: string;
  /** Answered instead of a task id. */
  trouble?: Trouble;
  /** How many creates of one prompt meet the trouble before one is accepted. */
  times: number;
  /** The task is made all the same, and the list shows it after this time, ms. */
  appearsAfterMs?: number;
  /** How long the answer takes, ms. */
  delayMs?: number;
}

/** Happens to an accepted task; its number is part of the task's id. */
export interface TaskScenario {
  /** 0 to 99, never used again for something else: ids outlive versions. */
  number: number;
  tag: string;
  /** Instead of the simulator's own render time, ms; `Infinity` never ends. */
  renderMs?: number;
  /** How much of it the task is `queued`. */
  queuedPart?: number;
  /** Answered to the first queries. */
  queryTrouble?: Trouble;
  /** The status word of the first queries. */
  queryWord?: string;
  /** Ends with this word instead of `succeeded`. */
  failure?: { word: string; code?: string; message?: string };
  /** `succeeded` comes without a link. */
  withoutUrl?: boolean;
  upperCase?: boolean;
  /** Links are signed, and expire. */
  linkSeconds?: number;
  /** It begins to run while its cancellation arrives. */
  losesCancel?: boolean;
}

const refusal = (status: number, code: number, message?: string): Trouble => ({
  ...{ kind: 'refusal', status, code },
  ...(message !== undefined && { message }),
});

const planMessage = 'invalid params, TokenPlan 或 Credit 暂不支持 MiniMax-H3 系列模型';

/** How long after the create a task shows up whose answer was lost. */
const late = { times: Infinity, appearsAfterMs: 2_000 };

export const SUBMIT_SCENARIOS: readonly SubmitScenario[] = [
  { tag: 'submit-2013', trouble: refusal(400, 2013), times: Infinity },
  { tag: 'submit-2056', trouble: refusal(400, 2056), times: 1 },
  { tag: 'submit-plan', trouble: refusal(400, 2013, planMessage), times: Infinity },
  { tag: 'submit-1004', trouble: refusal(401, 1004), times: Infinity },
  { tag: 'submit-2049', trouble: refusal(401, 2049), times: Infinity },
  { tag: 'submit-1008', trouble: refusal(402, 1008), times: Infinity },
  { tag: 'submit-1026', trouble: refusal(422, 1026), times: Infinity },
  { tag: 'submit-1002', trouble: refusal(429, 1002), times: 1 },
  { tag: 'submit-http-429', trouble: { kind: 'http-429' }, times: 1 },
  { tag: 'submit-1000', trouble: refusal(500, 1000), times: Infinity },
  { tag: 'submit-529', trouble: refusal(529, 1000, 'overloaded'), times: Infinity },
  { tag: 'submit-502-html', trouble: { kind: 'http-502-html' }, times: Infinity },
  { tag: 'submit-504', trouble: refusal(504, 1001), ...late },
  { tag: 'submit-error-in-200', trouble: { kind: 'error-in-200' }, ...late },
  { tag: 'submit-no-task-id', trouble: { kind: 'no-task-id' }, times: Infinity },
  { tag: 'submit-invalid-json', trouble: { kind: 'invalid-json' }, times: Infinity },
  { tag: 'submit-half-body', trouble: { kind: 'half-body' }, ...late },
  { tag: 'submit-reset', trouble: { kind: 'reset' }, ...late },
  { tag: 'submit-hang', trouble: { kind: 'hang' }, times: Infinity },
  { tag: 'submit-slow', delayMs: 10_000, times: 0 },
];

export const ORDINARY: TaskScenario = { number: 0, tag: '' };

/** Append only: a number, once given, stays with its tag. */
export const TASK_SCENARIOS: readonly TaskScenario[] = [
  { number: 1, tag: 'fail', failure: { word: 'failed' } },
  {
    ...{ number: 2, tag: 'fail-1026' },
    failure: {
      word: 'failed',
      code: '1026',
      message: 'video description contains sensitive content',
    },
  },
  {
    ...{ number: 3, tag: 'fail-1027' },
    failure: {
      word: 'failed',
      code: '1027',
      message: 'generated video contains sensitive content',
    },
  },
  { number: 4, tag: 'expired', failure: { word: 'expired' } },
  { number: 5, tag: 'unknown-word', queryWord: 'reviewing' },
  { number: 6, tag: 'upper-case', upperCase: true },
  { number: 7, tag: 'no-url', withoutUrl: true },
  { number: 8, tag: 'stuck', renderMs: Infinity },
  { number: 9, tag: 'slow-render', renderMs: 30_000 },
  { number: 10, tag: 'fast', renderMs: 0 },
  { number: 11, tag: 'long-queue', renderMs: 60_000, queuedPart: 0.9 },
  { number: 12, tag: 'cancel-lost', renderMs: 60_000, queuedPart: 0.9, losesCancel: true },
  { number: 13, tag: 'short-link', linkSeconds: 5 },

  { number: 20, tag: 'query-1000', queryTrouble: refusal(500, 1000) },
  { number: 21, tag: 'query-1002', queryTrouble: refusal(429, 1002) },
  { number: 22, tag: 'query-1004', queryTrouble: refusal(401, 1004) },
  {
    number: 23,
    tag: 'query-2013',
    queryTrouble: refusal(400, 2013, 'invalid params, invalid task_id'),
  },
  { number: 24, tag: 'query-not-found', queryTrouble: refusal(500, 1000, 'record not found') },
  { number: 25, tag: 'query-html', queryTrouble: { kind: 'http-502-html' } },
  { number: 26, tag: 'query-reset', queryTrouble: { kind: 'reset' } },
  { number: 27, tag: 'query-hang', queryTrouble: { kind: 'hang' } },
];

const submits = new Map(SUBMIT_SCENARIOS.map((scenario) => [scenario.tag, scenario]));
const tasks = new Map(TASK_SCENARIOS.map((scenario) => [scenario.tag, scenario]));
const byNumber = new Map(
  [ORDINARY, ...TASK_SCENARIOS].map((scenario) => [scenario.number, scenario]),
);

export function taskScenario(number: number): TaskScenario | undefined {
  return byNumber.get(number);
}

/** What the tags of a prompt ask for, or a sentence that says which of them cannot be followed. */
export function readWishes(prompt: string): Wishes<SubmitScenario, TaskScenario> | string {
  return readTags(prompt, {
    ...{ submits, tasks, ordinary: ORDINARY },
    isCounted: (task) => Boolean(task.queryTrouble ?? task.queryWord),
  });
}
