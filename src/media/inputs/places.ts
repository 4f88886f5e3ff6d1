/** So many at one time, and fewer of one caller; who finds no place is told at once. */
export class Places {
  readonly #atOnce: number;
  readonly #perCaller: number;
  readonly #taken = new Map<string, number>();

  constructor(atOnce: number, perCaller: number) {
    this.#atOnce = atOnce;
    this.#perCaller = perCaller;
  }

  /** Gives the place back when called; null when there is none. */
  take(callerId: string): (() => void) | null {
    const own = this.#taken.get(callerId) ?? 0;
    const all = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    if (all >= this.#atOnce || own >= this.#perCaller) return null;
    this.#taken.set(callerId, own + 1);
    return () => {
      const left = this.#taken.get(callerId)! - 1;
      if (left > 0) this.#taken.set(callerId, left);
      else this.#taken.delete(callerId);
    };
  }
}
