-- AlterEnum. The new value may not be used before this transaction has ended.
ALTER TYPE "generation_kind" ADD VALUE 'PROMPT_ENHANCEMENT';

-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "enhanced_prompt" TEXT;

-- From here on by hand. A server of before there were prompts to enhance would send one as a request
-- for a video. It names the protocol when it takes a lease, which is not enough then.
CREATE OR REPLACE FUNCTION video_generation_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.claim_speaks IS DISTINCT FROM
    (CASE NEW.kind WHEN 'GENERATION' THEN NEW.api_generation WHEN 'REGENERATION' THEN 3 ELSE 4 END)
  THEN
    RETURN NULL;
  END IF;
  NEW.claim_speaks := NULL;
  RETURN NEW;
END
$$;

-- Such a server removes the prompt that was given, and knows of no other.
CREATE FUNCTION video_generation_redact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.enhanced_prompt := NULL;
  RETURN NEW;
END
$$;

CREATE TRIGGER video_generation_redact BEFORE UPDATE OF redacted_at ON video_generation
FOR EACH ROW WHEN (NEW.redacted_at IS NOT NULL AND NEW.enhanced_prompt IS NOT NULL)
EXECUTE FUNCTION video_generation_redact();

-- The result is covered by the hash too, by a salt that goes with it: nobody can guess it by what
-- stays. Of anything else the hash stays what it was.
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
    ) END || CASE WHEN generation.enhanced_prompt IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(
      encode(sha256(convert_to(generation.request_salt || ' ' || generation.enhanced_prompt, 'UTF8')), 'hex')
    ) END END
  )::text, 'UTF8')), 'hex')
$$;
