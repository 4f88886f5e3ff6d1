-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "api_generation" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "aspect_ratio" TEXT,
ADD COLUMN     "claim_speaks" INTEGER,
ADD COLUMN     "prompt_expansion" TEXT,
ADD COLUMN     "reference_audios" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "reference_images" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "reference_videos" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "usage" JSONB,
ADD COLUMN     "usage_cost_usd" DECIMAL(10,4);

-- AlterTable
ALTER TABLE "upstream_key" ADD COLUMN     "recent_second_submissions" TIMESTAMPTZ(3)[] DEFAULT ARRAY[]::TIMESTAMPTZ(3)[];

-- From here on by hand. A server of before there was a second protocol would send its requests, and
-- ask for its tasks, by the first. It says nothing when it takes a lease: the row stays as it is then.
CREATE FUNCTION video_generation_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.claim_speaks IS DISTINCT FROM NEW.api_generation THEN
    RETURN NULL;
  END IF;
  NEW.claim_speaks := NULL;
  RETURN NEW;
END
$$;

CREATE TRIGGER video_generation_claim BEFORE UPDATE OF lease_token ON video_generation
FOR EACH ROW WHEN (
  OLD.api_generation > 1 AND NEW.lease_token IS NOT NULL
  AND NEW.lease_token IS DISTINCT FROM OLD.lease_token
) EXECUTE FUNCTION video_generation_claim();

-- What the second protocol adds is covered by the hashes too. Of the first they stay what they were.
CREATE OR REPLACE FUNCTION video_generation_facts_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to((jsonb_build_array(
    generation.id, (extract(epoch FROM generation.created_at) * 1000)::bigint,
    generation.caller_id, generation.tenant, generation.idempotency_key, generation.retry_of_id,
    generation.model, generation.duration, generation.resolution, generation.prompt_optimizer,
    generation.fast_pretreatment, generation.aigc_watermark, generation.list_price_usd,
    generation.webhook_url, generation.simulated
  ) || CASE WHEN generation.api_generation = 1 THEN '[]'::jsonb ELSE jsonb_build_array(
    generation.api_generation, generation.aspect_ratio, generation.prompt_expansion
  ) END)::text, 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION video_generation_content_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(generation.request_salt || ' ' || (jsonb_build_array(
    generation.prompt, generation.first_frame_image, generation.last_frame_image,
    generation.subject_image, generation.tags, generation.input_hash
  ) || CASE WHEN generation.api_generation = 1 THEN '[]'::jsonb ELSE jsonb_build_array(
    generation.reference_images, generation.reference_videos, generation.reference_audios
  ) END)::text, 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION video_generation_state_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    generation.version, generation.status, generation.task_id, generation.account_id,
    generation.submission_id,
    (extract(epoch FROM generation.submitted_at) * 1000)::bigint,
    (extract(epoch FROM generation.completed_at) * 1000)::bigint,
    (extract(epoch FROM generation.redacted_at) * 1000)::bigint,
    CASE WHEN generation.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED') THEN jsonb_build_array(
      generation.file_id, generation.failure_kind, generation.status_code
    ) || CASE WHEN generation.api_generation = 1 THEN '[]'::jsonb ELSE jsonb_build_array(
      generation.usage, generation.usage_cost_usd
    ) END END
  )::text, 'UTF8')), 'hex')
$$;
