-- By themselves, since they read the whole table: nobody can write events meanwhile, but read them.

-- CreateIndex
CREATE INDEX "audit_event_position_id_idx" ON "audit_event"("position", "id");

-- CreateIndex
CREATE UNIQUE INDEX "audit_event_lane_sequence_key" ON "audit_event"("lane", "sequence") WHERE (generation_id IS NULL);
