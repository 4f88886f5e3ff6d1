import { v7 as uuidV7 } from 'uuid';
import type { Database } from '../database/database.ts';
import { Prisma, type Submission } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import type { LeasedGeneration } from '../generation/generation.ts';
import type { Holds, HoldQueued } from '../generation/holds.ts';
import { speaks } from '../generation/guards.ts';
import { allColumns } from '../generation/rows.ts';
import type { ApiGeneration } from '../minimax/model.ts';
import { claiming, type ClaimedRow } from './claim.ts';
import type { UpstreamKey } from './request-budget.ts';
import { without, type Room } from './room.ts';

export interface LeaseOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  key: UpstreamKey;
  now: () => Date;
  leaseMs: number;
  /** Only generations of this kind are touched: simulated ones never reach MiniMax, nor the other way round. */
  simulated: boolean;
  /** Where this server keeps media. */
  storageId: string;
  holds: Pick<Holds, 'notice' | 'holdNeedless'>;
  holdQueued: HoldQueued;
}

/** What was being submitted by a server that stopped, and the record of that. */
export type Abandoned = LeasedGeneration & { submission: Submission | null; isOurs: boolean };

/** What could not be taken is left alone for so long: many of those are not to keep the rest waiting. */
const passedOverMs = 10_000;

/** Of what waits to be sent the longest, and for which API generations something waits. */
interface Due {
  isOurs: boolean;
  queuedFor: ApiGeneration[];
}

/** Of a row: that it was queued, or claimed, in the present incarnation of the database. */
export const isOfThisDatabase = Prisma.sql`incarnation = (SELECT database_incarnation())`;

/** Of a claim that finds all taken by others; then the next tick is waited for. */
const mostTries = 5;

/**
 * Who works on what: any number of servers on one database share the work by
 * leases that end by themselves when a server does.
 *
 * What runs at every tick is written in SQL with its statuses as literals. As
 * parameters, which is how Prisma writes them, they may not use the partial
 * index, and a plan that PostgreSQL makes once for all values reads the table.
 */
