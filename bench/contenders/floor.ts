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
const listOf = (condition: string, first = 50) => `
  SELECT json_build_object('data', json_build_object('list', json_build_object(
    'edges', json_agg(json_build_object('cursor', id, 'node', ${node}) ORDER BY id DESC)
      FILTER (WHERE place <= ${first}),
    'pageInfo', json_build_object('endCursor', min(id::text) FILTER (WHERE place <= ${first}),
      'hasNextPage', count(*) > ${first}))))::text AS answer
  FROM (
    SELECT *, row_number() OVER () AS place FROM (
      SELECT * FROM video_generation WHERE id < $1::uuid AND caller_id = $2 ${condition}
      ORDER BY id DESC LIMIT ${first} + 1
    ) AS page
  ) AS placed`;
const count = `SELECT json_build_object('data', json_build_object('count', count(*)))::text AS answer
  FROM video_generation WHERE caller_id = $1 AND status = $2::video_generation_status`;
const beyondAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

type Asked = Partial<Record<'id' | 'after' | 'status' | 'promptContains' | 'countOf', string>>;

function statementOf({ id, after, status, promptContains, countOf }: Asked): pg.QueryConfig {
  if (id !== undefined) return { name: 'one', text: one, values: [id, caller] };
  if (countOf !== undefined) return { name: 'count', text: count, values: [caller, countOf] };
  const from = [after ?? beyondAll, caller];
  if (promptContains !== undefined) {
    // Planned for its own value.
    return { text: listOf('AND prompt ILIKE $3', 100), values: [...from, `%${promptContains}%`] };
  }
  if (status === undefined) return { name: 'list', text: listOf(''), values: from };
  const text = listOf('AND status = $3::video_generation_status');
  return { name: 'list by status', text, values: [...from, status] };
}

createServer((request, response) => {
  void (async () => {
    const { rows } = await pool.query<{ answer: string }>(
      statementOf(JSON.parse(await text(request)) as Asked),
    );
    response.setHeader('content-type', 'application/json');
    response.end(rows[0]!.answer);
  })();
}).listen(Number(port), '127.0.0.1');
