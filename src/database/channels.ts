import type { DatabaseLogger } from './database-logger.ts';

export interface Subscriber {
  onMessage: (payload: string) => void;
  onGap: (deafMs: number) => void;
}

/** Sends LISTEN and UNLISTEN, in the order of the calls, on the connection that gets the notifications. */
export interface ListeningConnection {
  listen(channel: string): Promise<void>;
  unlisten(channel: string): Promise<void>;
}

/** Who listens to which channel: one LISTEN per channel, however many subscribers it has. */
export class Channels {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #connection: ListeningConnection;
  readonly #logger: DatabaseLogger;

  constructor(connection: ListeningConnection, logger: DatabaseLogger) {
    this.#connection = connection;
    this.#logger = logger;
  }

  get names(): string[] {
    return [...this.#subscribers.keys()];
  }

  /** Resolves once listening, to a function that takes the subscriber out again. */
  async subscribe(channel: string, subscriber: Subscriber): Promise<() => Promise<void>> {
    const subscribers = this.#subscribers.get(channel) ?? new Set();
    this.#subscribers.set(channel, subscribers.add(subscriber));
    const remove = () => {
      const last = subscribers.delete(subscriber) && subscribers.size === 0;
      if (last) this.#subscribers.delete(channel);
      return last;
    };
    try {
      await this.#connection.listen(channel);
    } catch (error) {
      remove();
      throw error;
    }
    return async () => {
      if (remove()) await this.#connection.unlisten(channel);
    };
  }

  deliver(channel: string, payload: string): void {
    for (const subscriber of this.#subscribers.get(channel) ?? []) {
      this.#call(channel, () => subscriber.onMessage(payload));
    }
  }

  tellGap(deafMs: number): void {
    for (const [channel, subscribers] of this.#subscribers) {
      for (const subscriber of subscribers) this.#call(channel, () => subscriber.onGap(deafMs));
    }
  }

  /** One subscriber's mistake must not break the connection that the others listen on. */
  #call(channel: string, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#logger.error({ error, channel }, 'A subscriber failed on a notification');
    }
  }
}