export class Leases {
  readonly #options: LeaseOptions;
  /** Of a row: that it may be taken for one that this database has not forgotten to have sent. */
  readonly #isOurs: Prisma.Sql;
  /** Lease tokens of claims that may have been committed. */
  #doubtful: string[] = [];
  /** What could not be taken, and until when it is left alone. */
  readonly #passedOver = new Map<string, number>();
  /** Which API generation has its turn first; the other one the next time. */
  #turns: [ApiGeneration, ApiGeneration] = [2, 1];

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#isOurs = options.holdQueued === 'off' ? Prisma.sql`TRUE` : isOfThisDatabase;
  }

  /**
   * Takes due requests for submission, as far as there is room and the key's budget
   * allows, and moves them to SUBMITTING.
   *
   * Callers take turns, whoever was served longest ago first; the requests of
   * one caller go oldest first. One whose images find no room holds up only those with images. Budget, lease, status and the event that says
   * "about to be sent" are committed together, so whatever is sent is known
   * before it is sent, in one statement, so that a server that is frozen meanwhile
   * holds nobody up. Servers that claim at once wait for each other on the
   * key's row, which is what makes the budget hold across them.
   */
  async claimSubmissions(room: Room): Promise<LeasedGeneration[]> {
    const found = await this.#findDoubtful();
    if (found.length > 0) return found;
    const due = await this.#findDue();
    if (due === undefined) return [];
    // The claim leaves it alone by itself, should this come too late.
    if (!due.isOurs) await this.#options.holds.notice();
    this.#turns = [this.#turns[1], this.#turns[0]];
    const leased: LeasedGeneration[] = [];
    for (const apiGeneration of this.#turns) {
      if (!due.queuedFor.includes(apiGeneration)) continue;
      const left = without(room, leased);
      if (left.requests > 0) leased.push(...(await this.#claimOf(apiGeneration, left)));
    }
    return leased;
  }

  /** Of what is due the longest, and for which API generations requests wait; undefined where nothing is due. */
  async #findDue(): Promise<Due | undefined> {
    const { database, simulated, now } = this.#options;
    const isQueued = Prisma.sql`status = 'QUEUED' AND simulated = ${simulated}`;
    const [due] = await readRows<Due>(
      database.pool,
      Prisma.sql`
        SELECT "isOurs", ARRAY(
          SELECT api_generation FROM (VALUES (1), (2)) AS asked (api_generation) WHERE EXISTS (
            SELECT FROM video_generation AS queued
            WHERE ${isQueued} AND queued.api_generation = asked.api_generation
          )
        ) AS "queuedFor"
        FROM (
          SELECT ${this.#isOurs} AS "isOurs" FROM video_generation
          WHERE ${isQueued} AND next_attempt_at <= ${now()} ORDER BY next_attempt_at LIMIT 1
        ) AS longest`,
      'find due',
    );
    return due;
  }

  async #claimOf(apiGeneration: ApiGeneration, room: Room): Promise<LeasedGeneration[]> {
    const now = this.#options.now().getTime();
    for (const [id, until] of this.#passedOver) if (until <= now) this.#passedOver.delete(id);
    for (let tries = 1; ; tries += 1) {
      const { leased, chosen } = await this.#claim(apiGeneration, room);
      // Another server has taken it in the meantime, somebody has locked it, the database gives it to no server
      // of this version, or two would be paid.
      const taken = new Set(leased.map(({ id }) => id));
      const left = chosen.filter((id) => !taken.has(id));
      for (const id of left) this.#passedOver.set(id, now + passedOverMs);
      if (left.length > 0) await this.#options.holds.holdNeedless(left);
      if (leased.length > 0 || chosen.length === 0 || tries === mostTries) return leased;
    }
  }

  /** Claims, records what is about to be sent, and tells of it. */
  async #claim(
    apiGeneration: ApiGeneration,
    room: Room,
  ): Promise<{ leased: LeasedGeneration[]; chosen: string[] }> {
    const { database, key, simulated, storageId } = this.#options;
    const now = this.#options.now();
    // Made here, so that this server knows what it claimed even when the answer is lost.
    const tokens = Array.from({ length: room.requests }, () => uuidV7({ msecs: now.getTime() }));
    try {
      const statement = claiming({
        key,
        ...{ room, apiGeneration },
        except: [...this.#passedOver.keys()],
        ...{ simulated, storageId },
        isOurs: this.#isOurs,
        tokens,
        now,
        until: this.#end(now),
      });
      const rows = await readRows<ClaimedRow>(database.pool, statement, 'claim submissions');
      const leased = rows.flatMap(({ seen: _seen, ...row }) => (row.id === null ? [] : [row]));
      const { seen } = rows[0]!;
      key.noteClaim(seen, leased.length > 0);
      return { leased, chosen: seen.chosen };
    } catch (error) {
      // It may have been committed all the same.
      this.#doubtful.push(...tokens);
      throw error;
    }
  }

  /** What a claim took whose confirmation was lost with the connection: nothing of it was sent. */
  async #findDoubtful(): Promise<LeasedGeneration[]> {
    if (this.#doubtful.length === 0) return [];
    const { prisma } = this.#options.database;
    const now = this.#options.now();
    const rows = await prisma.videoGeneration.findMany({
      where: {
        status: 'SUBMITTING',
        leaseToken: { in: this.#doubtful },
        leasedUntil: { gt: now },
      },
    });
    this.#doubtful = [];
    return rows as LeasedGeneration[];
  }

  /**
   * Takes up to `limit` running tasks that are due for a look, longest overdue first.
   *
   * `next_attempt_at` stays as it is until the look's outcome is stored: an update that
   * changes no indexed column leaves the table's dozen indexes alone.
   */
  async claimFollowUps(limit: number): Promise<LeasedGeneration[]> {
    const { database, simulated } = this.#options;
    const now = this.#options.now();
    return await readRows(
      database.pool,
      Prisma.sql`
        UPDATE video_generation
        SET lease_token = gen_random_uuid(), leased_until = ${this.#end(now)},
          claim_speaks = ${speaks}
        WHERE id = ANY (ARRAY(
          SELECT id FROM video_generation
          WHERE status = 'PROCESSING' AND simulated = ${simulated} AND next_attempt_at <= ${now}
            AND (leased_until IS NULL OR leased_until <= ${now})
          ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
        ))
        RETURNING ${allColumns}`,
      'claim looks',
    );
  }

  /** Takes one running task, due or not; null while somebody holds it. */
  async claimOne(id: string): Promise<LeasedGeneration | null> {
    const { database, simulated } = this.#options;
    const now = this.#options.now();
    const [row] = await readRows<LeasedGeneration>(
      database.pool,
      Prisma.sql`
        UPDATE video_generation SET lease_token = gen_random_uuid(), leased_until = ${this.#end(now)},
          claim_speaks = ${speaks}
        WHERE id = ${id}::uuid AND status = 'PROCESSING' AND simulated = ${simulated}
          AND (leased_until IS NULL OR leased_until <= ${now})
        RETURNING ${allColumns}`,
      'claim one look',
    );
    return row ?? null;
  }

  /**
   * Up to `limit` generations, with their submissions, whose server stopped renewing its lease before
   * their outcome was stored. Of those that are not ours the database may have forgotten what came of them. What somebody
   * has locked, and `except`, is left out.
   */
  async findAbandoned(limit: number, except: readonly string[]): Promise<Abandoned[]> {
    const { database, now, simulated } = this.#options;
    const abandoned = await readRows<LeasedGeneration & { isOurs: boolean }>(
      database.pool,
      Prisma.sql`
        SELECT ${allColumns}, ${this.#isOurs} AS "isOurs" FROM video_generation
        WHERE status = 'SUBMITTING' AND simulated = ${simulated} AND leased_until <= ${now()}
          AND id <> ALL (${except}::uuid[])
        LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
      'find abandoned',
    );
    if (abandoned.length === 0) return [];
    const ids = abandoned.flatMap(({ submissionId }) => submissionId ?? []);
    const [submissions, free] = await Promise.all([
      database.prisma.submission.findMany({ where: { id: { in: ids } } }),
      database.prisma.$queryRaw<{ id: string }[]>`
        SELECT id::text FROM submission WHERE id = ANY (${ids}::uuid[]) FOR UPDATE SKIP LOCKED`,
    ]);
    const byId = new Map(submissions.map((submission) => [submission.id, submission]));
    const isFree = new Set(free.map(({ id }) => id));
    return abandoned.flatMap((generation) => {
      const submission = byId.get(generation.submissionId ?? '') ?? null;
      return submission && !isFree.has(submission.id) ? [] : [{ ...generation, submission }];
    });
  }

  /** Whether this server holds it still, for a quarter of a lease to come. */
  async isHeld({ id, leaseToken }: LeasedGeneration): Promise<boolean> {
    const { database, now, leaseMs } = this.#options;
    const until = new Date(now().getTime() + leaseMs / 4);
    const found = await readRows(
      database.pool,
      Prisma.sql`
        SELECT id FROM video_generation WHERE id = ${id}::uuid AND status = 'SUBMITTING'
          AND lease_token = ${leaseToken}::uuid AND leased_until > ${until}`,
      'confirm a lease',
    );
    return found.length > 0;
  }

  /** Extends the leases that this server still holds; that of what somebody has locked not this time. */
  async renew(held: readonly { id: string; leaseToken: string }[]): Promise<void> {
    await this.#options.database.prisma.$executeRaw`
      UPDATE video_generation AS generation SET leased_until = ${this.#end(this.#options.now())}
      FROM unnest(
        ${held.map(({ id }) => id)}::uuid[],
        ${held.map(({ leaseToken }) => leaseToken)}::uuid[]
      ) AS held (id, lease_token)
      WHERE generation.id = held.id AND generation.lease_token = held.lease_token
        AND generation.status IN ('SUBMITTING', 'PROCESSING')
        AND generation.leased_until IS NOT NULL AND generation.id = ANY (ARRAY(
          SELECT id FROM video_generation WHERE id = ANY (${held.map(({ id }) => id)}::uuid[])
          FOR UPDATE SKIP LOCKED
        ))`;
  }

  #end(now: Date): Date {
    return new Date(now.getTime() + this.#options.leaseMs);
  }
}
