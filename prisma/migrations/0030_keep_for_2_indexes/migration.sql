-- concurrently

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_keep_for_idx" ON "video_generation"("completed_at") WHERE (keep_for_days IS NOT NULL AND input_image_bytes > 0);
