import pg from 'pg';

/** Writes to a table whose indexes are built afterwards: a fifth of the time. */
export async function withoutIndexes(
  client: pg.Client,
  table: string,
  write: () => Promise<unknown>,
): Promise<void> {
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = $1 AND indexname <> $1 || '_pkey'`,
    [table],
  );
  for (const { name } of indexes) await client.query(`DROP INDEX "${name}"`);
  await write();
  for (const { definition } of indexes) await client.query(definition);
  // Settles the visibility of the rows, as autovacuum has long done on a table of that age.
  await client.query(`VACUUM ANALYZE ${table}`);
}

/**
 * Finished generations of the last two months, without events, and one of a month ago that is `wanted`.
 * The prompts of the others are short: most of the time went to indexing what longer ones contain.
 */
export async function fillWithGenerations(
  url: string,
  count: number,
  wanted: { prompt: string; traceId: string },
): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(
      `SET session_replication_role = replica; SET maintenance_work_mem = '256MB'`,
    );
    await withoutIndexes(client, 'video_generation', () =>
      client.query(
        `INSERT INTO video_generation (
           id, created_at, updated_at, submitted_at, completed_at, caller_id, input_hash, model, prompt,
           duration, resolution, prompt_optimizer, simulated, status, version, task_id, trace_id,
           attempts, incarnation)
         SELECT
           (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid,
           at, at, at, at, 'shop', 'none', 'MiniMax-Hailuo-02',
           CASE WHEN i = $1 / 2 THEN $2 ELSE 'Boat ' || i % 100 END,
           6, '768P', true, false, 'SUCCEEDED', 1, i::text,
           CASE WHEN i = $1 / 2 THEN $3 ELSE 'trace-' || i END, 1, incarnation
         FROM generate_series(1, $1::int) AS i,
           LATERAL (SELECT now() - ($1 - i) * (interval '60 days' / $1::int) AS at) AS _,
           database_incarnation() AS incarnation`,
        [count, wanted.prompt, wanted.traceId],
      ),
    );
  } finally {
    await client.end();
  }
}
