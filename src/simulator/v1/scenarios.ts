import type { BrokenAnswer } from '../answers.ts';
import { readTags, type Wishes } from '../tags.ts';

/**
 * What the simulator can do wrong on request: tags of the form `#sim:<name>` in a prompt.
 *
 * (Not brackets: those are camera commands, wire contract §3.5.) docs/simulator.md lists each tag
 * for its users, and a test holds the two together.
 */

/** A bad answer to one request. */
export type Trouble =
  | { kind: 'code'; code: number }
  | { kind: 'http-500' | 'no-task-id' | 'no-url' | 'openai-error' | BrokenAnswer };

/** Happens at submit, so that it needs no place in the task's id. */
export interface SubmitScenario {
  tag: string;
  /** Answered instead of a task id. Without it the task is accepted. */
  trouble?: Trouble;
  /** How many submits of one prompt meet the trouble before one is accepted. */
  times: number;
  /** How long the answer takes, ms. */
  delayMs?: number;
  /** The task id goes out as a number in `id`, as the seed's schema says (wire contract §4). */
  idField?: boolean;
}

/** Happens to an accepted task; its number is part of the task's id. */
export interface TaskScenario {
  /** 0 to 99, never used again for something else: ids outlive versions. */
  number: number;
  tag: string;
  /** Instead of the simulator's own render time, ms; `Infinity` never ends. */
  renderMs?: number;
  /** Answered to the first queries. */
  queryTrouble?: Trouble;
  /** The status word of the first queries. */
  queryWord?: string;
  /** Answered to the first retrievals of the file. */
  retrieveTrouble?: Trouble;
  /** Ends with this status instead of `Success`. */
  failure?: { status: 'Fail' | 'Failed'; code: number; message?: string };
  /** `Success` comes without a `file_id`. */
  withoutFile?: boolean;
  upperCase?: boolean;
  linkSeconds?: number;
}

/** Codes that MiniMax answers when it has surely not accepted, and will later (wire contract §4.1). */
const THROTTLING_CODES: readonly number[] = [1002, 1039, 1041, 2045];

const SUBMIT_CODES = [
  1000, 1001, 1002, 1004, 1008, 1013, 1024, 1026, 1027, 1028, 1030, 1033, 1039, 1041, 1042, 1043,
  1044, 2013, 2037, 2038, 2039, 2042, 2045, 2048, 2049, 2056, 2061, 20132,
];

export const SUBMIT_SCENARIOS: readonly SubmitScenario[] = [
  ...SUBMIT_CODES.map((code) => ({
    tag: `submit-${code}`,
    trouble: { kind: 'code' as const, code },
    times: THROTTLING_CODES.includes(code) ? 1 : Infinity,
  })),
  { tag: 'submit-http-429', trouble: { kind: 'http-429' }, times: 1 },
  { tag: 'submit-http-500', trouble: { kind: 'http-500' }, times: Infinity },
  { tag: 'submit-http-502-html', trouble: { kind: 'http-502-html' }, times: Infinity },
  { tag: 'submit-openai-error', trouble: { kind: 'openai-error' }, times: Infinity },
  { tag: 'submit-invalid-json', trouble: { kind: 'invalid-json' }, times: Infinity },
  { tag: 'submit-half-body', trouble: { kind: 'half-body' }, times: Infinity },
  { tag: 'submit-no-task-id', trouble: { kind: 'no-task-id' }, times: Infinity },
  { tag: 'submit-reset', trouble: { kind: 'reset' }, times: Infinity },
  { tag: 'submit-hang', trouble: { kind: 'hang' }, times: Infinity },
  { tag: 'submit-slow', delayMs: 10_000, times: 0 },
  { tag: 'submit-id-field', idField: true, times: 0 },
];

/** What happens to a task whose prompt has no tag. */
export const ORDINARY: TaskScenario = { number: 0, tag: '' };

