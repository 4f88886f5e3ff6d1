-- By hand: what is not a place in the log, and would keep every look from going on, is refused.

-- Whatever place, hash or fact is inserted, these are stored. A missing predecessor does not stop
-- the event: losing what happened now would be worse, and the gap is found by verification. It
-- runs with its owner's rights: who adds events need not be able to read or draw anything.
CREATE OR REPLACE FUNCTION audit_event_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  previous text;
  generation video_generation;
BEGIN
  -- What the API can tell.
  IF (NEW.occurred_at BETWEEN '0001-01-02 00:00Z' AND '9999-12-30 00:00Z') IS NOT TRUE THEN
    RAISE EXCEPTION 'an event happens at a time'
      USING ERRCODE = 'insufficient_privilege', HINT = 'See docs/audit.md.';
  END IF;
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
    IF (NEW.sequence BETWEEN 1 AND generation.version) IS NOT TRUE THEN
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
-- which they take for another server having been quicker; so is one for which another was.
CREATE OR REPLACE FUNCTION audit_checkpoint_by_position() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  latest audit_checkpoint;
  drawn double precision;
BEGIN
  SELECT * INTO latest FROM audit_checkpoint ORDER BY id DESC LIMIT 1;
  IF NEW.last_position IS NULL OR NEW.id <= latest.id THEN
    RETURN NULL;
  END IF;
  SELECT last_value INTO drawn FROM audit_event_position;
  IF NEW.id > coalesce(latest.id, 0) + 1 OR NEW.last_position > drawn
    OR NEW.last_position < coalesce(latest.last_position, 0) OR NEW.event_count < 1
    OR (NEW.created_at BETWEEN '0001-01-02 00:00Z' AND '9999-12-30 00:00Z') IS NOT TRUE
  THEN
    RAISE EXCEPTION 'checkpoint % does not follow the one before', NEW.id
      USING ERRCODE = 'insufficient_privilege', HINT = 'See docs/audit.md.';
  END IF;
  RETURN NEW;
END
$$;

-- Nobody who adds to the log may decide what the names in them mean.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION audit_event_chain() SET search_path = pg_catalog, %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION audit_checkpoint_by_position() SET search_path = pg_catalog, %I, pg_temp', current_schema());
END
$$;
