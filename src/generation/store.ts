import { v7 as uuidV7 } from 'uuid';
import type { NewEvent } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import {
  type AuditEvent,
  type VideoGeneration,
  type VideoGenerationStatus as Status,
} from '../database/generated/client.ts';
import { allowedMoves } from './lifecycle.ts';

export type { AuditEvent, VideoGeneration };

/** A generation whose lease this server holds. */
export type LeasedGeneration = VideoGeneration & { leaseToken: string };

/** NOTIFY channel that tells of each committed change as "id version status". */
export const changedChannel = 'video_generation_changed';

export interface Change {
  id: string;
  version: number;
  status: Status;
}

export type ImageRole = 'first_frame' | 'last_frame' | 'subject';

export interface InputImage {
  role: ImageRole;
  bytes: Buffer;
}

/** The request's columns; where it stands is the store's own business. */
export type NewGeneration = Pick<
  Prisma.VideoGenerationUncheckedCreateInput,
  | 'id'
  | 'model'
  | 'prompt'
  | 'duration'
  | 'resolution'
  | 'promptOptimizer'
  | 'fastPretreatment'
  | 'aigcWatermark'
  | 'firstFrameImage'
  | 'lastFrameImage'
  | 'subjectImage'
  | 'listPriceUsd'
>;

/** Columns that a change may set; status, version and lease are the store's own business. */
export type Patch = Omit<
  Prisma.VideoGenerationUncheckedUpdateManyInput,
  'id' | 'status' | 'version' | 'leaseToken' | 'leasedUntil' | 'createdAt' | 'updatedAt'
>;

export interface Move {
  to: Status;
  patch: Patch;
  event: NewEvent;
}

/** One MiB: a larger value would stall the embedded database, which runs on the main thread. */
const chunkBytes = 1024 * 1024;

/** How many submissions may be sent within any span of one minute. */
const budgetWindowMs = 60_000;

/**
 * Everything the service does to the `video_generation` table: each change is
 * one guarded write with its event and its notification in one transaction.
 */
export class GenerationStore {
  readonly #prisma: Database['prisma'];
  readonly #now: () => Date;
  readonly #simulated: boolean;

  constructor(options: { prisma: Database['prisma']; now: () => Date; simulated: boolean }) {
    this.#prisma = options.prisma;
    this.#now = options.now;
    this.#simulated = options.simulated;
  }

  /** A fresh id, which sorts by the time of this call. */
  newId(): string {
    return uuidV7({ msecs: this.#now().getTime() });
  }

  /** Stores a new request, due at once, with its images and its first event. */
  async insert(
    request: NewGeneration,
    images: readonly InputImage[],
    event: NewEvent,
  ): Promise<VideoGeneration> {
    const now = this.#now();
    return await this.#prisma.videoGeneration.create({
      data: {
        ...request,
        createdAt: now,
        updatedAt: now,
        status: 'QUEUED',
        version: 1,
        simulated: this.#simulated,
        nextAttemptAt: now,
        events: { create: { ...eventRow(event, now), sequence: 1, toStatus: 'QUEUED' } },
        ...(images.length > 0 && {
          inputImages: { createMany: { data: images.flatMap(toChunks) } },
        }),
      },
    });
  }

