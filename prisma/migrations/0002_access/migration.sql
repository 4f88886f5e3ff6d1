-- CreateEnum
CREATE TYPE "caller_role" AS ENUM ('CLIENT', 'AUDITOR', 'ADMIN');

-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "tenant" TEXT;

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "caller_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "caller_role" NOT NULL,
    "tenant" TEXT,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "video_generation_caller_id_id_idx" ON "video_generation"("caller_id", "id" DESC);

-- CreateIndex
CREATE INDEX "video_generation_tenant_id_idx" ON "video_generation"("tenant", "id" DESC);
