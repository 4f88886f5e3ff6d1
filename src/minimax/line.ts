import type { Proxies } from '../network/proxies.ts';
import { splitBaseUrl } from './base-url.ts';
import { anyTime, type PreparedSubmission, type SubmitAnswer, type UploadBody } from './answers.ts';
import { hashOf, toJsonBody } from './json-body.ts';
import { MinimaxError } from './errors.ts';
import { inDoubtBy, readTransportError, type Operation, type Redact } from './reading.ts';
import { redactor } from './redact.ts';
import { Transport, TransportError, type RawAnswer } from './transport.ts';

export interface LineOptions {
  /** Any of `https://host`, `https://host/prefix`, with or without a trailing `/`, `/v1`, `/v2` or `/anthropic` (wire contract §2). */
  baseUrl: string;
  apiKey: string;
  /** For connecting, waiting and reading; a body is given as long for each piece of it. */
  timeoutMs: number;
  /** Unset: none. */
  proxies?: Proxies | undefined;
}

/** The way to one MiniMax with one key, which both API generations share. */
export class Line {
  readonly #transport: Transport;
  readonly #prefix: string;
  readonly #headers: Record<string, string>;
  readonly #redactorFor: (secrets: readonly string[]) => Redact;
  /** Makes what MiniMax says fit to be stored and shown. */
  readonly redact: Redact;

  /** Throws when the base URL or the key cannot be used at all. */
  constructor({ baseUrl, apiKey, timeoutMs, proxies = { never: [] } }: LineOptions) {
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new Error('The API key must be printable ASCII without spaces.');
    }
    const { origin, prefix } = splitBaseUrl(baseUrl);
    this.#transport = new Transport(origin, timeoutMs, proxies);
    this.#prefix = prefix;
    this.#headers = {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      'accept-encoding': 'identity',
    };
    const { hostname } = new URL(origin);
    this.#redactorFor = (secrets) => redactor([apiKey, ...secrets], hostname);
    this.redact = this.#redactorFor([]);
  }

  async get(operation: Operation, path: string): Promise<RawAnswer> {
    const exchange = this.#transport.get(this.#prefix + path, this.#headers);
    return await this.#translate(operation, exchange);
  }

  /** `mayLeave` is asked when the connection is there, before anything is sent over it. */
  async delete(operation: Operation, path: string, mayLeave: () => boolean): Promise<RawAnswer> {
    const exchange = this.#transport.delete(this.#prefix + path, this.#headers, mayLeave);
    return await this.#translate(operation, exchange);
  }

  /** A submission of these fields, to be sent there; what ends its callback's address is a secret. */
  async prepare(
    path: string,
    fields: { callback_url?: unknown },
    readAnswer: (raw: RawAnswer, redact: Redact) => SubmitAnswer,
  ): Promise<PreparedSubmission> {
    const body = toJsonBody(fields);
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    const redact = this.#redactorFor(tokenOf(fields.callback_url));
    return {
      bodyHash: await hashOf(body),
      send: async (leave) => {
        const exchange = this.#transport.post(this.#prefix + path, headers, body, leave);
        const sent = body.text;
        const raw = { ...(await this.#translate('submit', exchange, redact, sent)), sent };
        try {
          return readAnswer(raw, redact);
        } catch (error) {
          if (!(error instanceof MinimaxError) || error.taskId !== null) throw error;
          throw inDoubtBy(await raw.beside(), error, redact, sent);
        }
      },
    };
  }

  /** A body that is passed on as it comes; it makes no task. */
  async upload(path: string, body: UploadBody): Promise<RawAnswer> {
    const headers = { ...this.#headers, 'content-type': body.contentType };
    const exchange = this.#transport.post(this.#prefix + path, headers, body, anyTime);
    return await this.#translate('upload', exchange);
  }

  /** Resolves when the exchanges under way have ended; later ones are refused as `unreachable`. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #translate<Answer extends RawAnswer>(
    operation: Operation,
    exchange: Promise<Answer>,
    redact = this.redact,
    sent = '',
  ): Promise<Answer> {
    try {
      return await exchange;
    } catch (error) {
      if (error instanceof TransportError) throw readTransportError(operation, error, redact, sent);
      throw error;
    }
  }
}

/** Short ones are no secrets, and might be words. */
function tokenOf(callbackUrl: unknown): string[] {
  const token = typeof callbackUrl === 'string' ? callbackUrl.split('/').at(-1)! : '';
  return token.length >= 16 ? [token] : [];
}
