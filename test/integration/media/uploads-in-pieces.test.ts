import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request, type Dispatcher } from 'undici';
import { createLogger } from '../../../src/logger.ts';
import { openStorage } from '../../../src/media/open-storage.ts';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';
import { anMp4, aWav } from '../../support/clips.ts';
import { aPng } from '../../support/images.ts';
import { aMediaConfig } from '../../support/media-config.ts';
import { until } from '../../support/until.ts';

const silentLog = createLogger('silent');

let bucket: BucketServer;
let app: TestApp;
let own: Record<string, string>;

beforeAll(async () => {
  bucket = await startBucketServer();
  app = await startTestApp({ env: bucket.env() });
  own = await signedIn('studio');
});
afterAll(async () => {
  await app.stop();
  await bucket.close();
});

async function signedIn(callerId: string) {
  const key = { callerId, name: callerId, role: 'CLIENT' as const, tenant: null, expiresAt: null };
  return { authorization: `Bearer ${(await keysOf(app).create(key, null)).secret}` };
}

async function send(
  method: Dispatcher.HttpMethod,
  path: string,
  headers: Record<string, string> = {},
  body: Buffer | string = '',
) {
  const answer = await request(`${app.url}${path}`, {
    ...{ method, headers: { ...own, ...headers } },
    ...(method !== 'HEAD' && { body }),
  });
  const told = await text(answer.body);

  const json = told === '' ? null : JSON.parse(told);
  return { status: answer.statusCode, headers: answer.headers, json };
}

async function begin(bytes: number): Promise<string> {
  const { status, headers } = await send('POST', '/media/uploads', { 'upload-length': `${bytes}` });
  expect(status).toBe(201);
  return String(headers['location']);
}

const patch = async (path: string, offset: number, body: Buffer) =>
  await send('PATCH', path, { 'upload-offset': `${offset}` }, body);

const offsetOf = async (path: string) =>
  Number((await send('HEAD', path)).headers['upload-offset']);

