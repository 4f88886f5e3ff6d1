import { v7 as uuidV7 } from 'uuid';
import type { NewEvent } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import {
  Prisma,
  type Submission,
  type VideoGenerationStatus as Status,
} from '../database/generated/client.ts';
import { readTogether } from '../database/read-together.ts';
import { dropChunks, type UsedInput } from './input-images.ts';
import { hasNoneOpen, hasNoSuccessor, isAt, isHeld, isHeldAndRecorded, speaks } from './guards.ts';
import { insertGeneration, type InsertOptions } from './insert-generation.ts';
import type {
  LeasedGeneration,
  Move,
  NewGeneration,
  Patch,
  Settlement,
  VideoGeneration,
} from './generation.ts';
import { allowedMoves, notCreated, unseen } from './lifecycle.ts';
import { isNotAccepted, settleSubmissions, wasAccepted } from './settle-submission.ts';
import { Trail } from './trail.ts';
import { generationFields, readGenerations } from './rows.ts';
import { writeGeneration, type Changes } from './write.ts';

export interface StoreOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  now: () => Date;
  /**
   * The part of a move to this status that enqueues its webhooks, with the row that was moved in
   * `moved`; null when nobody can want any.
   */
  enqueueWebhooks: (generation: VideoGeneration, to: Status) => Prisma.Sql | null;
  /** The same of what has the finished video kept. */
  enqueueArchive: (to: Status) => Prisma.Sql | null;
}

/**
 * The generations: each change is one guarded write, with its event and its
 * notification in the same transaction. Who may work on a generation is decided
 * in submission/leases.ts.
 */
export class GenerationStore {
  readonly #database: StoreOptions['database'];
  /** What happened to them. */
  readonly trail: Trail;
  readonly #now: () => Date;
  readonly #enqueueWebhooks: StoreOptions['enqueueWebhooks'];
  readonly #enqueueArchive: StoreOptions['enqueueArchive'];
  readonly #find: (id: string) => Promise<VideoGeneration | null>;
  readonly #findByCallbackToken: (token: string) => Promise<VideoGeneration | null>;

