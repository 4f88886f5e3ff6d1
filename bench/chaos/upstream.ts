import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { clockMs } from '../answers/commits.ts';
import {
  first,
  second,
  secondBody,
  type Protocol,
  type Reply,
  type SecondTask,
  type Task,
} from './protocols.ts';
import { between, pick, randomOf } from './random.ts';

/**
 * What the upstream did with a submission. `throttled` and `busy429` are the only
 * ones after which the same request may be sent again: surely not accepted.
 */
export type SubmitOutcome =
  | 'accepted'
  | 'acceptedUnstorably'
  | 'acceptedSlowly'
  | 'acceptedTooLate'
  | 'throttled'
  | 'busy429'
  | 'flagged'
  | 'flaggedUnstorably'
  | 'cutWhileReading'
  | 'resetAfterReading'
  | 'hang'
  | 'gatewayError'
  | 'unknownError'
  | 'halfAnswer'
  | 'brokenOffBySender';

export interface Attempt {
  at: number;
  outcome: SubmitOutcome;
  /** Given to the caller; null when no task was made or no id was told. */
  taskId: string | null;
  /** The image as it came. */
  image: string | undefined;
}

const submitWeights = {
  accepted: 48,
  acceptedUnstorably: 4,
  acceptedSlowly: 12,
  acceptedTooLate: 2,
  throttled: 7,
  busy429: 3,
  flagged: 3,
  flaggedUnstorably: 2,
  cutWhileReading: 3,
  resetAfterReading: 4,
  hang: 2,
  gatewayError: 4,
  unknownError: 4,
  halfAnswer: 4,
} satisfies Partial<Record<SubmitOutcome, number>>;

const lookWeights = {
  none: 72,
  unstorable: 4,
  slow: 6,
  reset: 4,
  hang: 1,
  gatewayError: 4,
  unknownError: 3,
  throttled: 3,
  halfAnswer: 3,
};

const taskWeights = { success: 90, fail: 6, flagged: 4 };

/** Refusals after which the very same request may be sent again. */
export const surelyNotAccepted: ReadonlySet<SubmitOutcome> = new Set(['throttled', 'busy429']);

/** Outcomes that leave the caller without a usable answer. */
export const leavesUnsure: ReadonlySet<SubmitOutcome> = new Set([
  'acceptedTooLate',
  'cutWhileReading',
  'resetAfterReading',
  'hang',
  'gatewayError',
  'unknownError',
  'halfAnswer',
  'brokenOffBySender',
]);

/** After these the caller cannot know whether a task was made. */
const silent: ReadonlySet<SubmitOutcome> = new Set([
  'resetAfterReading',
  'hang',
  'gatewayError',
  'unknownError',
]);

/**
 * A MiniMax with a bad day, on loopback.
 *
 * It speaks both generations of the API, knows a request by the key in its prompt and keeps what
 * became of each one. What it does to the n-th request for a key depends on the seed alone.
 */
export class FaultyUpstream {
  readonly attempts = new Map<string, Attempt[]>();
  /**
   * When connections were reset before anything of the request was read: one by
   * itself, or those that were waiting to be taken when the upstream vanished.
   */
  readonly blindResets: number[] = [];
  readonly tasks = new Map<string, Task>();
  /** When the last byte left of each usable answer that told at once of a task, by task. */
  readonly answeredAt = new Map<string, number>();
  looks = 0;
  faultyLooks = 0;
  absences = 0;

  #quiet = false;
  #server: Server | undefined;
  #port = 0;
  #nextTask = 106_916_112_000_000;
  readonly #seed: number;
  readonly #timeoutMs: number;
  readonly #connections: () => number;