describe('a file that comes in pieces', () => {
  test('is whole with the last one, and what inputs take', async () => {
    const file = anMp4();
    const path = await begin(file.length);
    const [a, b] = [Math.floor(file.length / 3), Math.floor(file.length / 2)];
    expect(await patch(path, 0, file.subarray(0, a))).toMatchObject({
      status: 204,
      headers: { 'upload-offset': `${a}`, 'tus-resumable': '1.0.0' },
    });
    expect((await patch(path, a, file.subarray(a, b))).status).toBe(204);
    const { status, json } = await patch(path, b, file.subarray(b));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ kind: 'VIDEO', format: 'MP4', bytes: file.length, reference: `media:${json.id}` },
      sha256: createHash('sha256').update(file).digest('hex'),
    });
    // Whoever lost the answer asks again.
    expect((await patch(path, file.length, Buffer.alloc(0))).json).toEqual(json);
    expect(await leftOf(path)).toEqual([]);
  });

  test('goes on where a piece broke off', async () => {
    const file = aWav(10);
    const path = await begin(file.length);
    const { port } = new URL(app.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `PATCH ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${own['authorization']}\r\n` +
        `Upload-Offset: 0\r\nContent-Length: ${file.length}\r\n\r\n`,
    );
    socket.write(file.subarray(0, 30_000));
    setTimeout(() => socket.destroy(), 200);
    await until(async () => (await offsetOf(path)) > 0);
    const offset = await offsetOf(path);
    expect(offset).toBeLessThanOrEqual(30_000);
    const { json } = await patch(path, offset, file.subarray(offset));
    expect(json).toMatchObject({ format: 'WAV', seconds: 10 });
  });

  test('tells which tus it speaks, and does nothing by another one', async () => {
    const { status, headers } = await send('OPTIONS', '/media/uploads');
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      ...{ 'tus-version': '1.0.0', 'tus-extension': 'creation,termination' },
      'tus-max-size': `${50 * 1024 * 1024}`,
    });
    const path = await begin(1_000);
    const other = { 'tus-resumable': '0.2.2', 'upload-offset': '0' };
    const refused = await send('PATCH', path, other, Buffer.alloc(10));
    expect(refused).toMatchObject({ status: 412, headers: { 'tus-version': '1.0.0' } });
    expect(refused.json.errors[0].extensions.code).toBe('WRONG_TUS_VERSION');
    expect(await offsetOf(path)).toBe(0);
  });

  test('is finished by whoever asks when the bucket failed at the end', async () => {
    const file = anMp4();
    const path = await begin(file.length);
    bucket.mishap = 'cutReads';
    expect((await patch(path, 0, file)).status).toBe(503);
    expect((await send('HEAD', path)).status).toBe(503);
    bucket.mishap = undefined;
    const complete = `${path}/complete`;
    // All at once.
    const [first, again] = await Promise.all([
      send('POST', complete),
      send('POST', complete),
      send('HEAD', path),
    ]);
    expect(first.json).toMatchObject({ format: 'MP4', bytes: file.length });
    expect([first.status, again.json]).toEqual([201, first.json]);
    expect(await offsetOf(path)).toBe(file.length);
    expect((await send('POST', complete)).json).toEqual(first.json);
    expect(await leftOf(path)).toEqual([]);
  });

  test('is asked for by a path and numbers that can be read', async () => {
    expect((await send('GET', '/media/uploads/%ff')).status).toBe(400);
    for (const length of ['1e3', '0x10', '-1', '1.5', ''])
      expect((await send('POST', '/media/uploads', { 'upload-length': length })).status).toBe(400);
    const path = await begin(1_000);
    expect((await send('PATCH', path, { 'upload-offset': '' }, Buffer.alloc(10))).status).toBe(409);
  });

  test('takes a piece from nowhere else than where it is', async () => {
    const path = await begin(1_000);
    await patch(path, 0, Buffer.alloc(400));
    for (const offset of [0, 300, 500]) {
      const { status, headers, json } = await patch(path, offset, Buffer.alloc(100));
      expect([status, headers['upload-offset']]).toEqual([409, '400']);
      expect(json.errors[0].extensions.code).toBe('WRONG_OFFSET');
    }
    const tooMuch = await patch(path, 400, Buffer.alloc(700));
    expect(tooMuch.status).toBe(413);
    expect(tooMuch.json.errors[0].message).toContain('announced with 1000 bytes');
    expect(await offsetOf(path)).toBe(400);
    const all = await Promise.all([1, 2, 3].map(() => patch(path, 400, Buffer.alloc(100))));
    // Who comes second is told where it stands: by a 404 clients of tus would begin anew.
    expect(all.map(({ status }) => status).sort()).toEqual([204, 409, 409]);
    expect(await offsetOf(path)).toBe(500);
  });

  test('comes as it is, and not packed', async () => {
    const path = await begin(1_000);
    const packed = { 'content-encoding': 'gzip', 'upload-offset': '0' };
    for (const [method, to] of [
      ['POST', '/media'],
      ['PATCH', path],
    ] as const) {
      const { status, json } = await send(method, to, packed, Buffer.alloc(10));
      expect(status).toBe(415);
      expect(json.errors[0].message).toContain('Content-Encoding');
    }
    expect(await offsetOf(path)).toBe(0);
  });

  test('is refused when it is whole and nothing, and forgotten', async () => {
    const path = await begin(1_000);
    const { status, json } = await patch(path, 0, Buffer.alloc(1_000));
    expect([status, json.errors[0].extensions.code]).toEqual([422, 'MEDIA_FORMAT_UNSUPPORTED']);
    expect((await send('HEAD', path)).status).toBe(404);
    expect(await leftOf(path)).toEqual([]);
  });

  test.each([['0'], ['-1'], ['many'], ['1.5'], [`${50 * 1024 * 1024 + 1}`]])(
    'has no length of %s',
    async (length) => {
      const { json } = await send('POST', '/media/uploads', { 'upload-length': length });
      expect(json.errors[0].extensions.code).toBe('BAD_LENGTH');
    },
  );

  test('is for who began it alone, and can be given up', async () => {
    const path = await begin(1_000);
    await patch(path, 0, aPng().subarray(0, 100));
    const eve = await signedIn('eve');
    expect((await send('HEAD', path, eve)).status).toBe(404);
    expect((await send('DELETE', path, eve)).status).toBe(404);
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('HEAD', path)).status).toBe(404);
    expect(await leftOf(path)).toEqual([]);
  });

  test('may be one of twenty that are not finished', async () => {
    own = await signedIn('busy');
    for (let begun = 0; begun < 20; begun += 1) await begin(1_000);
    const { status, json } = await send('POST', '/media/uploads', { 'upload-length': '5' });
    expect([status, json.errors[0].extensions.code]).toEqual([429, 'RATE_LIMITED']);
    own = await signedIn('studio');
  });
});

