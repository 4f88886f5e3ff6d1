import { eventRow, type NewEvent } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import type { NewGeneration, VideoGeneration } from './generation.ts';
import { toChunks, type InputImage } from './input-images.ts';
import { keysOf } from './recent-keys.ts';
import { notify, type Change } from './updates.ts';

/**
 * Stores a new request with its images and its first event: due at once, or held with a second
 * event that says why.
 *
 * Resolves to null when the caller has a generation with this idempotency key already, or when the
 * one that it repeats has a successor.
 */
export async function insertGeneration(
  prisma: Database['prisma'],
  now: Date,
  request: NewGeneration,
  images: readonly InputImage[],
  event: NewEvent,
  held?: NewEvent,
): Promise<VideoGeneration | null> {
  const events = [{ ...eventRow(event, now), sequence: 1, toStatus: 'QUEUED' as const }];
  const version = held ? 2 : 1;
  const data = {
    ...request,
    createdAt: now,
    updatedAt: now,
    status: 'QUEUED',
    version,
    ...(held ? { heldAt: now } : { nextAttemptAt: now }),
    events: {
      create: held ? [...events, { ...eventRow(held, now), sequence: version }] : events,
    },
    ...(images.length > 0 && { inputImages: { createMany: { data: images.flatMap(toChunks) } } }),
  } satisfies Prisma.VideoGenerationUncheckedCreateInput;
  const { id, callerId, idempotencyKey = null, retryOfId = null } = request;
  const keys = keysOf({ callerId, idempotencyKey, retryOfId });
  const created: Change = { id, version, status: 'QUEUED', keys };
  try {
    if (retryOfId === null) {
      const creation = prisma.videoGeneration.create({ data });
      const [row] = await prisma.$transaction([creation, notify(prisma, created)]);
      return row;
    }
    return await prisma.$transaction(async (tx) => {
      // Locked before the new row refers to it, or two at once would wait for each other.
      const free = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM video_generation
        WHERE id = ${retryOfId}::uuid AND successor_id IS NULL FOR UPDATE`;
      if (free.length === 0) return null;
      const row = await tx.videoGeneration.create({ data });
      await tx.videoGeneration.update({
        where: { id: retryOfId },
        data: { successorId: row.id },
        select: { id: true },
      });
      await notify(tx, created);
      return row;
    });
  } catch (error) {
    // The ids and tokens beside it are random: only the key can be there twice.
    if (idempotencyKey !== null && isUniqueViolation(error)) return null;
    throw error;
  }
}
