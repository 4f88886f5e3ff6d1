-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN     "content_hash" TEXT,
ADD COLUMN     "facts_hash" TEXT,
ADD COLUMN     "lane" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "position" DOUBLE PRECISION,
ADD COLUMN     "state_hash" TEXT;

-- AlterTable
ALTER TABLE "audit_checkpoint" ADD COLUMN     "last_position" DOUBLE PRECISION,
ADD COLUMN     "public_key" TEXT,
ADD COLUMN     "signature" TEXT,
ADD COLUMN     "total_count" DOUBLE PRECISION;

-- From here on by hand. As before, but without a lane of 0: events that were there before there were lanes keep their hashes.
CREATE OR REPLACE FUNCTION audit_event_content(event audit_event) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT jsonb_strip_nulls(to_jsonb(event) - 'search_text' || jsonb_build_object(
    'hash', NULL,
    'lane', nullif(event.lane, 0),
    'occurred_at', to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'detail', event.detail::text
  ))::text
$$;

CREATE OR REPLACE FUNCTION audit_event_hash(event audit_event, previous text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(previous || ' ' || audit_event_content(event), 'UTF8')), 'hex')
$$;
