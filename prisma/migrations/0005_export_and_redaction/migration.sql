-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "redacted_at" TIMESTAMPTZ(3),
ADD COLUMN     "request_salt" TEXT;

-- CreateTable
CREATE TABLE "export" (
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "token_hash" TEXT NOT NULL,
    "caller_id" TEXT NOT NULL,
    "caller_kind" TEXT NOT NULL,
    "role" "caller_role" NOT NULL,
    "tenant" TEXT,
    "api_key_id" UUID,
    "what" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "filter" JSONB NOT NULL,

    CONSTRAINT "export_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "export_expires_at_idx" ON "export"("expires_at");

-- CreateIndex
CREATE INDEX "video_generation_unredacted_idx" ON "video_generation"("id") WHERE (redacted_at IS NULL);
