/**
 * How much memory large images take: the built service as a process of its own with a heap of 1 GB,
 * a PostgreSQL database or the embedded one, and a MiniMax that reads each submission and forgets it.
 *
 * `sent`: 60 requests with images of 19.5 MB that wait, at MINIMAX_RPM=300. `created`: twenty creates
 * with 20 MB at once. `uploaded`: twelve videos of 50 MB sent to `POST /media`, four at a time;
 * `bucketed`: the same with a bucket. Prints the peak of the process's memory and what became of the
 * requests; exits with 1 when it reached 400 MB (500 with uploads) on PostgreSQL, or when one was lost.
 * Linux only: it reads `/proc`.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { v7 as uuidV7 } from 'uuid';
import { openDatabase, type Database } from '../src/database/database.ts';
import { insertGeneration } from '../src/generation/insert-generation.ts';
import { createLogger } from '../src/logger.ts';
import { StoredInputs } from '../src/media/inputs/stored-inputs.ts';
import { openStorage } from '../src/media/open-storage.ts';
import { readDataUrl } from '../src/minimax/images.ts';
import { imageLimits } from '../src/minimax/v1/models.ts';
import { anMp4 } from '../test/support/clips.ts';
import { startBucketServer } from '../test/support/bucket-server.ts';
import { createServerDatabase, silent } from '../test/support/database.ts';
import { aMediaConfig } from '../test/support/media-config.ts';
import { bigPngDataUrl } from '../test/support/images.ts';
import { freePort } from '../test/support/free-port.ts';

const databaseServer =
  process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** What is streamed leaves garbage, of whatever it is that much. */
const goalsMb: Record<Case, number> = { sent: 400, created: 400, uploaded: 500, bucketed: 500 };
const longestMs = 300_000;

const cases = ['sent', 'created', 'uploaded', 'bucketed'] as const;
type Case = (typeof cases)[number];
const requestsOf: Record<Case, number> = { sent: 60, created: 20, uploaded: 0, bucketed: 0 };
type Kind = Database['kind'];

if (process.argv[2] === 'upstream') serveUpstream();
else {
  const wanted = process.argv.slice(2);
  const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
  const table: object[] = [];
  let isReached = true;
  for (const kind of ['postgres', 'embedded'] as const) {
    for (const name of cases) {
      if (!isWanted(kind) && wanted.some((word) => ['postgres', 'embedded'].includes(word)))
        continue;
      if (!isWanted(name) && wanted.some((word) => cases.some((known) => known === word))) continue;
      const result = await measure(kind, name);
      table.push(result);
      const isSmall = kind === 'embedded' || result['peak, MB'] < goalsMb[name];
      isReached &&= isSmall && result.lost === 0;
    }
  }
  console.table(table);
  console.log(isReached ? 'ok' : 'MISSED: the goal on PostgreSQL, or something was lost');
  process.exitCode = isReached ? 0 : 1;
}

