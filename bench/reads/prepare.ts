import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';

/** Stores an API key of a client, and gives its secret. */
export async function makeKey(client: pg.Client, callerId: string): Promise<string> {
  const secret = `rg_bench000_${randomBytes(24).toString('base64url')}`;
  await client.query(
    `INSERT INTO api_key (id, caller_id, name, role, prefix, hash, created_at)
     VALUES (gen_random_uuid(), $1, 'bench', 'CLIENT', 'rg_bench000', $2, now())`,
    [callerId, createHash('sha256').update(secret).digest('hex')],
  );
  return secret;
}

/** PostGraphile takes the functions of the audit log's chain for columns of one name. */
export async function hideFunctions(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regprocedure::text AS name FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND pronargs > 0
       AND proargtypes[0] IN ('audit_event'::regtype, 'video_generation'::regtype, 'submission'::regtype)`,
  );
  for (const { name } of rows) {
    await client.query(`COMMENT ON FUNCTION ${name} IS '@behavior -*'`);
  }
}
