interface Waiting {
  callerId: string;
  place: number;
  begin: () => void;
}

/**
 * So many at one time, and fewer of one caller. The many that one caller has waiting are not all before
 * the one of another: each of them is a place further back than the one before, and who comes anew has
 * the place that has its turn now.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #perCaller: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  /** The next one of each caller, where that is not the one that has its turn now. */
  readonly #places = new Map<string, number>();
  #now = 0;
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
    const place = Math.max(this.#now, this.#places.get(callerId) ?? 0);
    this.#places.set(callerId, place + 1);
    if (!this.#mayRun(callerId)) return await this.#wait({ callerId, place }, waitMs);
    this.#begin({ callerId, place });
    return true;
  }

  give(callerId: string): void {
    this.#count -= 1;
    const running = this.#running.get(callerId)! - 1;
    if (running === 0) this.#running.delete(callerId);
    else this.#running.set(callerId, running);
    let next: Waiting | undefined;
    for (const each of this.#waiting)
      if (this.#mayRun(each.callerId) && !(next && next.place <= each.place)) next = each;
    if (next === undefined) return;
    this.#waiting.delete(next);
    // Now: it goes on only after whoever comes meanwhile.
    this.#begin(next);
    next.begin();
  }

  #begin({ callerId, place }: Pick<Waiting, 'callerId' | 'place'>): void {
    this.#count += 1;
    this.#running.set(callerId, (this.#running.get(callerId) ?? 0) + 1);
    this.#now = Math.max(this.#now, place);
    for (const [id, next] of this.#places) if (next <= this.#now) this.#places.delete(id);
  }

  #mayRun(callerId: string): boolean {
    return this.#count < this.#atOnce && (this.#running.get(callerId) ?? 0) < this.#perCaller;
  }

  async #wait(given: Omit<Waiting, 'begin'>, waitMs: number | undefined): Promise<boolean> {
    return await new Promise((resolve) => {
      const waiting = { ...given, begin };
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
}
