import {
  anyTime,
  type BalanceAnswer,
  type FileAnswer,
  type PreparedSubmission,
  type SubmitAnswer,
  type SubmitRequest,
  type TaskAnswer,
  type TaskClient,
} from '../answers.ts';
import { Line, type LineOptions } from '../line.ts';
import type { RawAnswer } from '../transport.ts';
import {
  readBalanceAnswer,
  readFileAnswer,
  readSubmitAnswer,
  readTaskAnswer,
} from './read-answers.ts';
import { paths, toSubmitBody } from './wire.ts';
import type { Operation } from './wire.ts';

export type MinimaxClientOptions = LineOptions;

/**
 * Speaks to MiniMax's first API generation, or to a proxy or simulator of it.
 *
 * Each method makes one attempt, never sleeps and follows no redirect; what
 * went wrong is a `MinimaxError`, whose `kind` says what may be done about it.
 */
export class MinimaxClient implements TaskClient {
  readonly #line: Line;

  /** Over a line of its own, or one that is shared with the other generation. Throws as `Line` does. */
  constructor(way: Line | MinimaxClientOptions) {
    this.#line = way instanceof Line ? way : new Line(way);
  }

  /** Submits a generation, which costs money, and gives the id of the task MiniMax made of it. */
  async submit(request: SubmitRequest): Promise<SubmitAnswer> {
    return await (await this.prepare(request)).send(anyTime);
  }

  /** The same in two steps, for whoever has something to do between them. */
  async prepare(request: SubmitRequest): Promise<PreparedSubmission> {
    return await this.#line.prepare(paths.submit, toSubmitBody(request), readSubmitAnswer);
  }

  /** How the task stands. A failed task is an answer here; a failed query is an error. */
  async queryTask(taskId: string): Promise<TaskAnswer> {
    return readTaskAnswer(
      await this.#look('query', { task_id: taskId }),
      taskId,
      this.#line.redact,
    );
  }

  /** A fresh download link for a finished file. */
  async retrieveFile(fileId: string): Promise<FileAnswer> {
    const raw = await this.#look('retrieve', { file_id: fileId });
    return readFileAnswer(raw, fileId, this.#line.redact, new Date());
  }

  /** What the account has left; only pay-as-you-go keys have a balance (wire contract §2). */
  async queryBalance(): Promise<BalanceAnswer> {
    return readBalanceAnswer(await this.#look('balance', {}), this.#line.redact);
  }

  /** Resolves when the exchanges under way have ended; later calls are refused as `unreachable`. */
  close(): Promise<void> {
    return this.#line.close();
  }

  #look(operation: Operation, query: Record<string, string>): Promise<RawAnswer> {
    const path = `${paths[operation]}?${new URLSearchParams(query).toString()}`;
    return this.#line.get(operation, path);
  }
}
