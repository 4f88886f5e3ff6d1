-- concurrently

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_turn_by_api_idx" ON "video_generation"("simulated", "api_generation", "caller_id", "next_attempt_at", "id") WHERE (status = 'QUEUED'::video_generation_status);

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_in_flight_idx" ON "video_generation"("account_id") WHERE (api_generation = 2 AND (status = ANY (ARRAY['SUBMITTING'::video_generation_status, 'PROCESSING'::video_generation_status])));
