import pg from 'pg';

/** What a generation is about, and what a submission is: nobody changes these once it is made. */
const facts = {
  video_generation: [
    ...['id', 'created_at', 'caller_id', 'tenant', 'idempotency_key', 'retry_of_id', 'model'],
    ...['duration', 'resolution', 'prompt_optimizer', 'fast_pretreatment', 'aigc_watermark'],
    ...['list_price_usd', 'webhook_url', 'keep_for_days', 'simulated', 'callback_token'],
  ],
  submission: [
    ...['id', 'generation_id', 'number', 'account_name', 'api_generation', 'simulated'],
    ...['caller_id', 'reason', 'list_price', 'currency', 'claimed_at'],
  ],
};

/**
 * Makes the role by which the service signs in, if it is not there, and gives it what the service
 * needs and no more: it owns nothing, adds to the audit log only through the trigger that chains
 * events, and cannot change what a generation or a submission is about, nor remove one. To be
 * repeated after each migration.
 *
 * Rejects when the role already has more than that: when it is a superuser, or owns a table.
 */
export async function allowService(pool: pg.Pool, role: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows: existing } = await client.query<{ isMighty: boolean }>(
      `SELECT rolsuper OR rolreplication OR rolcreaterole OR EXISTS (
         SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace
           AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')
       ) AS "isMighty" FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    if (existing[0]?.isMighty) {
      throw new Error(
        `The role ${role} is a superuser, may make roles, or owns tables: choose another name.`,
      );
    }
    if (existing.length === 0) await client.query(`CREATE ROLE ${name} LOGIN`);
    for (const statement of await grants(client, name)) await client.query(statement);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function grants(client: pg.PoolClient, role: string): Promise<string[]> {
  const { rows } = await client.query<{ schema: string; database: string }>(
    'SELECT current_schema() AS schema, current_database() AS database',
  );
  const schema = pg.escapeIdentifier(rows[0]!.schema);
  const changing = async (table: keyof typeof facts) => {
    const { rows: columns } = await client.query<{ name: string }>(
      `SELECT column_name::text AS name FROM information_schema.columns
       WHERE table_schema = current_schema() AND table_name = $1 AND column_name <> ALL ($2)`,
      [table, facts[table]],
    );
    return columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
  };
  const onTable = (table: string, rights: string) => [
    `REVOKE ALL ON ${schema}.${table} FROM ${role}`,
    `GRANT ${rights} ON ${schema}.${table} TO ${role}`,
  ];
  return [
    // Before version 15 everybody could make tables there.
    `REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(rows[0]!.database)} TO ${role}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    ...onTable('audit_event', 'SELECT, INSERT'),
    ...onTable('audit_checkpoint', 'SELECT, INSERT'),
    ...['_prisma_migrations', 'database_mark'].flatMap((table) => onTable(table, 'SELECT')),
    ...onTable(
      'video_generation',
      `SELECT, INSERT, UPDATE (${await changing('video_generation')})`,
    ),
    ...onTable('submission', `SELECT, INSERT, UPDATE (${await changing('submission')})`),
    `GRANT SELECT ON SEQUENCE ${schema}.audit_event_position TO ${role}`,
  ];
}
