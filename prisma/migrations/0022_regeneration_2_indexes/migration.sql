-- concurrently

-- CreateIndex
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_regeneration_id_key" ON "video_generation"("regeneration_id");

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_source_id_idx" ON "video_generation"("source_id") WHERE (source_id IS NOT NULL);

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "video_generation_kind_id_idx" ON "video_generation"("kind", "id" DESC) WHERE (kind <> 'GENERATION'::generation_kind);
