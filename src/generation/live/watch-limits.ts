/** What those who watch may take of memory and connections. */
export const watchLimits = {
  /** Generations that a new watcher of a list is shown when it does not say what it has seen. */
  snapshot: 1_000,
  /** Changes kept for a watcher that is slower than they come; then it reads them when it is ready. */
  unsent: 1_000,
  /** Generations of a first read that a later notification is compared with. */
  readRemembered: 10_000,
  waitMs: 30_000,
  /** Waiting at one time: in all, and of one caller. */
  waiting: 1_000,
  waitingPerCaller: 100,
};
