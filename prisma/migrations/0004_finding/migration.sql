-- By hand: NOT NULL, which Prisma does not say of lists.
ALTER TABLE "video_generation" ADD COLUMN     "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];

-- By hand: generated, which Prisma cannot say. What MiniMax says of a success is always
-- the same and would be half the index.
ALTER TABLE "audit_event" ADD COLUMN     "object_id" TEXT,
ADD COLUMN     "search_text" TEXT GENERATED ALWAYS AS (NULLIF(((COALESCE(CASE WHEN (upstream_code IS DISTINCT FROM 0) THEN upstream_message ELSE NULL::text END, ''::text) || ' '::text) || COALESCE((detail)::text, ''::text)), ' '::text)) STORED;

-- As before, but without the generated column: it follows from others and is not there yet when a
-- new event is hashed.
CREATE OR REPLACE FUNCTION audit_event_content(event audit_event) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(to_jsonb(event) - 'search_text' || jsonb_build_object(
    'hash', NULL,
    'occurred_at', to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'detail', event.detail::text
  ))::text
$$;

-- CreateIndex
CREATE INDEX "audit_event_object_id_id_idx" ON "audit_event"("object_id", "id" DESC) WHERE (object_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_event_search_text_trgm_idx" ON "audit_event" USING GIN ("search_text" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "video_generation_failure_kind_id_idx" ON "video_generation"("failure_kind", "id" DESC) WHERE (failure_kind IS NOT NULL);

-- CreateIndex
CREATE INDEX "video_generation_list_price_usd_id_idx" ON "video_generation"("list_price_usd", "id" DESC);

-- CreateIndex
CREATE INDEX "video_generation_trace_id_idx" ON "video_generation"("trace_id") WHERE (trace_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "video_generation_tags_idx" ON "video_generation" USING GIN ("tags");
