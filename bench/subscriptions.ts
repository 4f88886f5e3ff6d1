/**
 * How late 5,000 subscriptions at one server hear of changes, and what each takes in memory: a real
 * PostgreSQL, the built service as a process of its own, and clients that only count.
 *
 * Changes are made by SQL with NOTIFY, as the store makes them. See bench/README.md, "Subscriptions".
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { v7 as uuidV7 } from 'uuid';
import WebSocket from 'ws';
import { createServerDatabase } from '../test/support/database.ts';
import { freePort } from '../test/support/free-port.ts';

const subscriptions = Number(process.env['BENCH_SUBSCRIPTIONS'] ?? 5_000);
const seconds = Number(process.env['BENCH_SECONDS'] ?? 15);
const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Case {
  what: 'one each' | 'same list';
  connections: number;
  changesPerSecond: number;
}

const cases: Case[] = [
  { what: 'one each', connections: 250, changesPerSecond: 100 },
  { what: 'one each', connections: 5_000, changesPerSecond: 100 },
  ...[1, 4, 8].map((changesPerSecond): Case => ({
    what: 'same list',
    connections: 250,
    changesPerSecond,
  })),
];

/** As the store writes a change and tells of it; one statement is one transaction. */
const changeSql = `
  WITH changed AS (
    UPDATE video_generation SET version = version + 1, updated_at = now() WHERE id = $1
    RETURNING id, version, status
  )
  SELECT pg_notify('video_generation_changed', concat_ws(' ', id, version, status)) FROM changed`;

const rows: object[] = [];
/** `each` or `list` runs a part. */
const part = process.argv[2];
for (const each of cases.filter(({ what }) => !part || what.includes(part))) {
  const row = await measure(each);
  console.log(JSON.stringify(row));
  rows.push(row);
}
console.table(rows);

async function measure({ what, connections, changesPerSecond }: Case): Promise<object> {
  const { url, drop } = await createServerDatabase({ migrated: true, server: databaseServer });
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // Its last connections may still be closing when the database is dropped.
  pool.on('error', () => undefined);
  const ids = await fill(pool);
  const port = await freePort();
  const server = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE_URL: url,
      SIMULATOR: 'on',
      LOG_LEVEL: 'warn',
      WS_CONNECTIONS: '100000',
      WS_CONNECTIONS_PER_IP: '100000',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    await ready(port);
    const memoryBefore = memoryMb(server.pid!);
    const changedAt = new Map<string, number>();
    const delays: number[] = [];
    const hear = (id: string, version: number) => {
      const at = changedAt.get(`${id} ${version}`);
      if (at !== undefined) delays.push(performance.now() - at);
    };
    const sockets = await subscribe(port, connections, what === 'one each' ? ids : null, hear);
    await sleep(2_000);
    const memoryAfter = memoryMb(server.pid!);

    const cpuBefore = cpuSeconds(server.pid!);
    const startedAt = performance.now();
    const count = Math.round(seconds * changesPerSecond);
    const changes: Promise<unknown>[] = [];
    for (let index = 0; index < count; index++) {
      const dueAt = startedAt + (index * 1_000) / changesPerSecond;
      await sleep(Math.max(0, dueAt - performance.now()));
      const id = ids[index % ids.length]!;
      const version = 2 + Math.floor(index / ids.length);
      changedAt.set(`${id} ${version}`, performance.now());
      changes.push(pool.query(changeSql, [id]));
    }
    await Promise.all(changes);
    const wanted = count * (what === 'one each' ? 1 : subscriptions);
    const deadline = performance.now() + 20_000;
    while (delays.length < wanted && performance.now() < deadline) await sleep(20);
    const took = (performance.now() - startedAt) / 1_000;
    const cpu = (cpuSeconds(server.pid!) - cpuBefore) / took;
    for (const socket of sockets) socket.terminate();
    delays.sort((a, b) => a - b);
    const at = (share: number) => Math.round(delays[Math.floor(delays.length * share)] ?? NaN);
    return {
      watching: what,
      connections,
      'changes/s': changesPerSecond,
      'KB each': Math.round(((memoryAfter - memoryBefore) * 1024) / subscriptions),
      delivered: `${delays.length} of ${wanted}`,
      'messages/s': Math.round(delays.length / took),
      'p50 ms': at(0.5),
      'p99 ms': at(0.99),
      'CPU %': Math.round(cpu * 100),
      'µs a message': Math.round((cpu * took * 1e6) / delays.length),
    };
  } finally {
    server.kill('SIGKILL');
    await once(server, 'exit');
    await pool.end();
    await drop();
  }
}

async function fill(pool: pg.Pool): Promise<string[]> {
  const ids = Array.from({ length: subscriptions }, () => uuidV7());
  // Of another kind than the server's, so that its worker leaves them alone; old, so that lists begin empty.
  await pool.query(
    `INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model, prompt,
       prompt_optimizer, simulated, status, version)
     SELECT id, now(), now() - interval '1 day', 'bench', '', 'MiniMax-Hailuo-02', 'A paper boat',
       true, false, 'PROCESSING', 1
     FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
  return ids;
}

/** Opens all subscriptions, each on one generation or all on the list, and waits for their first messages where there are any. */
async function subscribe(
  port: number,
  connections: number,
  ids: string[] | null,
  hear: (id: string, version: number) => void,
): Promise<WebSocket[]> {
  const perConnection = subscriptions / connections;
  const sockets: WebSocket[] = [];
  let first = 0;
  for (let index = 0; index < connections; index++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    sockets.push(socket);
    await once(socket, 'open');
    const acknowledged = once(socket, 'message');
    socket.send('{"type":"connection_init"}');
    await acknowledged;
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('"type":"ping"')) return socket.send('{"type":"pong"}');
      const found = /"u":\{"id":"([^"]+)","version":(\d+)/.exec(text);
      if (!found) throw new Error(text);
      const version = Number(found[2]);
      if (version === 1) first += 1;
      else hear(found[1]!, version);
    });
    for (let each = 0; each < perConnection; each++) {
      const id = ids?.[index * perConnection + each];
      const payload = ids
        ? {
            query:
              'subscription ($id: ID!) { u: generationUpdated(id: $id) { id version status } }',
            variables: { id },
          }
        : {
            query:
              'subscription ($after: DateTime) { u: generationsUpdated(updatedAfter: $after) { id version status } }',
            variables: { after: new Date().toISOString() },
          };
      socket.send(JSON.stringify({ id: String(each), type: 'subscribe', payload }));
    }
  }
  while (ids && first < subscriptions) await sleep(20);
  return sockets;
}

async function ready(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
}

function memoryMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kb) / 1024;
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
