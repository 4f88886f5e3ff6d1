import { Prisma, type VideoGenerationStatus as Status } from '../database/generated/client.ts';
import type { LeasedGeneration, Move } from './generation.ts';

// What must be true of the row `generation`, so that it is changed.

export function isAt(status: Status): Prisma.Sql {
  return Prisma.sql`generation.status = ${status}::video_generation_status`;
}

export function isHeld({ leaseToken }: LeasedGeneration): Prisma.Sql {
  return Prisma.sql`generation.lease_token = ${leaseToken}::uuid`;
}

/**
 * Also that the record of what is being sent, if it has one, tells what the move says: a database that
 * its standby replaced in between may have lost what was stored there before. And that one which is to
 * count again may have been accepted still, and nothing has been told since the move was thought out.
 */
export function isHeldAndRecorded(
  generation: LeasedGeneration,
  { to, patch, version }: Move,
): Prisma.Sql {
  const isAsSeen =
    version === undefined ? Prisma.sql`TRUE` : Prisma.sql`generation.version = ${version}`;
  const isOpen = patch.submissionId
    ? Prisma.sql`EXISTS (SELECT FROM submission
        WHERE submission.id = ${patch.submissionId}::uuid AND outcome IN ('UNKNOWN', 'ACCEPTED'))`
    : Prisma.sql`TRUE`;
  return Prisma.sql`${isHeld(generation)} AND ${isAsSeen} AND ${isOpen} AND NOT EXISTS (
    SELECT FROM submission WHERE submission.id = generation.lease_token AND NOT ${isTold(to)})`;
}

function isTold(to: Status): Prisma.Sql {
  if (to === 'PROCESSING') return Prisma.sql`outcome = 'ACCEPTED'`;
  if (to === 'UNCERTAIN') return Prisma.sql`outcome NOT IN ('PREPARED', 'SENT', 'ACCEPTED')`;
  return Prisma.sql`outcome IN ('NOT_SENT', 'REFUSED')`;
}

/** Nothing that was sent for it may have been accepted, as far as records tell. */
export const hasNoneOpen = Prisma.sql`NOT EXISTS (
  SELECT FROM submission
  WHERE submission.generation_id = generation.id AND outcome IN ('UNKNOWN', 'ACCEPTED'))`;

/** Its successor is sent, and not it as well. */
export const hasNoSuccessor = Prisma.sql`generation.successor_id IS NULL`;

/** Of a row that is leased: what must be known to work on it, which older servers do not (0022, 0024, 0026). */
export const speaks = Prisma.sql`coalesce(
  CASE WHEN input_image_bytes > 0 THEN 10 END
    + CASE kind WHEN 'GENERATION' THEN api_generation WHEN 'REGENERATION' THEN 3 ELSE 4 END,
  CASE kind WHEN 'GENERATION' THEN nullif(api_generation, 1) WHEN 'REGENERATION' THEN 3 ELSE 4 END
)`;
