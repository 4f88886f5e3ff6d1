interface Waiting {
  callerId: string;
  begin: () => void;
}

/** So many at one time, and fewer of one caller; of the others whoever has waited longest and may is next. */
export class Turns {
  readonly #atOnce: number;
  readonly #perCaller: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #count = 0;

  constructor(atOnce: number, perCaller: number) {
    this.#atOnce = atOnce;
    this.#perCaller = perCaller;
  }

  async run<T>(callerId: string, work: () => Promise<T>): Promise<T> {
    await this.take(callerId);
    try {
      return await work();
    } finally {
      this.give(callerId);
    }
  }

  /** Waits for a turn, which must be given back; false when it has not come in time. */
  async take(callerId: string, waitMs?: number): Promise<boolean> {
    if (!this.#mayRun(callerId)) return await this.#wait(callerId, waitMs);
    this.#add(callerId, 1);
    return true;
  }

  give(callerId: string): void {
    this.#add(callerId, -1);
    for (const waiting of this.#waiting) {
      if (!this.#mayRun(waiting.callerId)) continue;
      this.#waiting.delete(waiting);
      // Now: it goes on only after whoever comes meanwhile.
      this.#add(waiting.callerId, 1);
      waiting.begin();
      return;
    }
  }

  #mayRun(callerId: string): boolean {
    return this.#count < this.#atOnce && (this.#running.get(callerId) ?? 0) < this.#perCaller;
  }

  async #wait(callerId: string, waitMs: number | undefined): Promise<boolean> {
    return await new Promise((resolve) => {
      const waiting = { callerId, begin };
      const giveUp = () => {
        this.#waiting.delete(waiting);
        resolve(false);
      };
      const timer = waitMs === undefined ? undefined : setTimeout(giveUp, waitMs);
      function begin(): void {
        clearTimeout(timer);
        resolve(true);
      }
      this.#waiting.add(waiting);
    });
  }

  #add(callerId: string, change: number): void {
    this.#count += change;
    const running = (this.#running.get(callerId) ?? 0) + change;
    if (running === 0) this.#running.delete(callerId);
    else this.#running.set(callerId, running);
  }
}
