-- CreateEnum
CREATE TYPE "generation_kind" AS ENUM ('GENERATION', 'REGENERATION');

-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "base_video" TEXT,
ADD COLUMN     "kind" "generation_kind" NOT NULL DEFAULT 'GENERATION',
ADD COLUMN     "regeneration_id" UUID,
ADD COLUMN     "source_id" UUID,
ADD COLUMN     "source_task_id" TEXT;

-- AddForeignKey. By hand: not validated, since no row has one yet and the table may be large.
ALTER TABLE "video_generation" ADD CONSTRAINT "video_generation_source_id_fkey" FOREIGN KEY ("source_id") REFERENCES "video_generation"("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;

-- AddForeignKey
ALTER TABLE "video_generation" ADD CONSTRAINT "video_generation_regeneration_id_fkey" FOREIGN KEY ("regeneration_id") REFERENCES "video_generation"("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;

-- From here on by hand. A server of before there were kinds would send what is to be made anew as a
-- new request. It names the protocol when it takes a lease, which is not enough then.
CREATE OR REPLACE FUNCTION video_generation_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.claim_speaks IS DISTINCT FROM
    (CASE NEW.kind WHEN 'GENERATION' THEN NEW.api_generation ELSE 3 END)
  THEN
    RETURN NULL;
  END IF;
  NEW.claim_speaks := NULL;
  RETURN NEW;
END
$$;

-- What kinds add is covered by the hashes too. Of generations they stay what they were.
CREATE OR REPLACE FUNCTION video_generation_facts_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to((jsonb_build_array(
    generation.id, (extract(epoch FROM generation.created_at) * 1000)::bigint,
    generation.caller_id, generation.tenant, generation.idempotency_key, generation.retry_of_id,
    generation.model, generation.duration, generation.resolution, generation.prompt_optimizer,
    generation.fast_pretreatment, generation.aigc_watermark, generation.list_price_usd,
    generation.webhook_url, generation.simulated
  ) || CASE WHEN generation.api_generation = 1 THEN '[]'::jsonb ELSE jsonb_build_array(
    generation.api_generation, generation.aspect_ratio, generation.prompt_expansion
  ) END || CASE generation.kind WHEN 'GENERATION' THEN '[]'::jsonb ELSE jsonb_build_array(
    generation.kind, generation.source_id, generation.source_task_id
  ) END)::text, 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION video_generation_content_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(generation.request_salt || ' ' || (jsonb_build_array(
    generation.prompt, generation.first_frame_image, generation.last_frame_image,
    generation.subject_image, generation.tags, generation.input_hash
  ) || CASE WHEN generation.api_generation = 1 THEN '[]'::jsonb ELSE jsonb_build_array(
    generation.reference_images, generation.reference_videos, generation.reference_audios
  ) END || CASE generation.kind WHEN 'GENERATION' THEN '[]'::jsonb ELSE jsonb_build_array(
    generation.base_video
  ) END)::text, 'UTF8')), 'hex')
$$;
