import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { look, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { closedPortUrl, startFakeUpstream, type Reply } from '../../support/fake-upstream.ts';

let app: TestApp;
afterEach(async () => await app.stop());

/** Any address of a network in a test of this file; the address of a caller has no port. */
const address =
  /127\.0\.0\.1:|localhost|nowhere|\.invalid|internal|10\.20\.30\.40|ECONN|ENOTFOUND|EAI_/;

/** Every row of every table, but for what a public page is asked for. */
async function everythingStored(): Promise<string> {
  const { prisma } = app.database;
  const tables = await prisma.$queryRaw<{ name: string }[]>`
    SELECT table_name::text AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name <> '_prisma_migrations'`;
  const rows = await Promise.all(
    tables.map(({ name }) =>
      prisma.$queryRawUnsafe<{ row: string }[]>(
        `SELECT row_to_json(t)::text AS row FROM "${name}" t`,
      ),
    ),
  );
  // Links are to be followed, so they have a host; these are the fake's.
  return rows
    .flat()
    .map(({ row }) => row.replace(/"(video_url|url)":"[^"]*"/g, ''))
    .join('\n');
}

/** What anybody is told of a generation, by every way there is. */
async function everythingTold(id: string): Promise<string> {
  const read = async (path: string) => await (await request(`${app.url}${path}`)).body.text();
  const asked = `{
    providerStatus { pause { message } balance { available } }
    auditEvents(first: 100) { nodes { action detail upstreamMessage } }
    generation(id: "${id}") { status statusMessage failure { message upstreamMessage } events { upstreamMessage } }
  }`;
  const { data, errors } = await app.graphql(asked);
  expect(errors).toBeUndefined();
  return [
    JSON.stringify(data),
    await read(`/minimax/v1/query/video_generation?task_id=${id}`),
    await read(`/minimax/v1/files/retrieve?file_id=${id}`),
    await read('/readyz'),
  ].join('\n');
}

async function expectNoAddress(id: string) {
  expect(await everythingStored()).not.toMatch(address);
  expect(await everythingTold(id)).not.toMatch(address);
}

/** What the log has of failed exchanges. */
const logged = () => app.logLines.filter((line) => line.includes('no whole answer')).join('');

describe('where a submission went', () => {
  test.each<[string, () => Promise<string>, RegExp, RegExp]>([
    ['to a closed port', closedPortUrl, /: connection refused$/, /127\.0\.0\.1:\d+|"port":\d+/],
    [
      'to a name that is not known',
      () => Promise.resolve('http://nowhere.invalid:8443'),
      /: the host name (was not found|could not be looked up)$/,
      /nowhere\.invalid/,
    ],
  ])('%s is for the log alone', async (_name, baseUrl, told, inLog) => {
    app = await startTestApp({ env: { MINIMAX_BASE_URL: await baseUrl() } });
    const { generation } = await app.create();
    expect(generation.statusMessage).toMatch(told);
    expect((await look(app, generation.id)).status).toBe('QUEUED');
    expect(logged()).toMatch(inLog);
    expect(logged()).toContain(generation.id);
    await expectNoAddress(generation.id);
  });

  test('that does not speak TLS is for the log alone', async () => {
    const fake = await startFakeUpstream();
    const env = { MINIMAX_BASE_URL: fake.url.replace('http:', 'https:') };
    app = await startTestApp({ fake, env });
    const { generation } = await app.create();
    expect(generation.statusMessage).toMatch(/: TLS failed$/);
    expect(logged()).toContain('ERR_SSL');
    await expectNoAddress(generation.id);
    await fake.close();
  });

  test('that answers what is no HTTP, and repeats the prompt, leaves none of it in the log', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(`GARBAGE {"prompt":"${usualInput.prompt}"}\r\n\r\n`));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    app = await startTestApp({ env: { MINIMAX_BASE_URL: `http://127.0.0.1:${port}` } });
    const { generation } = await app.create();
    expect((await look(app, generation.id)).status).toBe('UNCERTAIN');
    expect(logged()).toContain(generation.id);
    expect(app.logLines.join('')).not.toContain(usualInput.prompt);
    server.close();
  });

  const told = 'Post "http://internal-proxy:8080/v1": dial tcp 10.20.30.40:443: connection refused';
  test.each<[string, Reply, string]>([
    ['hung up', { fault: 'resetAfterRead' }, 'UNCERTAIN'],
    ['sent half of its answer', { fault: 'halfBody' }, 'UNCERTAIN'],
    [
      'sent us elsewhere',
      { status: 307, headers: { location: 'http://internal-proxy:8080/x' }, text: '' },
      'FAILED',
    ],
    [
      'tells where it could not connect',
      { status: 502, json: { error: { message: told } } },
      'UNCERTAIN',
    ],
    [
      'pauses the key and tells why',
      {
        json: {
          task_id: '',
          base_resp: { status_code: 1004, status_msg: `login fail: ${told}` },
        },
      },
      'FAILED',
    ],
  ])('is not told when it %s', async (_name, reply, status) => {
    app = await startTestApp();
    app.upstream.onSubmit(reply);
    const { generation } = await app.create();
    expect(generation.status).toBe(status);
    expect(generation.statusMessage).not.toBe('');
    await expectNoAddress(generation.id);
  });
});

test('where a task was looked for and a link asked for is for the log alone', async () => {
  const fake = await startFakeUpstream({ processingAnswers: 0, linkSeconds: 120 });
  app = await startTestApp({ fake });
  const finished = (await app.create()).generation.id;
  await step(app);
  expect((await look(app, finished)).status).toBe('SUCCEEDED');
  const running = (await app.create()).generation.id;

  const { port } = new URL(fake.url);
  await fake.close();
  app.logLines.splice(0);
  await step(app);
  const { status, statusMessage } = await look(app, running);
  expect(status).toBe('PROCESSING');
  expect(statusMessage).toMatch(/^No connection to MiniMax for the query: connection refused$/);
  expect(logged()).toContain(port);
  await expectNoAddress(running);

  app.clock.advance(3_600_000);
  const answer = await app.graphql(`{ generation(id: "${finished}") { videoUrl } }`);
  expect(answer.errors![0].extensions.code).toBe('VIDEO_LINK_UNAVAILABLE');
  expect(JSON.stringify(answer.errors)).not.toMatch(address);
  const renewal = app.logLines.find((line) => line.includes('could not be renewed'))!;
  expect(renewal).toContain(port);
  await expectNoAddress(finished);
});
