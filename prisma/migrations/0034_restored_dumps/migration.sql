-- CreateTable
CREATE TABLE "database_mark" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "database_mark_pkey" PRIMARY KEY ("id")
);

-- By hand: a row that is written once. Whatever restores a dump writes it anew, by another
-- transaction, also into the database that the dump was made of.
INSERT INTO "database_mark" ("id") VALUES (1);

-- Whoever may store a request looks there, also a role that was made for the version before.
GRANT SELECT ON "database_mark" TO PUBLIC;

-- What is stored while this runs would keep the name of before, and be held.
LOCK TABLE "video_generation" IN SHARE ROW EXCLUSIVE MODE;

CREATE OR REPLACE FUNCTION database_incarnation() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT system_identifier::text
    || '/' || ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0')
    || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text
    || '/' || coalesce((SELECT xmin::text FROM database_mark), '')
  FROM pg_control_system()
$$;

UPDATE "video_generation" SET incarnation = database_incarnation()
WHERE status IN ('QUEUED', 'SUBMITTING')
  AND incarnation || '/' || (SELECT xmin::text FROM "database_mark") = database_incarnation();
