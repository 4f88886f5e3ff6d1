-- CreateEnum
CREATE TYPE "submission_reason" AS ENUM ('FIRST', 'RETRY', 'RESUBMIT');

-- CreateEnum
CREATE TYPE "submission_outcome" AS ENUM ('PREPARED', 'NOT_SENT', 'SENT', 'ACCEPTED', 'REFUSED', 'UNKNOWN');

-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "account_id" TEXT,
ADD COLUMN     "submission_id" UUID;

-- CreateTable
CREATE TABLE "submission" (
    "id" UUID NOT NULL,
    "generation_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "account_id" TEXT NOT NULL,
    "account_name" TEXT NOT NULL,
    "api_generation" INTEGER NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "caller_id" TEXT NOT NULL,
    "reason" "submission_reason" NOT NULL,
    "body_hash" TEXT,
    "list_price" DECIMAL(10,4),
    "currency" TEXT NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3),
    "answered_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "settled_by" TEXT,
    "outcome" "submission_outcome" NOT NULL,
    "http_status" INTEGER,
    "status_code" INTEGER,
    "status_message" TEXT,
    "trace_id" TEXT,
    "latency_ms" INTEGER,
    "task_id" TEXT,

    CONSTRAINT "submission_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "submission_task_id_idx" ON "submission"("task_id") WHERE (task_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "submission_outcome_id_idx" ON "submission"("outcome", "id" DESC);

-- CreateIndex
CREATE INDEX "submission_account_id_id_idx" ON "submission"("account_id", "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "submission_generation_id_number_key" ON "submission"("generation_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "submission_account_id_task_id_key" ON "submission"("account_id", "task_id");

-- AddForeignKey
ALTER TABLE "submission" ADD CONSTRAINT "submission_generation_id_fkey" FOREIGN KEY ("generation_id") REFERENCES "video_generation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- From here on by hand: a record of each submission that was made before there were records, from
-- the events that tell of it. How it was answered is the first such event after it.
WITH sent AS (
  SELECT event.generation_id, event.sequence, event.occurred_at,
    row_number() OVER w AS number,
    lead(event.sequence) OVER w AS next_sequence
  FROM audit_event AS event
  WHERE event.action = 'SUBMISSION_SENT' AND event.generation_id IS NOT NULL
  WINDOW w AS (PARTITION BY event.generation_id ORDER BY event.sequence)
), answered AS (
  SELECT sent.*, answer.action, answer.occurred_at AS answered_at, answer.http_status,
    answer.upstream_code, answer.upstream_message, answer.trace_id, answer.latency_ms,
    answer.detail ->> 'taskId' AS task_id,
    ordered.caller_id AS ordered_by
  FROM sent
  LEFT JOIN LATERAL (
    SELECT * FROM audit_event AS event
    WHERE event.generation_id = sent.generation_id AND event.sequence > sent.sequence
      AND event.sequence < coalesce(sent.next_sequence, 2147483647)
      AND event.action IN ('SUBMISSION_ACCEPTED', 'SUBMISSION_REFUSED', 'SUBMISSION_POSTPONED',
        'SUBMISSION_UNCERTAIN', 'TASK_ATTACHED', 'DECLARED_NOT_CREATED')
    -- What settled an uncertain one came later.
    ORDER BY event.sequence DESC LIMIT 1
  ) AS answer ON true
  LEFT JOIN LATERAL (
    SELECT event.caller_id FROM audit_event AS event
    WHERE event.generation_id = sent.generation_id AND event.sequence < sent.sequence
      AND event.action = 'RESUBMISSION_ORDERED'
    ORDER BY event.sequence DESC LIMIT 1
  ) AS ordered ON true
), account AS (
  -- Which account it was is known only where there never was but one.
  SELECT min(id) AS id FROM upstream_key WHERE id <> 'simulator' HAVING count(*) = 1
)
INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation, simulated, caller_id,
  reason, list_price, currency, claimed_at, sent_at, answered_at, settled_at, outcome, http_status,
  status_code, status_message, trace_id, latency_ms, task_id)
SELECT
  overlay(gen_random_uuid()::text PLACING left(generation.id::text, 15) FROM 1 FOR 15)::uuid,
  generation.id, answered.number,
  CASE WHEN generation.simulated THEN 'simulator'
    ELSE coalesce((SELECT id FROM account), 'unknown') END,
  CASE WHEN generation.simulated THEN 'simulator' ELSE 'main' END,
  1, generation.simulated, coalesce(answered.ordered_by, generation.caller_id),
  CASE WHEN answered.number = 1 THEN 'FIRST' WHEN answered.ordered_by IS NOT NULL THEN 'RESUBMIT'
    ELSE 'RETRY' END::submission_reason,
  generation.list_price_usd, 'USD', answered.occurred_at, answered.occurred_at,
  answered.answered_at, answered.answered_at,
  CASE
    WHEN answered.action IN ('SUBMISSION_ACCEPTED', 'TASK_ATTACHED') THEN 'ACCEPTED'
    WHEN answered.action = 'SUBMISSION_POSTPONED' AND answered.http_status IS NULL THEN 'NOT_SENT'
    WHEN answered.action IN ('SUBMISSION_REFUSED', 'SUBMISSION_POSTPONED', 'DECLARED_NOT_CREATED') THEN 'REFUSED'
    WHEN answered.action IS NULL AND generation.status = 'SUBMITTING' THEN 'SENT'
    ELSE 'UNKNOWN'
  END::submission_outcome,
  answered.http_status, answered.upstream_code, answered.upstream_message, answered.trace_id,
  answered.latency_ms,
  -- Simulators of earlier days may have given a number twice; an unknown account's may be two's.
  CASE WHEN row_number() OVER (PARTITION BY generation.simulated, answered.task_id ORDER BY generation.id) = 1
    THEN answered.task_id END
FROM answered JOIN video_generation AS generation ON generation.id = answered.generation_id;

UPDATE video_generation AS generation
SET submission_id = submission.id, account_id = nullif(submission.account_id, 'unknown')
FROM submission
WHERE submission.generation_id = generation.id AND submission.number = (
  SELECT max(latest.number) FROM submission AS latest WHERE latest.generation_id = generation.id
);
