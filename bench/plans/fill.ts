import type pg from 'pg';
import { withoutIndexes } from '../../test/support/many-generations.ts';

/** How many rows the tables get. */
export interface Fill {
  generations: number;
  events: number;
}

/** Events that belong to no generation: one in so many. */
const serviceEventEvery = 50;

/**
 * Generations over 180 days and their events. The chain's triggers rest meanwhile (a hash is random
 * text), and every index is built afterwards: a fifth of the time.
 */
export async function fill(client: pg.Client, { generations, events }: Fill): Promise<void> {
  const startedAt = Date.now();
  const ofService = Math.floor(events / serviceEventEvery);
  // Each event is a new version of its generation.
  const steps = Math.round((events - ofService) / generations);
  await client.query("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'");
  await client.query('SELECT setseed(0.5)');
  await withoutIndexes(client, 'video_generation', () =>
    fillGenerations(client, generations, steps),
  );
  await withoutIndexes(client, 'audit_event', () => fillEvents(client, ofService, steps));
  await client.query('RESET session_replication_role');
  console.log(`filled in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

/** What is not finished is among the latest, as in life. "former" and "spring" were long ago. */
async function fillGenerations(
  client: pg.Client,
  generations: number,
  steps: number,
): Promise<void> {
  await client.query(
    `
    INSERT INTO video_generation (
      id, created_at, updated_at, caller_id, tenant, idempotency_key, input_hash, model, prompt, duration,
      resolution, prompt_optimizer, list_price_usd, simulated, status, version, task_id,
      upstream_status, status_code, status_message, trace_id, failure_kind, file_id, video_width,
      video_height, video_url, video_url_expires_at, submitted_at, completed_at, next_attempt_at,
      attempts, callback_token, tags)
    SELECT
      (lpad(to_hex(ms), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
      at, CASE WHEN status IN ('SUCCEEDED', 'FAILED') THEN at + ends ELSE at + ends / 10 END,
      CASE WHEN i <= $1 / 50 THEN 'former' ELSE 'caller ' || floor(50 * caller ^ 2) END,
      CASE WHEN i <= $1 / 50 THEN 'former' ELSE 'tenant ' || floor(10 * caller ^ 2) END, CASE WHEN i % 3 = 0 THEN hash END, hash || hash,
      (ARRAY['MiniMax-Hailuo-02', 'MiniMax-Hailuo-2.3', 'MiniMax-Hailuo-2.3-Fast', 'T2V-01', 'I2V-01-live', 'S2V-01'])
        [1 + (model > 0.5)::int + (model > 0.8)::int + (model > 0.92)::int + (model > 0.97)::int + (model > 0.99)::int],
      prompt, 6, '768P', true, CASE WHEN i <= $1 / 50 THEN 0.5 WHEN price < 0.9 THEN 0.28 WHEN price < 0.98 THEN 0.56 WHEN price < 0.99 THEN 0.49 END, false, status::video_generation_status, ${steps},
      CASE WHEN status NOT IN ('QUEUED', 'SUBMITTING', 'UNCERTAIN', 'CANCELLED') THEN (300000000000000 + i)::text END,
      CASE status WHEN 'SUCCEEDED' THEN 'Success' WHEN 'PROCESSING' THEN 'Processing' END,
      CASE WHEN status = 'FAILED' THEN (ARRAY[1026, 1027, 1008, 2013])[1 + i % 4]
        WHEN status IN ('SUCCEEDED', 'PROCESSING') THEN 0 END,
      CASE WHEN status IN ('SUCCEEDED', 'PROCESSING') THEN 'success' END, hash,
      CASE WHEN status = 'FAILED' THEN CASE WHEN i % 1000 = 7 THEN 'TASK_UNKNOWN' ELSE (ARRAY['INPUT_FLAGGED', 'OUTPUT_FLAGGED', 'BALANCE_EXHAUSTED', 'INPUT_INVALID'])[1 + i % 4] END WHEN status = 'UNCERTAIN' THEN 'OUTCOME_UNKNOWN' END,
      CASE WHEN status = 'SUCCEEDED' THEN (400000000000000 + i)::text END, 1366, 768,
      CASE WHEN status = 'SUCCEEDED' THEN 'https://files.example.com/video/' || hash || '.mp4?Expires=1700000000&Signature=' || hash END,
      at + interval '9 hours',
      CASE WHEN status NOT IN ('QUEUED', 'CANCELLED') THEN at END,
      CASE WHEN status IN ('SUCCEEDED', 'FAILED') THEN at + ends END,
      CASE WHEN status IN ('QUEUED', 'PROCESSING', 'SUBMITTING') THEN now() + interval '20 s' * (random() - 0.5) END,
      CASE WHEN status IN ('QUEUED', 'CANCELLED') THEN 0 ELSE 1 END, hash || 'callback',
      array_remove(ARRAY[CASE WHEN label < 0.4 THEN 'web' END, CASE WHEN label > 0.99 THEN 'draft' END,
        CASE WHEN i % 2 = 0 THEN 'customer-' || i % 20000 END,
        CASE WHEN i BETWEEN $1 * 0.05 AND $1 * 0.07 THEN 'spring' END], NULL)
    FROM (
      SELECT i, ms, md5(i::text) AS hash, to_timestamp(ms / 1000.0) AS at, random() AS caller,
        random() AS model, random() AS price, random() AS label, interval '1 minute' * (2 + 8 * random()) AS ends,
        CASE
          WHEN i > $1 - 200 THEN 'QUEUED'
          WHEN i > $1 - 210 THEN 'SUBMITTING'
          WHEN i > $1 * 0.99 AND kind < 0.5 THEN 'PROCESSING'
          WHEN kind < 0.96 THEN 'SUCCEEDED'
          WHEN kind < 0.98 THEN 'FAILED'
          WHEN kind < 0.982 THEN 'UNCERTAIN'
          ELSE CASE WHEN i % 4 = 0 THEN 'CANCELLED' ELSE 'SUCCEEDED' END
        END AS status,
        concat_ws(' ', adjectives[1 + floor(40 * random() ^ 2)], subjects[1 + floor(40 * random() ^ 2)],
          verbs[1 + floor(20 * random())], 'the', adjectives[1 + floor(40 * random() ^ 2)],
          places[1 + floor(40 * random() ^ 2)] || ',', lights[1 + floor(10 * random())] || ',',
          cameras[1 + floor(10 * random())],
          CASE WHEN random() < 0.0005 THEN 'beside a zeppelin' END) AS prompt
      FROM (
        SELECT i, random() AS kind,
          (extract(epoch FROM now()) * 1000 - ($1 - i) * (180 * 86400000.0 / $1) - 1000)::bigint AS ms
        FROM generate_series(1, $1::int) AS i
      ) AS numbered, (SELECT
        string_to_array('red small old bright quiet golden wooden broken frozen misty distant silver gentle enormous ancient wild narrow crowded empty rainy snowy dusty velvet hollow crooked shiny pale electric floating tangled painted rusty glowing sleepy curious brave lonely hidden sunken mossy', ' ') AS adjectives,
        string_to_array('cat dog boat robot dancer child horse train bird fox dragon sailor painter whale balloon bicycle astronaut lantern wolf musician tiger gardener knight turtle owl baker juggler kite elephant butterfly clockmaker skater monk puppet beetle jellyfish falcon hedgehog mermaid lighthouse', ' ') AS subjects,
        string_to_array('crosses enters leaves circles follows paints guards climbs explores watches finds repairs passes lights opens remembers escapes haunts builds approaches', ' ') AS verbs,
        string_to_array('street forest river city bridge garden desert market harbour mountain valley station library island castle rooftop tunnel meadow glacier temple canyon alley square orchard museum factory swamp cathedral volcano lagoon carnival observatory theatre windmill vineyard shipyard monastery quarry greenhouse amphitheatre', ' ') AS places,
        string_to_array('at dawn;at dusk;by moonlight;in heavy rain;in soft fog;at noon;under neon signs;by candlelight;in falling snow;during a storm', ';') AS lights,
        string_to_array('[Pan left];[Pan right];[Zoom in];[Push in];[Tracking shot];[Static shot];slow motion;close-up;wide angle;aerial view', ';') AS cameras
      ) AS words
    ) AS made`.replaceAll('$1', String(generations)),
  );
}

/** The same number of events for each generation, and beside them those of auditors and keys. */
async function fillEvents(client: pg.Client, ofService: number, steps: number): Promise<void> {
  await client.query(`
    INSERT INTO audit_event (id, occurred_at, action, generation_id, sequence, http_status, latency_ms,
      upstream_code, upstream_message, trace_id, request_id, detail, caller_id, caller_kind, hash)
    SELECT
      (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint + 1000 * step), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
      created_at + step * interval '1 s',
      CASE WHEN step = 1 THEN 'GENERATION_CREATED' WHEN step = 2 THEN 'SUBMISSION_SENT'
        WHEN step = 3 THEN 'SUBMISSION_ACCEPTED' WHEN step < ${steps} OR status NOT IN ('SUCCEEDED', 'FAILED') THEN 'TASK_STATUS_CHANGED'
        ELSE 'GENERATION_' || status END,
      id, step, CASE WHEN step > 2 THEN 200 END, CASE WHEN step > 2 THEN 170 END,
      CASE WHEN step > 2 THEN code END,
      CASE WHEN step > 2 THEN CASE code WHEN 0 THEN 'success' WHEN 1026 THEN 'input new_sensitive' WHEN 1027 THEN 'output new_sensitive'
        WHEN 1008 THEN 'insufficient balance' WHEN 2013 THEN CASE WHEN substr(hash, 1, 2) = '00' THEN 'invalid params, unexpected zeppelin' ELSE 'invalid params' END END END,
      CASE WHEN step > 2 THEN substr(hash, 8) || step END,
      CASE WHEN step = 1 THEN hash END, CASE WHEN step = 3 THEN jsonb_build_object('taskId', task_id) END,
      CASE WHEN step = 1 THEN caller_id END, CASE WHEN step = 1 THEN 'API_KEY' END, hash || hash
    FROM (
      SELECT g.id, created_at, step, status, task_id, caller_id, md5(g.id::text || step) AS hash,
        CASE WHEN step = ${steps} AND status = 'FAILED' THEN status_code ELSE 0 END AS code
      FROM video_generation AS g, generate_series(1, ${steps}) AS step
    ) AS made`);
  await client.query(`
    INSERT INTO audit_event (id, occurred_at, action, sequence, object_id, detail, caller_id, caller_kind, ip, request_id, hash)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
      at, action, i,
      CASE action WHEN 'FOREIGN_GENERATION_READ' THEN CASE WHEN i % 100 = 0 THEN popular ELSE md5(hash) END WHEN 'API_KEY_CREATED' THEN 'key ' || i % 50 END,
      CASE action WHEN 'FOREIGN_GENERATION_READ' THEN '{"owner": "caller 3"}'::jsonb
        WHEN 'GENERATIONS_LISTED' THEN '{"filter": "{\\"status\\":[\\"UNCERTAIN\\"]}"}' END,
      CASE action WHEN 'SIGN_IN_REFUSED' THEN NULL ELSE 'auditor ' || i % 7 END, 'API_KEY', '10.0.0.' || i % 250, hash, hash || hash
    FROM (
      SELECT i, md5('service ' || i) AS hash, now() - (${ofService} - i) * interval '180 days' / ${ofService} AS at,
        (SELECT max(id::text) FROM video_generation) AS popular,
        CASE WHEN i % 1000 = 0 THEN 'API_KEY_CREATED' ELSE (ARRAY['FOREIGN_GENERATION_READ', 'GENERATIONS_LISTED', 'SIGN_IN_REFUSED'])[1 + i % 3] END AS action
      FROM generate_series(1, ${ofService}) AS i
    ) AS made`);
}
