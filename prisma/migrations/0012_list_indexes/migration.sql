-- CreateIndex
CREATE INDEX "video_generation_caller_id_status_id_idx" ON "video_generation"("caller_id", "status", "id" DESC);

-- CreateIndex
CREATE INDEX "video_generation_tenant_status_id_idx" ON "video_generation"("tenant", "status", "id" DESC);

-- By hand: servers hear of each change of a key, whoever makes it (src/access/checked-keys.ts).
CREATE FUNCTION api_key_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('api_key_changed', OLD.hash);
  RETURN NULL;
END
$$;

CREATE TRIGGER api_key_changed
AFTER UPDATE OF hash, caller_id, role, tenant, expires_at, revoked_at OR DELETE ON "api_key"
FOR EACH ROW EXECUTE FUNCTION api_key_changed();
