-- CreateTable
CREATE TABLE "media_upload" (
    "id" UUID NOT NULL,
    "caller_id" TEXT NOT NULL,
    "tenant" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "bytes" INTEGER NOT NULL,
    "received" INTEGER NOT NULL DEFAULT 0,
    "pieces" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "object_id" UUID,

    CONSTRAINT "media_upload_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "media_upload_created_at_idx" ON "media_upload"("created_at");

-- From here on by hand. A server of before inputs were stored outside the database looks for images in
-- `input_image_chunk` alone. What has none of them there is not given to it to be sent; whatever else is.
-- Servers that know the storage say so by 10 more, of rows that came with images.
CREATE OR REPLACE FUNCTION video_generation_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted INTEGER := CASE NEW.kind
    WHEN 'GENERATION' THEN NEW.api_generation WHEN 'REGENERATION' THEN 3 ELSE 4 END;
  said INTEGER := NEW.claim_speaks;
BEGIN
  IF said > 10 THEN
    said := said - 10;
  ELSIF NEW.status = 'SUBMITTING' AND EXISTS (SELECT FROM media_use WHERE generation_id = NEW.id) THEN
    RETURN NULL;
  END IF;
  IF wanted > 1 AND said IS DISTINCT FROM wanted THEN
    RETURN NULL;
  END IF;
  NEW.claim_speaks := NULL;
  RETURN NEW;
END
$$;

CREATE TRIGGER video_generation_claim_images BEFORE UPDATE OF lease_token ON video_generation
FOR EACH ROW WHEN (
  OLD.api_generation = 1 AND OLD.input_image_bytes > 0 AND NEW.lease_token IS NOT NULL
  AND NEW.lease_token IS DISTINCT FROM OLD.lease_token
) EXECUTE FUNCTION video_generation_claim();

-- What is redacted uses no inputs any more, whichever version of the service redacts it.
CREATE FUNCTION video_generation_redact_inputs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM media_use WHERE generation_id = NEW.id;
  RETURN NULL;
END
$$;

CREATE TRIGGER video_generation_redact_inputs AFTER UPDATE OF redacted_at ON video_generation
FOR EACH ROW WHEN (OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL AND NEW.input_image_bytes > 0)
EXECUTE FUNCTION video_generation_redact_inputs();
