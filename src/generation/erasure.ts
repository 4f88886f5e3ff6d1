import { actorOf, newEventId, type Actor, type Requester } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import { firstIdAt } from '../graphql/ids.ts';
import type { Logger } from '../logger.ts';
import type { DecisionResult } from './decisions.ts';
import type { InputStore } from './input-images.ts';
import { withoutPrompt } from './prompt-echo.ts';
import type { VideoGeneration } from './generation.ts';
import type { GenerationStore } from './store.ts';
import { tellOf, type Change } from './updates.ts';
import { userError, type UserError } from './user-errors.ts';

export interface ErasureOptions {
  prisma: Database['prisma'];
  store: GenerationStore;
  inputs: Pick<InputStore, 'dropUnused'>;
  log: Logger;
  now: () => Date;
  /** Generations older than this are redacted by themselves; undefined: never. */
  retentionDays: number | undefined;
}

export interface BulkResult {
  redacted: number;
  /** Whether there are more that one call does not reach. */
  hasMore: boolean;
  userErrors: readonly UserError[];
}

/** Why, and by whom; without an actor by the service itself. */
interface Order {
  reason: string;
  actor: Actor | null;
}

/** One transaction each: others get their turn in between. */
const batchSize = 200;

/** One call of the mutation takes some seconds at most. */
export const maxRedactedAtOnce = 5_000;

/** As for `RETENTION_DAYS`: a hundred years. */
export const maxDays = 36_500;

export const maxReasonLength = 200;

const dayMs = 24 * 3_600_000;

/**
 * Removes prompts, images and kept videos for good, and leaves what was asked of which model when, what came of
 * it and what it cost.
 *
 * The events never held either, so the log stays whole. What is about to be sent, or is being
 * made, is left alone. An uncertain generation gives up its lease token: a late answer may then not
 * put it back into the queue without its prompt.
 */
export class Erasure {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Redacts one generation; one that is redacted already stays as it is. */
  async redact(
    generation: VideoGeneration,
    reason: string,
    requester: Requester,
  ): Promise<DecisionResult> {
    const { id } = generation;
    const wrong = reasonErrors(reason);
    if (wrong.length > 0) return { generation, userErrors: wrong };
    await this.#redactBatch([id], { reason: reason.trim(), actor: actorOf(requester) });
    const current = (await this.#options.store.find(id)) ?? generation;
    if (current.redactedAt !== null) return { generation: current, userErrors: [] };
    const message = `What is still needed for the video cannot be redacted: cancel the generation, or wait until it is finished. This one is ${current.status}.`;
    return { generation: current, userErrors: [userError('id', 'WRONG_STATUS', message)] };
  }

  /** Redacts what is older, of one caller or of all, oldest first, `maxRedactedAtOnce` at most. */
  async redactOlder(
    olderThanDays: number,
    callerId: string | null,
    reason: string,
    requester: Requester,
  ): Promise<BulkResult> {
    const wrong = reasonErrors(reason);
    if (olderThanDays < 0 || olderThanDays > maxDays) {
      const message = `A number of days lies between 0, which is everything until now, and ${maxDays}.`;
      wrong.push(userError('olderThanDays', 'DAYS_INVALID', message));
    }
    if (wrong.length > 0) return { redacted: 0, hasMore: false, userErrors: wrong };
    const order = { reason: reason.trim(), actor: actorOf(requester) };
    let redacted = 0;
    for (;;) {
      const ids = await this.#findOlder(olderThanDays, callerId);
      if (ids.length === 0 || redacted >= maxRedactedAtOnce)
        return { redacted, hasMore: ids.length > 0, userErrors: [] };
      redacted += await this.#redactBatch(ids, order);
    }
  }

  /** Redacts whatever is older than the configured number of days; ends early when `signal` says so. */
  async applyRetention(signal: AbortSignal): Promise<void> {
    const { retentionDays, log } = this.#options;
    if (retentionDays === undefined) return;
    const order = { reason: `older than ${retentionDays} days`, actor: null };
    let redacted = 0;
    try {
      while (!signal.aborted) {
        const ids = await this.#findOlder(retentionDays, null);
        if (ids.length === 0) break;
        redacted += await this.#redactBatch(ids, order);
      }
    } catch (error) {
      log.error({ error }, 'old generations could not be redacted; trying again in an hour');
    }
    if (redacted > 0) log.info({ redacted, retentionDays }, 'old generations were redacted');
  }

  /** In SQL, so that the condition is the one of the partial index: what was redacted is never passed again. */
  async #findOlder(days: number, callerId: string | null): Promise<string[]> {
    const { prisma, now } = this.#options;
    const before = firstIdAt(new Date(now().getTime() - days * dayMs));
    const found = await prisma.$queryRaw<{ id: string }[]>`
      SELECT generation.id::text AS id FROM video_generation AS generation
      WHERE redacted_at IS NULL AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'UNCERTAIN')
        AND generation.id < ${before}::uuid
        AND (${callerId}::text IS NULL OR caller_id = ${callerId}::text)
      ORDER BY generation.id LIMIT ${batchSize}`;
    return found.map(({ id }) => id);
  }

