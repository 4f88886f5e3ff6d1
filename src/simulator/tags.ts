/** How many answers a trouble spoils where the tag does not say (`…x3`). */
export const DEFAULT_TIMES = 2;

interface SubmitTag {
  tag: string;
  trouble?: unknown;
  times: number;
}

/** What a prompt asks for: at most one tag for the submit and one for the task. */
export interface Wishes<Submit, Task> {
  submit?: Submit;
  task: Task;
  /** How many answers about the task its trouble spoils. */
  taskTimes: number;
}

export interface Scenarios<Submit, Task> {
  submits: ReadonlyMap<string, Submit>;
  tasks: ReadonlyMap<string, Task>;
  /** That of a prompt without tags. */
  ordinary: Task;
  /** Whether it spoils answers, which can be counted. */
  isCounted: (task: Task) => boolean;
}

/**
 * What the tags of a prompt ask for, or a sentence that says which of them cannot be followed.
 *
 * `x<n>` behind a tag that spoils answers says how many of them: `#sim:submit-1002x3`.
 */
export function readTags<Submit extends SubmitTag, Task>(
  prompt: string,
  { submits, tasks, ordinary, isCounted }: Scenarios<Submit, Task>,
): Wishes<Submit, Task> | string {
  const wishes: Wishes<Submit, Task> = { task: ordinary, taskTimes: DEFAULT_TIMES };
  for (const [, written = ''] of prompt.matchAll(/#sim:([a-z0-9-]*)/gi)) {
    const tag = written.toLowerCase();
    const [, name = tag, count] = /^(.*)x([1-9]\d?)$/.exec(tag) ?? [];
    const submit = submits.get(name);
    const task = tasks.get(name);
    const counted = submit ? submit.trouble : task && isCounted(task);
    if ((!submit && !task) || (count && !counted)) {
      return `unknown simulator tag #sim:${tag}, see docs/simulator.md for those there are`;
    }
    if (submit ? wishes.submit : wishes.task !== ordinary) {
      return `#sim:${tag} is one tag too many, see docs/simulator.md for what goes together`;
    }
    if (submit) wishes.submit = count ? { ...submit, times: Number(count) } : submit;
    if (task) {
      wishes.task = task;
      wishes.taskTimes = count ? Number(count) : DEFAULT_TIMES;
    }
  }
  return wishes;
}
