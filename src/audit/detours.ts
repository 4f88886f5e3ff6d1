import { Prisma } from '../database/generated/client.ts';
import type { Look, Table } from './look.ts';

/** The tables that triggers guard: nothing may keep rows from them either. */
export const guarded: readonly Table[] = ['audit_event', 'audit_checkpoint', 'submission'];

/** Those whose rows are reckoned with. */
export const read: readonly Table[] = [
  ...guarded,
  'video_generation',
  'video_archive',
  'stored_object',
];

/** Operators in what guards the log. */
const operators = ['=', '<>', '<', '>', '||', '->>', '+', '-', '*'];

/** What something is cast to that PostgreSQL itself has no cast to: by that of somebody then. */
const written = ['text', 'text[]', 'json', 'jsonb', 'regclass[]', 'oid[]'];

/** PostgreSQL makes what is its own with lower numbers than this. */
const firstOfOthers = 16_384;

/**
 * What by no migration is there, and leads past guards that are as they were made, or has rows
 * read as other than they are; null when there is nothing of it. Only what can have to do with the
 * service's tables and their types: others in the database have casts and functions of their own.
 */
export async function findDetour(look: Look, called: readonly string[]): Promise<string | null> {
  const oids = (names: readonly Table[]) =>
    Prisma.sql`${names.map((name) => look.quoted(name))}::text[]::regclass[]::oid[]`;
  const [found] = await look.rows<{ what: string }>(Prisma.sql`
    WITH own AS (
      SELECT *, oid = ANY (${oids(guarded)}) AS is_guarded FROM pg_class WHERE oid = ANY (${oids(read)})
    ), part AS (
      SELECT relname, attname, atttypid, attcollation FROM own
      JOIN pg_attribute ON attrelid = own.oid AND attnum > 0 AND NOT attisdropped
    ), used AS (
      SELECT atttypid AS type FROM part
      UNION SELECT unnest('{bigint,bytea,json,jsonb,"text[]","name[]","regclass[]"}'::regtype[])
      UNION SELECT oid FROM pg_type WHERE typtype = 'p' AND oid < ${firstOfOthers}
    )
    SELECT relname || ' is no table of its own' AS what FROM own
      WHERE relkind <> 'r' OR EXISTS (
        SELECT FROM pg_inherits WHERE own.oid IN (inhparent, inhrelid)
      )
    UNION ALL SELECT format('a rule or row security on %s was added', relname) FROM own
      WHERE row_security_active(oid) OR is_guarded AND (relrowsecurity OR EXISTS (
        SELECT FROM pg_rewrite WHERE ev_class = own.oid
      ))
    -- What can say of itself that it is another's equal, or that it is something else as JSON.
    UNION ALL SELECT format('the type of %s.%s was altered', relname, attname) FROM part
      JOIN pg_type ON pg_type.oid = atttypid LEFT JOIN pg_collation ON pg_collation.oid = attcollation
      WHERE pg_type.oid >= ${firstOfOthers} AND typtype <> 'e' OR NOT collisdeterministic
    UNION ALL SELECT format('a cast from %s to %s was added', castsource::regtype, casttarget::regtype)
      FROM pg_cast WHERE oid >= ${firstOfOthers} AND castmethod <> 'i'
      AND castsource IN (SELECT type FROM used) AND (casttarget = ANY (${written}::regtype[])
        OR greatest(castsource, casttarget) >= ${firstOfOthers} AND casttarget IN (SELECT type FROM used))
    UNION ALL SELECT format('function %s was added', pg_proc.oid::regprocedure)
      FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
      WHERE pg_proc.oid >= ${firstOfOthers} AND nspname = ANY (${look.path})
      AND proname = ANY (${called}) AND proargtypes::oid[] <@ ARRAY(SELECT type FROM used)
    UNION ALL SELECT format('operator %s was added', pg_operator.oid::regoperator)
      FROM pg_operator JOIN pg_namespace ON pg_namespace.oid = oprnamespace
      WHERE pg_operator.oid >= ${firstOfOthers} AND nspname = ANY (${look.path})
      AND oprname = ANY (${operators}) AND ARRAY[oprleft, oprright] <@ ARRAY(SELECT type FROM used)
    -- By which a row may count as not there, or as other than it is. Classes of extensions are theirs.
    UNION ALL SELECT format('%s was added', pg_describe_object(classid, objid, objsubid))
      FROM pg_depend AS link WHERE refobjid >= ${firstOfOthers} AND (
        refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
        OR refclassid = 'pg_opclass'::regclass AND NOT EXISTS (
          SELECT FROM pg_depend AS member WHERE member.classid = link.refclassid
          AND member.objid = link.refobjid AND member.deptype = 'e'
        )
      ) AND (classid, objid) IN (
        SELECT 'pg_constraint'::regclass, pg_constraint.oid FROM pg_constraint JOIN own ON own.oid = conrelid
        UNION SELECT 'pg_class'::regclass, indexrelid FROM pg_index JOIN own ON own.oid = indrelid
        UNION SELECT 'pg_attrdef'::regclass, pg_attrdef.oid FROM pg_attrdef JOIN own ON own.oid = adrelid
          JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum AND attgenerated <> ''
      )
    UNION ALL SELECT 'session_replication_role, by which no trigger fires, was set'
      WHERE current_setting('session_replication_role') = 'replica' OR EXISTS (
        SELECT FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase
        WHERE 'session_replication_role=replica' = ANY (lower(setconfig::text)::text[])
        AND coalesce(datname, current_database()) = current_database()
        AND (setrole = 0 OR has_table_privilege(setrole, ${look.quoted('audit_event')}, 'INSERT'))
      )
    LIMIT 1`);
  return found?.what ?? null;
}
