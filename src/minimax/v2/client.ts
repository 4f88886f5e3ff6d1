import type {
  ListedTask,
  PreparedSubmission,
  RemovalAnswer,
  SubmitRequest,
  TaskAnswer,
  TaskClient,
  TaskList,
  UploadAnswer,
  UploadBody,
} from '../answers.ts';
import type { Line } from '../line.ts';
import {
  readRemovalAnswer,
  readSubmitAnswer,
  readTaskAnswer,
  readTaskList,
  readUploadAnswer,
} from './read-answers.ts';
import { addressed, paths } from './wire.ts';

/** A size that was seen to work; the maximum is not documented. */
const pageSize = 20;
const mostPages = 25;

/**
 * Speaks to MiniMax's second API generation, or to a proxy or simulator of it.
 *
 * Each method makes one attempt, never sleeps and follows no redirect; what
 * went wrong is a `MinimaxError`, whose `kind` says what may be done about it.
 */
export class MinimaxV2Client implements TaskClient {
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  async prepare(request: SubmitRequest): Promise<PreparedSubmission> {
    const { path, body } = addressed(request);
    return await this.#line.prepare(path, body, readSubmitAnswer);
  }

  async queryTask(taskId: string): Promise<TaskAnswer> {
    const path = `${paths.query}/${encodeURIComponent(taskId)}`;
    const raw = await this.#line.get('query', path);
    return readTaskAnswer(raw, taskId, this.#line.redact);
  }

  /**
   * Has a task cancelled that is queued, or, beware, its record deleted when it has ended (V2 §5).
   * Throws when MiniMax did neither, or does not say.
   */
  async removeTask(taskId: string, mayLeave: () => boolean): Promise<RemovalAnswer> {
    const path = `${paths.remove}/${encodeURIComponent(taskId)}`;
    const raw = await this.#line.delete('remove', path, mayLeave);
    return readRemovalAnswer(raw, taskId, this.#line.redact);
  }

  /** The account's tasks that were created since then, as far as MiniMax shows them: newest first, a few pages. */
  async listTasks(since: Date): Promise<TaskList> {
    const found = new Map<string, ListedTask>();
    for (let page = 1; page <= mostPages; page += 1) {
      const query = `page_num=${page}&page_size=${pageSize}`;
      const raw = await this.#line.get('list', `${paths.query}?${query}`);
      const before = found.size;
      const { tasks, total } = readTaskList(raw, this.#line.redact);
      for (const task of tasks) found.set(task.taskId, task);
      // Some order them otherwise, or know no pages: it ends with one that is old as a whole, or not new.
      const isOld = tasks.length > 0 && tasks.every(({ createdAt }) => createdAt < since);
      if (!isOld && found.size > before) continue;
      return { tasks: [...found.values()], isWhole: isOld || found.size >= total };
    }
    return { tasks: [...found.values()], isWhole: false };
  }

  /** Gives MiniMax a file that submissions may refer to for seven days (V2 §2.4). */
  async upload(body: UploadBody): Promise<UploadAnswer> {
    return readUploadAnswer(await this.#line.upload(paths.upload, body), this.#line.redact);
  }
}