async function measure(kind: Kind, name: Case) {
  const dataDir = await mkdtemp(join(tmpdir(), 'memory-'));
  const server =
    kind === 'postgres'
      ? await createServerDatabase({ migrated: true, server: databaseServer })
      : undefined;
  const upstream = fork(fileURLToPath(import.meta.url), ['upstream'], {
    execArgv: process.execArgv,
  });
  const bucket = name === 'bucketed' ? await startBucketServer() : undefined;
  let service: ChildProcess | undefined;
  try {
    const [upstreamPort] = (await once(upstream, 'message')) as [number];
    if (name === 'sent') await enqueue(server?.url, dataDir, 60, 19.5);
    const port = await freePort();
    const startedAt = Date.now();
    service = spawn(process.execPath, ['--max-old-space-size=1024', program], {
      // Not where a .env of the developer's lies.
      cwd: fileURLToPath(new URL('.//', import.meta.url)),
      env: {
        PATH: process.env['PATH'],
        ...(server && { DATABASE_URL: server.url }),
        ...bucket?.env(),
        DATA_DIR: dataDir,
        PORT: String(port),
        MINIMAX_API_KEY: 'bench',
        MINIMAX_BASE_URL: `http://127.0.0.1:${upstreamPort}`,
        MINIMAX_RPM: '300',
        LOG_LEVEL: 'warn',
        ...(process.env['IMAGE_MEMORY_MB'] && {
          IMAGE_MEMORY_MB: process.env['IMAGE_MEMORY_MB'],
        }),
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await waitUntilReady(port, service);
    const idleMb = await memoryOf(service, 'VmRSS');
    const refused = name === 'created' ? await createAtOnce(port, 20, 20) : 0;
    if (name === 'uploaded' || bucket)
      await uploadInTurns(port, Number(process.env['UPLOADS'] || 12), 4);
    const counts = await untilSettled(port, requestsOf[name]);
    const answer = {
      database: kind,
      case: name,
      'idle, MB': idleMb,
      // Of the whole run: the system keeps it.
      'peak, MB': await memoryOf(service, 'VmHWM'),
      seconds: Math.round((Date.now() - startedAt) / 1_000),
      '503, came again': refused,
      accepted: counts.accepted,
      uncertain: counts.uncertain,
      lost: requestsOf[name] - counts.accepted,
    };
    return answer;
  } finally {
    for (const child of [service, upstream]) {
      if (child && child.exitCode === null) {
        child.kill();
        await once(child, 'exit');
      }
    }
    await bucket?.close();
    await server?.drop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Requests that wait for a server, as another one would have left them. */
async function enqueue(url: string | undefined, dataDir: string, count: number, megabytes: number) {
  const database = await openDatabase({ url, dataDir, logger: silent });
  const config = aMediaConfig({ directory: join(dataDir, 'media') });
  const storage = await openStorage(config, createLogger('silent'));
  const now = () => new Date();
  const inputs = new StoredInputs({ database, storage, log: createLogger('silent'), now });
  const { image } = readDataUrl(bigPngDataUrl(megabytes * 1024 * 1024), imageLimits);
  const inputId = await inputs.keep(image!, { id: 'bench', tenant: null });
  for (let index = 0; index < count; index += 1) {
    const createdAt = now();
    await insertGeneration(
      database.pool,
      createdAt,
      {
        id: uuidV7({ msecs: createdAt.getTime() }),
        ...{ callerId: 'bench', inputHash: '', model: 'MiniMax-Hailuo-02', prompt: `${index}` },
        ...{ duration: 6, resolution: '768P', promptOptimizer: true, simulated: false },
        ...{ apiGeneration: 1, idempotencyKey: null, retryOfId: null },
        ...{
          firstFrameImage: `urn:sha256:${image!.sha256}`,
          inputImageBytes: image!.bytes.length,
          ...{ tags: [], referenceImages: [], referenceVideos: [], referenceAudios: [] },
          listPriceUsd: null,
        },
      },
      [{ id: inputId, sourceUrl: null }],
      { action: 'GENERATION_CREATED' },
    );
  }
  storage.close();
  await database.close();
}

/** Creates as many at once, each again as long as it is told to; gives how often that was. */
async function createAtOnce(port: number, count: number, megabytes: number): Promise<number> {
  const image = bigPngDataUrl(megabytes * 1024 * 1024);
  const document =
    'mutation ($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) { generation { id } userErrors { message } } }';
  let refused = 0;
  const create = async (index: number): Promise<void> => {
    const input = { model: 'MiniMax-Hailuo-02', prompt: `${index}`, firstFrameImage: image };
    const body = Buffer.from(JSON.stringify({ query: document, variables: { input } }));
    for (;;) {
      const { status, retryAfter, text } = await post(port, body);
      if (status === 200 && text.includes('"userErrors":[]')) return;
      if (status !== 503 || !(retryAfter > 0)) throw new Error(`${status}: ${text.slice(0, 500)}`);
      refused += 1;
      await sleep(retryAfter * 1_000);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, index) => create(index)));
  return refused;
}

/** Different videos of 50 MB, so many at a time. */
async function uploadInTurns(port: number, count: number, atOnce: number): Promise<void> {
  const video = anMp4();
  const upload = async (index: number) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(50 * 1024 * 1024 - video.length, 0);
    head.write('free', 4);
    const rest = Buffer.alloc(50 * 1024 * 1024 - video.length - 8, index);
    const { status, text } = await post(port, Buffer.concat([video, head, rest]), '/media');
    if (status !== 201) throw new Error(`${status}: ${text.slice(0, 500)}`);
  };
  for (let first = 0; first < count; first += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, index) => upload(first + index)));
  }
}

function post(port: number, body: Buffer, path = '/graphql') {
  return new Promise<{ status: number; retryAfter: number; text: string }>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const sent = request(
      { port, host: '127.0.0.1', method: 'POST', path, headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            retryAfter: Number(answer.headers['retry-after']),
            text,
          }),
        );
      },
    );
    sent.on('error', reject).end(body);
  });
}

async function untilSettled(port: number, count: number) {
  const end = Date.now() + longestMs;
  for (;;) {
    await sleep(500);
    const numberOf = async (...status: string[]) => {
      const document = `{ generations(filter: {status: [${status.join(', ')}]}) { totalCount } }`;
      const { text } = await post(port, Buffer.from(JSON.stringify({ query: document })));
      const { data } = JSON.parse(text) as { data: { generations: { totalCount: number } } };
      return data.generations.totalCount;
    };
    // First, or one might be neither.
    const waiting = await numberOf('QUEUED', 'SUBMITTING');
    const accepted = await numberOf('PROCESSING', 'SUCCEEDED');
    if (waiting === 0 || Date.now() > end) {
      return { accepted, uncertain: await numberOf('UNCERTAIN'), of: count };
    }
  }
}

/** In megabytes. */
async function memoryOf({ pid }: ChildProcess, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1024);
}

async function waitUntilReady(port: number, service: ChildProcess): Promise<void> {
  while (service.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error('the service did not start');
}

/** Accepts every submission; each task is at work for ever. */
function serveUpstream(): void {
  let tasks = 106_916_112_212_032;
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      const asked = new URL(incoming.url!, 'http://upstream').searchParams.get('task_id');
      setTimeout(() => {
        response.setHeader('content-type', 'application/json');
        const base_resp = { status_code: 0, status_msg: 'success' };
        const task_id = asked ?? String((tasks += 1));
        response.end(JSON.stringify({ task_id, status: 'Processing', base_resp }));
      }, 150);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
}
