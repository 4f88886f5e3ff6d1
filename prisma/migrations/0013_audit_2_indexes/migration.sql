-- concurrently

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "audit_event_position_id_idx" ON "audit_event"("position", "id");

-- CreateIndex
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "audit_event_lane_sequence_key" ON "audit_event"("lane", "sequence") WHERE (generation_id IS NULL);
