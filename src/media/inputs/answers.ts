import type { Response } from 'express';
import type { StoredObject } from '../../database/generated/client.ts';
import { referenceOf } from './references.ts';
import { mediaOf } from './stored-inputs.ts';

/** What is told of a file that is stored. */
export function toJson(object: StoredObject) {
  const { kind, format, mediaType, bytes, ...measured } = mediaOf(object);
  const { width, height, seconds, framesPerSecond } = measured;
  return {
    ...{ id: object.id, reference: referenceOf(object), kind, format, mediaType, bytes },
    ...{ width, height, seconds, framesPerSecond, sha256: object.sha256 },
    createdAt: object.createdAt.toISOString(),
  };
}

export function tellProblem(
  response: Response,
  status: number,
  { code, message }: { code: string; message: string },
): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}
