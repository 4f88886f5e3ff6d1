import { Prisma } from '../database/generated/client.ts';
import type { LeasedGeneration } from '../generation/generation.ts';

/** What a server has room for. */
export interface Room {
  requests: number;
  /** Of the images that came with them. */
  imageBytes: number;
  /** Whether it sends no images now: one request may then go, however large. */
  sendsNoImages: boolean;
}

/**
 * Whether a row finds room, with `image_bytes` the sum of its own bytes and of those before it. When
 * one does not, none of those after it does either that has images: it is not overtaken for ever.
 */
export function findsRoom({ imageBytes, sendsNoImages }: Room): Prisma.Sql {
  return Prisma.sql`(input_image_bytes = 0 OR image_bytes <= ${Math.max(imageBytes, 0)}::bigint
    OR (${sendsNoImages}::boolean AND image_bytes = input_image_bytes))`;
}

/** The room that is left when these have theirs. */
export function without(room: Room, leased: readonly LeasedGeneration[]): Room {
  const imageBytes = leased.reduce((sum, { inputImageBytes }) => sum + inputImageBytes, 0);
  return {
    requests: room.requests - leased.length,
    imageBytes: room.imageBytes - imageBytes,
    sendsNoImages: room.sendsNoImages && imageBytes === 0,
  };
}
