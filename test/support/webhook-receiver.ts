import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { TestClock } from './app.ts';

export interface ReceivedWebhook {
  id: string;
  path: string;
  headers: IncomingHttpHeaders;
  bodyText: string;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** By the clock of the test. */
  at: Date;
}

/** What a receiver says to one request; without an answer it hangs up. */
export type WebhookAnswer = (
  response: ServerResponse,
  received: ReceivedWebhook,
) => void | Promise<void>;

export function answer(
  status: number,
  headers: Record<string, string> = {},
  text = '',
): WebhookAnswer {
  return (response) => void response.writeHead(status, headers).end(text);
}

/** A server that gets webhooks, and answers 204 unless told otherwise. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** How many requests are being answered at this moment, and were at most. */
  open = 0;
  mostOpen = 0;
  answer: WebhookAnswer = answer(204);
  clock: TestClock | undefined;

  readonly #server: Server;
  readonly #waiting: { count: number; done: () => void }[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const bodyText = Buffer.concat(chunks).toString();
        const received: ReceivedWebhook = {
          id: String(request.headers['webhook-id']),
          path: request.url!,
          headers: request.headers,
          bodyText,
          body: JSON.parse(bodyText),
          at: this.clock?.now() ?? new Date(),
        };
        this.received.push(received);
        this.open += 1;
        this.mostOpen = Math.max(this.mostOpen, this.open);
        response.on('close', () => (this.open -= 1));
        for (const { count, done } of this.#waiting) if (this.received.length >= count) done();
        void this.answer(response, received);
      });
    });
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((done) => receiver.#server.listen(0, '127.0.0.1', done));
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/hooks`;
  }

  /** Resolves when so many have come. */
  async gets(count: number): Promise<void> {
    if (this.received.length >= count) return;
    await new Promise<void>((done) => this.#waiting.push({ count, done }));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** What the library of Standard Webhooks makes of it, at the moment it came; throws when it is not genuine. */
export function verify(
  { bodyText, headers, at }: ReceivedWebhook,
  secret: string,
  arrivedAt = at,
): unknown {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(arrivedAt.getTime());
  try {
    return new Webhook(secret).verify(bodyText, headers as Record<string, string>);
  } finally {
    clock.mockRestore();
  }
}
