import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Channels } from './channels.ts';
import type { Subscriber } from './channels.ts';
import { DatabaseClient } from './client.ts';
import type { DatabaseLogger } from './database-logger.ts';
import { usualLimits } from './limits.ts';

const LONGEST_PAUSE_MS = 5_000;

/** A server that takes longer to let somebody in is asked again. */
const CONNECT_WITHIN_MS = 10_000;

/**
 * A server's notifications, over one connection of their own that is made again whenever it breaks.
 *
 * It connects with the first subscriber. A connection that fell silent without breaking (a lost
 * network path), or that leads to a server which has become read-only and hears of nothing any more,
 * is found by a query sent every ten seconds.
 */
export class ServerListener {
  readonly #config: pg.ClientConfig;
  readonly #logger: DatabaseLogger;
  readonly #heartbeat: { everyMs: number; silenceMs: number };
  readonly #channels: Channels;
  readonly #closing = new AbortController();
  /** The connection, or the attempts to make one; undefined before the first subscriber. */
  #connection: Promise<pg.Client> | undefined;
  /** The connection while it is up. */
  #live: pg.Client | undefined;
  /** When the connection was last known to be up. */
  #heardAt = 0;
  /** Settles when the statement sent last has; a pg client wants one at a time. */
  #lastStatement: Promise<unknown> = Promise.resolve();

  constructor(
    config: pg.ClientConfig,
    logger: DatabaseLogger,
    heartbeat = { everyMs: 10_000, silenceMs: usualLimits.silenceMs },
  ) {
    this.#config = config;
    this.#logger = logger;
    this.#heartbeat = heartbeat;
    this.#channels = new Channels(
      {
        listen: (channel) => this.#listen(channel),
        unlisten: (channel) => this.#unlisten(channel),
      },
      logger,
    );
  }

  subscribe(channel: string, subscriber: Subscriber): Promise<() => Promise<void>> {
    return this.#channels.subscribe(channel, subscriber);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = await this.#connection?.catch(() => undefined);
    await client?.end();
  }

  async #listen(channel: string): Promise<void> {
    this.#closing.signal.throwIfAborted();
    this.#connection ??= this.#connect().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    const client = await this.#connection;
    try {
      await this.#send(client, `LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      if (client === this.#live) throw error;
      // Lost meanwhile: the next connection listens to every channel that has a subscriber.
      await this.#connection;
    }
  }

  async #unlisten(channel: string): Promise<void> {
    // A lost connection listens to nothing, and the next one leaves this channel out.
    if (!this.#live) return;
    await this.#send(this.#live, `UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
  }

  #send(client: pg.Client, statement: string): Promise<unknown> {
    const result = this.#lastStatement.then(() => client.query(statement));
    this.#lastStatement = result.catch(() => undefined);
    return result;
  }

  async #connect(): Promise<pg.Client> {
    const client = new DatabaseClient({
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      ...this.#config,
      silenceMs: this.#heartbeat.silenceMs,
    });
    let failure: Error | undefined;
    // Without a listener an error of this connection would end the process.
    client.on('error', (error) => (failure = error));
    client.on('end', () => this.#onEnd(client, failure));
    client.on('notification', ({ channel, payload }) =>
      this.#channels.deliver(channel, payload ?? ''),
    );
    try {
      await client.connect();
      for (const channel of this.#channels.names) {
        await this.#send(client, `LISTEN ${pg.escapeIdentifier(channel)}`);
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#live = client;
    this.#heardAt = performance.now();
    this.#watch(client);
    return client;
  }

  #onEnd(client: pg.Client, failure: Error | undefined): void {
    if (client !== this.#live) return;
    this.#live = undefined;
    if (this.#closing.signal.aborted) return;
    this.#logger.warn({ error: failure }, 'Lost the connection that listens for notifications');
    this.#connection = this.#reconnect();
    // Whoever subscribes meanwhile sees the rejection; without one, closing must not look unhandled.
    this.#connection.catch(() => undefined);
  }

  async #reconnect(): Promise<pg.Client> {
    const heardAt = this.#heardAt;
    for (let attempt = 0; ; attempt++) {
      this.#closing.signal.throwIfAborted();
      try {
        const client = await this.#connect();
        const deafMs = performance.now() - heardAt;
        this.#logger.info({ attempt }, 'Listening for notifications again');
        this.#channels.tellGap(deafMs);
        return client;
      } catch (error) {
        this.#logger.warn({ error, attempt }, 'Cannot listen for notifications yet');
        const longest = Math.min(100 * 2 ** attempt, LONGEST_PAUSE_MS);
        // Spread out, so that many servers do not return to a restarted database in one moment.
        await pause(longest * (0.5 + Math.random() / 2), undefined, {
          signal: this.#closing.signal,
        });
      }
    }
  }

  #watch(client: pg.Client): void {
    const timer = setInterval(() => {
      const askedAt = performance.now();
      this.#send(client, "SELECT current_setting('transaction_read_only') AS mode").then(
        (answer) => {
          // What was notified before the question has come before its answer.
          this.#heardAt = askedAt;
          const { rows } = answer as pg.QueryResult<{ mode: string }>;
          if (rows[0]!.mode === 'on') client.connection.stream.destroy();
        },
        // It is destroyed by then, which `onEnd` was told of.
        () => undefined,
      );
    }, this.#heartbeat.everyMs);
    client.once('end', () => clearInterval(timer));
  }
}
