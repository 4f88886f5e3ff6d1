-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN     "caller_id" TEXT,
ADD COLUMN     "caller_kind" TEXT,
ADD COLUMN     "ip" TEXT,
ADD COLUMN     "user_agent" TEXT,
ADD COLUMN     "hash" TEXT NOT NULL DEFAULT '';

-- CreateTable
CREATE TABLE "audit_checkpoint" (
    "id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_event_id" UUID NOT NULL,
    "event_count" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_checkpoint_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_event_action_id_idx" ON "audit_event"("action", "id" DESC);

-- CreateIndex
CREATE INDEX "audit_event_caller_id_id_idx" ON "audit_event"("caller_id", "id" DESC) WHERE (caller_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_event_upstream_code_id_idx" ON "audit_event"("upstream_code", "id" DESC) WHERE (upstream_code IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_event_trace_id_idx" ON "audit_event"("trace_id") WHERE (trace_id IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "audit_event_service_sequence_key" ON "audit_event"("sequence") WHERE (generation_id IS NULL);

-- From here on by hand; Prisma knows neither functions nor triggers. docs/audit.md tells of them.

-- An event as the text that is hashed: every column but the hash itself, also one that a later
-- migration adds (while it is null it changes no hash). Instants in UTC whatever the session's zone.
CREATE FUNCTION audit_event_content(event audit_event) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(to_jsonb(event) || jsonb_build_object(
    'hash', NULL,
    'occurred_at', to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'detail', event.detail::text
  ))::text
$$;

-- `previous` is the hash of the event before. The first of a generation stands on the generation's
-- id, the first of those that belong to none on nothing.
CREATE FUNCTION audit_event_hash(event audit_event, previous text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(previous || ' ' || audit_event_content(event), 'UTF8')), 'hex')
$$;

-- Whatever hash is inserted, this one is stored. A missing predecessor does not stop the event:
-- losing what happened now would be worse, and the gap is found by verification.
CREATE FUNCTION audit_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  previous text;
BEGIN
  IF NEW.generation_id IS NULL THEN
    -- One transaction at a time continues this chain; those of generations are guarded by their rows.
    PERFORM pg_advisory_xact_lock(727073690);
    SELECT event.sequence + 1, event.hash INTO NEW.sequence, previous FROM audit_event AS event
      WHERE event.generation_id IS NULL AND event.sequence IS NOT NULL
      ORDER BY event.sequence DESC LIMIT 1;
    NEW.sequence := coalesce(NEW.sequence, 1);
    previous := coalesce(previous, '');
  ELSIF NEW.sequence = 1 THEN
    previous := NEW.generation_id::text;
  ELSE
    SELECT event.hash INTO previous FROM audit_event AS event
      WHERE event.generation_id = NEW.generation_id AND event.sequence = NEW.sequence - 1;
    previous := coalesce(previous, '');
  END IF;
  NEW.hash := audit_event_hash(NEW, previous);
  RETURN NEW;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege', HINT = 'Events are added and never altered; see docs/audit.md.';
END
$$;

-- What was there before this migration gets its hashes in the order in which it happened.
DO $$
DECLARE
  event audit_event;
  previous text := '';
  counted integer := 0;
BEGIN
  FOR event IN SELECT * FROM audit_event WHERE generation_id IS NULL ORDER BY id LOOP
    counted := counted + 1;
    event.sequence := counted;
    previous := audit_event_hash(event, previous);
    UPDATE audit_event SET sequence = counted, hash = previous WHERE id = event.id;
  END LOOP;
  FOR event IN SELECT * FROM audit_event WHERE generation_id IS NOT NULL ORDER BY generation_id, sequence LOOP
    previous := audit_event_hash(event, CASE WHEN event.sequence = 1 THEN event.generation_id::text ELSE previous END);
    UPDATE audit_event SET hash = previous WHERE id = event.id;
  END LOOP;
END
$$;

CREATE TRIGGER audit_event_chain BEFORE INSERT ON "audit_event"
  FOR EACH ROW EXECUTE FUNCTION audit_event_chain();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_event"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_checkpoint"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
