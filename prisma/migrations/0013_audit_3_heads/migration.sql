-- DropIndex
DROP INDEX "audit_event_service_sequence_key";

-- From here on by hand; docs/audit.md tells of it.

-- The order of all events. Drawn by the database: a server's clock that goes back changes nothing.
CREATE SEQUENCE audit_event_position OWNED BY audit_event.position;

-- What never changes about a generation, personal things aside.
CREATE FUNCTION video_generation_facts_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    generation.id, (extract(epoch FROM generation.created_at) * 1000)::bigint,
    generation.caller_id, generation.tenant, generation.idempotency_key, generation.retry_of_id,
    generation.model, generation.duration, generation.resolution, generation.prompt_optimizer,
    generation.fast_pretreatment, generation.aigc_watermark, generation.list_price_usd,
    generation.webhook_url, generation.simulated
  )::text, 'UTF8')), 'hex')
$$;

-- What redaction removes. The salt goes with it, so that nobody can guess a short prompt then.
CREATE FUNCTION video_generation_content_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(generation.request_salt || ' ' || jsonb_build_array(
    generation.prompt, generation.first_frame_image, generation.last_frame_image,
    generation.subject_image, generation.tags, generation.input_hash
  )::text, 'UTF8')), 'hex')
$$;

-- What only moves change, each with its event. Between them a look at a task may change the rest.
CREATE FUNCTION video_generation_state_hash(generation video_generation) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    generation.version, generation.status, generation.task_id, generation.account_id,
    generation.submission_id,
    (extract(epoch FROM generation.submitted_at) * 1000)::bigint,
    (extract(epoch FROM generation.completed_at) * 1000)::bigint,
    (extract(epoch FROM generation.redacted_at) * 1000)::bigint,
    CASE WHEN generation.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED') THEN jsonb_build_array(
      generation.file_id, generation.failure_kind, generation.status_code
    ) END
  )::text, 'UTF8')), 'hex')
$$;

-- Whatever place, hash or fact is inserted, these are stored. A missing predecessor does not stop
-- the event: losing what happened now would be worse, and the gap is found by verification. It
-- runs with its owner's rights: who adds events need not be able to read or draw anything.
CREATE OR REPLACE FUNCTION audit_event_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  previous text;
  generation video_generation;
BEGIN
  -- Before the position is drawn: a checkpoint waits until those that may hold a lower one have
  -- ended, and knows them by this lock. It is shared; nobody waits for it.
  PERFORM pg_advisory_xact_lock_shared(727073691);
  NEW.position := nextval('audit_event_position');
  NEW.lane := 0;
  NEW.facts_hash := NULL;
  NEW.content_hash := NULL;
  NEW.state_hash := NULL;
  IF NEW.generation_id IS NULL THEN
    -- A chain is continued by one transaction at a time. While others are at theirs, the next free
    -- one is taken: nobody waits for a transaction that stays open.
    WHILE NOT pg_try_advisory_xact_lock(727073690, NEW.lane) LOOP
      NEW.lane := NEW.lane + 1;
    END LOOP;
    SELECT event.sequence + 1, event.hash INTO NEW.sequence, previous FROM audit_event AS event
      WHERE event.generation_id IS NULL AND event.lane = NEW.lane
      ORDER BY event.sequence DESC LIMIT 1;
    NEW.sequence := coalesce(NEW.sequence, 1);
    previous := coalesce(previous, '');
  ELSE
    -- Its row is locked by this transaction, which has just changed it.
    SELECT * INTO generation FROM video_generation WHERE id = NEW.generation_id;
    IF NEW.sequence IS NULL OR NEW.sequence > generation.version THEN
      RAISE EXCEPTION 'generation % has no version %', NEW.generation_id, NEW.sequence
        USING ERRCODE = 'insufficient_privilege',
          HINT = 'An event of a generation is added by what changes it; see docs/audit.md.';
    END IF;
    NEW.state_hash := video_generation_state_hash(generation);
    IF NEW.sequence = 1 THEN
      NEW.facts_hash := video_generation_facts_hash(generation);
      NEW.content_hash := video_generation_content_hash(generation);
      previous := NEW.generation_id::text;
    ELSE
      SELECT event.hash INTO previous FROM audit_event AS event
        WHERE event.generation_id = NEW.generation_id AND event.sequence = NEW.sequence - 1;
      previous := coalesce(previous, '');
    END IF;
  END IF;
  NEW.hash := audit_event_hash(NEW, previous);
  RETURN NEW;
END
$$;

-- Servers of an earlier version make checkpoints by their clocks. Theirs are left out silently,
-- which they take for another server having been quicker.
CREATE FUNCTION audit_checkpoint_by_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN NEW.last_position IS NOT NULL THEN NEW END;
END
$$;

CREATE TRIGGER audit_checkpoint_by_position BEFORE INSERT ON "audit_checkpoint"
  FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_by_position();

-- Nobody who adds an event may decide what the names in it mean.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION audit_event_chain() SET search_path = pg_catalog, %I, pg_temp', current_schema());
END
$$;
