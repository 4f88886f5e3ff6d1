import { Prisma, type VideoGenerationStatus } from '../database/generated/client.ts';

/** What endpoints can be told of, each with the sentence that the API shows for it. */
export const webhookEvents = {
  GENERATION_PROCESSING: 'MiniMax accepted the task and is working on it.',
  GENERATION_SUCCEEDED:
    'The video is finished, or the better prompt: ask for its `videoUrl`, or `enhancedPrompt`.',
  GENERATION_FAILED: 'The generation ended without a video.',
  GENERATION_UNCERTAIN:
    'Nobody knows whether MiniMax accepted the request; it may still be settled.',
  GENERATION_CANCELLED:
    'The request was withdrawn before MiniMax began to work on it; what was sent earlier may be paid.',
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

/** The event of a generation that comes to this status; null when nobody can want to be told. */
export function eventOf(status: VideoGenerationStatus): WebhookEvent | null {
  const name = `GENERATION_${status}`;
  return name in webhookEvents ? (name as WebhookEvent) : null;
}

/**
 * The body that tells of the generation in `moved`, as an expression: fields as the API has them.
 *
 * Neither prompt nor link: a link would be dead before the last attempt, and
 * both would stay in the logs of whoever receives it.
 */
export function bodyOfMoved(event: WebhookEvent): Prisma.Sql {
  return Prisma.sql`(
    SELECT row_to_json(body)::text FROM (
      SELECT ${typeOf(event)}::text AS type, ${instant('updated_at')} AS timestamp, (
        SELECT row_to_json(data) FROM (
          SELECT moved.id, moved.status, moved.version, moved.model, moved.task_id AS "taskId",
            moved.status_code AS "statusCode", moved.status_message AS "statusMessage", (
              SELECT row_to_json(failure)
              FROM (SELECT coalesce(moved.failure_kind, 'UNKNOWN') AS kind) AS failure
              WHERE moved.status IN ('FAILED', 'UNCERTAIN')
            ) AS failure,
            moved.idempotency_key AS "idempotencyKey", moved.retry_of_id AS "retryOfId",
            moved.kind, moved.source_id AS "sourceId",
            ${instant('created_at')} AS "createdAt", ${instant('completed_at')} AS "completedAt"
        ) AS data
      ) AS data
    ) AS body
  )`;
}

/** As `JSON.stringify` writes it. */
function instant(column: string): Prisma.Sql {
  return Prisma.raw(`to_char(moved.${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
}

/** The body of a test, as Standard Webhooks proposes it for all: `type`, `timestamp` and `data`. */
export function bodyOfTest(at: Date, endpointId: string): string {
  return JSON.stringify({ type: typeOf(testEvent), timestamp: at, data: { endpointId } });
}

function typeOf(event: WebhookEvent | typeof testEvent): string {
  return event.toLowerCase().replace('_', '.');
}
