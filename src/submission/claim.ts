import { newEventId } from '../audit/events.ts';
import { insertEvent } from '../audit/insert-event.ts';
import { Prisma } from '../database/generated/client.ts';
import type { LeasedGeneration } from '../generation/generation.ts';
import { speaks } from '../generation/guards.ts';
import { allColumns } from '../generation/rows.ts';
import { isNeedless, isNotAccepted } from '../generation/settle-submission.ts';
import { tellOf } from '../generation/updates.ts';
import type { ApiGeneration } from '../minimax/model.ts';
import type { SeenKey, UpstreamKey } from './request-budget.ts';
import { findsRoom, type Room } from './room.ts';

export interface Claim {
  key: Pick<UpstreamKey, 'id' | 'name' | 'budget'>;
  room: Room;
  apiGeneration: ApiGeneration;
  simulated: boolean;
  /** Where this server keeps media: what has its files elsewhere is for others to send. */
  storageId: string;
  /** Of a row: that it was queued in the present incarnation of the database. */
  isOurs: Prisma.Sql;
  /** Ids of the submissions, and lease tokens: as many as there is room for. */
  tokens: readonly string[];
  /** Left alone: what could not be taken just now. */
  except: readonly string[];
  now: Date;
  /** When the leases end. */
  until: Date;
}

/** What a claim saw of the key, and which it chose; with a generation that it took, or none. */
export type ClaimedRow = { seen: SeenKey & { chosen: string[] } } & (
  LeasedGeneration | { id: null }
);

/**
 * The statement that takes due requests for submission of one API generation: budget, lease, status, record and event,
 * all or nothing. It gives `ClaimedRow`s, one at least.
 *
 * It waits for the key's row, but what it chooses among is as it was when it began: whatever was
 * changed since then is left alone, by its version, and so is what somebody has locked. What its records,
 * or those of the one that it repeats, tell to have been accepted is for others (left-behind.ts, holds.ts).
 */
export function claiming(claim: Claim): Prisma.Sql {
  const { key, room, tokens, now, until } = claim;
  const budget = key.budget(claim.apiGeneration, now, room.requests);
  const eventIds = tokens.map(() => newEventId(now));
  return Prisma.sql`
      WITH RECURSIVE ${budget.key}, ${waiting(claim)}, fitting AS (
        SELECT *, sum(input_image_bytes) OVER (
          ORDER BY turn, served_at NULLS FIRST, next_attempt_at, id
        ) AS image_bytes
        FROM waiting
      ), chosen AS (
        SELECT id, version, row_number() OVER (
          ORDER BY turn, served_at NULLS FIRST, next_attempt_at, id
        ) AS place
        FROM fitting WHERE ${findsRoom(room)}
        ORDER BY place LIMIT (SELECT free FROM key)
      ), unlocked AS (
        SELECT id FROM video_generation AS request WHERE id = ANY (ARRAY(SELECT id FROM chosen))
          AND ${isNotAccepted(Prisma.sql`request`)} AND NOT ${isNeedless(Prisma.sql`request`)}
        FOR UPDATE SKIP LOCKED
      ), claimed AS (
        UPDATE video_generation AS generation
        SET status = 'SUBMITTING', version = generation.version + 1, attempts = attempts + 1,
          lease_token = given.token, submission_id = given.token, account_id = ${key.id},
          leased_until = ${until}, next_attempt_at = ${until},
          submitted_at = ${now}, updated_at = ${now}, claim_speaks = ${speaks}
        FROM chosen JOIN unlocked USING (id) JOIN unnest(${tokens}::uuid[], ${eventIds}::uuid[])
          WITH ORDINALITY AS given (token, event_id, place) USING (place)
        WHERE generation.id = chosen.id AND generation.status = 'QUEUED'
          AND generation.version = chosen.version
        RETURNING generation.*, given.event_id
      ), recorded AS (
        INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation,
          simulated, caller_id, reason, list_price, currency, claimed_at, outcome)
        SELECT claimed.lease_token, claimed.id, coalesce(last.number, 0) + 1, ${key.id}, ${key.name},
          claimed.api_generation, claimed.simulated,
          CASE WHEN last.is_due THEN last.caller_id
            ELSE coalesce(ordered.caller_id, claimed.caller_id) END,
          CASE WHEN last.outcome IS NULL THEN 'FIRST'
            WHEN last.is_due OR last.outcome = 'UNKNOWN' OR ordered.caller_id IS NOT NULL THEN 'RESUBMIT'
            ELSE 'RETRY' END::submission_reason,
          claimed.list_price_usd, 'USD', ${now}, 'PREPARED'
        FROM claimed LEFT JOIN LATERAL (
          SELECT number, outcome, caller_id,
            -- What was ordered has not left yet.
            reason = 'RESUBMIT' AND outcome = 'NOT_SENT' AS is_due
          FROM submission
          WHERE submission.generation_id = claimed.id ORDER BY submission.number DESC LIMIT 1
        ) AS last ON true LEFT JOIN LATERAL (
          -- Who has ordered it since it was sent.
          SELECT CASE action WHEN 'RESUBMISSION_ORDERED' THEN caller_id END AS caller_id
          FROM audit_event AS event
          WHERE event.generation_id = claimed.id AND last.number > 0
            AND event.action IN ('RESUBMISSION_ORDERED', 'SUBMISSION_SENT')
          ORDER BY event.sequence DESC LIMIT 1
        ) AS ordered ON true
      ), events AS (${insertEvent(sent, now, 'claimed', toldOfEach)}), ${budget.spent}
      SELECT jsonb_build_object(
        'mayBePaused', key.paused_until IS NOT NULL, 'isProbe', key.is_probe,
        'chosen', ARRAY(SELECT id FROM chosen)
      ) AS seen, taken.*
      FROM key LEFT JOIN (
        SELECT ${allColumns} FROM claimed ${tellOf('claimed')}
      ) AS taken ON true`;
}

