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

-- From here on by hand. The same text as before, with each column by its name: that takes 10 µs
-- instead of 17. Without a lane of 0, so that events of before there were lanes keep their hashes.
-- Whoever adds a column adds it here; while it is null it changes no hash.
CREATE OR REPLACE FUNCTION audit_event_content(event audit_event) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'id', event.id,
    'occurred_at', to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'action', event.action,
    'generation_id', event.generation_id, 'sequence', event.sequence,
    'lane', nullif(event.lane, 0), 'position', event.position,
    'from_status', event.from_status, 'to_status', event.to_status,
    'http_status', event.http_status, 'latency_ms', event.latency_ms,
    'upstream_code', event.upstream_code, 'upstream_message', event.upstream_message,
    'trace_id', event.trace_id, 'request_id', event.request_id,
    'detail', event.detail::text, 'object_id', event.object_id,
    'caller_id', event.caller_id, 'caller_kind', event.caller_kind,
    'ip', event.ip, 'user_agent', event.user_agent,
    'facts_hash', event.facts_hash, 'content_hash', event.content_hash,
    'state_hash', event.state_hash
  ))::text
$$;

CREATE OR REPLACE FUNCTION audit_event_hash(event audit_event, previous text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(previous || ' ' || audit_event_content(event), 'UTF8')), 'hex')
$$;
