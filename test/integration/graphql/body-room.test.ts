import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { startTestApp, usualInput, type TestApp, type TestAppOptions } from '../../support/app.ts';

/** A server that has room for one large body at a time, and clients that send as slowly as a test wants. */
let app: TestApp;
let open: ClientRequest[] = [];

afterEach(async () => {
  for (const request of open) request.on('error', () => undefined).destroy();
  open = [];
  await app.stop();
});

const megabyte = 1024 * 1024;

async function start(patience: TestAppOptions['patience'] = {}): Promise<void> {
  app = await startTestApp({
    env: { IMAGE_MEMORY_MB: '2', CREATE_WAIT_MS: '0' },
    patience,
  });
}

const asked = Buffer.from(JSON.stringify({ query: '{ __typename }' }).padEnd(1.5 * megabyte));

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: { data?: object; errors?: { extensions: object }[]; base_resp?: object };
}

/** A request whose body is written by the test. */
function begin(
  headers: Record<string, string | number>,
  path = '/graphql',
): { request: ClientRequest; answer: Promise<Answer> } {
  const { hostname: host, port } = new URL(app.url);
  const request = httpRequest({
    ...{ host, port, path, method: 'POST', agent: false },
    headers: { 'content-type': 'application/json', ...headers },
  });
  open.push(request);
  request.flushHeaders();
  const answer = once(request, 'response').then(async ([response]: IncomingMessage[]) => {
    let text = '';
    for await (const piece of response!) text += String(piece);
    const { statusCode: status, headers } = response!;
    return { status: status!, headers, body: JSON.parse(text) as Answer['body'] };
  });
  // Of one that is torn down nobody wants it.
  answer.catch(() => undefined);
  return { request, answer };
}

function send(body: Buffer, path?: string): Promise<Answer> {
  const { request, answer } = begin({ 'content-length': body.length }, path);
  request.end(body);
  return answer;
}

/** A large body that has the room, and keeps it until the rest is written. */
async function takeRoom(): Promise<{ request: ClientRequest; answer: Promise<Answer> }> {
  const holder = begin({ 'content-length': asked.length });
  holder.request.write(asked.subarray(0, 100_000));
  // It was read before this one, which comes after it.
  await send(Buffer.from('{"query":"{ __typename }"}'));
  return holder;
}

test('a large body waits until another has been answered, and a small one does not', async () => {
  await start();
  const holder = await takeRoom();
  let isAnswered = false;
  const waiting = send(asked).then((answer) => {
    isAnswered = true;
    return answer;
  });
  const small = await send(Buffer.from('{"query":"{ __typename }"}'));
  expect([small.status, isAnswered]).toEqual([200, false]);
  holder.request.end(asked.subarray(100_000));
  for (const answer of [await holder.answer, await waiting]) {
    expect([answer.status, answer.body.data]).toEqual([200, { __typename: 'Query' }]);
  }
});

test.each(['content-length', 'chunked', 'gzip'])(
  'a large body that finds no room in time is refused with Retry-After: %s',
  async (how) => {
    await start({ roomMs: 1_000 });
    await takeRoom();
    const { request, answer } = begin(
      how === 'content-length'
        ? { 'content-length': asked.length }
        : how === 'gzip'
          ? { 'content-encoding': 'gzip' }
          : {},
    );
    request.end(how === 'gzip' ? gzipSync(asked) : asked);
    const { status, headers, body } = await answer;
    expect([status, headers['retry-after']]).toEqual([503, '3']);
    expect(body.errors).toMatchObject([
      { extensions: { code: 'SERVICE_BUSY', retryAfterSeconds: 3 } },
    ]);
  },
);

test('over the drop-in the refusal has the form of MiniMax', async () => {
  await start({ roomMs: 1_000 });
  await takeRoom();
  const { status, headers, body } = await send(asked, '/minimax/v1/video_generation');
  expect([status, headers['retry-after']]).toEqual([503, '3']);
  expect(body).toMatchObject({ task_id: '', base_resp: { status_code: 1002 } });
});

test('a client that hangs up gives its room back, and one that waits its place', async () => {
  await start();
  const holder = await takeRoom();
  const waiting = begin({ 'content-length': asked.length });
  await send(Buffer.from('{"query":"{ __typename }"}'));
  waiting.request.on('error', () => undefined).destroy();
  holder.request.on('error', () => undefined).destroy();
  expect((await send(asked)).status).toBe(200);
});

test('bodies that cannot be read give their room back', async () => {
  await start();
  const broken = Buffer.from('{"query":'.padEnd(1.5 * megabyte));
  expect((await send(broken)).status).toBe(400);
  const { request, answer } = begin({ 'content-encoding': 'gzip' });
  request.end(Buffer.alloc(2 * megabyte));
  expect((await answer).status).toBe(400);
  expect((await send(asked)).status).toBe(200);
});

test('a client that sends too slowly is cut off', async () => {
  await start({ pace: { graceMs: 1_000, bytesPerSecond: megabyte } });
  const holder = await takeRoom();
  const waiting = send(asked);
  const { status, body } = await holder.answer;
  expect(status).toBe(408);
  expect(body.errors).toMatchObject([{ extensions: { code: 'BODY_TOO_SLOW' } }]);
  expect((await waiting).status).toBe(200);
});

test('a create has its room until its images are stored, not until MiniMax has answered', async () => {
  app = await startTestApp({ env: { IMAGE_MEMORY_MB: '2' } });
  let answerMinimax!: () => void;
  const answered = new Promise<void>((resolve) => (answerMinimax = resolve));
  app.upstream.onSubmit(async () => {
    await answered;
    return undefined;
  });
  const create = Buffer.from(
    JSON.stringify({
      query:
        'mutation ($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) { generation { status } } }',
      variables: { input: usualInput },
    }).padEnd(1.5 * megabyte),
  );
  const first = send(create);
  await app.upstream.received('submit');
  expect((await send(asked)).status).toBe(200);
  answerMinimax();
  expect((await first).body.data).toEqual({
    createVideoGeneration: { generation: { status: 'PROCESSING' } },
  });
});

test('over an event stream no large body is read', async () => {
  await start();
  const { request, answer } = begin(
    { 'content-length': asked.length, accept: 'text/event-stream' },
    '/graphql/stream',
  );
  request.end(asked);
  expect((await answer).status).toBe(413);
});