  constructor(options: StoreOptions) {
    this.#database = options.database;
    this.trail = new Trail(options.database);
    this.#now = options.now;
    this.#enqueueWebhooks = options.enqueueWebhooks;
    this.#enqueueArchive = options.enqueueArchive;
    this.#find = readTogether(
      (ids) => this.findMany(ids),
      ({ id }) => id,
    );
    this.#findByCallbackToken = readTogether(
      (tokens) =>
        options.database.prisma.videoGeneration.findMany({
          where: { callbackToken: { in: tokens } },
        }),
      ({ callbackToken }) => callbackToken!,
    );
  }

  /** A fresh id, which sorts by the time of this call. */
  newId(): string {
    return uuidV7({ msecs: this.#now().getTime() });
  }

  /** `insertGeneration`, now. */
  async insert(
    request: NewGeneration,
    inputs: readonly UsedInput[],
    event: NewEvent,
    options?: InsertOptions,
  ): Promise<VideoGeneration | null> {
    const { pool } = this.#database;
    return await insertGeneration(pool, this.#now(), request, inputs, event, options);
  }

  /** The caller's generation with this idempotency key. */
  async findByKey(callerId: string, idempotencyKey: string): Promise<VideoGeneration | null> {
    return await this.#database.prisma.videoGeneration.findUnique({
      where: { callerId_idempotencyKey: { callerId, idempotencyKey } },
    });
  }

  /** The finished generations with this file of MiniMax's, newest first; one, unless simulators and accounts were changed. */
  async findByFile(fileId: string): Promise<VideoGeneration[]> {
    const found = await this.#database.prisma.videoGeneration.findMany({ where: { fileId } });
    return found.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** The one whose callback address ends in this token. */
  async findByCallbackToken(callbackToken: string): Promise<VideoGeneration | null> {
    return await this.#findByCallbackToken(callbackToken);
  }

  /**
   * Moves a leased generation to `to`, gives the lease back and records the move.
   *
   * Resolves to `null` when the row was no longer in the expected status, the
   * lease had passed to another server, or the record of what was sent tells otherwise; nothing is
   * written then, so callers may simply stop. Subscribers are told after commit, never before.
   */
  async move(generation: LeasedGeneration, move: Move): Promise<VideoGeneration | null> {
    const { status } = generation;
    if (status !== 'SUBMITTING')
      return await this.#move(generation, status, isHeld(generation), move);
    const guard = isHeldAndRecorded(generation, move);
    const moved = await this.#move(generation, status, guard, move);
    const tellsMore = move.patch.submissionId ?? move.event.detail?.['taskId'];
    if (moved || (move.to === 'UNCERTAIN' && tellsMore === undefined)) return moved;
    // An answer may come after another server had called the submission uncertain.
    const late = await this.#move(generation, 'UNCERTAIN', guard, move);
    if (late || move.to !== 'QUEUED') return late;
    // Its successor is sent in its place.
    const only = Prisma.sql`${guard} AND ${hasNoneOpen}`;
    return await this.#move(generation, 'UNCERTAIN', only, notCreated(move, this.#now()));
  }

  /**
   * Moves a generation that nobody holds, because a person wants it to; where `only` is true as well.
   * Resolves to `null` when it was no longer in the status that the person saw, or was redacted since;
   * also when it was to be sent again and has a successor that is, or a record tells of a task of it.
   */
  async decide(
    generation: VideoGeneration,
    move: Move,
    settle?: Settlement,
    only: Prisma.Sql = Prisma.sql`TRUE`,
  ): Promise<VideoGeneration | null> {
    const { status, version, redactedAt } = generation;
    const asSeen = Prisma.sql`generation.version = ${version}
      AND generation.redacted_at IS NOT DISTINCT FROM ${redactedAt}::timestamptz AND ${only}
      AND (generation.task_id IS NOT NULL OR ${isNotAccepted(Prisma.sql`generation`, move.patch.taskId)})`;
    return await this.#move(generation, status, asSeen, move, settle);
  }

  /**
   * Has the task followed that the record of a submission tells, though its answer came after others
   * had called it uncertain, or a person had decided; `null` when more has come of that.
   */
  async takeUp(
    generation: VideoGeneration,
    accepted: Pick<Submission, 'id' | 'accountId' | 'claimedAt'>,
    move: Move,
  ): Promise<VideoGeneration | null> {
    const { id: submissionId, accountId, claimedAt: submittedAt } = accepted;
    const guard = wasAccepted(submissionId, move.patch.taskId!);
    const patch = { ...unseen, ...move.patch, submittedAt, submissionId, accountId };
    for (const from of ['UNCERTAIN', 'QUEUED', 'FAILED'] as const) {
      const moved = await this.#move(generation, from, guard, { ...move, patch });
      if (moved) return moved;
    }
    return null;
  }

  /** Calls a submission uncertain whose server let its lease end; keeps that server's lease token. */
  async giveUp(generation: LeasedGeneration, move: Move): Promise<VideoGeneration | null> {
    const ended = Prisma.sql`${isHeldAndRecorded(generation, move)}
      AND generation.leased_until <= ${this.#now()}`;
    return await this.#move(generation, generation.status, ended, move);
  }

  async #move(
    generation: VideoGeneration,
    from: Status,
    guard: Prisma.Sql,
    { to, patch, event, keys }: Move,
    settle?: Settlement,
  ): Promise<VideoGeneration | null> {
    if (!allowedMoves[from].includes(to)) {
      throw new Error(`a generation cannot move from ${from} to ${to}`);
    }
    const settling = settle && settleSubmissions(settle, this.#now());
    const changes: Changes = {
      heldAt: null,
      ...patch,
      ...settling?.changes,
      status: to,
      leasedUntil: null,
      // Kept, so that a late answer can prove that it belongs to the submission that counts.
      leaseToken: to === 'UNCERTAIN' ? patch.submissionId : null,
      // That one speaks as this one does (0020).
      ...(to === 'UNCERTAIN' && patch.submissionId && { claimSpeaks: speaks }),
    };
    const parts = [
      ...(settling?.parts ?? []),
      dropChunks(to),
      this.#enqueueWebhooks(generation, to),
      this.#enqueueArchive(to),
    ].filter((part) => part instanceof Prisma.Sql);
    return await this.#tell(
      generation,
      Prisma.sql`${isAt(from)} AND ${guard} AND ${to === 'QUEUED' ? hasNoSuccessor : Prisma.sql`TRUE`}`,
      changes,
      { ...event, fromStatus: from, toStatus: to },
      parts,
      keys,
    );
  }

  /**
   * Changes a leased generation without moving it and gives the lease back;
   * with an event when there is something to tell. `null` as for `move`.
   */
  async keep(
    generation: LeasedGeneration,
    patch: Patch & { nextAttemptAt: Date },
    event?: NewEvent,
  ): Promise<VideoGeneration | null> {
    const guard = Prisma.sql`${isAt(generation.status)} AND ${isHeld(generation)}`;
    const changes = { ...patch, leaseToken: null, leasedUntil: null };
    return event
      ? await this.#tell(generation, guard, changes, event)
      : await writeGeneration(this.#database.pool, generation, guard, changes);
  }

  /** Has a held generation sent when its turn comes; `null` when it was not held any more. */
  async release(generation: VideoGeneration, event: NewEvent): Promise<VideoGeneration | null> {
    const isHeldBack = Prisma.sql`${isAt('QUEUED')} AND generation.held_at IS NOT NULL`;
    const changes = { heldAt: null, nextAttemptAt: this.#now() };
    return await this.#tell(generation, isHeldBack, changes, event);
  }

  /** Changes a generation that nobody needs to hold, as long as it stays in its status, with its event. */
  async annotate(
    generation: VideoGeneration,
    patch: Patch,
    event: NewEvent,
  ): Promise<VideoGeneration | null> {
    return await this.#tell(generation, isAt(generation.status), patch, event);
  }

  /** Adds an event to a leased generation that stays leased; `null` as for `move`. */
  async tellLeased(generation: LeasedGeneration, event: NewEvent): Promise<VideoGeneration | null> {
    const guard = Prisma.sql`${isAt(generation.status)} AND ${isHeld(generation)}`;
    return await this.#tell(generation, guard, {}, event);
  }

  /** Adds an event to a generation that is otherwise left as it is, where `only` is true. */
  async record(
    generation: VideoGeneration,
    event: NewEvent,
    only: Prisma.Sql = Prisma.sql`TRUE`,
  ): Promise<void> {
    await this.#tell(generation, only, {}, event);
  }

  /** Makes a running task due for a look, unless this status word had already been told of by a callback. */
  async noteCallback(generation: VideoGeneration, word: string, event: NewEvent): Promise<boolean> {
    // Not while somebody is looking at it: who holds the lease decides when the next look is due.
    const dueUnlessHeld = Prisma.sql`
      CASE WHEN generation.lease_token IS NULL THEN ${this.#now()} ELSE generation.next_attempt_at END`;
    const noted = await this.#tell(
      generation,
      Prisma.sql`${isAt('PROCESSING')} AND generation.callback_status IS DISTINCT FROM ${word}`,
      { callbackStatus: word, nextAttemptAt: dueUnlessHeld },
      event,
    );
    return noted?.leaseToken === null;
  }

  async find(id: string): Promise<VideoGeneration | null> {
    return await this.#find(id.toLowerCase());
  }

  /** Those that exist, in no order. */
  async findMany(ids: string[]): Promise<VideoGeneration[]> {
    return await readGenerations(
      this.#database.pool,
      generationFields,
      Prisma.sql`WHERE id = ANY (${ids}::uuid[])`,
      'generations by id',
    );
  }

  async #tell(
    generation: VideoGeneration,
    guard: Prisma.Sql,
    changes: Changes,
    event: NewEvent,
    parts: readonly Prisma.Sql[] = [],
    keys?: readonly string[],
  ): Promise<VideoGeneration | null> {
    const told = { event, parts, keys, now: this.#now() };
    return await writeGeneration(this.#database.pool, generation, guard, changes, told);
  }
}
