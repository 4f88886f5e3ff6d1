import { actorOf, eventRow, type Requester } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { beginLife } from '../database/life.ts';
import type { Logger } from '../logger.ts';
import { isId } from '../graphql/ids.ts';
import type { VideoGeneration } from './generation.ts';
import { isNeedless, needlessReason } from './settle-submission.ts';
import type { GenerationStore } from './store.ts';
import { notifyAll, type GenerationUpdates } from './updates.ts';
import { userError, type UserError } from './user-errors.ts';

/**
 * What is held: `changed`, what was queued in another incarnation of the database; `all`, that and
 * whatever is queued at the start; `off`, nothing.
 */
export type HoldQueued = 'changed' | 'all' | 'off';

export interface HoldOptions {
  prisma: Database['prisma'];
  store: GenerationStore;
  updates: GenerationUpdates;
  log: Logger;
  now: () => Date;
  /** Only generations of this kind are touched. */
  simulated: boolean;
  holdQueued: HoldQueued;
  /** Looks for due work now. */
  wakeWorker: () => void;
}

/** One call of the mutation. */
export const maxReleasedAtOnce = 100;

export interface ReleaseResult {
  generations: readonly VideoGeneration[];
  userErrors: readonly UserError[];
}

/** One transaction each: others get their turn in between. */
const batchSize = 500;

/** The log names no more. */
const idsLogged = 20;

interface Held {
  id: string;
  version: number;
  /** Of the database: in which it was queued, and now. */
  queuedIn: string;
  now: string;
}

/** What is held, and what is said of it: in its event, in the log. */
interface Why {
  which: Prisma.Sql;
  reason: string;
  message: string;
}

const everything: Why = {
  which: Prisma.sql`TRUE`,
  reason: 'HOLD_QUEUED is all',
  message: 'whatever is queued is held, as HOLD_QUEUED says, until an admin releases it',
};

const ofAnother: Why = {
  which: Prisma.sql`incarnation <> (SELECT database_incarnation())`,
  reason: 'the database is another one or an older one: this may have been sent',
  message:
    'the database is another one or an older one than before: what was queued may have been sent, and is held until an admin releases it',
};

/** Of rows that are few: with what may be needless, its place in the table is found. */
const needless = (among: Prisma.Sql): Why => ({
  which: Prisma.sql`${among} AND ${isNeedless(Prisma.sql`request`)}`,
  reason: needlessReason,
  message:
    'what repeats others, or was sent before, that go on after all is held until an admin releases it: two would be paid',
});

const repeating = Prisma.sql`retry_of_id IS NOT NULL`;
const madeAnew = Prisma.sql`source_id IS NOT NULL`;

/** Was sent before, and a task was named. */
const named = Prisma.sql`id = ANY (ARRAY(
  SELECT generation_id FROM submission WHERE outcome = 'UNKNOWN' AND task_id IS NOT NULL))`;

/**
 * What is queued and must not be sent, since it may have been sent already.
 *
 * A database that comes back as another one or as an older one (a promoted standby, a restored
 * backup) may have forgotten what was sent. Each row knows in which incarnation of the database it
 * was queued, and a claim takes only those of the present one (submission/leases.ts). What is done
 * here lets people see it and decide.
 */
