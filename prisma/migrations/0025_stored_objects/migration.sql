-- CreateTable
CREATE TABLE "stored_object" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "storage" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "caller_id" TEXT NOT NULL,
    "tenant" TEXT,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "facts" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "keep_until" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "stored_object_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "media_use" (
    "generation_id" UUID NOT NULL,
    "object_id" UUID NOT NULL,

    CONSTRAINT "media_use_pkey" PRIMARY KEY ("generation_id","object_id")
);

-- CreateTable
CREATE TABLE "video_archive" (
    "generation_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "lease_token" UUID,
    "stored_at" TIMESTAMPTZ(3),
    "removed_at" TIMESTAMPTZ(3),
    "bytes" INTEGER,
    "sha256" TEXT,
    "error" TEXT,
    "object_id" UUID,

    CONSTRAINT "video_archive_pkey" PRIMARY KEY ("generation_id")
);

-- CreateIndex
CREATE INDEX "stored_object_owner_created_at_idx" ON "stored_object"("owner", "created_at");

-- CreateIndex
CREATE INDEX "stored_object_age_idx" ON "stored_object"("created_at") WHERE (deleted_at IS NULL);

-- CreateIndex
CREATE INDEX "stored_object_keep_until_idx" ON "stored_object"("keep_until") WHERE (deleted_at IS NULL AND keep_until IS NOT NULL);

-- CreateIndex
CREATE INDEX "stored_object_deleted_idx" ON "stored_object"("deleted_at") WHERE (deleted_at IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "stored_object_input_key" ON "stored_object"("storage", "owner", "sha256") WHERE (kind = 'INPUT'::text AND deleted_at IS NULL);

-- CreateIndex
CREATE INDEX "media_use_object_id_idx" ON "media_use"("object_id");

-- CreateIndex
CREATE UNIQUE INDEX "video_archive_object_id_key" ON "video_archive"("object_id");

-- CreateIndex
CREATE INDEX "video_archive_due_idx" ON "video_archive"("next_attempt_at") WHERE (state = 'PENDING'::text);

-- AddForeignKey
ALTER TABLE "media_use" ADD CONSTRAINT "media_use_generation_id_fkey" FOREIGN KEY ("generation_id") REFERENCES "video_generation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "media_use" ADD CONSTRAINT "media_use_object_id_fkey" FOREIGN KEY ("object_id") REFERENCES "stored_object"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "video_archive" ADD CONSTRAINT "video_archive_generation_id_fkey" FOREIGN KEY ("generation_id") REFERENCES "video_generation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "video_archive" ADD CONSTRAINT "video_archive_object_id_fkey" FOREIGN KEY ("object_id") REFERENCES "stored_object"("id") ON DELETE SET NULL ON UPDATE CASCADE;
