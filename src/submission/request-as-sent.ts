import type { VideoGeneration } from '../generation/generation.ts';
import { hashOf, toJsonBody } from '../minimax/json-body.ts';
import { addressedRequest } from '../upstream/addressed-request.ts';
import { requestOf } from './request-of.ts';

export interface RequestAsSent {
  path: string;
  /** JSON. */
  body: string;
  /** Null where bytes that are stored elsewhere belong to it. */
  bodyHash: string | null;
}

/** Stands for a value in the body that is nobody's to see. */
const hiddenCallback = 'https://callback.invalid/hidden';

/**
 * What goes to MiniMax for a generation, reckoned from its row alone: stored files stay the short
 * references that the row has. Null once it is redacted.
 */
export async function requestAsSent(
  generation: VideoGeneration,
  callbackUrl: string | null,
): Promise<RequestAsSent | null> {
  if (generation.redactedAt !== null) return null;
  const { path, body } = addressedRequest(requestOf(generation, new Map(), callbackUrl));
  const baseVideo = generation.baseVideo?.replace(/\?.*/s, '?[redacted]') ?? null;
  const shown = addressedRequest(
    requestOf({ ...generation, baseVideo }, new Map(), callbackUrl && hiddenCallback),
  );
  const text = JSON.stringify(shown.body, (_key, value: unknown) => withoutData(value));
  const hasFiles = /"(urn:sha256:|data:)/.test(JSON.stringify(body));
  return {
    path,
    body: text,
    bodyHash: hasFiles ? null : await hashOf(toJsonBody(body)),
  };
}

function withoutData(value: unknown): unknown {
  if (value === hiddenCallback) return '[callback address]';
  return typeof value === 'string' && /^data:[^,]*,/i.test(value) ? '[data]' : value;
}
