import type { PreparedSubmission, SubmitRequest, TaskAnswer, TaskClient } from '../answers.ts';
import { toJsonBody, hashOf } from '../json-body.ts';
import type { Line } from '../line.ts';
import { readSubmitAnswer, readTaskAnswer } from './read-answers.ts';
import { paths, toSubmitBody } from './wire.ts';

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
    const body = toJsonBody(toSubmitBody(request));
    return {
      bodyHash: await hashOf(body),
      send: async (mayLeave) => {
        const raw = await this.#line.post('submit', paths.submit, body, mayLeave);
        return readSubmitAnswer(raw, this.#line.redact);
      },
    };
  }

  async queryTask(taskId: string): Promise<TaskAnswer> {
    const path = `${paths.query}/${encodeURIComponent(taskId)}`;
    const raw = await this.#line.get('query', path);
    return readTaskAnswer(raw, taskId, this.#line.redact);
  }
}