/** Append only: a number, once given, stays with its tag. */
export const TASK_SCENARIOS: readonly TaskScenario[] = [
  { number: 1, tag: 'fail', failure: { status: 'Fail', code: 0 } },
  { number: 2, tag: 'fail-1026', failure: { status: 'Fail', code: 1026 } },
  { number: 3, tag: 'fail-1027', failure: { status: 'Fail', code: 1027 } },
  {
    number: 4,
    tag: 'fail-message',
    failure: { status: 'Fail', code: 0, message: 'video generation failed, please try again' },
  },
  { number: 5, tag: 'failed-word', failure: { status: 'Failed', code: 0 } },
  { number: 6, tag: 'unknown-word', queryWord: 'Reviewing' },
  { number: 7, tag: 'upper-case', upperCase: true },
  { number: 8, tag: 'no-file', withoutFile: true },
  { number: 9, tag: 'stuck', renderMs: Infinity },
  { number: 10, tag: 'slow-render', renderMs: 30_000 },
  { number: 11, tag: 'fast', renderMs: 0 },

  { number: 20, tag: 'query-1000', queryTrouble: { kind: 'code', code: 1000 } },
  { number: 21, tag: 'query-1001', queryTrouble: { kind: 'code', code: 1001 } },
  { number: 22, tag: 'query-1002', queryTrouble: { kind: 'code', code: 1002 } },
  { number: 23, tag: 'query-1004', queryTrouble: { kind: 'code', code: 1004 } },
  { number: 24, tag: 'query-1008', queryTrouble: { kind: 'code', code: 1008 } },
  { number: 25, tag: 'query-1013', queryTrouble: { kind: 'code', code: 1013 } },
  { number: 26, tag: 'query-1024', queryTrouble: { kind: 'code', code: 1024 } },
  { number: 27, tag: 'query-1026', queryTrouble: { kind: 'code', code: 1026 } },
  { number: 28, tag: 'query-1027', queryTrouble: { kind: 'code', code: 1027 } },
  { number: 29, tag: 'query-1028', queryTrouble: { kind: 'code', code: 1028 } },
  { number: 30, tag: 'query-1030', queryTrouble: { kind: 'code', code: 1030 } },
  { number: 31, tag: 'query-1033', queryTrouble: { kind: 'code', code: 1033 } },
  { number: 32, tag: 'query-1039', queryTrouble: { kind: 'code', code: 1039 } },
  { number: 33, tag: 'query-1041', queryTrouble: { kind: 'code', code: 1041 } },
  { number: 34, tag: 'query-1042', queryTrouble: { kind: 'code', code: 1042 } },
  { number: 35, tag: 'query-1043', queryTrouble: { kind: 'code', code: 1043 } },
  { number: 36, tag: 'query-1044', queryTrouble: { kind: 'code', code: 1044 } },
  { number: 37, tag: 'query-2013', queryTrouble: { kind: 'code', code: 2013 } },
  { number: 38, tag: 'query-2037', queryTrouble: { kind: 'code', code: 2037 } },
  { number: 39, tag: 'query-2038', queryTrouble: { kind: 'code', code: 2038 } },
  { number: 40, tag: 'query-2039', queryTrouble: { kind: 'code', code: 2039 } },
  { number: 41, tag: 'query-2042', queryTrouble: { kind: 'code', code: 2042 } },
  { number: 42, tag: 'query-2045', queryTrouble: { kind: 'code', code: 2045 } },
  { number: 43, tag: 'query-2048', queryTrouble: { kind: 'code', code: 2048 } },
  { number: 44, tag: 'query-2049', queryTrouble: { kind: 'code', code: 2049 } },
  { number: 45, tag: 'query-2056', queryTrouble: { kind: 'code', code: 2056 } },
  { number: 46, tag: 'query-2061', queryTrouble: { kind: 'code', code: 2061 } },
  { number: 47, tag: 'query-20132', queryTrouble: { kind: 'code', code: 20132 } },
  { number: 50, tag: 'query-http-500', queryTrouble: { kind: 'http-500' } },
  { number: 51, tag: 'query-html', queryTrouble: { kind: 'http-502-html' } },
  { number: 52, tag: 'query-reset', queryTrouble: { kind: 'reset' } },
  { number: 53, tag: 'query-hang', queryTrouble: { kind: 'hang' } },

  { number: 60, tag: 'retrieve-1000', retrieveTrouble: { kind: 'code', code: 1000 } },
  { number: 61, tag: 'retrieve-1001', retrieveTrouble: { kind: 'code', code: 1001 } },
  { number: 62, tag: 'retrieve-1002', retrieveTrouble: { kind: 'code', code: 1002 } },
  { number: 63, tag: 'retrieve-1004', retrieveTrouble: { kind: 'code', code: 1004 } },
  { number: 64, tag: 'retrieve-1008', retrieveTrouble: { kind: 'code', code: 1008 } },
  { number: 65, tag: 'retrieve-1013', retrieveTrouble: { kind: 'code', code: 1013 } },
  { number: 66, tag: 'retrieve-1026', retrieveTrouble: { kind: 'code', code: 1026 } },
  { number: 67, tag: 'retrieve-1027', retrieveTrouble: { kind: 'code', code: 1027 } },
  { number: 68, tag: 'retrieve-1039', retrieveTrouble: { kind: 'code', code: 1039 } },
  { number: 69, tag: 'retrieve-2013', retrieveTrouble: { kind: 'code', code: 2013 } },
  { number: 70, tag: 'retrieve-no-url', retrieveTrouble: { kind: 'no-url' } },
  { number: 71, tag: 'short-link', linkSeconds: 5 },
];

const taskScenariosByNumber = new Map(
  [ORDINARY, ...TASK_SCENARIOS].map((scenario) => [scenario.number, scenario]),
);
const submitScenariosByTag = new Map(SUBMIT_SCENARIOS.map((scenario) => [scenario.tag, scenario]));
const taskScenariosByTag = new Map(TASK_SCENARIOS.map((scenario) => [scenario.tag, scenario]));

export function taskScenario(number: number): TaskScenario | undefined {
  return taskScenariosByNumber.get(number);
}

/** What the tags of a prompt ask for, or a sentence that says which of them cannot be followed. */
export function readWishes(prompt: string): Wishes<SubmitScenario, TaskScenario> | string {
  return readTags(prompt, {
    submits: submitScenariosByTag,
    tasks: taskScenariosByTag,
    ordinary: ORDINARY,
    isCounted: (task) => Boolean(task.queryTrouble ?? task.queryWord ?? task.retrieveTrouble),
  });
}
