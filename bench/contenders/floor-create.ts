/**
 * As little as a create can be: `node:http`, `pg` and undici; a row, a request to MiniMax, its task
 * id in the row. Nothing is checked, recorded beside or safe. `floor-create.ts DATABASE_URL PORT UPSTREAM`.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { Pool } from 'undici';

const [connectionString, port, upstreamUrl] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 10 });
const upstream = new Pool(upstreamUrl!);

const insert = `INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model,
    prompt, prompt_optimizer, simulated, status, version)
  VALUES ($1, now(), now(), 'bench', '', $2, $3, true, false, 'SUBMITTING', 1)`;
const update = `UPDATE video_generation SET status = 'PROCESSING', version = 2, task_id = $2,
    updated_at = now()
  WHERE id = $1 RETURNING json_build_object('id', id, 'status', status, 'taskId', task_id)::text AS answer`;

createServer((request, response) => {
  void (async () => {
    const { model, prompt } = JSON.parse(await text(request)) as { model: string; prompt: string };
    const id = randomUUID();
    await pool.query({ name: 'insert', text: insert, values: [id, model, prompt] });
    const { body } = await upstream.request({
      method: 'POST',
      path: '/v1/video_generation',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, prompt }),
    });
    const { task_id } = (await body.json()) as { task_id: string };
    const { rows } = await pool.query<{ answer: string }>({
      ...{ name: 'update', text: update, values: [id, task_id] },
    });
    response.setHeader('content-type', 'application/json');
    response.end(rows[0]!.answer);
  })();
}).listen(Number(port), '127.0.0.1');
