import pg from 'pg';

/** Of each generation, and beside them one of none for every two generations. */
const steps = 5;
const batch = 2_000;
const actions: Record<number, string> = {
  ...{ 2: 'SUBMISSION_SENT', 3: 'SUBMISSION_ACCEPTED' },
  ...{ 4: 'TASK_STATUS_CHANGED', 5: 'GENERATION_SUCCEEDED' },
};

/** Writes at least so many events, of generations that succeeded and of none, as the service writes them. */
export async function fill(url: string, events: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SET synchronous_commit = off; SET jit = off`);
  const made = steps * batch + batch / 2;
  for (let done = 0; done < events; done += made) await fillBatch(client);
  await client.query('VACUUM ANALYZE audit_event');
  await client.query('VACUUM ANALYZE video_generation');
  await client.query('VACUUM ANALYZE submission');
  await client.end();
}

/** Moves in turns, so that the events of a generation lie apart, as in life. */
async function fillBatch(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS made (id uuid, n int) ON COMMIT DELETE ROWS`);
  await client.query(`
    INSERT INTO made SELECT overlay(gen_random_uuid()::text PLACING
      to_char(clock_timestamp(), 'YYYYMMDD') || '-' || to_char(clock_timestamp(), 'HH24MI') || '-7' FROM 1 FOR 15)::uuid, n
    FROM generate_series(1, ${batch}) AS n`);
  await client.query(`
    INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, request_salt, model,
      prompt, duration, resolution, prompt_optimizer, list_price_usd, simulated, status, version)
    SELECT id, now(), now(), 'caller ' || n % 50, md5(id::text), md5(id::text), 'MiniMax-Hailuo-02',
      'a boat that crosses the harbour at dawn, in soft fog, slow motion ' || n, 6, '768P', true, 0.28,
      false, 'QUEUED', 1 FROM made`);
  await client.query(`
    INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, to_status, caller_id,
      caller_kind, ip, request_id, detail)
    SELECT gen_random_uuid(), now(), 'GENERATION_CREATED', id, 1, 'QUEUED', 'caller ' || n % 50,
      'API_KEY', '10.0.0.1', md5(n::text), jsonb_build_object('requestHash', md5(id::text)) FROM made`);
  await client.query(`
    INSERT INTO submission (id, generation_id, number, account_id, account_name, api_generation, simulated,
      caller_id, reason, list_price, currency, claimed_at, outcome, task_id)
    SELECT id, id, 1, 'account', 'main', 1, false, 'caller ' || n % 50, 'FIRST', 0.28, 'USD', now(),
      'ACCEPTED', id FROM made`);
  for (let step = 2; step <= steps; step++) {
    await client.query(
      `UPDATE video_generation AS generation SET version = ${step}, task_id = made.id,
         status = '${step === 2 ? 'SUBMITTING' : step === steps ? 'SUCCEEDED' : 'PROCESSING'}'
       FROM made WHERE generation.id = made.id`,
    );
    await client.query(`
      INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, http_status, latency_ms,
        upstream_code, upstream_message, trace_id, detail)
      SELECT gen_random_uuid(), now(), '${actions[step]}', id, ${step}, 200, 170, 0, 'success',
        md5(n || 'x${step}'), jsonb_build_object('taskId', id, 'submissionId', id) FROM made`);
  }
  await client.query(`
    INSERT INTO audit_event (id, occurred_at, action, caller_id, caller_kind, ip, detail)
    SELECT gen_random_uuid(), now(), 'GENERATIONS_LISTED', 'auditor 1', 'API_KEY', '10.0.0.9',
      '{"filter": "{}"}' FROM made WHERE n % 2 = 0`);
  await client.query('COMMIT');
}
