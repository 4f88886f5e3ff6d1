-- As before (0021); and what MiniMax refused may be in doubt again, when a callback tells of a task of it: nothing
-- of the answer is changed by that.
CREATE OR REPLACE FUNCTION refuse_submission_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF ROW(NEW.id, NEW.generation_id, NEW.number, NEW.account_name, NEW.api_generation,
        NEW.simulated, NEW.caller_id, NEW.reason, NEW.list_price, NEW.currency, NEW.claimed_at)
      IS NOT DISTINCT FROM ROW(OLD.id, OLD.generation_id, OLD.number, OLD.account_name,
        OLD.api_generation, OLD.simulated, OLD.caller_id, OLD.reason, OLD.list_price, OLD.currency,
        OLD.claimed_at)
      AND (OLD.outcome IN ('PREPARED', 'SENT', 'UNKNOWN') OR OLD.settled_by IS NOT NULL
        OR OLD.outcome = 'REFUSED' AND NEW.outcome = 'UNKNOWN' AND NEW.task_id IS NOT NULL
        AND ROW(NEW.account_id, NEW.body_hash, NEW.sent_at, NEW.answered_at, NEW.settled_at,
          NEW.settled_by, NEW.http_status, NEW.status_code, NEW.status_message, NEW.trace_id,
          NEW.latency_ms)
        IS NOT DISTINCT FROM ROW(OLD.account_id, OLD.body_hash, OLD.sent_at, OLD.answered_at,
          OLD.settled_at, OLD.settled_by, OLD.http_status, OLD.status_code, OLD.status_message,
          OLD.trace_id, OLD.latency_ms))
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the record of a submission cannot be removed or rewritten'
    USING ERRCODE = 'insufficient_privilege', HINT = 'Only its outcome is settled; see docs/audit.md.';
END
$$;