  constructor(options: { seed: number; timeoutMs: number }) {
    this.#seed = options.seed;
    this.#timeoutMs = options.timeoutMs;
    this.#connections = randomOf(options.seed, 'connections');
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      if (this.#quiet || this.#connections() > 0.01) return;
      this.blindResets.push(Date.now());
      socket.resetAndDestroy();
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Nobody can connect for a while; exchanges under way go on. */
  async vanishFor(ms: number): Promise<void> {
    this.absences += 1;
    this.blindResets.push(Date.now());
    this.#server?.close();
    await sleep(ms);
    await this.start();
  }

  /** From now on, a good day. */
  calmDown(): void {
    this.#quiet = true;
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    if (pathname === '/v1/video_generation') return await this.#submit(request, response, first);
    if (pathname === '/v2/video_generation') return await this.#submit(request, response, second);
    const isSecond = pathname.startsWith('/v2/');
    const protocol = isSecond ? second : first;
    const id =
      searchParams.get('file_id') ?? searchParams.get('task_id') ?? pathname.split('/').at(-1)!;
    const read = (odd: boolean): Reply => {
      if (pathname === '/v1/files/retrieve') return { status: 200, body: this.#file(id) };
      if (pathname === '/v2/query/video_generation') return this.#list(searchParams);
      return this.#look(protocol, id, odd);
    };
    this.looks += 1;
    const random = randomOf(this.#seed, 'look', this.looks);
    const fault = this.#quiet ? 'none' : pick(random, lookWeights);
    if (fault !== 'none') this.faultyLooks += 1;
    const answer = read(fault === 'unstorable');
    switch (fault) {
      case 'none':
      case 'unstorable':
        return say(response, answer);
      case 'slow':
        await sleep(between(random, 50, this.#timeoutMs * 0.6));
        return say(response, answer);
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'gatewayError':
        return gatewayError(response);
      case 'unknownError':
        return say(response, protocol.brokenDown());
      case 'throttled':
        return say(response, protocol.throttled());
      case 'halfAnswer':
        return halfAnswer(response, answer);
    }
  }

  async #submit(
    request: IncomingMessage,
    response: ServerResponse,
    protocol: Protocol,
  ): Promise<void> {
    const at = Date.now();
    const chunks: Buffer[] = [];
    let attempt: Attempt | undefined;
    let known = '';
    let random = () => 0;
    try {
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
        if (attempt) continue;
        known = Buffer.concat(chunks).toString('latin1');
        const key = /clip (\S+) of/.exec(known)?.[1];
        if (key === undefined) continue;
        const earlier = this.attempts.get(key) ?? [];
        random = randomOf(this.#seed, 'submit', key, earlier.length);
        attempt = {
          at,
          outcome: this.#outcome(random, earlier),
          taskId: null,
          image: undefined,
        };
        this.attempts.set(key, [...earlier, attempt]);
        known = key;
        if (attempt.outcome === 'cutWhileReading') {
          request.socket.resetAndDestroy();
          return;
        }
      }
    } catch {
      if (attempt) attempt.outcome = 'brokenOffBySender';
      return;
    }
    if (!attempt) {
      response.writeHead(400).end();
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString()) as SubmitBody;
    attempt.image = imageIn(body);
    const made = protocol === second ? secondTaskOf(body) : null;
    const accept = () => this.#accept(known, attempt, made);
    // Of the second generation some are made and never told of: its list has them.
    const isMadeSilently = made !== null && random() < 0.5;
    if (isMadeSilently && silent.has(attempt.outcome)) accept();
    switch (attempt.outcome) {
      case 'acceptedSlowly':
        await sleep(between(random, 50, this.#timeoutMs * 0.6));
        return say(response, protocol.accepted(accept()));
      case 'acceptedTooLate':
        await sleep(between(random, this.#timeoutMs * 0.9, this.#timeoutMs * 1.3));
        return say(response, protocol.accepted(accept()));
      case 'throttled':
        return say(response, protocol.throttled());
      case 'busy429':
        response.writeHead(429).end();
        return;
      case 'acceptedUnstorably':
        return say(response, protocol.accepted(accept(), true));
      case 'flagged':
        return say(response, protocol.flagged());
      case 'flaggedUnstorably':
        return say(response, protocol.flagged(true));
      case 'resetAfterReading':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'gatewayError':
        return gatewayError(response);
      case 'unknownError':
        return say(response, protocol.brokenDown());
      case 'halfAnswer':
        return halfAnswer(response, protocol.accepted(accept()));
      case 'accepted':
      case 'cutWhileReading':
      case 'brokenOffBySender':
        say(response, protocol.accepted(accept()));
        this.answeredAt.set(attempt.taskId!, clockMs());
        return;
    }
  }

  #outcome(random: () => number, earlier: readonly Attempt[]): SubmitOutcome {
    if (this.#quiet) return 'accepted';
    const drawn = pick(random, submitWeights);
    // Each refusal doubles the wait for the next try; two are enough for one run.
    return earlier.length >= 2 && surelyNotAccepted.has(drawn) ? 'accepted' : drawn;
  }

  /** Gives the id of the new task. */
  #accept(key: string, attempt: Attempt, made: SecondTask | null): string {
    const taskId = String(this.#nextTask++);
    const random = randomOf(this.#seed, 'task', key);
    this.tasks.set(taskId, {
      key,
      end: pick(random, taskWeights),
      looksLeft: between(random, 0, 3),
      second: made,
    });
    attempt.taskId = taskId;
    return taskId;
  }

  /** Each generation knows its own tasks only. */
  #look(protocol: Protocol, taskId: string, odd: boolean): Reply {
    const found = this.tasks.get(taskId);
    const task = (found?.second != null) === (protocol === second) ? found : undefined;
    if (task) task.looksLeft -= 1;
    return protocol.look(taskId, task, this.url, odd);
  }

  /** Of the second generation alone, newest first. */
  #list(query: URLSearchParams): Reply {
    const size = Number(query.get('page_size'));
    const from = (Number(query.get('page_num')) - 1) * size;
    const tasks = [...this.tasks].filter(([, task]) => task.second !== null).reverse();
    const items = tasks
      .slice(from, from + size)
      .map(([id, task]) => secondBody(id, task, this.url));
    return { status: 200, body: { items, total: tasks.length } };
  }

  #file(fileId: string): object {
    const now = Math.floor(Date.now() / 1000);
    const download_url = `${this.url}/files/${fileId}.mp4?Expires=${now + 3600}`;
    return {
      file: { file_id: Number(fileId), bytes: 0, download_url },
      base_resp: { status_code: 0, status_msg: 'success' },
    };
  }
}

/** What is read of a submission, of either generation. */
interface SubmitBody {
  model: string;
  first_frame_image?: string;
  content?: { type: string; image_url?: { url: string } }[];
  resolution?: string;
  duration?: number;
  ratio?: string;
}

function imageIn({ first_frame_image, content }: SubmitBody): string | undefined {
  return first_frame_image ?? content?.find((item) => item.image_url)?.image_url!.url;
}

function secondTaskOf({ model, content, resolution, duration, ratio }: SubmitBody): SecondTask {
  return {
    ...{ createdAt: Math.floor(Date.now() / 1000), model },
    ...{ resolution: resolution!, duration: duration!, ratio: ratio ?? 'adaptive' },
    images: content!.filter((item) => item.image_url).length,
  };
}

function say(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function gatewayError(response: ServerResponse): void {
  response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>');
}

function halfAnswer(response: ServerResponse, { body }: Reply): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': text.length,
  });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}
