/** Mercurius with its compiler, and `pg`: `node mercurius.mjs DATABASE_URL PORT CALLER`. */
import process from 'node:process';
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';

const [connectionString, port, caller] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 10 });

const schema = `
  enum Status { QUEUED SUBMITTING PROCESSING SUCCEEDED FAILED UNCERTAIN CANCELLED }
  type Generation {
    id: ID!
    status: Status!
    version: Int!
    model: String!
    prompt: String
    duration: Int
    resolution: String
    taskId: String
    statusCode: Int
    statusMessage: String
    createdAt: String!
    updatedAt: String!
  }
  type Edge { cursor: String! node: Generation! }
  type PageInfo { endCursor: String hasNextPage: Boolean! }
  type Connection { edges: [Edge!]! pageInfo: PageInfo! }
  type Query {
    one(id: ID!): Generation
    list(first: Int!, after: ID, status: Status, promptContains: String): Connection!
    count(status: Status!): Int!
  }`;

const columns = `id, status, version, model, prompt, duration, resolution, task_id AS "taskId",
  status_code AS "statusCode", status_message AS "statusMessage", created_at AS "createdAt",
  updated_at AS "updatedAt"`;

const resolvers = {
  Generation: {
    createdAt: ({ createdAt }) => createdAt.toISOString(),
    updatedAt: ({ updatedAt }) => updatedAt.toISOString(),
  },
  Query: {
    async one(_root, { id }) {
      const { rows } = await pool.query(
        `SELECT ${columns} FROM video_generation WHERE id = $1 AND caller_id = $2`,
        [id, caller],
      );
      return rows[0] ?? null;
    },
    async list(_root, { first, after, status, promptContains }) {
      const values = [caller, first + 1];
      const conditions = ['caller_id = $1'];
      const add = (condition, value) => conditions.push(`${condition}$${values.push(value)}`);
      if (after) add('id < ', after);
      if (status) add('status = ', status);
      if (promptContains) add('prompt ILIKE ', `%${promptContains}%`);
      const { rows } = await pool.query(
        `SELECT ${columns} FROM video_generation WHERE ${conditions.join(' AND ')}
         ORDER BY id DESC LIMIT $2`,
        values,
      );
      const edges = rows.slice(0, first).map((node) => ({ cursor: node.id, node }));
      const endCursor = edges.at(-1)?.cursor ?? null;
      return { edges, pageInfo: { endCursor, hasNextPage: rows.length > first } };
    },
    async count(_root, { status }) {
      const { rows } = await pool.query(
        'SELECT count(*)::integer AS count FROM video_generation WHERE caller_id = $1 AND status = $2',
        [caller, status],
      );
      return rows[0].count;
    },
  },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, jit: 1 });
await app.listen({ port: Number(port), host: '127.0.0.1' });
