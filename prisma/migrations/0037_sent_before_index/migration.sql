-- concurrently

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_sent_before_idx" ON "video_generation"("id") WHERE (status = 'QUEUED'::video_generation_status AND attempts > 0);
