-- Trigram index of the prompt. Written by hand: Prisma sees an extension in the schema as drift for ever.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- CreateEnum
CREATE TYPE "video_generation_status" AS ENUM ('QUEUED', 'SUBMITTING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'UNCERTAIN', 'CANCELLED');

-- CreateTable
CREATE TABLE "video_generation" (
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "caller_id" TEXT NOT NULL,
    "idempotency_key" TEXT,
    "input_hash" TEXT NOT NULL,
    "retry_of_id" UUID,
    "model" TEXT NOT NULL,
    "prompt" TEXT,
    "duration" INTEGER,
    "resolution" TEXT,
    "prompt_optimizer" BOOLEAN NOT NULL,
    "fast_pretreatment" BOOLEAN,
    "aigc_watermark" BOOLEAN,
    "first_frame_image" TEXT,
    "last_frame_image" TEXT,
    "subject_image" TEXT,
    "list_price_usd" DECIMAL(10,4),
    "simulated" BOOLEAN NOT NULL,
    "status" "video_generation_status" NOT NULL,
    "version" INTEGER NOT NULL,
    "task_id" TEXT,
    "upstream_status" TEXT,
    "status_code" INTEGER,
    "status_message" TEXT,
    "trace_id" TEXT,
    "failure_kind" TEXT,
    "file_id" TEXT,
    "video_width" INTEGER,
    "video_height" INTEGER,
    "video_url" TEXT,
    "video_url_expires_at" TIMESTAMPTZ(3),
    "submitted_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "stalled_at" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "query_errors" INTEGER NOT NULL DEFAULT 0,
    "lease_token" UUID,
    "leased_until" TIMESTAMPTZ(3),
    "callback_token" TEXT,
    "callback_status" TEXT,

    CONSTRAINT "video_generation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "input_image_chunk" (
    "generation_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "input_image_chunk_pkey" PRIMARY KEY ("generation_id","role","index")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" UUID NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "action" TEXT NOT NULL,
    "generation_id" UUID,
    "sequence" INTEGER,
    "from_status" "video_generation_status",
    "to_status" "video_generation_status",
    "http_status" INTEGER,
    "latency_ms" INTEGER,
    "upstream_code" INTEGER,
    "upstream_message" TEXT,
    "trace_id" TEXT,
    "request_id" TEXT,
    "detail" JSONB,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upstream_key" (
    "id" TEXT NOT NULL,
    "recent_submissions" TIMESTAMPTZ(3)[] DEFAULT ARRAY[]::TIMESTAMPTZ(3)[],
    "paused_until" TIMESTAMPTZ(3),
    "pause_code" INTEGER,
    "pause_message" TEXT,

    CONSTRAINT "upstream_key_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "video_generation_callback_token_key" ON "video_generation"("callback_token");

-- CreateIndex
CREATE INDEX "video_generation_due_idx" ON "video_generation"("status", "next_attempt_at") WHERE (status = ANY (ARRAY['QUEUED'::video_generation_status, 'SUBMITTING'::video_generation_status, 'PROCESSING'::video_generation_status]));

-- CreateIndex
CREATE INDEX "video_generation_turn_idx" ON "video_generation"("simulated", "caller_id", "next_attempt_at", "id") WHERE (status = 'QUEUED'::video_generation_status);

-- CreateIndex
CREATE INDEX "video_generation_status_id_idx" ON "video_generation"("status", "id" DESC);

-- CreateIndex
CREATE INDEX "video_generation_model_id_idx" ON "video_generation"("model", "id" DESC);

-- CreateIndex
CREATE INDEX "video_generation_status_code_id_idx" ON "video_generation"("status_code", "id" DESC);

-- CreateIndex
CREATE INDEX "video_generation_updated_at_id_idx" ON "video_generation"("updated_at", "id");

-- CreateIndex
CREATE INDEX "video_generation_caller_id_submitted_at_idx" ON "video_generation"("caller_id", "submitted_at");

-- CreateIndex
CREATE INDEX "video_generation_retry_of_id_idx" ON "video_generation"("retry_of_id");

-- CreateIndex
CREATE INDEX "video_generation_task_id_idx" ON "video_generation"("task_id");

-- CreateIndex
CREATE INDEX "video_generation_prompt_trgm_idx" ON "video_generation" USING GIN ("prompt" gin_trgm_ops);

-- CreateIndex
CREATE UNIQUE INDEX "video_generation_caller_id_idempotency_key_key" ON "video_generation"("caller_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "audit_event_generation_id_sequence_key" ON "audit_event"("generation_id", "sequence");

-- AddForeignKey
ALTER TABLE "video_generation" ADD CONSTRAINT "video_generation_retry_of_id_fkey" FOREIGN KEY ("retry_of_id") REFERENCES "video_generation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "input_image_chunk" ADD CONSTRAINT "input_image_chunk_generation_id_fkey" FOREIGN KEY ("generation_id") REFERENCES "video_generation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_generation_id_fkey" FOREIGN KEY ("generation_id") REFERENCES "video_generation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