  /** The stored bytes of an image that came as a data URL; null once they are no longer kept. */
  async readImage(generationId: string, role: ImageRole): Promise<Buffer | null> {
    const chunks = await this.#prisma.inputImageChunk.findMany({
      where: { generationId, role },
      orderBy: { index: 'asc' },
    });
    return chunks.length === 0 ? null : Buffer.concat(chunks.map((chunk) => chunk.bytes));
  }

  /**
   * Takes up to `limit` due requests for submission, oldest first, as far as the
   * request budget of the key allows, and moves them to SUBMITTING.
   *
   * Budget, lease, status and the event that says "about to be sent" are
   * committed together, so whatever is sent is known before it is sent.
   */
  async claimSubmissions(options: {
    limit: number;
    leaseMs: number;
    keyId: string;
    requestsPerMinute: number;
  }): Promise<LeasedGeneration[]> {
    const { limit, leaseMs, keyId, requestsPerMinute } = options;
    const now = this.#now();
    const due = await this.#prisma.videoGeneration.findFirst({
      where: { status: 'QUEUED', simulated: this.#simulated, nextAttemptAt: { lte: now } },
      select: { id: true },
    });
    if (due === null) return [];
    return await this.#prisma.$transaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO upstream_key (id) VALUES (${keyId}) ON CONFLICT DO NOTHING`;
      const [key] = await tx.$queryRaw<[{ recent: Date[] }]>`
        SELECT recent_submissions AS recent FROM upstream_key WHERE id = ${keyId} FOR UPDATE`;
      const recent = key.recent.filter((at) => at.getTime() > now.getTime() - budgetWindowMs);
      const free = Math.min(limit, requestsPerMinute - recent.length);
      if (free <= 0) return [];

      const leased = await tx.$queryRaw<{ id: string; leaseToken: string; version: number }[]>`
        UPDATE video_generation AS generation
        SET status = 'SUBMITTING', version = version + 1, attempts = attempts + 1,
          lease_token = gen_random_uuid(), leased_until = ${leaseEnd(now, leaseMs)},
          next_attempt_at = ${leaseEnd(now, leaseMs)},
          submitted_at = ${now}, updated_at = ${now}
        FROM (
          SELECT id FROM video_generation
          WHERE status = 'QUEUED' AND simulated = ${this.#simulated} AND next_attempt_at <= ${now}
          ORDER BY next_attempt_at LIMIT ${free} FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE generation.id = due.id
        RETURNING generation.id::text, lease_token::text AS "leaseToken", version`;
      if (leased.length === 0) return [];

      await tx.upstreamKey.update({
        where: { id: keyId },
        data: { recentSubmissions: [...recent, ...leased.map(() => now)] },
      });
      await tx.auditEvent.createMany({
        data: leased.map((generation) => ({
          ...eventRow(
            { action: 'SUBMISSION_SENT', fromStatus: 'QUEUED', toStatus: 'SUBMITTING' },
            now,
          ),
          generationId: generation.id,
          sequence: generation.version,
        })),
      });
      for (const { id, version } of leased) await notify(tx, { id, version, status: 'SUBMITTING' });
      return await leasedRows(tx, leased);
    });
  }

  /** Takes up to `limit` running tasks that are due for a look, longest overdue first. */
  async claimFollowUps(options: { limit: number; leaseMs: number }): Promise<LeasedGeneration[]> {
    const now = this.#now();
    const leased = await this.#prisma.$queryRaw<{ id: string; leaseToken: string }[]>`
      UPDATE video_generation AS generation
      SET lease_token = gen_random_uuid(), leased_until = ${leaseEnd(now, options.leaseMs)},
        next_attempt_at = ${leaseEnd(now, options.leaseMs)}
      FROM (
        SELECT id FROM video_generation
        WHERE status = 'PROCESSING' AND simulated = ${this.#simulated} AND next_attempt_at <= ${now}
        ORDER BY next_attempt_at LIMIT ${options.limit} FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE generation.id = due.id
      RETURNING generation.id::text, lease_token::text AS "leaseToken"`;
    return leased.length === 0 ? [] : await leasedRows(this.#prisma, leased);
  }

  /**
   * Moves to UNCERTAIN up to `limit` requests whose server stopped renewing its
   * lease between "about to be sent" and an answer, and returns them.
   *
   * They keep the lease token of that server: should its answer come late after
   * all, it still settles them.
   */
  async giveUpAbandonedSubmissions(
    limit: number,
    patch: Patch,
    event: NewEvent,
  ): Promise<VideoGeneration[]> {
    const abandoned = {
      status: 'SUBMITTING',
      simulated: this.#simulated,
      leasedUntil: { lte: this.#now() },
    } as const;
    const found = await this.#prisma.videoGeneration.findMany({
      where: abandoned,
      select: { id: true },
      take: limit,
    });
    const moved: VideoGeneration[] = [];
    for (const { id } of found) {
      const row = await this.#write(
        { ...abandoned, id },
        { ...patch, status: 'UNCERTAIN', leasedUntil: null, nextAttemptAt: null },
        { ...event, fromStatus: 'SUBMITTING', toStatus: 'UNCERTAIN' },
      );
      if (row) moved.push(row);
    }
    return moved;
  }

  /** Extends the leases that this server still holds. */
  async renewLeases(tokens: readonly string[], leaseMs: number): Promise<void> {
    const until = leaseEnd(this.#now(), leaseMs);
    await this.#prisma.videoGeneration.updateMany({
      where: {
        leaseToken: { in: [...tokens] },
        status: { in: ['SUBMITTING', 'PROCESSING'] },
        leasedUntil: { not: null },
      },
      data: { leasedUntil: until, nextAttemptAt: until },
    });
  }

  /**
   * Moves a leased generation to `to`, gives the lease back and records the move.
   *
   * Resolves to `null` when the row was no longer in the expected status or the
   * lease had passed to another server; nothing is written then, so callers may
   * simply stop. Subscribers are told after commit, never before.
   */
  async move(generation: LeasedGeneration, move: Move): Promise<VideoGeneration | null> {
    const moved = await this.#moveFrom(generation.status, generation, move);
    // An answer may come after another server had called the submission uncertain.
    return moved === null && generation.status === 'SUBMITTING' && move.to !== 'UNCERTAIN'
      ? await this.#moveFrom('UNCERTAIN', generation, move)
      : moved;
  }

  async #moveFrom(
    from: Status,
    generation: LeasedGeneration,
    move: Move,
  ): Promise<VideoGeneration | null> {
    if (!allowedMoves[from].includes(move.to)) {
      throw new Error(`a generation cannot move from ${from} to ${move.to}`);
    }
    return await this.#write(
      { id: generation.id, status: from, leaseToken: generation.leaseToken },
      {
        ...move.patch,
        status: move.to,
        leasedUntil: null,
        ...(move.to !== 'UNCERTAIN' && { leaseToken: null }),
      },
      { ...move.event, fromStatus: from, toStatus: move.to },
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
    const guard = {
      id: generation.id,
      status: generation.status,
      leaseToken: generation.leaseToken,
    };
    const data = { ...patch, leaseToken: null, leasedUntil: null };
    if (event) return await this.#write(guard, data, event);
    const [row] = await this.#prisma.videoGeneration.updateManyAndReturn({ where: guard, data });
    return row ?? null;
  }

  /** Changes a generation that nobody needs to hold, as long as it stays in its status, with its event. */
  async annotate(
    generation: VideoGeneration,
    patch: Patch,
    event: NewEvent,
  ): Promise<VideoGeneration | null> {
    return await this.#write({ id: generation.id, status: generation.status }, patch, event);
  }

  async find(id: string): Promise<VideoGeneration | null> {
    return await this.#prisma.videoGeneration.findUnique({ where: { id } });
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
  ): Promise<VideoGeneration | null> {
    const now = this.#now();
    return await this.#prisma.$transaction(async (tx) => {
      const [row] = await tx.videoGeneration.updateManyAndReturn({
        where: guard,
        data: { ...data, version: { increment: 1 }, updatedAt: now },
      });
      if (!row) return null;
      await tx.auditEvent.create({
        data: { ...eventRow(event, now), generationId: row.id, sequence: row.version },
      });
      if (isDone(row.status))
        await tx.inputImageChunk.deleteMany({ where: { generationId: row.id } });
      await notify(tx, row);
      return row;
    });
  }
}

type Transaction = Prisma.TransactionClient;

async function notify(tx: Transaction, { id, version, status }: Change): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${changedChannel}, ${`${id} ${version} ${status}`})`;
}

/** Its images will not be needed again: a failed or uncertain one may still be retried. */
function isDone(status: Status): boolean {
  return status === 'SUCCEEDED' || status === 'CANCELLED';
}

async function leasedRows(
  client: Transaction,
  leased: readonly { id: string; leaseToken: string }[],
): Promise<LeasedGeneration[]> {
  const rows = await client.videoGeneration.findMany({
    where: { id: { in: leased.map(({ id }) => id) } },
  });
  const tokens = new Map(leased.map(({ id, leaseToken }) => [id, leaseToken]));
  return rows.filter((row): row is LeasedGeneration => row.leaseToken === tokens.get(row.id));
}

function leaseEnd(now: Date, leaseMs: number): Date {
  return new Date(now.getTime() + leaseMs);
}

function eventRow(event: NewEvent, now: Date) {
  return { ...event, id: uuidV7({ msecs: now.getTime() }), occurredAt: now };
}

function toChunks({ role, bytes }: InputImage) {
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) => ({
    role,
    index,
    bytes: new Uint8Array(bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
  }));
}
