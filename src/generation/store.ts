import { v7 as uuidV7 } from 'uuid';
import { eventRow, type NewEvent } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import { Prisma, type VideoGenerationStatus as Status } from '../database/generated/client.ts';
import { readTogether } from '../database/read-together.ts';
import type { InputImage } from './input-images.ts';
import { insertGeneration } from './insert-generation.ts';
import type {
  AuditEvent,
  LeasedGeneration,
  Move,
  NewGeneration,
  Patch,
  Settlement,
  VideoGeneration,
} from './generation.ts';
import { allowedMoves } from './lifecycle.ts';
import { withoutEcho } from './prompt-echo.ts';
import { settleSubmission } from './settle-submission.ts';
import { generationFields, readGenerations } from './rows.ts';
import { notify } from './updates.ts';

export interface StoreOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  now: () => Date;
  /** Called in the transaction of each move. */
  enqueueWebhooks: (moved: VideoGeneration, tx: Prisma.TransactionClient) => Promise<void>;
}

/**
 * The generations: each change is one guarded write, with its event and its
 * notification in the same transaction. Who may work on a generation is decided
 * in submission/leases.ts.
 */
export class GenerationStore {
  readonly #prisma: Database['prisma'];
  readonly #pool: Database['pool'];
  readonly #now: () => Date;
  readonly #enqueueWebhooks: StoreOptions['enqueueWebhooks'];
  readonly #find: (id: string) => Promise<VideoGeneration | null>;
  readonly #findByCallbackToken: (token: string) => Promise<VideoGeneration | null>;

