import type { Logger } from '../logger.ts';
import type { LeasedDelivery, WebhookDeliveries } from './deliveries.ts';
import { signingSecrets } from './endpoints.ts';
import type { Sender } from './sender.ts';

export interface WebhookWorkerOptions {
  deliveries: WebhookDeliveries;
  sender: Sender;
  log: Logger;
  now: () => Date;
}

/** Requests under way at a time, to all endpoints. */
const concurrency = 64;
const tickMs = 1_000;
const pruneEveryMs = 3_600_000;

/** The background loop of webhooks: takes what is due, a bounded number at once, and sends it. */
export class WebhookWorker {
  readonly #options: WebhookWorkerOptions;
  readonly #inFlight = new Set<Promise<void>>();
  #pass: Promise<number> | undefined;
  #wanted = false;
  #stopping = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: WebhookWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timers = [
      setInterval(() => this.wake(), tickMs),
      setInterval(() => void this.prune(), pruneEveryMs),
    ];
  }

  /** Looks for what is due now. */
  wake(): void {
    if (this.#stopping) return;
    if (this.#pass) {
      this.#wanted = true;
      return;
    }
    this.#pass = this.#claimAndSend()
      .catch((error: unknown) => {
        const message = 'looking for due webhooks failed; trying again at the next tick';
        this.#options.log.error({ error }, message);
        return 0;
      })
      .finally(() => {
        this.#pass = undefined;
        if (this.#wanted) {
          this.#wanted = false;
          this.wake();
        }
      });
  }

  /** Sends everything that is due now and resolves when the answers are stored. */
  async runOnce(): Promise<void> {
    let started: number;
    do {
      while (this.#pass) await this.#pass;
      started = await this.#claimAndSend();
      await Promise.all(this.#inFlight);
    } while (started > 0 || this.#pass || this.#inFlight.size > 0);
  }

  /** Takes no more and resolves when what is under way has been answered, or its time is up, and stored. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    while (this.#pass) await this.#pass;
    await Promise.all(this.#inFlight);
  }

  async #claimAndSend(): Promise<number> {
    const free = concurrency - this.#inFlight.size;
    if (free <= 0) return 0;
    const claimed = await this.#options.deliveries.claim(free);
    for (const delivery of claimed) {
      const job = this.#deliver(delivery).finally(() => {
        this.#inFlight.delete(job);
        // The endpoint has room for its next one.
        this.wake();
      });
      this.#inFlight.add(job);
    }
    return claimed.length;
  }

  async #deliver(delivery: LeasedDelivery): Promise<void> {
    const { deliveries, sender, log, now } = this.#options;
    const { id, url, body, endpoint, endpointId, generationId, attemptCount } = delivery;
    const startedAt = now();
    try {
      const secrets = signingSecrets(endpoint, startedAt);
      const { cause, ...outcome } = await sender.send({ id, url, body, secrets }, startedAt);
      await deliveries.settle(delivery, startedAt, outcome);
      const { httpStatus, latencyMs, error } = outcome;
      log.info(
        {
          deliveryId: id,
          endpointId,
          generationId,
          attempt: attemptCount,
          httpStatus,
          latencyMs,
          reason: error,
          error: cause,
        },
        'webhook sent',
      );
    } catch (error) {
      // When the lease has ended it is sent again.
      log.error({ deliveryId: id, endpointId, error }, 'the outcome of a webhook was not stored');
    }
  }

  /** Forgets old deliveries. */
  async prune(): Promise<void> {
    try {
      await this.#options.deliveries.prune();
    } catch (error) {
      this.#options.log.warn({ error }, 'old webhook deliveries could not be deleted');
    }
  }
}
