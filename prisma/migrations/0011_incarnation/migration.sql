-- By hand: which database this is, and which of its lives. Another cluster has another system
-- identifier, a promoted standby or a restore to a point in time another timeline, a dump that was
-- restored another database. Not the checkpoint's timeline: a promoted standby has none of its own yet.
CREATE FUNCTION database_incarnation() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT system_identifier::text
    || '/' || ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0')
    || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text
  FROM pg_control_system()
$$;

-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "held_at" TIMESTAMPTZ(3),
ADD COLUMN     "incarnation" TEXT NOT NULL DEFAULT database_incarnation();

-- CreateIndex
CREATE INDEX "video_generation_held_idx" ON "video_generation"("id" DESC) WHERE (held_at IS NOT NULL);

-- From here on by hand. What is held waits for a person, not for a time.
ALTER TABLE "video_generation" ADD CONSTRAINT "video_generation_held_check"
  CHECK (held_at IS NULL OR (status = 'QUEUED' AND next_attempt_at IS NULL));

-- Stamped is what is claimed, and what a person wants sent. What goes back to the queue keeps the
-- stamp of its claim: should the database have become another one in between, it is not sent.
CREATE FUNCTION stamp_incarnation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.incarnation := database_incarnation();
  RETURN NEW;
END
$$;

CREATE TRIGGER video_generation_incarnation BEFORE UPDATE OF status, held_at ON video_generation
FOR EACH ROW WHEN (
  (NEW.status = 'SUBMITTING' AND OLD.status <> 'SUBMITTING')
  OR (NEW.status = 'QUEUED' AND NEW.held_at IS NULL
    AND (OLD.status = 'UNCERTAIN' OR OLD.held_at IS NOT NULL))
) EXECUTE FUNCTION stamp_incarnation();
