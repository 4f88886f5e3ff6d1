import { setImmediate as oneTurn, setTimeout as sleep } from 'node:timers/promises';
import DataLoader from 'dataloader';
import type pg from 'pg';
import type { Database } from '../database/database.ts';
import { Prisma, type Submission } from '../database/generated/client.ts';
import { isUnavailable } from '../database/unavailable.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import { readRows } from '../database/read-rows.ts';
import { writeTogether } from '../database/write-together.ts';
import type { LeasedGeneration } from '../generation/generation.ts';
import { isNeedless, isNotAccepted } from '../generation/settle-submission.ts';
import { giveTask } from '../generation/told-tasks.ts';
import { settleBeside, settleInstead } from './settle-beside.ts';
import { outcomeOf, settling, tellsNothing, type Settled, type SettledAnswer } from './settling.ts';

export type { Submission };

export interface SubmissionsOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  now: () => Date;
  /** So much of a lease must be left when a request leaves, in milliseconds. */
  marginMs: number;
}

/** What is to be done about a generation holds at this version of it alone: a callback may tell more. */
type Look = Pick<Submission, 'outcome' | 'taskId'> & { version: number };

/** With the task that a callback had told, where its answer told another. */
interface Stored {
  id: string;
  generationId: string;
  told: string | null;
}

interface Leaving {
  id: string;
  bodyHash: string;
}

/**
 * What comes in the same turn of the event loop goes in one statement; of much of it the first part
 * goes while the rest is still being read.
 */
function inOneTurn() {
  let sendLast = () => {};
  return {
    ...{ cache: false, maxBatchSize: 25 },
    batchScheduleFn(send: () => void) {
      // The one before is full, or has gone with its turn.
      sendLast();
      let sent = false;
      sendLast = () => {
        if (!sent) send();
        sent = true;
      };
      setImmediate(sendLast);
    },
  };
}

const ofNone: Settled = {
  id: '00000000-0000-0000-0000-000000000000',
  answer: { httpStatus: 200, latencyMs: 0, statusCode: null, statusMessage: null, traceId: null },
};

/** So many times what others were answered goes before what follows from an answer. */
const maxTurnsForOthers = 10;

/** A submission whose answer names a task that belongs to another one. */
export class TaskTaken extends Error {}

/**
 * The records of what goes out and costs money: one for each POST that may leave, made with the
 * claim (leases.ts), marked before the connection is opened, settled by the answer.
 */
