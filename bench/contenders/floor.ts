/**
 * As little as can be done: `node:http` and `pg`, where PostgreSQL writes the whole answer. It reads
 * no GraphQL and checks nothing. `floor.ts DATABASE_URL PORT CALLER`.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';

const [connectionString, port, caller] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 10 });

const node = `json_build_object('id', id, 'status', status, 'version', version, 'model', model,
  'prompt', prompt, 'duration', duration, 'resolution', resolution, 'taskId', task_id,
  'statusCode', status_code, 'statusMessage', status_message, 'createdAt', created_at,
  'updatedAt', updated_at)`;
const one = `SELECT json_build_object('data', json_build_object('one', ${node}))::text AS answer
  FROM video_generation WHERE id = $1::uuid AND caller_id = $2`;
const listOf = (condition: string) => `
  SELECT json_build_object('data', json_build_object('list', json_build_object(
    'edges', json_agg(json_build_object('cursor', id, 'node', ${node}) ORDER BY id DESC)
      FILTER (WHERE place <= 50),
    'pageInfo', json_build_object('endCursor', min(id::text) FILTER (WHERE place <= 50),
      'hasNextPage', count(*) > 50))))::text AS answer
  FROM (
    SELECT *, row_number() OVER () AS place FROM (
      SELECT * FROM video_generation WHERE id < $1::uuid AND caller_id = $2 ${condition}
      ORDER BY id DESC LIMIT 51
    ) AS page
  ) AS placed`;
const beyondAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

createServer((request, response) => {
  void (async () => {
    const { id, after, status } = JSON.parse(await text(request)) as Record<
      string,
      string | undefined
    >;
    const { rows } = await pool.query<{ answer: string }>(
      id === undefined
        ? status === undefined
          ? { name: 'list', text: listOf(''), values: [after ?? beyondAll, caller] }
          : {
              name: 'list by status',
              text: listOf('AND status = $3::video_generation_status'),
              values: [after ?? beyondAll, caller, status],
            }
        : { name: 'one', text: one, values: [id, caller] },
    );
    response.setHeader('content-type', 'application/json');
    response.end(rows[0]!.answer);
  })();
}).listen(Number(port), '127.0.0.1');
