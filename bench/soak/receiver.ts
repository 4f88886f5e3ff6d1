import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { randomOf } from '../chaos/random.ts';

/** A part of the messages meets a receiver that fails, at their first two attempts at most. */
const failedPart = 0.08;

/** Who gets the webhooks of all endpoints, each at a path of its own, and sometimes fails. */
export class Receiver {
  /** What was taken: generation and status. */
  readonly taken = new Set<string>();
  received = 0;
  failed = 0;
  /** Messages that were not signed as they must be. */
  readonly violations: string[] = [];
  readonly #secrets = new Map<string, string>();
  readonly #attempts = new Map<string, number>();
  readonly #random: () => number;
  readonly #server: Server;

  private constructor(seed: number) {
    this.#random = randomOf(seed, 'receiver');
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  static async start(seed: number): Promise<Receiver> {
    const receiver = new Receiver(seed);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  urlOf(caller: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${caller}`;
  }

  /** What comes for this caller must be signed with it. */
  expect(caller: string, secret: string): void {
    this.#secrets.set(`/${caller}`, secret);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part as string;
    this.received += 1;
    const id = String(request.headers['webhook-id']);
    const attempt = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, attempt);
    if (attempt <= 2 && this.#random() < failedPart) {
      this.failed += 1;
      if (this.#random() < 0.5) response.writeHead(500).end();
      else response.socket?.resetAndDestroy();
      return;
    }
    try {
      const webhook = new Webhook(this.#secrets.get(request.url!)!);
      const { data } = webhook.verify(text, request.headers as Record<string, string>) as {
        data: { id: string; status: string };
      };
      this.taken.add(`${data.id} ${data.status}`);
    } catch (error) {
      this.violations.push(`a webhook for ${request.url} is not genuine: ${String(error)}`);
    }
    response.writeHead(204).end();
  }
}
