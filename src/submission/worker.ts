import type { Requester } from '../audit/events.ts';
import type { Logger } from '../logger.ts';
import type { Leases } from './leases.ts';
import type { Due } from '../generation/decisions.ts';
import type { LeasedGeneration } from '../generation/generation.ts';
import type { Room } from './room.ts';

export interface WorkerOptions {
  leases: Leases;
  /** The steps of a leased generation: send it, look at it. */
  submit: (generation: LeasedGeneration) => Promise<void>;
  follow: (generation: LeasedGeneration) => Promise<void>;
  /** Has the queued task of a leased generation cancelled at MiniMax, because somebody wants it. */
  cancel: (generation: LeasedGeneration, requester: Requester) => Promise<void>;
  /** Settles what dead servers left behind. */
  settleAbandoned: () => Promise<void>;
  log: Logger;
  /** How many generations are worked on at once. */
  concurrency: number;
  /** Of the images that are sent at once; one request goes at any time, however large. */
  imageBytes: number;
  leaseMs: number;
  tickMs: number;
  /** What else is to be done once an hour. It logs its own errors, and ends early when told to. */
  hourly: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** What is to be done once a minute. It logs its own errors. */
  minutely: () => Promise<void>;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/**
 * The background loop: takes what is due, a bounded number at once, and advances it.
 *
 * Any number of servers may run one on the same database; the leases in the
 * table share the work among them.
 */
export class GenerationWorker {
  readonly #options: WorkerOptions;
  /** By lease token. */
  readonly #inFlight = new Map<string, { id: string; imageBytes: number; job: Promise<void> }>();
  /** Whether the last look stopped for want of room, so that more may be due. */
  #moreMayBeDue = false;
  #pass: Promise<number> | undefined;
  /** What to look for when this look has ended. */
  #wanted: Due | undefined;
  #renewing = false;
  #stopping = false;
  #timers: NodeJS.Timeout[] = [];
  readonly #chores = new AbortController();
  #choring: Promise<void> = Promise.resolve();
  #minuting: Promise<void> = Promise.resolve();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    const { tickMs, leaseMs } = this.#options;
    this.#timers = [
      setInterval(() => this.wake(), tickMs),
      setInterval(() => void this.#renewLeases(), Math.floor(leaseMs / 3)),
      setInterval(() => this.#doChores(), hourMs),
      setInterval(() => void this.doMinutely(), minuteMs),
    ];
    this.#doChores();
  }

  /** How many generations it is sending or looking at now. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Looks for due work now, e.g. because a request has just been stored. */
  wake(due: Due = 'anything'): void {
    if (this.#stopping) return;
    if (this.#pass) {
      if (this.#wanted !== 'anything') this.#wanted = due;
      return;
    }
    this.#pass = this.#claimAndStart(due)
      .catch((error: unknown) => {
        this.#options.log.error(
          { error },
          'looking for due work failed; trying again at the next tick',
        );
        return 0;
      })
      .finally(() => {
        this.#pass = undefined;
        const wanted = this.#wanted;
        this.#wanted = undefined;
        if (wanted) this.wake(wanted);
      });
  }

  /** Looks at one running task now, unless somebody is looking at it already. */
  async look(generationId: string): Promise<void> {
    await this.#take(generationId, this.#options.follow);
  }

  /** Has the queued task of a running one cancelled; false when somebody is looking at it. */
  async cancel(generationId: string, requester: Requester): Promise<boolean> {
    const { cancel } = this.#options;
    return await this.#take(generationId, (generation) => cancel(generation, requester));
  }

  /** Does everything that is due now and resolves when it is done. */
  async runOnce(): Promise<void> {
    let started: number;
    do {
      while (this.#pass) await this.#pass;
      started = await this.#claimAndStart('anything');
      await Promise.all(this.#jobs());
    } while (started > 0);
  }

  /** Takes no more work and resolves when what is under way has been stored. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const [tick] = this.#timers;
    clearInterval(tick);
    this.#chores.abort();
    while (this.#pass) await this.#pass;
    await Promise.all(this.#jobs());
    await Promise.all([this.#choring, this.#minuting]);
    // Until then, the leases of what is under way are still being renewed.
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #claimAndStart(due: Due): Promise<number> {
    const { leases, submit, follow, settleAbandoned } = this.#options;
    if (due === 'anything') await settleAbandoned();

    let started = 0;
    if (this.#free > 0) {
      const submissions = await leases.claimSubmissions(this.#room);
      for (const generation of submissions) void this.#start(generation, () => submit(generation));
      started += submissions.length;
    }
    const room = this.#free;
    if (room <= 0) {
      this.#moreMayBeDue = true;
    } else if (due === 'anything') {
      const followUps = await leases.claimFollowUps(room);
      this.#moreMayBeDue = followUps.length >= room;
      for (const generation of followUps) void this.#start(generation, () => follow(generation));
      started += followUps.length;
    }
    return started;
  }

  /** Takes a step with one running task now; false when somebody else is taking one. */
  async #take(
    generationId: string,
    step: (generation: LeasedGeneration) => Promise<void>,
  ): Promise<boolean> {
    const generation = await this.#options.leases.claimOne(generationId);
    if (generation) await this.#start(generation, () => step(generation));
    return generation !== null;
  }

  #start(generation: LeasedGeneration, step: () => Promise<void>): Promise<void> {
    const imageBytes = generation.status === 'SUBMITTING' ? generation.inputImageBytes : 0;
    const job = step()
      .catch((error: unknown) => {
        // The lease ends by itself; then the row is taken up again, or called uncertain.
        this.#options.log.error(
          { generationId: generation.id, error },
          'advancing a generation failed',
        );
      })
      .finally(() => {
        this.#inFlight.delete(generation.leaseToken);
        // With room for a good many: a look for each single one would cost more than it brings.
        const hasRoom = this.#moreMayBeDue && this.#free >= this.#options.concurrency / 4;
        // Another may have waited for the room of these images.
        if (hasRoom || imageBytes > 0) this.wake();
      });
    this.#inFlight.set(generation.leaseToken, { id: generation.id, imageBytes, job });
    return job;
  }

  /** One after the other; a round that takes more than an hour delays the next. */
  #doChores(): void {
    this.#choring = this.#choring.then(async () => {
      for (const chore of this.#options.hourly) {
        if (!this.#stopping) await chore(this.#chores.signal);
      }
    });
  }

  /** After the one before; one that takes more than a minute delays the next. */
  async doMinutely(): Promise<void> {
    this.#minuting = this.#minuting.then(async () => {
      if (!this.#stopping) await this.#options.minutely();
    });
    await this.#minuting;
  }

  get #free(): number {
    return this.#options.concurrency - this.#inFlight.size;
  }

  get #room(): Room {
    const sending = [...this.#inFlight.values()].reduce((sum, job) => sum + job.imageBytes, 0);
    const imageBytes = this.#options.imageBytes - sending;
    return { requests: this.#free, imageBytes, sendsNoImages: sending === 0 };
  }

  #jobs(): Promise<void>[] {
    return [...this.#inFlight.values()].map(({ job }) => job);
  }

  async #renewLeases(): Promise<void> {
    const held = [...this.#inFlight].map(([leaseToken, { id }]) => ({ id, leaseToken }));
    // Beside one that is slow, another would lock the same rows in another order: a deadlock.
    if (held.length === 0 || this.#renewing) return;
    this.#renewing = true;
    try {
      await this.#options.leases.renew(held);
    } catch (error) {
      this.#options.log.warn({ error }, 'renewing leases failed');
    } finally {
      this.#renewing = false;
    }
  }
}