export class Submissions {
  readonly #options: SubmissionsOptions;
  readonly #confirming = new DataLoader<Leaving, boolean>(
    (leaving) => this.#confirmAll(leaving),
    inOneTurn(),
  );
  readonly #settling = new DataLoader<Settled, void>(
    (settled) => this.#settleTurn(settled),
    inOneTurn(),
  );

  readonly #storing = new Set<Promise<unknown>>();

  constructor(options: SubmissionsOptions) {
    this.#options = options;
  }

  /**
   * Says that the request is about to leave; false when its lease has passed or is about to, or one that
   * was sent before was accepted, or the generation that it repeats, as records tell since: it must not be
   * sent then.
   */
  async confirm({ leaseToken }: LeasedGeneration, bodyHash: string): Promise<boolean> {
    return await this.#confirming.load({ id: leaseToken, bodyHash });
  }

  /** In one statement what is about to leave in the same turn of the event loop. */
  async #confirmAll(leaving: readonly Leaving[]): Promise<boolean[]> {
    const { database, now, marginMs } = this.#options;
    const at = now();
    const until = new Date(at.getTime() + marginMs);
    const confirmed = await readRows<{ id: string }>(
      database.pool,
      Prisma.sql`
        UPDATE submission SET outcome = 'SENT', sent_at = ${at}, body_hash = given.body_hash
        FROM unnest(
          ${leaving.map(({ id }) => id)}::uuid[], ${leaving.map(({ bodyHash }) => bodyHash)}::text[]
        ) AS given (id, body_hash)
        WHERE submission.id = given.id AND outcome = 'PREPARED' AND EXISTS (
          SELECT FROM video_generation AS generation
          WHERE generation.id = submission.generation_id AND generation.status = 'SUBMITTING'
            AND generation.lease_token = submission.id AND generation.leased_until > ${until}
            AND ${isNotAccepted(Prisma.sql`generation`)} AND NOT ${isNeedless(Prisma.sql`generation`)}
        )
        RETURNING submission.id::text`,
      'confirm submissions',
    );
    const ids = new Set(confirmed.map(({ id }) => id));
    return leaving.map(({ id }) => ids.has(id));
  }

  /**
   * Stores what came of it, in one statement, with that of all others whose answers came in the same
   * turn of the event loop. An answer that comes late settles also what had been called unknown, or
   * what a person had decided about it: what was paid is told by MiniMax.
   *
   * Throws `TaskTaken` when another submission of the account has the task.
   */
  async settle(id: string, answer: SettledAnswer): Promise<void> {
    await this.#settling.load({ id, answer });
    await this.#othersFirst();
  }

  /**
   * Lets what has been answered meanwhile be stored, so that what follows from an answer that is
   * stored does not keep others waiting that are not; for some turns only, when answers never cease.
   */
  async #othersFirst(): Promise<void> {
    for (let turns = 0; turns < maxTurnsForOthers; turns++) {
      await oneTurn();
      if (this.#storing.size === 0) return;
      await Promise.all(this.#storing);
    }
  }

  /**
   * Opens the connections and has the statement planned in each, so that the first answers after a
   * start are stored as quickly as others. What the database does not let in now it may later.
   */
  async warmUp(): Promise<void> {
    const connections = this.#options.database.pool.options.max;
    await Promise.allSettled(Array.from({ length: connections }, () => this.#store([ofNone])));
  }

  async #settleTurn(settled: readonly Settled[]): Promise<(void | Error)[]> {
    const storing = this.#settleAll(settled);
    this.#storing.add(storing);
    const results = await storing;
    this.#storing.delete(storing);
    return results;
  }

  /** Of several at once a task that is taken, or whatever else is refused, concerns one: each is tried alone then. */
  async #settleAll(settled: readonly Settled[]): Promise<(void | Error)[]> {
    try {
      await this.#store(settled);
      return settled.map(() => undefined);
    } catch (error) {
      if (settled.length > 1 && !isUnavailable(error))
        return (await Promise.all(settled.map((each) => this.#settleAll([each])))).flat();
      const isTaken = settled[0]!.answer.taskId != null && isUniqueViolation(error);
      if (!isTaken) return settled.map(() => error as Error);
      return [await this.#settleInstead(settled[0]!).catch((failure: unknown) => failure as Error)];
    }
  }

  /** Where another one was said to have its task. */
  async #settleInstead(settled: Settled): Promise<void> {
    const { database, now } = this.#options;
    const at = now();
    if (outcomeOf(settled.answer) !== 'ACCEPTED') throw new TaskTaken();
    try {
      await writeTogether(database.pool, (client) =>
        settleInstead(client, settled, at, () => this.#storeAlone(client, settled, at)),
      );
    } catch (error) {
      throw isUniqueViolation(error) ? new TaskTaken() : error;
    }
  }

  async #store(settled: readonly Settled[]): Promise<void> {
    const { database, now } = this.#options;
    const at = now();
    const stored = await readRows<Stored>(
      database.pool,
      settling(settled, at),
      'settle submissions',
    );
    for (const { generationId, told } of stored) {
      if (told !== null) await this.#giveTold(generationId, told);
    }
    if (stored.length === settled.length) return;
    const ids = new Set(stored.map(({ id }) => id));
    for (const each of settled) {
      if (!ids.has(each.id) && !tellsNothing(each.answer))
        await writeTogether(database.pool, (client) => this.#storeAlone(client, each, at));
    }
  }

  /**
   * To another submission of the generation. It keeps no outcome from being stored: what cannot be done at
   * once is tried again for a minute beside, and the event of the callback tells the task all the same.
   */
  async #giveTold(generationId: string, told: string, tries = 1): Promise<void> {
    const { pool } = this.#options.database;
    try {
      await writeTogether(pool, (client) => giveTask(client, generationId, told));
    } catch (error) {
      if (!isUnavailable(error) || tries === 12) return;
      void sleep(5_000, undefined, { ref: false }).then(() =>
        this.#giveTold(generationId, told, tries + 1),
      );
    }
  }

  async #storeAlone(client: pg.PoolClient, settled: Settled, at: Date): Promise<void> {
    const settle = () => readRows(client, settling([settled], at));
    if ((await settle()).length === 0) await settleBeside(client, settled, at, settle);
  }

  /** Stores that nobody knows what came of it: its server stopped. */
  async giveUp(id: string): Promise<void> {
    await this.#options.database.prisma.submission.updateMany({
      where: { id, outcome: { in: ['PREPARED', 'SENT'] } },
      data: { outcome: 'UNKNOWN', settledAt: this.#options.now() },
    });
  }

  /** The latest other one of the generation that MiniMax may have accepted, as far as is known. */
  async openBeside({ id: generationId, leaseToken }: LeasedGeneration): Promise<Submission | null> {
    return await this.#options.database.prisma.submission.findFirst({
      where: { generationId, id: { not: leaseToken }, outcome: { in: ['UNKNOWN', 'ACCEPTED'] } },
      orderBy: { number: 'desc' },
    });
  }

  /** What its record tells now, and the version of the generation; null where it has none. */
  async look({ id, leaseToken }: LeasedGeneration): Promise<Look | null> {
    const [seen] = await readRows<Look>(
      this.#options.database.pool,
      Prisma.sql`
        SELECT generation.version, outcome, submission.task_id AS "taskId"
        FROM video_generation AS generation JOIN submission ON submission.id = ${leaseToken}::uuid
        WHERE generation.id = ${id}::uuid`,
      'look at a submission',
    );
    return seen ?? null;
  }

  /** Whether nothing was sent for the generation after this one. */
  async isLatest({ leaseToken }: LeasedGeneration): Promise<boolean> {
    const later = await this.#options.database.prisma.$queryRaw<unknown[]>`
      SELECT later.id FROM submission JOIN submission AS later USING (generation_id)
      WHERE submission.id = ${leaseToken}::uuid AND later.number > submission.number LIMIT 1`;
    return later.length === 0;
  }

  /** Stores what the server that claimed it knows, whatever others took it for: that it did not leave. A task that was told is another's. */
  async settleUnsent(id: string): Promise<void> {
    const { database, now } = this.#options;
    const [unsent] = await readRows<Stored>(
      database.pool,
      Prisma.sql`
        WITH before AS MATERIALIZED (
          SELECT id, task_id FROM submission WHERE id = ${id}::uuid FOR UPDATE
        )
        UPDATE submission SET outcome = 'NOT_SENT', task_id = NULL, settled_at = ${now()}
        FROM before
        WHERE submission.id = before.id AND outcome IN ('PREPARED', 'SENT', 'UNKNOWN')
        RETURNING submission.id::text, generation_id::text AS "generationId", before.task_id AS told`,
    );
    if (unsent && unsent.told !== null) await this.#giveTold(unsent.generationId, unsent.told);
  }

  /** Stores that what another server claimed was not sent; false when it was, or is settled already. */
  async giveBack(id: string): Promise<boolean> {
    const { database, now } = this.#options;
    const { count } = await database.prisma.submission.updateMany({
      where: { id, outcome: 'PREPARED' },
      data: { outcome: 'NOT_SENT', settledAt: now() },
    });
    return count > 0;
  }
}
