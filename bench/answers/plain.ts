/**
 * The plain way, as a process of its own, to compare with: sends as many requests as it is told to,
 * each over a connection of its own, reads each answer as undici gives it, and writes the tasks of
 * those that come in one turn of the event loop with one statement. No record, no events, no checks.
 */
import pg from 'pg';
import { Client } from 'undici';

const [databaseUrl, upstreamUrl] = process.argv.slice(2) as [string, string];
const database = new pg.Client({ connectionString: databaseUrl });
await database.connect();
const body = JSON.stringify({
  model: 'MiniMax-Hailuo-02',
  prompt: 'A paper boat crosses a puddle',
});
const headers = { authorization: 'Bearer bench', 'content-type': 'application/json' };

/** As the service: not while others are read. */
const closeAfterMs = 100;
let accepted: string[] = [];

process.on('message', (count: number) => {
  for (let sent = 0; sent < count; sent++) void send();
});
process.on('disconnect', () => process.exit(0));
process.send!('ready');

async function send(): Promise<void> {
  const client = new Client(upstreamUrl);
  const answer = await client.request({
    ...{ path: '/v1/video_generation', method: 'POST', headers, body },
  });
  const { task_id: taskId } = (await answer.body.json()) as { task_id: string };
  setTimeout(() => void client.close(), closeAfterMs);
  if (accepted.push(taskId) === 1) setImmediate(() => void store());
}

async function store(): Promise<void> {
  const taskIds = accepted;
  accepted = [];
  await database.query({
    name: 'store',
    text: 'INSERT INTO bench_plain (task_id) SELECT unnest($1::text[])',
    values: [taskIds],
  });
}
