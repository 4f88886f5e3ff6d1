-- What a submission is about never changes, and what MiniMax's answer made of it does not either. Only
-- what is open still, or was settled by other means than an answer, may be settled (anew), with
-- the account of the task that was found.
CREATE FUNCTION refuse_submission_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF ROW(NEW.id, NEW.generation_id, NEW.number, NEW.account_name, NEW.api_generation,
        NEW.simulated, NEW.caller_id, NEW.reason, NEW.list_price, NEW.currency, NEW.claimed_at)
      IS NOT DISTINCT FROM ROW(OLD.id, OLD.generation_id, OLD.number, OLD.account_name,
        OLD.api_generation, OLD.simulated, OLD.caller_id, OLD.reason, OLD.list_price, OLD.currency,
        OLD.claimed_at)
      AND (OLD.outcome IN ('PREPARED', 'SENT', 'UNKNOWN') OR OLD.settled_by IS NOT NULL)
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the record of a submission cannot be removed or rewritten'
    USING ERRCODE = 'insufficient_privilege', HINT = 'Only its outcome is settled; see docs/audit.md.';
END
$$;

CREATE TRIGGER submission_settled BEFORE UPDATE ON "submission"
  FOR EACH ROW EXECUTE FUNCTION refuse_submission_change();
CREATE TRIGGER submission_kept BEFORE DELETE OR TRUNCATE ON "submission"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_submission_change();
