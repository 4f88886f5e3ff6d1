-- concurrently

-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "stored_object_usage_idx" ON "stored_object"("owner", "kind", "created_at", "bytes") WHERE (deleted_at IS NULL);

-- DropIndex
DROP INDEX CONCURRENTLY IF EXISTS "stored_object_owner_created_at_idx";
