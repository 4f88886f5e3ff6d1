import { eventRow, type NewEvent } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import type { NewGeneration, VideoGeneration } from './generation.ts';
import { toChunks, type InputImage } from './input-images.ts';
import { notify, type Change } from './updates.ts';

/**
 * Stores a new request, due at once, with its images and its first event.
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
): Promise<VideoGeneration | null> {
  const data = {
    ...request,
    createdAt: now,
    updatedAt: now,
    status: 'QUEUED',
    version: 1,
    nextAttemptAt: now,
    events: { create: { ...eventRow(event, now), sequence: 1, toStatus: 'QUEUED' } },
    ...(images.length > 0 && { inputImages: { createMany: { data: images.flatMap(toChunks) } } }),
  } satisfies Prisma.VideoGenerationUncheckedCreateInput;
  const created: Change = { id: request.id, version: 1, status: 'QUEUED' };
  const { retryOfId } = request;
  try {
    if (retryOfId == null) {
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
    if (request.idempotencyKey != null && isUniqueViolation(error)) return null;
    throw error;
  }
}
