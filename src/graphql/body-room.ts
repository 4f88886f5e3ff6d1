import type { ServerResponse } from 'node:http';
import { ApiError } from './errors.ts';

/** When to come again that found no room: sooner than idle connections are closed. */
const retryAfterSeconds = 3;

const spareMs = 10_000;

export interface BodyRoomOptions {
  /** Of the bodies that have room at once; a single one has room, however large. */
  bytes: number;
  /** How long a body waits for room. */
  waitMs: number;
}

/** The room that a body has taken. */
export interface Held {
  readonly isHeld: boolean;
  /** Gives back what is not needed. */
  shrink(bytes: number): void;
  /** Gives all of it back; more than once is once. */
  release(): void;
}

interface Waiting {
  bytes: number;
  enter(held: Held): void;
}

/** How much of large bodies may be in memory at once. Who comes first has room first. */
export class BodyRoom {
  readonly #options: BodyRoomOptions;
  readonly #waiting = new Set<Waiting>();
  #taken = 0;
  /** What the last large body was read into. */
  #spare: Buffer | null = null;
  #spareTimer: NodeJS.Timeout | undefined;

  constructor(options: BodyRoomOptions) {
    this.#options = options;
  }

  /** What a body of this length may be read into: memory that was used before, where there is any. */
  bufferOf(length: number): Buffer {
    const spare = this.#spare;
    if (spare === null || spare.length < length) return Buffer.allocUnsafeSlow(length);
    this.#spare = null;
    return spare;
  }

  /**
   * Takes back what nobody reads from any more, for the next body: one after the other would fill the
   * memory faster than it is collected. Kept for a while.
   */
  reuse(buffer: Buffer): void {
    if (this.#spare !== null && this.#spare.length >= buffer.length) return;
    this.#spare = buffer;
    clearTimeout(this.#spareTimer);
    this.#spareTimer = setTimeout(() => (this.#spare = null), spareMs).unref();
  }

  /**
   * Resolves when there is room; rejects with SERVICE_BUSY when there is none in time. Null: nobody
   * waits for the response any more.
   */
  async take(bytes: number, response: ServerResponse): Promise<Held | null> {
    if (response.closed) return null;
    if (this.#waiting.size === 0 && this.#fits(bytes)) return this.#hold(bytes);
    return await new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        response.off('close', onClose);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        bytes,
        enter: (held) => {
          leave();
          resolve(held);
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(busy());
        this.#admit();
      }, this.#options.waitMs);
      const onClose = () => {
        leave();
        resolve(null);
        this.#admit();
      };
      response.once('close', onClose);
      this.#waiting.add(waiting);
    });
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#options.bytes;
  }

  #hold(bytes: number): Held {
    let held = bytes;
    this.#taken += held;
    const shrink = (to: number) => {
      const freed = Math.max(0, held - to);
      held -= freed;
      this.#taken -= freed;
      if (freed > 0) this.#admit();
    };
    return {
      get isHeld() {
        return held > 0;
      },
      shrink,
      release: () => shrink(0),
    };
  }

  #admit(): void {
    for (const waiting of this.#waiting) {
      if (!this.#fits(waiting.bytes)) return;
      waiting.enter(this.#hold(waiting.bytes));
    }
  }
}

function busy(): ApiError {
  return new ApiError(
    'SERVICE_BUSY',
    `Too many large requests at once: this one was not read. Send it again in ${retryAfterSeconds} seconds.`,
    { retryAfterSeconds },
  );
}
