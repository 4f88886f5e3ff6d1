import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { clockMs } from '../answers/commits.ts';
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

interface Task {
  key: string;
  end: keyof typeof taskWeights;
  looksLeft: number;
}

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

/** What every answer has. */
interface Answer {
  base_resp: { status_code: number; status_msg: string };
  [field: string]: unknown;
}

const ok = { status_code: 0, status_msg: 'success' };

/**
 * A MiniMax with a bad day, on loopback.
 *
 * It knows a request by the key in its prompt and keeps what became of each
 * one. What it does to the n-th request for a key depends on the seed alone.
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
    if (pathname === '/v1/video_generation') return await this.#submit(request, response);
    const isFile = pathname === '/v1/files/retrieve';
    const id = searchParams.get(isFile ? 'file_id' : 'task_id') ?? '';
    this.looks += 1;
    const random = randomOf(this.#seed, 'look', this.looks);
    const fault = this.#quiet ? 'none' : pick(random, lookWeights);
    if (fault !== 'none') this.faultyLooks += 1;
    const answer = isFile ? this.#file(id) : this.#look(id);
    switch (fault) {
      case 'none':
        return json(response, answer);
      case 'slow':
        await sleep(between(random, 50, this.#timeoutMs * 0.6));
        return json(response, answer);
      case 'unstorable':
        return json(response, {
          ...answer,
          video_width: 5_000_000_000,
          base_resp: unstorable(answer.base_resp.status_code),
        });
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'gatewayError':
        return gatewayError(response);
      case 'unknownError':
        return json(response, coded(1000));
      case 'throttled':
        return json(response, coded(1002));
      case 'halfAnswer':
        return halfAnswer(response, answer);
    }
  }

  async #submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
    if (!attempt) return json(response, coded(2013));
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { first_frame_image?: string };
    attempt.image = body.first_frame_image;
    switch (attempt.outcome) {
      case 'acceptedSlowly':
        await sleep(between(random, 50, this.#timeoutMs * 0.6));
        return json(response, this.#accept(known, attempt));
      case 'acceptedTooLate':
        await sleep(between(random, this.#timeoutMs * 0.9, this.#timeoutMs * 1.3));
        return json(response, this.#accept(known, attempt));
      case 'throttled':
        return json(response, coded(1002));
      case 'busy429':
        response.writeHead(429).end();
        return;
      case 'acceptedUnstorably':
        return json(response, { ...this.#accept(known, attempt), base_resp: unstorable(0) });
      case 'flagged':
        return json(response, coded(1026));
      case 'flaggedUnstorably':
        return json(response, { ...coded(1026), base_resp: unstorable(1026) });
      case 'resetAfterReading':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'gatewayError':
        return gatewayError(response);
      case 'unknownError':
        return json(response, coded(1000));
      case 'halfAnswer':
        return halfAnswer(response, this.#accept(known, attempt));
      case 'accepted':
      case 'cutWhileReading':
      case 'brokenOffBySender':
        json(response, this.#accept(known, attempt));
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

  #accept(key: string, attempt: Attempt): object {
    const taskId = String(this.#nextTask++);
    const random = randomOf(this.#seed, 'task', key);
    this.tasks.set(taskId, {
      key,
      end: pick(random, taskWeights),
      looksLeft: between(random, 0, 3),
    });
    attempt.taskId = taskId;
    return { task_id: taskId, base_resp: ok };
  }

  #look(taskId: string): Answer {
    const task = this.tasks.get(taskId);
    if (!task) return coded(2013);
    task.looksLeft -= 1;
    if (task.looksLeft >= 0) return { task_id: taskId, status: 'Processing', base_resp: ok };
    switch (task.end) {
      case 'success':
        return { task_id: taskId, status: 'Success', file_id: `9${taskId}`, base_resp: ok };
      case 'fail':
        return { task_id: taskId, status: 'Fail', base_resp: ok };
      case 'flagged':
        return coded(1027);
    }
  }

  #file(fileId: string): Answer {
    const now = Math.floor(Date.now() / 1000);
    const download_url = `${this.url}/files/${fileId}.mp4?Expires=${now + 3600}`;
    return { file: { file_id: Number(fileId), bytes: 0, download_url }, base_resp: ok };
  }
}

function coded(code: number): Answer {
  return { task_id: '', base_resp: { status_code: code, status_msg: `message of ${code}` } };
}

/** Words that no PostgreSQL can store: U+0000, half a character, and an emoji across any cut. */
function unstorable(code: number): Answer['base_resp'] {
  return { status_code: code, status_msg: `\u0000\ud800 ${'\u{1f600}'.repeat(2_000)}` };
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function gatewayError(response: ServerResponse): void {
  response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>');
}

function halfAnswer(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': text.length,
  });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}
