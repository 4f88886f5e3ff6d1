/** The API's time, as the `Date` of its answers tells it: the clock of a browser may be wrong by hours. */
export class ServerClock {
  #aheadMs: number | null = null;

  /** Whether an answer has told it. Until then the machine's own time is given. */
  get isKnown(): boolean {
    return this.#aheadMs !== null;
  }

  note({ headers }: Response): void {
    const told = Date.parse(headers.get('Date') ?? '');
    if (!Number.isNaN(told)) this.#aheadMs = told - Date.now();
  }

  /** In whole seconds at most too early. */
  now(): Date {
    return new Date(Date.now() + (this.#aheadMs ?? 0));
  }
}
