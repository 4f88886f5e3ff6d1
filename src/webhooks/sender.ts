import { Webhook } from 'standardwebhooks';
import type { Dispatcher } from 'undici';
import { describeConnectionError } from '../network/connection-error.ts';
import { outsideClient, type OutsideOptions } from '../network/outside.ts';
import { NotPublicError } from '../network/resolve-host.ts';
import { retryAfterMs } from '../network/retry-after.ts';
import { storable } from '../network/storable.ts';
import { TimeLimit } from '../network/time-limit.ts';
import { webhookUrlProblem } from './url.ts';

/** What is sent, and by whom it is signed. */
export interface Message {
  id: string;
  url: string;
  body: string;
  /** Each signs by itself: the receiver accepts whichever it knows. */
  secrets: readonly string[];
}

/** What came of one attempt. */
export interface Outcome {
  /** Null when there was no answer; see `error`. */
  httpStatus: number | null;
  latencyMs: number;
  /** The first KiB of the answer. */
  answer: string | null;
  /** Why there was no answer, without a word about what lies behind the address. */
  error: string | null;
  /** Asked for with 429 or 503. */
  retryAfterMs: number | null;
  /** What broke, with names and addresses: for the log alone. */
  cause?: unknown;
}

export interface SenderOptions extends OutsideOptions {
  /** For one attempt as a whole, names and connection included. */
  timeoutMs: number;
}

const connectTimeoutMs = 5_000;
const maxReadBytes = 64 * 1024;
const keptBytes = 1024;

/**
 * Sends signed messages to addresses that callers chose: to public ones only,
 * each over a connection of its own, without following redirects, with limits
 * for time and size.
 */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** One attempt, signed for the instant `at`; never rejects. */
  async send({ id, url, body, secrets }: Message, at: Date): Promise<Outcome> {
    const { timeoutMs, allowPrivate } = this.#options;
    const startedAt = performance.now();
    const ended = (facts: Partial<Outcome>): Outcome => ({
      ...{ httpStatus: null, answer: null, error: null, retryAfterMs: null, ...facts },
      latencyMs: Math.round(performance.now() - startedAt),
    });
    if (webhookUrlProblem(url, allowPrivate))
      return ended({ error: 'The address is not allowed.' });
    const { origin, pathname, search } = new URL(url);
    const client = outsideClient(origin, this.#options, Math.min(connectTimeoutMs, timeoutMs));
    const limit = new TimeLimit(timeoutMs);
    try {
      const response = await client.request({
        method: 'POST',
        path: pathname + search,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Reelgraph',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': secrets
            .map((secret) => new Webhook(secret).sign(id, at, body))
            .join(' '),
        },
        body,
        signal: limit.signal,
        reset: true,
      });
      const { statusCode, headers } = response;
      const asksForPatience = statusCode === 429 || statusCode === 503;
      return ended({
        httpStatus: statusCode,
        answer: await readStart(response.body),
        retryAfterMs: asksForPatience ? retryAfterMs(headers['retry-after'], at.getTime()) : null,
      });
    } catch (error) {
      return ended({
        error: limit.signal.aborted ? `No answer within ${timeoutMs} ms.` : describe(error),
        cause: error,
      });
    } finally {
      limit.end();
      void client.destroy();
    }
  }
}

/** What is needed of a body. The answer's status has come already: one that breaks off or stalls is cut. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxReadBytes) break;
    }
  } catch {
    // What came before is shown.
  }
  return storable(new TextDecoder().decode(Buffer.concat(chunks).subarray(0, keptBytes)));
}

function describe(error: unknown): string {
  if (error instanceof NotPublicError) return 'The host has an address that is not public.';
  return `No answer: ${describeConnectionError(error)}.`;
}
