-- By hand: a dump that was made before 0034 and is restored into the database it was made of looks
-- to 0034 like that database as it was, and what had been sent since would be sent again. Its
-- migrations were all recorded by the transaction that restored them, where each is recorded by its
-- own. What was queued is held then, where 0034 has just run: later on all of it is of this database.
DO $$
BEGIN
  -- Not there when Prisma builds a schema to compare with.
  IF to_regclass('_prisma_migrations') IS NULL THEN
    RETURN;
  END IF;
  UPDATE "video_generation" SET incarnation = 'of a dump'
  WHERE status IN ('QUEUED', 'SUBMITTING')
    AND (SELECT count(*) > 1 AND count(DISTINCT xmin::text) = 1
      FROM "_prisma_migrations" WHERE migration_name < '0034')
    AND (SELECT finished_at > clock_timestamp() - interval '1 hour'
      FROM "_prisma_migrations" WHERE migration_name = '0034_restored_dumps');
END $$;
