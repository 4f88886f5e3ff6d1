import type { Sender } from '../graphql/sender.ts';
import { networkOf } from '../graphql/network-of.ts';
import type { NewEvent } from './events.ts';

const minuteMs = 60_000;

/** Recorded by themselves in a minute; what is beyond that is summed up. */
const recordedPerMinute = 20;

/** Networks told apart in a minute; beyond that they count as one. */
const maxNetworks = 10_000;

export interface RefusalOptions {
  record: (event: NewEvent) => Promise<void>;
  log: { error(details: object, message: string): void };
  now: () => Date;
}

/**
 * The refused sign-ins, as events: anybody can cause one and nobody can delete one, so a server writes
 * a bounded number each minute. The first of a network tells who it was; all that is beyond is one
 * event with their number.
 */
export class RefusedSignIns {
  readonly #options: RefusalOptions;
  #minuteEnds = -Infinity;
  #recorded = 0;
  readonly #networks = new Set<string>();
  #unrecorded = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: RefusalOptions) {
    this.#options = options;
  }

  /** Takes note of one, without keeping anybody waiting. */
  readonly note = (sender: Sender, keyPrefix: string | null): void => {
    const now = this.#options.now().getTime();
    if (now >= this.#minuteEnds) this.#begin(now);
    const network = networkOf(sender.ip);
    const isFirst = !this.#networks.has(network);
    if (this.#networks.size < maxNetworks) this.#networks.add(network);
    if (!isFirst || this.#recorded >= recordedPerMinute) {
      this.#unrecorded += 1;
      this.#timer ??= setTimeout(
        () => this.#begin(this.#options.now().getTime()),
        minuteMs,
      ).unref();
      return;
    }
    this.#recorded += 1;
    const { ip, userAgent, requestId } = sender;
    this.#write({
      action: 'SIGN_IN_REFUSED',
      actor: { callerId: null, callerKind: null, ip, userAgent, requestId },
      ...(keyPrefix !== null && { detail: { keyPrefix } }),
    });
  };

  /** Waits for what is being written, and writes what is still to be summed up. */
  async stop(): Promise<void> {
    this.#begin(-Infinity);
    await this.#running;
  }

  /** Ends a minute, and begins the next. */
  #begin(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unrecorded > 0) {
      const detail = { count: this.#unrecorded, networks: this.#networks.size };
      this.#write({ action: 'SIGN_IN_REFUSED', detail });
    }
    this.#minuteEnds = now + minuteMs;
    this.#recorded = 0;
    this.#unrecorded = 0;
    this.#networks.clear();
  }

  #write(event: NewEvent): void {
    const { record, log } = this.#options;
    const written = record(event).catch((error: unknown) => {
      log.error({ error, ip: event.actor?.ip }, 'a refused sign-in could not be recorded');
    });
    this.#running = Promise.all([this.#running, written]);
  }
}