  constructor(options: StoreOptions) {
    this.#prisma = options.database.prisma;
    this.#pool = options.database.pool;
    this.#now = options.now;
    this.#enqueueWebhooks = options.enqueueWebhooks;
    this.#find = readTogether(
      (ids) => this.findMany(ids),
      ({ id }) => id,
    );
    this.#findByCallbackToken = readTogether(
      (tokens) =>
        this.#prisma.videoGeneration.findMany({ where: { callbackToken: { in: tokens } } }),
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
    images: readonly InputImage[],
    event: NewEvent,
    held?: NewEvent,
  ): Promise<VideoGeneration | null> {
    return await insertGeneration(this.#prisma, this.#now(), request, images, event, held);
  }

  /** The caller's generation with this idempotency key. */
  async findByKey(callerId: string, idempotencyKey: string): Promise<VideoGeneration | null> {
    return await this.#prisma.videoGeneration.findUnique({
      where: { callerId_idempotencyKey: { callerId, idempotencyKey } },
    });
  }

  /** The generation that MiniMax's id belongs to here. */
  async findByTask(taskId: string): Promise<VideoGeneration | null> {
    return await this.#prisma.videoGeneration.findFirst({ where: { taskId } });
  }

  /** The finished generations with this file of MiniMax's, newest first; one, unless simulators and accounts were changed. */
  async findByFile(fileId: string): Promise<VideoGeneration[]> {
    const found = await this.#prisma.videoGeneration.findMany({ where: { fileId } });
    return found.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** The one whose callback address ends in this token. */
  async findByCallbackToken(callbackToken: string): Promise<VideoGeneration | null> {
    return await this.#findByCallbackToken(callbackToken);
  }

  /**
   * Moves a leased generation to `to`, gives the lease back and records the move.
   *
   * Resolves to `null` when the row was no longer in the expected status or the
   * lease had passed to another server; nothing is written then, so callers may
   * simply stop. Subscribers are told after commit, never before.
   */
  async move(generation: LeasedGeneration, move: Move): Promise<VideoGeneration | null> {
    const { id, status, leaseToken } = generation;
    const moved = await this.#move({ id, status, leaseToken }, move);
    // An answer may come after another server had called the submission uncertain.
    return moved === null && status === 'SUBMITTING' && move.to !== 'UNCERTAIN'
      ? await this.#move({ id, status: 'UNCERTAIN', leaseToken }, move)
      : moved;
  }

  /**
   * Moves a generation that nobody holds, because a person wants it to.
   *
   * Resolves to `null` when it was no longer in the status that the person saw, or was redacted since.
   */
  async decide(
    generation: VideoGeneration,
    move: Move,
    settle?: Settlement,
  ): Promise<VideoGeneration | null> {
    const { id, status, version, redactedAt } = generation;
    return await this.#move({ id, status, version, redactedAt }, move, settle);
  }

  /** Calls a submission uncertain whose server let its lease end; keeps that server's lease token. */
  async giveUp(generation: LeasedGeneration, move: Move): Promise<VideoGeneration | null> {
    const { id, status, leaseToken } = generation;
    return await this.#move({ id, status, leaseToken, leasedUntil: { lte: this.#now() } }, move);
  }

  async #move(
    guard: Omit<Prisma.VideoGenerationWhereInput, 'status'> & { status: Status },
    { to, patch, event }: Move,
    settle?: Settlement,
  ): Promise<VideoGeneration | null> {
    const from = guard.status;
    if (!allowedMoves[from].includes(to)) {
      throw new Error(`a generation cannot move from ${from} to ${to}`);
    }
    return await this.#write(
      guard,
      {
        ...patch,
        status: to,
        heldAt: null,
        leasedUntil: null,
        // Kept, so that a late answer can prove that it belongs to this submission.
        ...(to !== 'UNCERTAIN' && { leaseToken: null }),
      },
      { ...event, fromStatus: from, toStatus: to },
      settle,
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
    const { id, status, leaseToken } = generation;
    const guard = { id, status, leaseToken };
    const data = { ...patch, leaseToken: null, leasedUntil: null };
    if (event) return await this.#write(guard, data, event);
    const [row] = await this.#prisma.videoGeneration.updateManyAndReturn({ where: guard, data });
    return row ?? null;
  }

  /** Has a held generation sent when its turn comes; `null` when it was not held any more. */
  async release(id: string, event: NewEvent): Promise<VideoGeneration | null> {
    const guard = { id, status: 'QUEUED', heldAt: { not: null } } as const;
    return await this.#write(guard, { heldAt: null, nextAttemptAt: this.#now() }, event);
  }

  /** Changes a generation that nobody needs to hold, as long as it stays in its status, with its event. */
  async annotate(
    generation: VideoGeneration,
    patch: Patch,
    event: NewEvent,
  ): Promise<VideoGeneration | null> {
    return await this.#write({ id: generation.id, status: generation.status }, patch, event);
  }

  /** Adds an event to a generation that is otherwise left as it is. */
  async record(generationId: string, event: NewEvent): Promise<void> {
    await this.#write({ id: generationId }, {}, event);
  }

  /** Makes a running task due for a look, unless this status word had already been told of by a callback. */
  async noteCallback(generation: VideoGeneration, word: string, event: NewEvent): Promise<boolean> {
    const noted = await this.#write(
      {
        id: generation.id,
        status: 'PROCESSING',
        OR: [{ callbackStatus: null }, { callbackStatus: { not: word } }],
      },
      { callbackStatus: word },
      event,
    );
    if (noted === null) return false;
    // Not while somebody is looking at it: who holds the lease decides when the next look is due.
    const { count } = await this.#prisma.videoGeneration.updateMany({
      where: { id: generation.id, status: 'PROCESSING', leaseToken: null },
      data: { nextAttemptAt: this.#now() },
    });
    return count > 0;
  }

  async find(id: string): Promise<VideoGeneration | null> {
    return await this.#find(id.toLowerCase());
  }

  /** Those that exist, in no order. */
  async findMany(ids: string[]): Promise<VideoGeneration[]> {
    return await readGenerations(
      this.#pool,
      generationFields,
      Prisma.sql`WHERE id = ANY (${ids}::uuid[])`,
      'generations by id',
    );
  }

  /** The event of a generation with this number. */
  async eventAt(generationId: string, sequence: number): Promise<AuditEvent | null> {
    return await this.#prisma.auditEvent.findUnique({
      where: { generationId_sequence: { generationId, sequence } },
    });
  }

  /** The events of each generation, oldest first, at most `limit` (the latest) for each. */
  async eventsOf(
    generationIds: readonly string[],
    limit: number,
  ): Promise<Map<string, AuditEvent[]>> {
    const events = await this.#prisma.auditEvent.findMany({
      where: { generationId: { in: [...generationIds] } },
      orderBy: [{ generationId: 'asc' }, { sequence: 'asc' }],
    });
    const byGeneration = new Map<string, AuditEvent[]>(generationIds.map((id) => [id, []]));
    for (const event of events) byGeneration.get(event.generationId!)!.push(event);
    for (const list of byGeneration.values()) list.splice(0, Math.max(0, list.length - limit));
    return byGeneration;
  }

  async #write(
    guard: Prisma.VideoGenerationWhereInput,
    data: Prisma.VideoGenerationUncheckedUpdateManyInput,
    event: NewEvent,
    settle?: Settlement,
  ): Promise<VideoGeneration | null> {
    const now = this.#now();
    return await this.#prisma.$transaction(async (tx) => {
      const [row] = await tx.videoGeneration.updateManyAndReturn({
        where: guard,
        data: { ...data, version: { increment: 1 }, updatedAt: now },
      });
      if (!row) return null;
      if (settle) await settleSubmission(row, settle, now, tx);
      await tx.auditEvent.create({
        data: {
          ...eventRow(withoutEcho(event, row.prompt), now),
          generationId: row.id,
          sequence: row.version,
        },
      });
      if (isDone(row.status))
        await tx.inputImageChunk.deleteMany({ where: { generationId: row.id } });
      if (event.toStatus !== undefined) await this.#enqueueWebhooks(row, tx);
      await notify(tx, row);
      return row;
    });
  }
}

/** Its images will not be needed again: a failed or uncertain one may still be retried. */
function isDone(status: Status): boolean {
  return status === 'SUCCEEDED' || status === 'CANCELLED';
}
