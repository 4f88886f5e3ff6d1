import { v7 as uuidV7 } from 'uuid';
import { actorOf, type Requester } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import {
  Prisma,
  type VideoGeneration,
  type VideoGenerationStatus,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../database/generated/client.ts';
import { firstIdAt } from '../graphql/ids.ts';
import type { DisabledReason, WebhookEndpoints } from './endpoints.ts';
import { bodyOfMoved, bodyOfTest, eventOf, testEvent } from './events.ts';
import { givesUpAfterMs, keptForMs, retryDelayMs } from './retry-schedule.ts';
import type { Outcome } from './sender.ts';

export type DeliveryWithAttempts = WebhookDelivery & { attempts: WebhookAttempt[] };

/** A delivery whose attempt this server is to make. */
export type LeasedDelivery = WebhookDelivery & { leaseToken: string; endpoint: WebhookEndpoint };

export interface DeliveriesOptions {
  prisma: Database['prisma'];
  slow: Database['slow'];
  endpoints: WebhookEndpoints;
  audit: AuditLog;
  now: () => Date;
  /** Longer than an attempt can take: what has not been settled then was lost with its server, and is sent again. */
  leaseMs: number;
}

/** Requests to one endpoint at a time, from all servers together; to one that fails, 1. */
const perEndpoint = 4;

/** More attempts than these, the latest, are not shown. */
export const maxShownAttempts = 50;

const withAttempts = {
  attempts: { orderBy: { id: 'desc' }, take: maxShownAttempts },
} as const;

/**
 * What is to be sent: written together with what it tells of, claimed by any
 * server, kept with its attempts until it is old.
 */
export class WebhookDeliveries {
  readonly #options: DeliveriesOptions;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /**
   * The part of a statement that moves a generation to this status: enqueues the event for the
   * enabled endpoints of its caller. Neither is there without the other. The row that was moved is
   * in `moved`.
   *
   * The endpoints' rows are locked meanwhile, so that one which is being disabled gets nothing
   * afterwards.
   */
  readonly enqueue = (
    { callerId, webhookUrl }: VideoGeneration,
    to: VideoGenerationStatus,
  ): Prisma.Sql | null => {
    const event = eventOf(to);
    if (event === null) return null;
    const origin = webhookUrl && new URL(webhookUrl).origin;
    const now = this.#options.now();
    return Prisma.sql`
      INSERT INTO webhook_delivery
        (id, endpoint_id, caller_id, generation_id, event, url, body, status, created_at, next_attempt_at)
      SELECT overlay(gen_random_uuid()::text PLACING ${idPrefix(now)}::text FROM 1 FOR 15)::uuid,
        endpoint.id, endpoint.caller_id, moved.id, ${event}::text,
        CASE WHEN endpoint.id = (
          SELECT nearest.id FROM webhook_endpoint AS nearest
          WHERE nearest.caller_id = ${callerId} AND nearest.disabled_at IS NULL
            AND nearest.origin = ${origin}::text AND ${event}::text = ANY (nearest.events)
          ORDER BY nearest.id LIMIT 1
        ) THEN ${webhookUrl}::text ELSE endpoint.url END,
        ${bodyOfMoved(event)}, 'PENDING', ${now}::timestamptz, ${now}::timestamptz
      FROM moved JOIN webhook_endpoint AS endpoint ON endpoint.caller_id = ${callerId}
      WHERE endpoint.disabled_at IS NULL AND ${event}::text = ANY (endpoint.events)
      FOR SHARE OF endpoint`;
  };

  /** Enqueues an event that tells of nothing, to try the endpoint out. */
  async enqueueTest(
    { id: endpointId, callerId, url }: WebhookEndpoint,
    requester: Requester,
  ): Promise<DeliveryWithAttempts> {
    const { prisma, audit, now } = this.#options;
    const at = now();
    return await prisma.$transaction(async (tx) => {
      const delivery = await tx.webhookDelivery.create({
        data: {
          id: uuidV7({ msecs: at.getTime() }),
          endpointId,
          callerId,
          event: testEvent,
          url,
          body: bodyOfTest(at, endpointId),
          createdAt: at,
          status: 'PENDING',
          nextAttemptAt: at,
        },
      });
      const detail = { endpointId, deliveryId: delivery.id };
      await audit.record({ action: 'WEBHOOK_TESTED', actor: actorOf(requester), detail }, tx);
      return { ...delivery, attempts: [] };
    });
  }

  /** Sends it again with the same id, from the beginning of the schedule; one that is being sent is left alone. */
  async redeliver(delivery: WebhookDelivery, requester: Requester): Promise<void> {
    const { prisma, audit, now } = this.#options;
    const at = now();
    await prisma.$transaction(async (tx) => {
      const { count } = await tx.webhookDelivery.updateMany({
        where: {
          id: delivery.id,
          OR: [
            { status: { not: 'PENDING' } },
            { leaseToken: null },
            { nextAttemptAt: { lte: at } },
          ],
        },
        data: { status: 'PENDING', nextAttemptAt: at, attemptCount: 0, leaseToken: null },
      });
      if (count === 0) return;
      const { id: deliveryId, endpointId, generationId } = delivery;
      const detail = { endpointId, deliveryId, generationId };
      await audit.record({ action: 'WEBHOOK_REDELIVERED', actor: actorOf(requester), detail }, tx);
    });
  }

  /**
   * Takes up to `limit` deliveries that are due.
   *
   * Endpoints take turns, and each has a few requests under way at a time:
   * neither many messages for one nor a receiver that is slow holds up the others.
   */
  async claim(limit: number): Promise<LeasedDelivery[]> {
    const { prisma, leaseMs } = this.#options;
    const now = this.#options.now();
    const due = await prisma.$queryRaw<unknown[]>`
      SELECT 1 FROM webhook_delivery WHERE status = 'PENDING' AND next_attempt_at <= ${now} LIMIT 1`;
    if (due.length === 0) return [];
    // Hops from endpoint to endpoint and takes a few of each: a long queue is never read as a whole.
    const leased = await prisma.$queryRaw<{ id: string; leaseToken: string }[]>`
      WITH RECURSIVE waiting AS (
        (
          SELECT endpoint_id FROM webhook_delivery
          WHERE status = 'PENDING' ORDER BY endpoint_id LIMIT 1
        )
        UNION ALL
        SELECT (
          SELECT delivery.endpoint_id FROM webhook_delivery AS delivery
          WHERE status = 'PENDING' AND delivery.endpoint_id > waiting.endpoint_id
          ORDER BY delivery.endpoint_id LIMIT 1
        ) FROM waiting WHERE waiting.endpoint_id IS NOT NULL
      ), candidate AS (
        SELECT oldest.id, oldest.next_attempt_at, oldest.turn
        FROM waiting JOIN webhook_endpoint AS endpoint ON endpoint.id = waiting.endpoint_id
        CROSS JOIN LATERAL (
          SELECT count(*) AS under_way FROM webhook_delivery AS sent
          WHERE sent.endpoint_id = endpoint.id AND sent.lease_token IS NOT NULL
            AND sent.next_attempt_at > ${now}
        ) AS busy
        CROSS JOIN LATERAL (
          SELECT id, next_attempt_at,
            busy.under_way + row_number() OVER (ORDER BY next_attempt_at, id) AS turn
          FROM webhook_delivery AS delivery
          WHERE status = 'PENDING' AND delivery.endpoint_id = endpoint.id
            AND next_attempt_at <= ${now}
          ORDER BY next_attempt_at, id LIMIT ${perEndpoint}
        ) AS oldest
        WHERE oldest.turn <= CASE WHEN endpoint.failing_since IS NULL THEN ${perEndpoint} ELSE 1 END
      )
      UPDATE webhook_delivery SET lease_token = gen_random_uuid(),
        next_attempt_at = ${new Date(now.getTime() + leaseMs)}, attempt_count = attempt_count + 1
      WHERE id = ANY (ARRAY(
        SELECT id FROM webhook_delivery
        WHERE id = ANY (ARRAY(
          SELECT id FROM candidate ORDER BY turn, next_attempt_at LIMIT ${limit}
        )) AND status = 'PENDING' AND next_attempt_at <= ${now}
        FOR UPDATE SKIP LOCKED
      ))
      RETURNING id::text, lease_token::text AS "leaseToken"`;
    if (leased.length === 0) return [];
    const rows = await prisma.webhookDelivery.findMany({
      where: { id: { in: leased.map(({ id }) => id) } },
      include: { endpoint: true },
    });
    const tokens = new Map(leased.map(({ id, leaseToken }) => [id, leaseToken]));
    return rows.filter((row): row is LeasedDelivery => row.leaseToken === tokens.get(row.id));
  }

  /** Stores what came of an attempt: it arrived, is due again later, or is dead. */
  async settle(delivery: LeasedDelivery, startedAt: Date, outcome: Outcome): Promise<void> {
    const { prisma, endpoints, now } = this.#options;
    const { id, endpointId, leaseToken, attemptCount, endpoint } = delivery;
    const { retryAfterMs, httpStatus, ...rest } = outcome;
    const arrived = httpStatus !== null && httpStatus >= 200 && httpStatus < 300;
    const at = now();
    const delay = arrived ? null : retryDelayMs(attemptCount, retryAfterMs);
    // The endpoint first, as whoever disables one does.
    await prisma.$transaction(async (tx) => {
      await tx.webhookEndpoint.updateMany({
        where: { id: endpointId, failingSince: arrived ? { not: null } : null },
        data: { failingSince: arrived ? null : at },
      });
      const reason = arrived ? null : reasonToDisable(httpStatus, endpoint.failingSince, at);
      if (reason) await endpoints.disableWithin(tx, endpointId, reason, null);
      const retryAt = delay !== null && reason === null ? new Date(at.getTime() + delay) : null;
      // One that was disabled meanwhile keeps its lease token, so that what did arrive is told. In one
      // statement: a second one on the same row would lock the endpoint again, after the delivery,
      // while its deletion locks the endpoint first.
      const count = await tx.$executeRaw`
        UPDATE webhook_delivery SET lease_token = NULL,
          status = CASE
            WHEN ${arrived} THEN 'DELIVERED'
            WHEN status = 'PENDING' AND ${retryAt}::timestamptz IS NULL THEN 'DEAD'
            ELSE status
          END,
          next_attempt_at = CASE
            WHEN ${arrived} THEN NULL
            WHEN status = 'PENDING' THEN ${retryAt}::timestamptz
            ELSE next_attempt_at
          END
        WHERE id = ${id}::uuid AND lease_token = ${leaseToken}::uuid`;
      if (count === 0) return;
      await tx.webhookAttempt.create({
        data: {
          ...rest,
          httpStatus,
          startedAt,
          deliveryId: id,
          id: uuidV7({ msecs: at.getTime() }),
        },
      });
    });
  }

  /** Forgets what is old. */
  async prune(): Promise<number> {
    const { slow, now } = this.#options;
    const before = firstIdAt(new Date(now().getTime() - keptForMs));
    // Without those that are being deleted with their endpoint, in another order.
    return await slow.prisma.$executeRaw`
      DELETE FROM webhook_delivery WHERE id IN (
        SELECT id FROM webhook_delivery WHERE id < ${before}::uuid AND status <> 'PENDING'
        FOR UPDATE SKIP LOCKED
      )`;
  }

  async find(id: string): Promise<DeliveryWithAttempts | null> {
    const { prisma } = this.#options;
    return await prisma.webhookDelivery.findUnique({ where: { id }, include: withAttempts });
  }

  /** Those that match by keyset on the id, which sorts by time. */
  async list(
    where: Prisma.WebhookDeliveryWhereInput,
    ascending: boolean,
    take: number,
  ): Promise<DeliveryWithAttempts[]> {
    return await this.#options.prisma.webhookDelivery.findMany({
      where,
      orderBy: { id: ascending ? 'asc' : 'desc' },
      take,
      include: withAttempts,
    });
  }
}

function reasonToDisable(
  httpStatus: number | null,
  failingSince: Date | null,
  at: Date,
): DisabledReason | null {
  if (httpStatus === 410) return 'GONE';
  const failingMs = failingSince === null ? 0 : at.getTime() - failingSince.getTime();
  return failingMs > givesUpAfterMs ? 'FAILING' : null;
}

/** The time and version of a UUID version 7, to be put before random digits: PostgreSQL makes such ids from version 18 on. */
function idPrefix(at: Date): string {
  return `${firstIdAt(at).slice(0, 14)}7`;
}
