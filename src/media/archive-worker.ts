import type { Logger } from '../logger.ts';
import type { Archive } from './archive.ts';
import type { ArchiveStore } from './archive-store.ts';
import type { Removal } from './removal.ts';

export interface ArchiveWorkerOptions {
  archive: Archive;
  store: ArchiveStore;
  removal: Removal;
  log: Logger;
  /** Videos under way at a time. */
  concurrency: number;
}

const tickMs = 2_000;

/** The background loop that stores finished videos, a bounded number at once, apart from what sends and looks. */
export class ArchiveWorker {
  readonly #options: ArchiveWorkerOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #pass: Promise<number> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ArchiveWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#wake(), tickMs);
  }

  /** Stores everything that is due now and resolves when what came of it is stored too. */
  async runOnce(): Promise<void> {
    let started: number;
    do {
      while (this.#pass) await this.#pass;
      started = await this.#take();
      await Promise.all(this.#inFlight);
      // What ended has looked for more.
    } while (started > 0 || this.#pass);
  }

  /** Takes no more, ends what is under way, and leaves it to the next server. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    while (this.#pass) await this.#pass;
    await Promise.all(this.#inFlight);
  }

  #wake(): void {
    if (this.#stopping.signal.aborted || this.#pass) return;
    this.#pass = this.#take()
      .catch((error: unknown) => {
        this.#options.log.error({ error }, 'looking for videos to store failed; trying again soon');
        return 0;
      })
      .finally(() => (this.#pass = undefined));
  }

  async #take(): Promise<number> {
    const { store, removal, concurrency } = this.#options;
    await removal.run();
    const free = concurrency - this.#inFlight.size;
    if (free <= 0) return 0;
    const jobs = await store.claim(free);
    for (const job of jobs) {
      const work = this.#keep(job).finally(() => {
        this.#inFlight.delete(work);
        this.#wake();
      });
      this.#inFlight.add(work);
    }
    return jobs.length;
  }

  async #keep(job: Parameters<Archive['keep']>[0]): Promise<void> {
    const { archive, log } = this.#options;
    try {
      await archive.keep(job, this.#stopping.signal);
    } catch (error) {
      // When the lease has ended it is taken up again.
      const { generationId } = job;
      log.error({ generationId, error }, 'what came of storing a video could not be stored');
    }
  }
}
