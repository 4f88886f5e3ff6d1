import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { MinimaxError } from '../../../../src/minimax/errors.ts';
import { MinimaxClient } from '../../../../src/minimax/v1/client.ts';

/** What can be read of an answer to a submission is kept, so that a person can find the task in it. */
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** What a submission ends with whose answer are these bytes, maybe some `later`, and then the end of the connection. */
async function submit(answer: Buffer, later?: Buffer): Promise<string | MinimaxError> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (later === undefined) socket.end(answer);
      else socket.write(answer, () => setTimeout(() => socket.end(later), 20));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new MinimaxClient({ baseUrl, apiKey: 'secret', timeoutMs: 5_000 });
  closing.push(
    () => client.close(),
    () => new Promise((done) => server.close(done)),
  );
  return await client.submit({ model: 'm', prompt: 'p' }).then(
    ({ taskId }) => taskId,
    (error: unknown) => {
      expect(error).toBeInstanceOf(MinimaxError);
      return error as MinimaxError;
    },
  );
}

const answer = (status: string, headers: string[], body: string | Buffer) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${[status, ...headers].join('\r\n')}\r\n\r\n`),
    Buffer.from(body),
  ]);

const quickBrotli = (body: Buffer) =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

const job = '{"orderNo":"424010985738629"}';

test.each([
  ['longer than it is', answer('200 OK', ['content-length: 99'], job), job],
  [
    'a page',
    answer('200 OK', ['content-length: 99'], '<html><b>order 424010985738629</b> queued'),
    'order 424010985738629 queued',
  ],
  [
    'cut in its id',
    answer('200 OK', ['content-length: 99'], '{"task_id":"4240109857'),
    '{"task_id":"4240109857',
  ],
])('an answer that breaks off (%s) leaves what it said', async (_how, bytes, statusMessage) => {
  const error = await submit(bytes);
  expect(error).toMatchObject({ kind: 'uncertain', httpStatus: 200, taskId: null, statusMessage });
});

test.each([
  ['as it is', (body: Buffer) => body, ''],
  ['by gzip', gzipSync, 'content-encoding: gzip'],
  ['by br', quickBrotli, 'content-encoding: br'],
])('of an answer that is too large the start is read, packed %s', async (_how, pack, header) => {
  const more = Array.from({ length: 200_000 }, (_, at) => at * 7_919).join(' ');
  const packed = (body: object) =>
    answer(
      '200 OK',
      header === '' ? [] : [header],
      pack(Buffer.from(JSON.stringify({ ...body, more }))),
    );
  expect(await submit(packed({ task_id: '424010985738629' }))).toMatchObject({
    ...{ kind: 'uncertain', taskId: '424010985738629' },
  });
  expect(await submit(packed({ job: { id: 'abc-123' } }))).toMatchObject({
    ...{ kind: 'uncertain', taskId: null },
    statusMessage: expect.stringContaining('{"job":{"id":"abc-123"}'),
  });
});

test.each([
  ['408 Request Timeout', '{"status":"error","message":"Timeout"}'],
  ['409 Conflict', 'there is one'],
  ['511 Network Authentication Required', 'sign in'],
])('an uncertain answer %s leaves what it said', async (status, body) => {
  expect(await submit(answer(status, [`content-length: ${body.length}`], body))).toMatchObject({
    ...{ kind: 'uncertain', httpStatus: Number(status.slice(0, 3)), statusMessage: body },
  });
});

const length = `content-length: ${job.length}`;

test.each([
  ['both framings', [length, 'transfer-encoding: chunked']],
  ['two lengths', [length, length]],
  ['a control character', [length, 'x: a\x01b']],
])('behind a head that is no HTTP (%s) the body is read', async (_what, headers) => {
  expect(await submit(answer('200 OK', headers, job))).toMatchObject({
    ...{ kind: 'uncertain', httpStatus: null, statusMessage: job },
  });
  const named = '{"task_id":"424010985738629"}';
  expect(await submit(answer('200 OK', headers, named))).toMatchObject({
    ...{ kind: 'uncertain', taskId: '424010985738629' },
  });
});

test('so it is behind a head whose lines end in LF, and where there is no head', async () => {
  const head = `HTTP/1.1 200 OK\n${length}\n\n`;
  for (const bytes of [head + job, job]) {
    expect(await submit(Buffer.from(bytes))).toMatchObject({ statusMessage: job });
  }
});

test('a head of 20 kB is read', async () => {
  const body = '{"task_id":"42","base_resp":{"status_code":0}}';
  const headers = [`content-length: ${body.length}`, `x-policy: ${'x'.repeat(20_000)}`];
  expect(await submit(answer('200 OK', headers, body))).toBe('42');
});

const refusal = '{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}';
const accepted = '{"task_id":"424010985738629"}';
const whole = (status: string, body: string, headers: string[] = []) =>
  answer(status, [`content-length: ${body.length}`, ...headers], body);
const chunked = (body: string) =>
  answer(
    '200 OK',
    ['transfer-encoding: chunked'],
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  );

test.each([
  ['429', whole('429 Too Many Requests', refusal), whole('200 OK', accepted)],
  ['200', whole('200 OK', refusal), whole('200 OK', accepted)],
  ['200 in pieces', chunked(refusal), whole('200 OK', accepted)],
  ['200 with a page', whole('200 OK', '<p>Wait</p>'), whole('200 OK', accepted)],
  ['200 whose length is too small', whole('200 OK', refusal), Buffer.from(accepted)],
  ['400', whole('400 Bad Request', '{"error":{"message":"no"}}'), chunked(accepted)],
])(
  'an answer (%s) behind which a task is named leaves it in doubt',
  async (_how, first, second) => {
    for (const ended of [submit(Buffer.concat([first, second])), submit(first, second)]) {
      expect(await ended).toMatchObject({ kind: 'uncertain', taskId: '424010985738629' });
    }
  },
);

test('a refusal in whose head a task is named leaves it in doubt', async () => {
  for (const line of ['x-task-id: 424010985738629', 'location: /tasks?task_id=424010985738629']) {
    const answer = whole('429 Too Many Requests', refusal, [line]);
    expect(await submit(answer)).toMatchObject({ kind: 'uncertain', taskId: '424010985738629' });
  }
});

test('a refusal that an interim answer with a task announces is in doubt', async () => {
  const refused = whole('429 Too Many Requests', refusal);
  for (const head of [
    '103 Early Hints\r\nx-task-id: 424010985738629',
    '102 Processing\r\ntask-id: 424010985738629',
  ]) {
    const interim = Buffer.from(`HTTP/1.1 ${head}\r\n\r\n`);
    for (const ended of [submit(Buffer.concat([interim, refused])), submit(interim, refused)])
      expect(await ended).toMatchObject({ kind: 'uncertain', taskId: '424010985738629' });
  }
  const plain = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(20));
  expect(await submit(Buffer.concat([plain, refused]))).toMatchObject({ kind: 'throttled' });
});

test('a refusal beside which no task is named is one', async () => {
  const first = whole('429 Too Many Requests', refusal);
  const idle = whole('408 Request Timeout', '');
  for (const second of [undefined, Buffer.from('\r\n\r\nnothing'), idle]) {
    expect(await submit(first, second)).toMatchObject({ kind: 'throttled', taskId: null });
  }
});