describe('a file that goes straight to the bucket', () => {
  const presign = async (bytes: number) =>
    await send(
      'POST',
      '/media/presigned',
      { 'content-type': 'application/json' },
      JSON.stringify({ bytes, mediaType: 'image/png' }),
    );

  test('is measured when it is told to be there, and stays what it was then', async () => {
    const { status, json } = await presign(aPng().length);
    expect(status).toBe(201);
    const put = async (body: Buffer) =>
      (await request(json.url, { method: json.method, headers: json.headers, body })).statusCode;
    expect((await send('POST', json.complete)).status).toBe(404);
    expect(await put(aPng())).toBe(200);
    const done = await send('POST', json.complete);
    expect(done.json).toMatchObject({ format: 'PNG', width: 640 });
    await put(Buffer.from('something else'));
    const again = await send('POST', json.complete);
    expect(again.json).toEqual(done.json);
  });

  test('is not at the same time one that comes in pieces', async () => {
    const { json } = await presign(1_000);
    const path = String(json.complete).replace('/complete', '');
    await request(json.url, { method: 'PUT', headers: json.headers, body: Buffer.alloc(1_000) });
    await patch(path, 0, Buffer.alloc(400));
    const { status, headers } = await send('POST', json.complete);
    expect([status, headers['upload-offset']]).toEqual([409, '400']);
    await send('DELETE', path);
    expect(await leftOf(path)).toEqual([]);
  });

  test('is refused when it is of another length, or nothing that MiniMax takes', async () => {
    const { json } = await presign(5);
    const { url, headers, complete } = json as { url: string; headers: object; complete: string };
    const given = headers as Record<string, string>;
    const longer = await request(url, { method: 'PUT', headers: given, body: 'abcdef' });
    expect(longer.statusCode).toBe(403);
    expect((await send('POST', complete)).status).toBe(404);
    const storage = await openStorage(aMediaConfig({ bucket: bucket.bucket() }), silentLog);
    const id = complete.split('/').at(-2)!;
    const put = async (bytes: string) =>
      await storage.put(
        `uploads/${id.slice(-2)}/${id}/direct`,
        Readable.from([Buffer.from(bytes)]),
        {
          ...{ contentType: 'image/png', maxBytes: 10 },
        },
      );
    for (const [bytes, code] of [
      ['abc', 'BAD_LENGTH'],
      ['abcdef', 'MEDIA_TOO_LARGE'],
    ] as const) {
      await put(bytes);
      expect((await send('POST', complete)).json.errors[0]).toMatchObject({
        message: expect.stringContaining('announced with 5 bytes'),
        extensions: { code },
      });
    }
    storage.close();
    await request(url, { method: 'PUT', headers: given, body: '<svg>' });
    expect((await send('POST', complete)).json.errors[0]).toMatchObject({
      message: expect.stringContaining('SVG'),
      extensions: { code: 'MEDIA_FORMAT_UNSUPPORTED' },
    });
  });
});

/** What the bucket has of the pieces of an upload. */
async function leftOf(path: string): Promise<string[]> {
  const storage = await openStorage(aMediaConfig({ bucket: bucket.bucket() }), silentLog);
  const keys: string[] = [];
  for await (const { key } of storage.list('uploads/')) keys.push(key);
  storage.close();
  return keys.filter((key) => key.includes(path.split('/').at(-1)!));
}
