import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { createLogger } from '../../../src/logger.ts';
import { openStorage } from '../../../src/media/open-storage.ts';
import { BucketStorage } from '../../../src/media/storage-bucket.ts';
import {
  NotStoredError,
  StorageConfigError,
  StorageError,
  TooLargeError,
  type MediaStorage,
} from '../../../src/media/storage.ts';

import { aMediaConfig } from '../../support/media-config.ts';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';

const silent = createLogger('silent');

const mp4 = { contentType: 'video/mp4', maxBytes: 1e9 };

async function* inPieces(bytes: Uint8Array, size = 64 * 1024) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}

async function keysIn(storage: MediaStorage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys.sort();
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let server: BucketServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelgraph-media-'));
  server = await startBucketServer();
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe.each([
  { kind: 'a directory', config: () => aMediaConfig({ directory: join(folder, 'media') }) },
  {
    kind: 'a bucket',
    config: () => aMediaConfig({ bucket: server.bucket({ prefix: 'some/where' }) }),
  },
])('$kind', ({ config }) => {
  let storage: MediaStorage;
  beforeAll(async () => {
    storage = await openStorage(config(), silent);
  });
  afterAll(() => storage.close());

  // Around the size of a part, in which buckets take what is large.
  test.each([0, 1, 70_000, 5 * 1024 * 1024, 17 * 1024 * 1024 + 3])(
    'gives back the %d bytes that were put, and says what they are',
    async (size) => {
      const bytes = randomBytes(size);
      const key = `videos/${randomUUID()}`;
      expect(await storage.put(key, inPieces(bytes), mp4)).toEqual({
        bytes: size,
        sha256: sha256(bytes),
      });
      expect(await storage.stat(key)).toEqual({ bytes: size });
      expect(sha256(await buffer(await storage.get(key)))).toBe(sha256(bytes));
      await storage.delete(key);
    },
  );

  test('gives any part of them', async () => {
    await storage.put('videos/parts', inPieces(Buffer.from('0123456789')), mp4);
    const part = async (start: number, end: number) =>
      (await buffer(await storage.get('videos/parts', { start, end }))).toString();
    expect(await part(0, 1)).toBe('01');
    expect(await part(3, 6)).toBe('3456');
    expect(await part(9, 9)).toBe('9');
  });

  test('knows nothing of what was never put, or was deleted', async () => {
    await storage.put('videos/gone', inPieces(Buffer.from('x')), mp4);
    await storage.delete('videos/gone');
    await storage.delete('videos/gone');
    for (const key of ['videos/gone', 'videos/never', 'videos/gone/below']) {
      expect(await storage.stat(key)).toBeNull();
      await expect(storage.get(key)).rejects.toThrow(NotStoredError);
    }
  });

  test('lists what is there, by prefix', async () => {
    for (const key of ['inputs/aa/1', 'inputs/ab/2', 'other/3'])
      await storage.put(key, inPieces(Buffer.from(key)), mp4);
    expect(await keysIn(storage, 'inputs/')).toEqual(['inputs/aa/1', 'inputs/ab/2']);
    expect(await keysIn(storage, 'inputs/ab/')).toEqual(['inputs/ab/2']);
    expect(await keysIn(storage, 'nothing/')).toEqual([]);
    for await (const { key, bytes, writtenAt } of storage.list('other/')) {
      expect({ key, bytes }).toEqual({ key: 'other/3', bytes: 7 });
      expect(Math.abs(writtenAt.getTime() - Date.now())).toBeLessThan(3_600_000);
    }
  });

  test.each([
    ['a source that breaks', 'broke', undefined],
    ['a source that is larger than it may be', 'more than 9437184 bytes', undefined],
    ['an end that is asked for', 'enough', new AbortController()],
  ])('keeps nothing of %s', async (_what, message, controller) => {
    async function* source() {
      for (let sent = 0; sent < 20; sent++) {
        yield randomBytes(1024 * 1024);
        if (sent === 12 && controller) controller.abort(new Error('enough'));
        else if (sent === 12 && message === 'broke') throw new Error('broke');
      }
      await Promise.resolve();
    }
    const key = `videos/${randomUUID()}`;
    const maxBytes = message.startsWith('more') ? 9 * 1024 * 1024 : 1e9;
    const signal = controller?.signal;
    const put = storage.put(key, source(), { ...mp4, maxBytes, ...(signal && { signal }) });
    await expect(put).rejects.toThrow(message);
    if (message.startsWith('more')) await expect(put).rejects.toBeInstanceOf(TooLargeError);
    expect(await storage.stat(key)).toBeNull();
    expect(await keysIn(storage, key)).toEqual([]);
  });

  test('is not led out of its place by a key', async () => {
    for (const key of [
      '../x',
      'a/../../x',
      '/etc/x',
      'a//b',
      '.storage-id',
      'a/.b',
      '',
      'a\\b',
      'ä',
    ]) {
      await expect(storage.put(key, inPieces(Buffer.from('x')), mp4)).rejects.toThrow('characters');
      await expect(storage.get(key)).rejects.toThrow('characters');
    }
  });

  test('replaces what is there by what is put, whole', async () => {
    await storage.put('videos/twice', inPieces(Buffer.from('before')), mp4);
    await storage.put('videos/twice', inPieces(Buffer.from('after')), mp4);
    expect((await buffer(await storage.get('videos/twice'))).toString()).toBe('after');
  });

  test('is the same storage when it is opened again, and another when it is another', async () => {
    const again = await openStorage(config(), silent);
    expect(again.id).toBe(storage.id);
    again.close();
    const other = await openStorage(aMediaConfig({ directory: join(folder, 'other') }), silent);
    expect(other.id).not.toBe(storage.id);
  });
});

describe('a directory', () => {
  test('has nothing left over of what was never finished, once that is dropped', async () => {
    const directory = join(folder, 'unfinished');
    const storage = await openStorage(aMediaConfig({ directory }), silent);
    let during: string[] = [];
    async function* source() {
      yield Buffer.from('half');
      during = await readdir(join(directory, '.unfinished'));
      await storage.dropUnfinished(new Date(Date.now() - 60_000));
      expect(await readdir(join(directory, '.unfinished'))).toEqual(during);
      await storage.dropUnfinished(new Date(Date.now() + 60_000));
      yield Buffer.from('more');
    }
    await expect(storage.put('videos/half', source(), mp4)).rejects.toThrow('ENOENT');
    expect(during).toHaveLength(1);
    expect(await readdir(join(directory, '.unfinished'))).toEqual([]);
  });

  test('has nothing left of a key that is deleted while it is put', async () => {
    const directory = join(folder, 'deleted');
    const storage = await openStorage(aMediaConfig({ directory }), silent);
    const left = async () => (await readdir(join(directory, '.unfinished'))).length;
    async function* source() {
      yield Buffer.from('half');
      expect(await left()).toBe(2);
      await storage.delete('videos/one');
      expect(await left()).toBe(1);
      yield Buffer.from('more');
    }
    async function* other() {
      yield Buffer.from('half');
      await expect(storage.put('videos/one', source(), mp4)).rejects.toThrow(StorageError);
      yield Buffer.from('more');
    }
    await storage.put('videos/one-more', other(), mp4);
    expect(await keysIn(storage, 'videos/')).toEqual(['videos/one-more']);
    expect(await left()).toBe(0);
    // What nobody deletes is put again as before.
    await storage.put('videos/one', inPieces(Buffer.from('bytes')), mp4);
    expect(await storage.stat('videos/one')).toEqual({ bytes: 5 });
  });

  test('that is away for now, or has another one in its place, has lost nothing', async () => {
    const directory = join(folder, 'mounted');
    const storage = await openStorage(aMediaConfig({ directory }), silent);
    await storage.put('videos/there', inPieces(Buffer.from('bytes')), mp4);
    await rename(directory, `${directory}.away`);
    const isOut = async () => {
      for (const asked of [
        storage.stat('videos/there'),
        storage.get('videos/there'),
        storage.delete('videos/there'),
        keysIn(storage, 'videos/'),
      ])
        await expect(asked).rejects.toBeInstanceOf(StorageError);
    };
    await isOut();
    await mkdir(directory);
    await isOut();
    (await openStorage(aMediaConfig({ directory }), silent)).close();
    await isOut();
    await rm(directory, { recursive: true });
    await rename(`${directory}.away`, directory);
    expect((await buffer(await storage.get('videos/there'))).toString()).toBe('bytes');
  });

  test('that cannot be written is refused in one line', async () => {
    const open = openStorage(aMediaConfig({ directory: '/dev/null/media' }), silent);
    await expect(open).rejects.toThrow(/^MEDIA_DIR \(\/dev\/null\/media\) cannot be written/);
  });
});

describe('a bucket', () => {
  test.each([
    [
      'with a wrong key',
      { keys: { accessKeyId: 'S3RVER', secretAccessKey: 'wrong' } },
      'SECRET_ACCESS_KEY',
    ],
    ['that is not there', { bucket: 'nowhere' }, 'MEDIA_BUCKET: there is no bucket nowhere'],
    ['at a host that is not there', { endpoint: 'http://nowhere.invalid' }, 'MEDIA_ENDPOINT'],
  ])('%s is refused in one line', async (_what, change, message) => {
    const open = openStorage(aMediaConfig({ bucket: server.bucket(change) }), silent);
    await expect(open).rejects.toBeInstanceOf(StorageConfigError);
    await expect(open).rejects.toThrow(message);
    await expect(open).rejects.not.toThrow('\n');
  });

  test('that does not answer is no reason not to start', async () => {
    const bucket = server.bucket({ endpoint: 'http://127.0.0.1:1' });
    const storage = await openStorage(aMediaConfig({ bucket }), silent);
    await expect(storage.stat('videos/x')).rejects.toThrow();
    storage.close();
  });

  test('is read and written by whoever has a presigned address, and by nobody else', async () => {
    const storage = await openStorage(aMediaConfig({ bucket: server.bucket({}) }), silent);
    const options = { signedAt: new Date(), expiresInSeconds: 60, contentType: 'image/png' };
    const put = await storage.presignPut('inputs/direct', { ...options, bytes: 5 });
    const headers = { 'content-type': 'image/png' };
    const sent = await request(put!, { method: 'PUT', body: 'bytes', headers });
    expect(sent.statusCode).toBe(200);
    const get = await storage.presignGet('inputs/direct', { ...options, downloadName: 'a.png' });
    const answer = await request(get!);
    expect(await answer.body.text()).toBe('bytes');
    expect(answer.headers).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': 'inline; filename="a.png"',
    });
    const forged = get!.replace(/X-Amz-Signature=\w{8}/, 'X-Amz-Signature=00000000');
    expect((await request(forged)).statusCode).toBe(403);
    storage.close();
  });

  test('gives to others while many readers take their time', async () => {
    const storage = await openStorage(aMediaConfig({ bucket: server.bucket({}) }), silent);
    await storage.put('videos/long', inPieces(randomBytes(8 * 1024 * 1024)), mp4);
    const readers = await Promise.all(Array.from({ length: 60 }, () => storage.get('videos/long')));
    const part = await storage.get('videos/long', { start: 0, end: 9 });
    expect((await buffer(part)).length).toBe(10);
    for (const reader of readers) reader.destroy();
    storage.close();
  });

  test('gives a bucket up that does not answer', async () => {
    const storage = await BucketStorage.open(server.bucket({}), silent, {
      ...{ patient: 100, usual: 100 },
    });
    server.mishap = 'hang';
    await expect(storage.stat('videos/x')).rejects.toThrow('exceeded the configured 100 ms');
    server.mishap = undefined;
    storage.close();
  });

  test('sends a part again that the bucket did not take', async () => {
    const storage = await openStorage(aMediaConfig({ bucket: server.bucket({}) }), silent);
    const bytes = randomBytes(20 * 1024 * 1024);
    server.failNext(2);
    await storage.put('videos/again', inPieces(bytes), mp4);
    expect(server.failed).toBe(2);
    expect(sha256(await buffer(await storage.get('videos/again')))).toBe(sha256(bytes));
    storage.close();
  });
});
