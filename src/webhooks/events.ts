import type { VideoGeneration } from '../database/generated/client.ts';

/** What endpoints can be told of, each with the sentence that the API shows for it. */
export const webhookEvents = {
  GENERATION_PROCESSING: 'MiniMax accepted the task and is working on it.',
  GENERATION_SUCCEEDED: 'The video is finished: ask for its `videoUrl`.',
  GENERATION_FAILED: 'The generation ended without a video.',
  GENERATION_UNCERTAIN:
    'Nobody knows whether MiniMax accepted the request; it may still be settled.',
  GENERATION_CANCELLED: 'The request was withdrawn before MiniMax had accepted it.',
} as const;

export type WebhookEvent = keyof typeof webhookEvents;

/** Sent to one endpoint when its owner asks for it. */
export const testEvent = 'WEBHOOK_TEST';

/** All that need somebody's attention, or end the waiting. */
export const defaultEvents: readonly WebhookEvent[] = [
  'GENERATION_SUCCEEDED',
  'GENERATION_FAILED',
  'GENERATION_UNCERTAIN',
  'GENERATION_CANCELLED',
];

/** The event of a generation that has just come to its status; null when nobody can want to be told. */
export function eventOf({ status }: VideoGeneration): WebhookEvent | null {
  const name = `GENERATION_${status}`;
  return name in webhookEvents ? (name as WebhookEvent) : null;
}

/**
 * The body that tells of a generation: fields as the API has them.
 *
 * Neither prompt nor link: a link would be dead before the last attempt, and
 * both would stay in the logs of whoever receives it.
 */
export function bodyOfGeneration(event: WebhookEvent, generation: VideoGeneration): string {
  const { id, status, version, model, taskId, statusCode, statusMessage } = generation;
  const { idempotencyKey, retryOfId, createdAt, completedAt, failureKind } = generation;
  const failed = status === 'FAILED' || status === 'UNCERTAIN';
  return bodyOf(event, generation.updatedAt, {
    id,
    status,
    version,
    model,
    taskId,
    statusCode,
    statusMessage,
    failure: failed ? { kind: failureKind ?? 'UNKNOWN' } : null,
    idempotencyKey,
    retryOfId,
    createdAt,
    completedAt,
  });
}

/** The body of any event, as Standard Webhooks proposes it: `type`, `timestamp` and `data`. */
export function bodyOf(event: WebhookEvent | typeof testEvent, at: Date, data: object): string {
  const type = event.toLowerCase().replace('_', '.');
  return JSON.stringify({ type, timestamp: at, data });
}
