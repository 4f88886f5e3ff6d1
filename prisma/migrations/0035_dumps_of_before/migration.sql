-- By hand: a dump that was made before 0034 and is restored into the database it was made of looks
-- to 0034 like that database as it was, and what had been sent since would be sent again. So what
-- came with a dump is held, where 0034 has just run; later on all that is queued is of this database.
-- A dump writes all rows of a table in one transaction, of migrations and of events, each of which
-- has its own otherwise: what was queued since has an event of another one than the oldest has.
DO $$
BEGIN
  -- Not there when Prisma builds a schema to compare with.
  IF to_regclass('_prisma_migrations') IS NULL THEN
    RETURN;
  END IF;
  UPDATE "video_generation" AS generation SET incarnation = 'of a dump'
  WHERE status IN ('QUEUED', 'SUBMITTING')
    AND (SELECT count(DISTINCT xmin::text) = 1 FROM (
        SELECT xmin FROM "_prisma_migrations" ORDER BY migration_name LIMIT 2
      ) AS first_two)
    AND (SELECT finished_at > clock_timestamp() - interval '1 hour'
      FROM "_prisma_migrations" WHERE migration_name = '0034_restored_dumps')
    AND EXISTS (SELECT FROM "audit_event" AS event
      WHERE event.generation_id = generation.id AND event.sequence = 1
        AND event.xmin = (SELECT xmin FROM "audit_event" ORDER BY id LIMIT 1));
END $$;
