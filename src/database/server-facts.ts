import type pg from 'pg';
import { DatabaseStartError } from './start-error.ts';

/** Older ones get no fixes any more, and nothing here is tried on them. */
const OLDEST_SERVER = 14;

/** What is looked at in a server before it is used. */
export interface Facts {
  version: string;
  number: number;
  trigram: boolean;
  /** Where the extension is, when that is not where it would be found. */
  trigramElsewhere: string | null;
  encoding: string;
  database: string;
  /** Which of all databases it is, also among those of one name at other servers. */
  identity: string;
  /** Null when `search_path` names none that exists. */
  schema: string | null;
  searchPath: string;
  /** Where there are tables of this service, when not in `schema`. */
  tablesElsewhere: string | null;
  readOnly: boolean;
  role: string;
  /** Connections that the role, the database and the server allow; null: any number. */
  roleLimit: number | null;
  databaseLimit: number | null;
  serverLimit: number;
  backend: number;
  /** Whether somebody in between answered for the server. */
  isPooled: boolean;
}

export async function readFacts(client: pg.Client): Promise<Facts> {
  const { rows } = await client.query<Facts>(`
    SELECT current_setting('server_version') AS version,
        current_setting('server_version_num')::int AS number,
        EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigram,
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
          WHERE extname = 'pg_trgm' AND nspname <> ALL (current_schemas(true))) AS "trigramElsewhere",
        getdatabaseencoding() AS encoding, current_database() AS database,
        (SELECT system_identifier FROM pg_control_system()) || '/' || pg_database.oid AS identity,
        current_schema() AS schema, current_setting('search_path') AS "searchPath",
        (SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
          WHERE relname = 'video_generation' AND nspname = ANY (current_schemas(false))
            AND nspname <> current_schema()
            AND to_regclass(quote_ident(current_schema()) || '.video_generation') IS NULL
          LIMIT 1) AS "tablesElsewhere",
        current_setting('transaction_read_only') = 'on' AS "readOnly", current_user AS role,
        nullif(rolconnlimit, -1) AS "roleLimit", nullif(datconnlimit, -1) AS "databaseLimit",
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int AS "serverLimit",
        pg_backend_pid() AS backend
      FROM pg_roles, pg_database
      WHERE rolname = current_user AND datname = current_database()`);
  const { processID } = client as unknown as { processID: number };
  return { ...rows[0]!, isPooled: processID !== rows[0]!.backend };
}

/** Throws a `DatabaseStartError` that says in one line what to change. */
export function checkServer(facts: Facts, where: string, needed: number): void {
  const refuse = (problem: string) => {
    throw new DatabaseStartError(`PostgreSQL at ${where} ${problem}`);
  };
  const { version, number, encoding, schema, role } = facts;
  if (number < OLDEST_SERVER * 10_000) {
    refuse(`has version ${version}; version ${OLDEST_SERVER} or later is needed.`);
  }
  if (!facts.trigram) {
    refuse(
      'lacks the extension pg_trgm; install it on the server (on Debian and Fedora it is in the package postgresql-contrib).',
    );
  }
  if (encoding !== 'UTF8') {
    refuse(
      `stores text as ${encoding}, which has no place for most characters; make a database with ENCODING 'UTF8' TEMPLATE template0.`,
    );
  }
  if (schema === null) {
    refuse(
      `has no schema to put tables into: search_path is "${facts.searchPath}". Make that schema, or set search_path for the role.`,
    );
  }
  if (facts.tablesElsewhere !== null) {
    refuse(
      `has this service's tables in the schema ${facts.tablesElsewhere}, but search_path ("${facts.searchPath}") begins with ${schema}. Put ${facts.tablesElsewhere} first, or start with a database of its own.`,
    );
  }
  if (facts.trigramElsewhere !== null) {
    refuse(
      `has pg_trgm in the schema ${facts.trigramElsewhere}, which is not in search_path ("${facts.searchPath}"): add it at the end.`,
    );
  }
  for (const [whose, limit] of [
    [`lets the role ${role} have`, facts.roleLimit],
    [`lets the database ${facts.database} have`, facts.databaseLimit],
    ['has', facts.serverLimit],
  ] as const) {
    if (limit === null || limit >= needed || facts.isPooled) continue;
    refuse(
      `${whose} ${limit} connections, and this server may need ${needed}: allow more, or lower DATABASE_POOL_SIZE, DATABASE_WORK_POOL_SIZE and DATABASE_SLOW_POOL_SIZE.`,
    );
  }
}
