-- concurrently

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_withdrawn_idx" ON "video_generation"("id") WHERE (status = 'CANCELLED'::video_generation_status AND attempts > 0 AND task_id IS NULL);

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_repeating_idx" ON "video_generation"("id") WHERE (status = 'QUEUED'::video_generation_status AND retry_of_id IS NOT NULL);
