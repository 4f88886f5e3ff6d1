/** What the upstream says, in the words of either API generation. */
export interface Reply {
  status: number;
  body: object;
}

/** What the upstream keeps of a task that it made. */
export interface Task {
  key: string;
  end: 'success' | 'fail' | 'flagged';
  looksLeft: number;
  second: SecondTask | null;
}

/** Of a task of the second API generation, as its list tells it. */
export interface SecondTask {
  /** Unix seconds. */
  createdAt: number;
  model: string;
  resolution: string;
  duration: number;
  ratio: string;
  images: number;
}

export interface Protocol {
  /** `odd`: with words that nobody can store. */
  accepted(taskId: string, odd?: boolean): Reply;
  throttled(): Reply;
  flagged(odd?: boolean): Reply;
  brokenDown(): Reply;
  /** How a task stands after so many looks; undefined when it does not exist. */
  look(taskId: string, task: Task | undefined, url: string, odd: boolean): Reply;
}

const ok = { status_code: 0, status_msg: 'success' };

/** Words that no PostgreSQL can store: U+0000, half a character, and an emoji across any cut. */
const oddWords = `\u0000\ud800 ${'\u{1f600}'.repeat(2_000)}`;

function coded(code: number, odd = false): Reply {
  const status_msg = odd ? oddWords : `message of ${code}`;
  return { status: 200, body: { task_id: '', base_resp: { status_code: code, status_msg } } };
}

export const first: Protocol = {
  accepted: (task_id, odd = false) => ({
    status: 200,
    body: { task_id, base_resp: odd ? { status_code: 0, status_msg: oddWords } : ok },
  }),
  throttled: () => coded(1002),
  flagged: (odd) => coded(1026, odd),
  brokenDown: () => coded(1000),
  look(task_id, task, _url, odd) {
    if (!task) return coded(2013, odd);
    if (task.looksLeft < 0 && task.end === 'flagged') return coded(1027, odd);
    const word = task.looksLeft >= 0 ? 'Processing' : task.end === 'fail' ? 'Fail' : 'Success';
    const file = word === 'Success' && { file_id: `9${task_id}` };
    const base_resp = odd ? { status_code: 0, status_msg: oddWords } : ok;
    const size = odd && { video_width: 5_000_000_000 };
    return { status: 200, body: { task_id, status: word, ...file, ...size, base_resp } };
  },
};

function refused(status: number, type: string, message: string, odd = false): Reply {
  const said = odd ? `${oddWords} ${message}` : message;
  const error = { type, message: said, http_code: String(status) };
  return { status, body: { type: 'error', error, request_id: 'c'.repeat(32) } };
}

export const second: Protocol = {
  accepted: (task_id, odd = false) => ({
    status: 200,
    body: { task_id, ...(odd && { base_resp: { status_code: 0, status_msg: oddWords } }) },
  }),
  throttled: () => refused(429, 'rate_limit_error', 'rate limit (1002)'),
  flagged: (odd) => refused(422, 'unprocessable_entity_error', 'input flagged (1026)', odd),
  brokenDown: () => refused(500, 'server_error', 'unknown error (1000)'),
  look(taskId, task, url, odd) {
    if (!task) return refused(500, 'server_error', 'record not found (1000)', odd);
    const size = odd && { video_width: 5_000_000_000, note: oddWords };
    return { status: 200, body: { task: { ...secondBody(taskId, task, url), ...size } } };
  },
};

/** A task of the second API generation as query and list tell of it. */
export function secondBody(
  id: string,
  { end, looksLeft, second: made }: Task,
  url: string,
): object {
  const { createdAt: created_at, images, ...asked } = made!;
  const common = {
    ...{ id, created_at, updated_at: created_at, ...asked },
    ...{ task_type: 'generation', modality: 'video' },
  };
  if (looksLeft >= 0) return { ...common, status: 'running', usage: {} };
  if (end !== 'success') {
    const error = end === 'fail' ? { code: '1000', message: 'it failed' } : flagged;
    return { ...common, status: 'failed', error, usage: {} };
  }
  const usage = {
    ...{ total_seconds: asked.duration, input_seconds: 0, output_seconds: asked.duration },
    input_image_count: images,
  };
  return { ...common, status: 'succeeded', content: { url: `${url}/files/${id}.mp4` }, usage };
}

const flagged = { code: '1027', message: 'output flagged (1027)' };
