interface Waiting {
  callerId: string;
  begin: () => void;
}

/**
 * So many at one time, and fewer of one caller. Next is who may and had a turn longest ago, so that the
 * many that one caller has waiting are not all before the one of another.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #perCaller: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  /** When callers of whom something waits had their last turn. */
  readonly #served = new Map<string, number>();
  #turns = 0;
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
    const next = this.#next();
    if (next === undefined) return;
    this.#waiting.delete(next);
    // Now: it goes on only after whoever comes meanwhile.
    this.#add(next.callerId, 1);
    next.begin();
  }

  #next(): Waiting | undefined {
    const waiting = [...this.#waiting];
    const callers = new Set(waiting.map(({ callerId }) => callerId));
    for (const callerId of this.#served.keys())
      if (!callers.has(callerId) && !this.#running.has(callerId)) this.#served.delete(callerId);
    const lastTurn = ({ callerId }: Waiting) => this.#served.get(callerId) ?? 0;
    return waiting
      .filter(({ callerId }) => this.#mayRun(callerId))
      .reduce<Waiting | undefined>(
        (first, each) => (first && lastTurn(first) <= lastTurn(each) ? first : each),
        undefined,
      );
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
    if (change > 0) this.#served.set(callerId, (this.#turns += 1));
    this.#count += change;
    const running = (this.#running.get(callerId) ?? 0) + change;
    if (running === 0) this.#running.delete(callerId);
    else this.#running.set(callerId, running);
  }
}
