/**
 * What an export of 1,000,000 generations costs: a real PostgreSQL, the built service as a process of
 * its own, and a client that counts lines and keeps none.
 *
 * Exits with 1 when the server's memory grows by 150 MB or more above what it had before, or when a
 * row is missing. Each export has a server of its own, so that none profits from the other's memory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { request } from 'undici';
import { createServerDatabase } from '../test/support/database.ts';
import { freePort } from '../test/support/free-port.ts';

const rows = Number(process.env['BENCH_ROWS'] ?? 1_000_000);
const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const limitMb = 150;
const sampleEveryMs = 100;

interface Case {
  title: string;
  mutation: string;
  /** How many lines the file must have, with its header. */
  lines: number;
}

const csv = 'mutation { exportGenerations { url } }';
const ndjson = 'mutation { exportGenerations(format: NDJSON) { url } }';
const ofOne =
  'mutation { exportGenerations(format: NDJSON, filter: { status: [FAILED, UNCERTAIN] }) { url } }';

const { url, drop } = await createServerDatabase({ migrated: true, server: databaseServer });
try {
  await fill();
  const results: Awaited<ReturnType<typeof measure>>[] = [];
  for (const { title, mutation, lines } of [
    { title: 'CSV', mutation: csv, lines: rows + 1 },
    { title: 'NDJSON', mutation: ndjson, lines: rows },
    { title: 'NDJSON, 3 %', mutation: ofOne, lines: Math.floor(rows / 100) * 3 },
  ] satisfies Case[]) {
    results.push(await measure({ title, mutation, lines }));
  }
  console.table(results.map(({ whole: _whole, ...shown }) => shown));
  for (const { export: title, 'grown by, MB': grownMb, whole } of results) {
    const reached = grownMb < limitMb && whole;
    console.log(
      `${reached ? 'ok    ' : 'MISSED'} ${title}: memory grown by ${grownMb} MB, to stay under ${limitMb} MB; ${whole ? 'whole' : 'rows are missing'}`,
    );
    if (!reached) process.exitCode = 1;
  }
} finally {
  await drop();
}

/** Rows like those of a service in use, with prompts of 80 to 480 characters. */
async function fill(): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = 'video_generation' AND indexname <> 'video_generation_pkey'`,
  );
  for (const { name } of indexes) await client.query(`DROP INDEX "${name}"`);
  await client.query(
    `INSERT INTO video_generation (id, created_at, updated_at, caller_id, tenant, input_hash, model,
       prompt, duration, resolution, prompt_optimizer, list_price_usd, simulated, status, version,
       attempts, query_errors, task_id, status_code, status_message, trace_id, file_id, video_url,
       submitted_at, completed_at)
     SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
       at, at, 'caller ' || i % 50, 'tenant ' || i % 10, hash || hash, 'MiniMax-Hailuo-02',
       repeat('A paper boat crosses a puddle, "slowly", [Push in]; prompt ' || i || '. ', (1 + i % 6)::int),
       6, '768P', true, 0.28, false,
       (CASE i % 100 WHEN 0 THEN 'UNCERTAIN' WHEN 1 THEN 'FAILED' WHEN 2 THEN 'FAILED'
         ELSE 'SUCCEEDED' END)::video_generation_status,
       5, 1, 0, (300000000000000 + i)::text, 0, 'success', hash, (400000000000000 + i)::text,
       'https://files.example.com/' || hash || '.mp4?Signature=' || hash, at, at
     FROM (
       SELECT i, ms, md5(i::text) AS hash, to_timestamp(ms / 1000.0) AS at
       FROM (SELECT i, 1760000000000 + i * 10000 AS ms FROM generate_series(1, ${rows}::bigint) AS i) AS numbered
     ) AS made`,
  );
  for (const { definition } of indexes) {
    // Nothing here searches prompts, and their index takes minutes.
    if (!definition.includes('gin_trgm_ops')) await client.query(definition);
  }
  await client.query('VACUUM ANALYZE video_generation');
  await client.end();
}

async function measure({ title, mutation, lines }: Case) {
  const port = await freePort();
  const service = spawn(process.execPath, [program], {
    // Not where a .env of the developer's lies.
    cwd: fileURLToPath(new URL('.//', import.meta.url)),
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: url,
      PORT: String(port),
      SIMULATOR: 'on',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    await waitUntilReady(port, service);
    // Once small, so that what is loaded at the first use counts as there before.
    await download(port, `mutation { exportGenerations(filter: { id: [] }) { url } }`);
    await sleep(2_000);
    const before = await rssMb(service);
    let peak = before;
    let samples = 0;
    let sampling = true;
    const sampler = (async () => {
      while (sampling) {
        peak = Math.max(peak, await rssMb(service));
        samples += 1;
        await sleep(sampleEveryMs);
      }
    })();
    const startedAt = performance.now();
    const counted = await download(port, mutation);
    const seconds = (performance.now() - startedAt) / 1_000;
    sampling = false;
    await sampler;
    return {
      export: title,
      rows: counted.lines,
      MB: Math.round(counted.bytes / 1024 / 1024),
      seconds: Math.round(seconds * 10) / 10,
      'rows/s': Math.round(counted.lines / seconds),
      'RSS before, MB': before,
      'RSS peak, MB': peak,
      'grown by, MB': peak - before,
      samples,
      whole: counted.lines === lines,
    };
  } finally {
    service.kill();
    await new Promise((done) => service.once('close', done));
  }
}

/** Asks for an export and reads it; no prompt has a line break, so lines are rows. */
async function download(port: number, mutation: string): Promise<{ lines: number; bytes: number }> {
  const answer = await request(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: mutation }),
  });
  const { data } = (await answer.body.json()) as { data: { exportGenerations: { url: string } } };
  const { body, statusCode } = await request(data.exportGenerations.url);
  if (statusCode !== 200) throw new Error(`the download answered ${statusCode}`);
  let lines = 0;
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return { lines, bytes };
}

async function waitUntilReady(port: number, service: ChildProcess): Promise<void> {
  for (;;) {
    if (service.exitCode !== null) throw new Error('the service ended');
    const ready = await request(`http://127.0.0.1:${port}/readyz`).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode === 200;
      },
      () => false,
    );
    if (ready) return;
    await sleep(100);
  }
}

async function rssMb({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024);
}
