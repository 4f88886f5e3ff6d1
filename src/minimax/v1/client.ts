import { parseUrl } from '../../network/parse-url.ts';
import { hashOf, toJsonBody } from '../json-body.ts';
import { redactor } from '../redact.ts';
import {
  readBalanceAnswer,
  readFileAnswer,
  readSubmitAnswer,
  readTaskAnswer,
  readTransportError,
} from './read-answers.ts';
import type {
  BalanceAnswer,
  FileAnswer,
  SubmitAnswer,
  SubmitRequest,
  TaskAnswer,
} from './answers.ts';
import { Transport, TransportError } from '../transport.ts';
import type { RawAnswer } from '../transport.ts';
import { paths, toSubmitBody } from './wire.ts';
import type { Operation } from './wire.ts';

export interface MinimaxClientOptions {
  /** Any of `https://host`, `https://host/prefix`, with or without a trailing `/`, `/v1`, `/v2` or `/anthropic` (wire contract §2). */
  baseUrl: string;
  apiKey: string;
  /** For connecting, waiting and reading; a body is given as long for each piece of it. */
  timeoutMs: number;
}

/** A submission that is put together and may be sent once. */
export interface PreparedSubmission {
  /** SHA-256 of the body, in hexadecimal. */
  bodyHash: string;
  /**
   * Sends it. `mayLeave` is asked when the connection is there: false ends it before anything is
   * sent, as `unreachable`.
   */
  send(mayLeave: () => boolean): Promise<SubmitAnswer>;
}

/**
 * Speaks to MiniMax's first API generation, or to a proxy or simulator of it.
 *
 * Each method makes one attempt, never sleeps and follows no redirect; what
 * went wrong is a `MinimaxError`, whose `kind` says what may be done about it.
 */
export class MinimaxClient {
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #headers: Record<string, string>;
  readonly #redact: (text: string) => string;

  /** Throws when the base URL or the key cannot be used at all. */
  constructor({ baseUrl, apiKey, timeoutMs }: MinimaxClientOptions) {
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new Error('The API key must be printable ASCII without spaces.');
    }
    const { origin, prefix } = splitBaseUrl(baseUrl);
    this.#transport = new Transport(origin, timeoutMs);
    this.#prefix = prefix;
    this.#headers = {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
    };
    this.#redact = redactor(apiKey, new URL(origin).hostname);
  }

  /** Submits a generation, which costs money, and gives the id of the task MiniMax made of it. */
  async submit(request: SubmitRequest): Promise<SubmitAnswer> {
    return await (await this.prepare(request)).send(() => true);
  }

  /** The same in two steps, for whoever has something to do between them. */
  async prepare(request: SubmitRequest): Promise<PreparedSubmission> {
    const body = toJsonBody(toSubmitBody(request));
    return {
      bodyHash: await hashOf(body),
      send: async (mayLeave) => {
        const headers = { ...this.#headers, 'content-type': 'application/json' };
        const raw = await this.#translate(
          'submit',
          this.#transport.post(this.#path('submit'), headers, body, mayLeave),
        );
        return readSubmitAnswer(raw, this.#redact);
      },
    };
  }

  /** How the task stands. A failed task is an answer here; a failed query is an error. */
  async queryTask(taskId: string): Promise<TaskAnswer> {
    return readTaskAnswer(await this.#look('query', { task_id: taskId }), taskId, this.#redact);
  }

  /** A fresh download link for a finished file. */
  async retrieveFile(fileId: string): Promise<FileAnswer> {
    const raw = await this.#look('retrieve', { file_id: fileId });
    return readFileAnswer(raw, fileId, this.#redact, new Date());
  }

  /** What the account has left; only pay-as-you-go keys have a balance (wire contract §2). */
  async queryBalance(): Promise<BalanceAnswer> {
    return readBalanceAnswer(await this.#look('balance', {}), this.#redact);
  }

  /** Resolves when the exchanges under way have ended; later calls are refused as `unreachable`. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #look(operation: Operation, query: Record<string, string>): Promise<RawAnswer> {
    const path = `${this.#path(operation)}?${new URLSearchParams(query).toString()}`;
    return this.#translate(operation, this.#transport.get(path, this.#headers));
  }

  #path(operation: Operation): string {
    return `${this.#prefix}${paths[operation]}`;
  }

  async #translate(operation: Operation, exchange: Promise<RawAnswer>): Promise<RawAnswer> {
    try {
      return await exchange;
    } catch (error) {
      if (error instanceof TransportError) throw readTransportError(operation, error, this.#redact);
      throw error;
    }
  }
}

/** Where a base URL leads, however it is written: origin and path before `/v1`. */
export function splitBaseUrl(baseUrl: string): { origin: string; prefix: string } {
  const url = parseUrl(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error('The base URL must be an http or https URL, e.g. https://api.minimax.io.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error('The base URL must have no credentials, query or fragment.');
  }
  const prefix = url.pathname
    .replace(/\/+$/, '')
    .replace(/(\/anthropic)?(\/v[12])?$/, '')
    .replace(/\/+$/, '');
  return { origin: url.origin, prefix };
}