/**
 * `callers` and `waiting`: the oldest due requests of each caller, with their turns. Hops from
 * caller to caller and takes a few of each, and a few of those without images beside: a long queue
 * is never read as a whole.
 */
function waiting(claim: Claim): Prisma.Sql {
  return Prisma.sql`callers AS (
        (
          SELECT caller_id FROM video_generation
          WHERE ${isQueued(claim)} AND (SELECT free FROM key) > 0
          ORDER BY caller_id LIMIT 1
        )
        UNION ALL
        SELECT (
          SELECT queued.caller_id FROM video_generation AS queued
          WHERE ${isQueued(claim)}
            AND queued.caller_id > callers.caller_id ORDER BY queued.caller_id LIMIT 1
        ) FROM callers WHERE callers.caller_id IS NOT NULL
      ), waiting AS (
        SELECT id, version, next_attempt_at, input_image_bytes, turn, served_at
        FROM callers CROSS JOIN LATERAL (
          SELECT max(submitted_at) AS served_at FROM video_generation AS sent
          WHERE sent.caller_id = callers.caller_id
        ) AS served CROSS JOIN LATERAL (
          SELECT *, row_number() OVER (ORDER BY next_attempt_at, id) AS turn FROM (
            (${oldest(claim, Prisma.empty)}) UNION
            (${oldest(claim, Prisma.sql`AND input_image_bytes = 0`)})
          ) AS due
        ) AS oldest
      )`;
}

function oldest(claim: Claim, condition: Prisma.Sql): Prisma.Sql {
  const { isOurs, now, storageId, except } = claim;
  return Prisma.sql`
      SELECT id, version, next_attempt_at, input_image_bytes
      FROM video_generation AS request
      WHERE ${isQueued(claim)} AND next_attempt_at <= ${now}
        AND request.caller_id = callers.caller_id AND ${isOurs} AND ${isReadable(storageId)}
        AND id <> ALL (${except}::uuid[])
        ${condition}
      ORDER BY next_attempt_at, id LIMIT (SELECT free FROM key)`;
}

/** Of a row: that none of its files lies in another storage. */
function isReadable(storageId: string): Prisma.Sql {
  return Prisma.sql`(input_image_bytes = 0 OR NOT EXISTS (
    SELECT FROM media_use JOIN stored_object AS object ON object.id = object_id
    WHERE media_use.generation_id = request.id AND object.storage <> ${storageId}
  ))`;
}

function isQueued({ simulated, apiGeneration }: Claim): Prisma.Sql {
  return Prisma.sql`status = 'QUEUED' AND simulated = ${simulated}
        AND api_generation = ${apiGeneration}`;
}

const sent = {
  action: 'SUBMISSION_SENT',
  fromStatus: 'QUEUED',
  toStatus: 'SUBMITTING',
} as const;

const toldOfEach = {
  id: Prisma.sql`claimed.event_id`,
  detail: Prisma.sql`jsonb_build_object('submissionId', claimed.lease_token)`,
};
