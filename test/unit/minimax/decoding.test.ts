import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MinimaxClient } from '../../../src/minimax/v1/client.ts';
import { MinimaxError } from '../../../src/minimax/errors.ts';

const answer = Buffer.from(
  JSON.stringify({ task_id: '42', base_resp: { status_code: 0, status_msg: 'success' } }),
);

let reply: { bytes: Buffer; encoding?: string; type?: string; breaksOff?: boolean };
let asked: string | undefined;
let server: Server;
let client: MinimaxClient;
beforeEach(async () => {
  server = createServer((request, response) => {
    asked = request.headers['accept-encoding'];
    request.resume().on('end', () => {
      const { bytes, encoding, type, breaksOff = false } = reply;
      response.writeHead(200, {
        ...(encoding && { 'content-encoding': encoding }),
        ...(type && { 'content-type': type }),
        'content-length': bytes.length + (breaksOff ? 1 : 0),
      });
      response.write(bytes, () => (breaksOff ? response.destroy() : response.end()));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  client = new MinimaxClient({ baseUrl, apiKey: 'key', timeoutMs: 20_000 });
});
afterEach(async () => {
  await client.close();
  await new Promise((done) => server.close(done));
});

const submit = () => client.submit({ model: 'm', prompt: 'p' });
const failed = async () => {
  const error: unknown = await submit().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MinimaxError);
  return error as MinimaxError;
};

test.each([
  ['gzip', gzipSync(answer)],
  ['x-gzip', gzipSync(answer)],
  ['GZIP', gzipSync(answer)],
  ['br', brotliCompressSync(answer)],
  ['deflate', deflateSync(answer)],
  ['deflate', deflateRawSync(answer)],
  ['deflate, gzip', gzipSync(deflateSync(answer))],
  ['gzip', answer],
  ['identity', answer],
  [undefined, gzipSync(answer)],
  ['br', gzipSync(answer)],
  ['gzip', Buffer.concat([gzipSync(answer), Buffer.from('and more')])],
  [undefined, Buffer.from(`\uFEFF${answer.toString()}`, 'utf16le')],
])('an answer that comes as %s is read, although none was asked for', async (encoding, bytes) => {
  reply = { bytes, ...(encoding && { encoding }) };
  expect((await submit()).taskId).toBe('42');
  expect(asked).toBe('identity');
});

test.each([
  ['application/json; charset=utf-16le', Buffer.from(answer.toString(), 'utf16le')],
  ['application/json;charset="UTF-16"', Buffer.from(answer.toString(), 'utf16le')],
  ['text/plain; charset=utf-16be', Buffer.from(answer.toString(), 'utf16le').swap16()],
])('an answer that is %s is read', async (type, bytes) => {
  reply = { bytes, type };
  expect((await submit()).taskId).toBe('42');
});

test('one that is small only until it is unpacked is not read', async () => {
  reply = { bytes: gzipSync(Buffer.alloc(50_000_000, ' ')), encoding: 'gzip' };
  const error = await failed();
  expect(error).toMatchObject({ kind: 'uncertain', httpStatus: 200 });
  expect(error.message).toContain('larger than 1 MB');
});

test.each([
  ['gzip', gzipSync(answer)],
  ['br', brotliCompressSync(answer)],
])('one that breaks off tells in %s what it had said', async (encoding, bytes) => {
  reply = { bytes, encoding, breaksOff: true };
  expect(await failed()).toMatchObject({ kind: 'uncertain', taskId: '42' });
});

test('one that names thousands of encodings takes no longer', async () => {
  const unpacked = Buffer.alloc(900_000);
  const broken = deflateRawSync(unpacked, { finishFlush: constants.Z_SYNC_FLUSH });
  const bytes = Buffer.concat([broken, Buffer.from([7, 255])]);
  reply = { bytes, encoding: 'deflate,'.repeat(7_000) };
  const startedAt = performance.now();
  await failed();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