  /** Those among `ids` that may be redacted and are not; with their events, in one transaction. */
  async #redactBatch(ids: readonly string[], { reason, actor }: Order): Promise<number> {
    const { prisma, inputs, log, now: clock } = this.#options;
    const now = clock();
    // The database takes them away from what is redacted, and ends the keeping of its video, whichever
    // version of the service does it (0026, 0029).
    const used = await prisma.mediaUse.findMany({ where: { generationId: { in: [...ids] } } });
    const changes = await prisma.$transaction(async (tx) => {
      // Of servers that do the same at once each gets its own.
      const rows = await tx.$queryRaw<
        { id: string; prompt: string | null; statusMessage: string | null }[]
      >`
        SELECT generation.id::text AS id, prompt, status_message AS "statusMessage"
        FROM video_generation AS generation
        WHERE generation.id = ANY (${ids}::uuid[]) AND redacted_at IS NULL
          AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'UNCERTAIN')
        ORDER BY generation.id FOR UPDATE`;
      if (rows.length === 0) return [];
      const locked = rows.map(({ id }) => id);
      const messages = rows.map(({ prompt, statusMessage }) =>
        withoutPrompt(statusMessage, prompt),
      );
      await cleanRecords(tx, new Map(rows.map(({ id, prompt }) => [id, prompt])));
      const eventIds = rows.map(() => newEventId(now));
      const event = { action: 'GENERATION_REDACTED', actor, detail: { reason } } as const;
      return await tx.$queryRaw<Change[]>`
        WITH redacted AS (
          UPDATE video_generation AS generation
          SET prompt = NULL, first_frame_image = NULL, last_frame_image = NULL,
            subject_image = NULL, reference_images = '{}', reference_videos = '{}',
            reference_audios = '{}', base_video = NULL, enhanced_prompt = NULL, tags = '{}', input_hash = '', request_salt = NULL,
            status_message = kept.status_message, lease_token = NULL, leased_until = NULL,
            redacted_at = ${now}, updated_at = ${now}, version = version + 1
          FROM unnest(${locked}::uuid[], ${messages}::text[], ${eventIds}::uuid[])
            AS kept (id, status_message, event_id)
          WHERE generation.id = kept.id
          RETURNING generation.id, version, status, kept.event_id
        ), dropped AS (
          DELETE FROM input_image_chunk AS chunk USING redacted
          WHERE chunk.generation_id = redacted.id
        ), recorded AS (
          ${insertEvent(event, now, 'redacted', { id: Prisma.sql`redacted.event_id` })}
        )
        SELECT id::text, version, status::text FROM redacted ${tellOf('redacted')}`;
    });
    const redacted = new Set(changes.map(({ id }) => id));
    const freed = used.filter(({ generationId }) => redacted.has(generationId));
    await inputs.dropUnused(freed.map(({ objectId }) => objectId));
    for (const { id, status } of changes)
      log.info({ generationId: id, status }, 'generation redacted');
    return changes.length;
  }
}

/**
 * Takes the prompts out of the records of submissions that earlier versions stored; this one stores
 * none (record-answer.ts). What MiniMax settled itself, the database lets nobody rewrite.
 */
async function cleanRecords(
  tx: Prisma.TransactionClient,
  prompts: ReadonlyMap<string, string | null>,
): Promise<void> {
  const records = await tx.submission.findMany({
    where: {
      ...{ generationId: { in: [...prompts.keys()] }, statusMessage: { not: null } },
      OR: [{ outcome: 'UNKNOWN' }, { settledBy: { not: null } }],
    },
    select: { id: true, generationId: true, statusMessage: true },
  });
  for (const { id, generationId, statusMessage } of records) {
    const clean = withoutPrompt(statusMessage, prompts.get(generationId) ?? null);
    if (clean !== statusMessage)
      await tx.submission.updateMany({
        // Not over what a late answer has just said.
        where: { id, statusMessage },
        data: { statusMessage: clean },
      });
  }
}

function reasonErrors(reason: string): UserError[] {
  const { length } = reason.trim();
  if (length >= 1 && length <= maxReasonLength) return [];
  const message = `Say why, in 1 to ${maxReasonLength} characters, and without what is to be removed: the reason stays in the audit log.`;
  return [userError('reason', 'REASON_INVALID', message)];
}
