-- AlterTable
ALTER TABLE "video_archive" ADD COLUMN     "previous_token" UUID;

-- CreateIndex
CREATE INDEX "video_archive_left_idx" ON "video_archive"("generation_id") WHERE (lease_token IS NOT NULL AND (state = 'EXPIRED'::text OR state = 'FAILED'::text));

-- From here on by hand. What is redacted has no video any more, whichever version of the service redacts it.
CREATE FUNCTION video_generation_redact_video() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stored_object AS object SET deleted_at = NEW.redacted_at FROM video_archive AS archive
  WHERE archive.generation_id = NEW.id AND object.id = archive.object_id
    AND object.deleted_at IS NULL;
  UPDATE video_archive SET state = 'EXPIRED', next_attempt_at = NULL, removed_at = NEW.redacted_at
  WHERE generation_id = NEW.id AND state IN ('PENDING', 'STORED');
  RETURN NULL;
END
$$;

CREATE TRIGGER video_generation_redact_video AFTER UPDATE OF redacted_at ON video_generation
FOR EACH ROW WHEN (
  OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL AND NEW.status = 'SUCCEEDED'
) EXECUTE FUNCTION video_generation_redact_video();