export class Holds {
  readonly #options: HoldOptions;
  #stop: (() => void) | undefined;
  #noticing: Promise<void> = Promise.resolve();

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  /** Holds what is to be held now, and from now on whenever the database was away. */
  async start(): Promise<void> {
    const { prisma, updates, log, now, simulated, holdQueued } = this.#options;
    if (holdQueued === 'off') return;
    if (holdQueued === 'all') {
      await beginLife(prisma, now());
      // Should nobody be sending it, then nobody knows how far it had come.
      await prisma.$executeRaw`
        UPDATE video_generation SET incarnation = ''
        WHERE status = 'SUBMITTING' AND simulated = ${simulated}`;
    }
    await this.#hold(holdQueued === 'all' ? everything : ofAnother);
    this.#stop = updates.listen({
      onChange: () => undefined,
      onGap: () => {
        this.#noticing = this.#noticing
          .then(() => this.notice())
          .catch((error: unknown) => {
            log.error({ error }, 'what is queued could not be looked through; it is not sent');
          });
      },
    });
  }

  /** Holds what was queued in another incarnation of the database. */
  async notice(): Promise<void> {
    if (this.#options.holdQueued !== 'off') await this.#hold(ofAnother);
  }

  /** How many are held. */
  async count(): Promise<number> {
    const { prisma, simulated } = this.#options;
    const [{ count }] = await prisma.$queryRaw<[{ count: number }]>`
      SELECT count(*)::int AS count FROM video_generation
      WHERE held_at IS NOT NULL AND simulated = ${simulated}`;
    return count;
  }

  /** Has those with these ids sent when their turns come; what is not held is left as it is. */
  async release(given: readonly string[], requester: Requester): Promise<ReleaseResult> {
    const { store, log, wakeWorker } = this.#options;
    const ids = [...new Set(given.map((id) => id.toLowerCase()))];
    const refuse = (message: string) => ({
      generations: [],
      userErrors: [userError('ids', 'IDS_INVALID', message)],
    });
    if (ids.length === 0 || ids.length > maxReleasedAtOnce) {
      return refuse(`Name 1 to ${maxReleasedAtOnce} generations, not ${ids.length}.`);
    }
    const rows = await store.findMany(ids.filter(isId));
    const found = new Map(rows.map((generation) => [generation.id, generation]));
    const unknown = ids.find((id) => !found.has(id));
    if (unknown !== undefined) return refuse(`There is no generation ${unknown.slice(0, 100)}.`);
    const actor = actorOf(requester);
    for (const id of ids) {
      const generation = found.get(id)!;
      if (generation.heldAt === null) continue;
      const released = await store.release(generation, { action: 'GENERATION_RELEASED', actor });
      if (released) log.info({ generationId: id, callerId: actor.callerId }, 'generation released');
      found.set(id, released ?? (await store.find(id))!);
    }
    wakeWorker();
    return { generations: ids.map((id) => found.get(id)!), userErrors: [] };
  }

  async stop(): Promise<void> {
    this.#stop?.();
    await this.#noticing;
  }

  /** Holds, among these or all, what would be paid twice; it logs its own errors. */
  async holdNeedless(ids?: readonly string[]): Promise<void> {
    const among = ids ? [Prisma.sql`id = ANY (${ids}::uuid[])`] : [repeating, madeAnew, named];
    try {
      for (const rows of among) await this.#hold(needless(rows));
    } catch (error) {
      this.#options.log.error({ error }, 'what would be paid twice could not be looked for');
    }
  }

  async #hold(why: Why): Promise<void> {
    const { log } = this.#options;
    let count = 0;
    let first: Held[] = [];
    for (;;) {
      const held = await this.#holdBatch(why);
      if (count === 0) first = held;
      count += held.length;
      if (held.length < batchSize) break;
    }
    if (count === 0) return;
    const { queuedIn, now } = first[0]!;
    const generationIds = first.slice(0, idsLogged).map(({ id }) => id);
    log.error({ count, queuedIn, now, generationIds }, why.message);
  }

  async #holdBatch({ which, reason }: Why): Promise<Held[]> {
    const { prisma, simulated } = this.#options;
    const now = this.#options.now();
    return await prisma.$transaction(async (tx) => {
      // Of servers that do the same at once each gets its own.
      const held = await tx.$queryRaw<Held[]>`
        UPDATE video_generation
        SET held_at = ${now}, next_attempt_at = NULL, updated_at = ${now}, version = version + 1
        WHERE id = ANY (ARRAY(
          SELECT id FROM video_generation AS request
          WHERE status = 'QUEUED' AND simulated = ${simulated} AND held_at IS NULL AND ${which}
          ORDER BY id LIMIT ${batchSize} FOR UPDATE SKIP LOCKED
        ))
        RETURNING id::text, version, incarnation AS "queuedIn",
          (SELECT database_incarnation()) AS now`;
      if (held.length === 0) return [];
      await tx.auditEvent.createMany({
        data: held.map(({ id, version, queuedIn, now: current }) => {
          const detail = { reason, queuedIn, now: current };
          return {
            ...eventRow({ action: 'GENERATION_HELD', detail }, now),
            generationId: id,
            sequence: version,
          };
        }),
      });
      await notifyAll(tx, held, 'QUEUED');
      return held;
    });
  }
}
