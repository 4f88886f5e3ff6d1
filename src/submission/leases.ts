import { v7 as uuidV7 } from 'uuid';
import { newEventId } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma, type Submission } from '../database/generated/client.ts';
import { readRows } from '../database/read-rows.ts';
import type { LeasedGeneration } from '../generation/generation.ts';
import type { Holds, HoldQueued } from '../generation/holds.ts';
import { allColumns } from '../generation/rows.ts';
import { tellOf } from '../generation/updates.ts';
import type { UpstreamKey } from './request-budget.ts';
import { findsRoom, type Room } from './room.ts';

export interface LeaseOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  key: UpstreamKey;
  now: () => Date;
  leaseMs: number;
  /** Only generations of this kind are touched: simulated ones never reach MiniMax, nor the other way round. */
  simulated: boolean;
  holds: Pick<Holds, 'notice'>;
  holdQueued: HoldQueued;
}

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
  /** Of a row: that it was queued, or claimed, in the present incarnation of the database. */
  readonly #isOurs: Prisma.Sql;
  /** Lease tokens of claims that may have been committed. */
  #doubtful: string[] = [];

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#isOurs =
      options.holdQueued === 'off'
        ? Prisma.sql`TRUE`
        : Prisma.sql`incarnation = (SELECT database_incarnation())`;
  }

  /**
   * Takes due requests for submission, as far as there is room and the key's budget
   * allows, and moves them to SUBMITTING.
   *
   * Callers take turns, whoever was served longest ago first; the requests of
   * one caller go oldest first. One whose images find no room holds up only those with images. Budget, lease, status and the event that says
   * "about to be sent" are committed together, so whatever is sent is known
   * before it is sent. Servers that claim at once wait for each other on the
   * key's row, which is what makes budget and turns hold across them.
   */
  async claimSubmissions(room: Room): Promise<LeasedGeneration[]> {
    const found = await this.#findDoubtful();
    if (found.length > 0) return found;
    const { database, simulated, holds } = this.#options;
    const { prisma } = database;
    const now = this.#options.now();
    const due = await prisma.$queryRaw<{ isOurs: boolean }[]>`
      SELECT ${this.#isOurs} AS "isOurs" FROM video_generation
      WHERE status = 'QUEUED' AND simulated = ${simulated} AND next_attempt_at <= ${now}
      ORDER BY next_attempt_at LIMIT 1`;
    if (due.length === 0) return [];
    // The claim leaves it alone by itself, should this come too late.
    if (!due[0]!.isOurs) await holds.notice();
    const tokens: string[] = [];
    try {
      return await prisma.$transaction((tx) => this.#claim(tx, room, tokens));
    } catch (error) {
      // It may have been committed all the same.
      this.#doubtful.push(...tokens);
      throw error;
    }
  }

  /** Claims, records what is about to be sent, and tells of it; `tokens` are those that it gave. */
  async #claim(
    tx: Prisma.TransactionClient,
    room: Room,
    tokens: string[],
  ): Promise<LeasedGeneration[]> {
    const { key } = this.#options;
    const now = this.#options.now();
    const budget = await key.lockBudget(tx);
    const free = Math.min(room.requests, budget.free);
    if (free <= 0) return [];
    // Made here, so that this server knows what it claimed even when the commit's confirmation is lost.
    for (let count = 0; count < free; count++) tokens.push(uuidV7({ msecs: now.getTime() }));
    const eventIds = tokens.map(() => newEventId(now));
    const leased = await tx.$queryRaw<LeasedGeneration[]>`
      WITH RECURSIVE ${this.#waiting(now, free)}, fitting AS (
        SELECT *, sum(input_image_bytes) OVER (
          ORDER BY turn, served_at NULLS FIRST, next_attempt_at, id
        ) AS image_bytes
        FROM waiting
      ), chosen AS (
        SELECT id, row_number() OVER (
          ORDER BY turn, served_at NULLS FIRST, next_attempt_at, id
        ) AS place
        FROM fitting
        WHERE ${findsRoom(room)}
        ORDER BY place LIMIT ${free}
      ), claimed AS (
        UPDATE video_generation AS generation
        SET status = 'SUBMITTING', version = version + 1, attempts = attempts + 1,
          lease_token = given.token, submission_id = given.token, account_id = ${key.id},
          leased_until = ${this.#end(now)}, next_attempt_at = ${this.#end(now)},
          submitted_at = ${now}, updated_at = ${now}
        FROM chosen JOIN unnest(${tokens}::uuid[], ${eventIds}::uuid[])
          WITH ORDINALITY AS given (token, event_id, place) USING (place)
        WHERE generation.id = chosen.id AND generation.status = 'QUEUED'
        RETURNING generation.*, given.event_id
      ), recorded AS (
        INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation,
          simulated, caller_id, reason, list_price, currency, claimed_at, outcome)
        SELECT claimed.lease_token, claimed.id, coalesce(last.number, 0) + 1, ${key.id}, ${key.name},
          1, claimed.simulated,
          CASE WHEN last.outcome = 'UNKNOWN' THEN coalesce((
            SELECT event.caller_id FROM audit_event AS event
            WHERE event.generation_id = claimed.id AND event.action = 'RESUBMISSION_ORDERED'
            ORDER BY event.sequence DESC LIMIT 1
          ), claimed.caller_id) ELSE claimed.caller_id END,
          CASE WHEN last.outcome IS NULL THEN 'FIRST' WHEN last.outcome = 'UNKNOWN' THEN 'RESUBMIT'
            ELSE 'RETRY' END::submission_reason,
          claimed.list_price_usd, 'USD', ${now}, 'PREPARED'
        FROM claimed LEFT JOIN LATERAL (
          SELECT submission.number, submission.outcome FROM submission
          WHERE submission.generation_id = claimed.id ORDER BY submission.number DESC LIMIT 1
        ) AS last ON true
      ), events AS (${insertEvent(sent, now, 'claimed', toldOfEach)})
      SELECT ${allColumns} FROM claimed ${tellOf('claimed')}`;
    if (leased.length > 0) await budget.spend(leased.length);
    return leased;
  }

  /**
   * `callers` and `waiting`: the oldest due requests of each caller, with their turns. Hops from
   * caller to caller and takes a few of each, and a few of those without images beside: a long queue
   * is never read as a whole.
   */
  #waiting(now: Date, free: number): Prisma.Sql {
    const { simulated } = this.#options;
    return Prisma.sql`callers AS (
        (
          SELECT caller_id FROM video_generation
          WHERE status = 'QUEUED' AND simulated = ${simulated} ORDER BY caller_id LIMIT 1
        )
        UNION ALL
        SELECT (
          SELECT queued.caller_id FROM video_generation AS queued
          WHERE status = 'QUEUED' AND simulated = ${simulated}
            AND queued.caller_id > callers.caller_id ORDER BY queued.caller_id LIMIT 1
        ) FROM callers WHERE callers.caller_id IS NOT NULL
      ), waiting AS (
        SELECT id, next_attempt_at, input_image_bytes, turn, served_at
        FROM callers CROSS JOIN LATERAL (
          SELECT max(submitted_at) AS served_at FROM video_generation AS sent
          WHERE sent.caller_id = callers.caller_id
        ) AS served CROSS JOIN LATERAL (
          SELECT *, row_number() OVER (ORDER BY next_attempt_at, id) AS turn FROM (
            (${this.#oldest(now, free, Prisma.empty)}) UNION
            (${this.#oldest(now, free, Prisma.sql`AND input_image_bytes = 0`)})
          ) AS due
        ) AS oldest
      )`;
  }

  #oldest(now: Date, limit: number, condition: Prisma.Sql): Prisma.Sql {
    const { simulated } = this.#options;
    return Prisma.sql`
      SELECT id, next_attempt_at, input_image_bytes FROM video_generation AS request
      WHERE status = 'QUEUED' AND simulated = ${simulated} AND next_attempt_at <= ${now}
        AND request.caller_id = callers.caller_id AND ${this.#isOurs} ${condition}
      ORDER BY next_attempt_at, id LIMIT ${limit}`;
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
        SET lease_token = gen_random_uuid(), leased_until = ${this.#end(now)}
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
        UPDATE video_generation SET lease_token = gen_random_uuid(), leased_until = ${this.#end(now)}
        WHERE id = ${id}::uuid AND status = 'PROCESSING' AND simulated = ${simulated}
          AND (leased_until IS NULL OR leased_until <= ${now})
        RETURNING ${allColumns}`,
      'claim one look',
    );
    return row ?? null;
  }

  /**
   * Up to `limit` generations, with their submissions, whose server stopped renewing its lease before
   * their outcome was stored. Of those that are not ours the database may have forgotten what came of them.
   */
  async findAbandoned(
    limit: number,
  ): Promise<(LeasedGeneration & { submission: Submission | null; isOurs: boolean })[]> {
    const { database, now, simulated } = this.#options;
    const abandoned = await readRows<LeasedGeneration & { isOurs: boolean }>(
      database.pool,
      Prisma.sql`
        SELECT ${allColumns}, ${this.#isOurs} AS "isOurs" FROM video_generation
        WHERE status = 'SUBMITTING' AND simulated = ${simulated} AND leased_until <= ${now()}
        LIMIT ${limit}`,
      'find abandoned',
    );
    if (abandoned.length === 0) return [];
    const submissions = await database.prisma.submission.findMany({
      where: { id: { in: abandoned.flatMap(({ submissionId }) => submissionId ?? []) } },
    });
    const byId = new Map(submissions.map((submission) => [submission.id, submission]));
    return abandoned.map((generation) => ({
      ...generation,
      submission: byId.get(generation.submissionId ?? '') ?? null,
    }));
  }

  /** Extends the leases that this server still holds. */
  async renew(held: readonly { id: string; leaseToken: string }[]): Promise<void> {
    await this.#options.database.prisma.$executeRaw`
      UPDATE video_generation AS generation SET leased_until = ${this.#end(this.#options.now())}
      FROM unnest(
        ${held.map(({ id }) => id)}::uuid[],
        ${held.map(({ leaseToken }) => leaseToken)}::uuid[]
      ) AS held (id, lease_token)
      WHERE generation.id = held.id AND generation.lease_token = held.lease_token
        AND generation.status IN ('SUBMITTING', 'PROCESSING')
        AND generation.leased_until IS NOT NULL`;
  }

  #end(now: Date): Date {
    return new Date(now.getTime() + this.#options.leaseMs);
  }
}

const sent = {
  action: 'SUBMISSION_SENT',
  fromStatus: 'QUEUED',
  toStatus: 'SUBMITTING',
} as const;

const toldOfEach = {
  id: Prisma.sql`claimed.event_id`,
  detail: Prisma.sql`jsonb_build_object('submissionId', claimed.lease_token)`,
};
