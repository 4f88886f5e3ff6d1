-- AlterTable
ALTER TABLE "video_generation" ADD COLUMN     "keep_for_days" INTEGER;

-- From here on by hand. For how long it is kept is covered by the hash too. Of the others it stays what it was.
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
  ) END || CASE WHEN generation.keep_for_days IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(
    jsonb_build_object('keep_for_days', generation.keep_for_days)
  ) END)::text, 'UTF8')), 'hex')
$$;
