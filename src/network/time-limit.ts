/** A timer that fires this much later than asked was held up: the process was suspended, or busy. */
const heldUpMs = 50;

/** After it was held up, a process gets so long to read what has arrived meanwhile. */
const graceMs = 1_000;

/**
 * Aborts its signal when a time has passed, yet never before what has arrived by then was read.
 *
 * When a suspended process wakes, its timers run before it reads from its sockets, and an answer that
 * has been waiting there would be thrown away. So the limit lets one round of reading go first, and
 * a second's worth of them when it was late itself.
 */
export class TimeLimit {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #afterReading: NodeJS.Immediate | undefined;
  #ended = false;

  /** From now on, in milliseconds. */
  constructor(ms: number) {
    this.restart(ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins anew, from now on; nothing when it has ended. */
  restart(ms: number): void {
    if (this.#ended) return;
    this.#clear();
    const dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueAt < heldUpMs) this.#abort();
      else this.#timer = setTimeout(() => this.#abort(), graceMs);
    }, ms);
  }

  /** The signal is not aborted any more. */
  end(): void {
    this.#ended = true;
    this.#clear();
  }

  #clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#afterReading);
  }

  #abort(): void {
    this.#afterReading = setImmediate(() => this.#controller.abort());
  }
}
