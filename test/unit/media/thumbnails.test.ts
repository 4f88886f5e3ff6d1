import { once } from 'node:events';
import { get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import sharp from 'sharp';
import { createLogger } from '../../../src/logger.ts';
import { Thumbnails, thumbnailPath } from '../../../src/media/inputs/thumbnails.ts';
import type { SignedUrls } from '../../../src/media/signed-urls.ts';
import { NotStoredError, StorageError, type MediaStorage } from '../../../src/media/storage.ts';
import { keyOf } from '../../../src/media/stored-objects.ts';
import { aPng, pngChunk } from '../../support/images.ts';
import { until } from '../../support/until.ts';

const [id, other] = [
  '018f5f3e-0000-4000-8000-000000000001',
  '018f5f3e-0000-4000-8000-000000000002',
];

/** What is stored, by its key; and what was read and written of it. */
const files = new Map<string, Buffer>();
const reads: string[] = [];
const writes: string[] = [];
const lines: string[] = [];
let beforeRead: (key: string) => Promise<void> | void;
let asked: number;
let server: Server;
let url: string;

beforeEach(async () => {
  for (const list of [reads, writes, lines]) list.length = 0;
  files.clear();
  beforeRead = () => undefined;
  asked = 0;
  const storage = {
    async get(key: string) {
      if (key.startsWith('inputs/')) {
        reads.push(key);
        await beforeRead(key);
      }
      const bytes = files.get(key);
      if (!bytes) throw new NotStoredError();
      return Readable.from([bytes]);
    },
    async put(key: string, source: AsyncIterable<Uint8Array>) {
      files.set(key, await buffer(source));
      writes.push(key);
    },
  };
  const findFirst = ({ where }: { where: { id: string } }) => {
    asked += 1;
    return Promise.resolve({ id: where.id, kind: 'INPUT', bytes: 1, facts: { format: 'PNG' } });
  };
  const app = express();
  new Thumbnails({
    database: { prisma: { storedObject: { findFirst } } } as never,
    storage: storage as unknown as MediaStorage,
    urls: { check: () => Promise.resolve(60) } as unknown as SignedUrls,
    log: createLogger('warn', { write: (line: string) => void lines.push(line) }),
  }).mount(app);
  app.use(((_error, _request, response, _next) => {
    response.status(503).end();
  }) as express.ErrorRequestHandler);
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${thumbnailPath}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const keep = (bytes: Buffer, of = id) => files.set(keyOf({ kind: 'INPUT', id: of }), bytes);

async function statusOf(of = id): Promise<number> {
  const answer = await fetch(`${url}/${of}.webp`);
  await answer.arrayBuffer();
  return answer.status;
}

function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

test.each([
  ['an interlaced PNG', () => sharp(aPng()).png({ progressive: true })],
  ['a progressive JPEG', () => sharp(aPng()).jpeg({ progressive: true })],
  ['a WebP', () => sharp(aPng()).webp()],
])('%s that is decoded as a whole has one', async (_name, make) => {
  keep(await make().toBuffer());
  expect(await statusOf()).toBe(200);
});

test('a picture that would take too much memory has none', async () => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(5_800, 0);
  header.writeUInt32BE(5_800, 4);
  // 16 bits, RGBA; interlaced.
  header.set([16, 6, 0, 0, 1], 8);
  const start = aPng().subarray(0, 8);
  const data = pngChunk('IDAT', Buffer.alloc(100));
  keep(Buffer.concat([start, pngChunk('IHDR', header), data, pngChunk('IEND', Buffer.alloc(0))]));
  expect(await statusOf()).toBe(404);
  expect(lines.join()).toContain('decoding it takes 269120000 bytes at once');
});

test('each is made once for all who ask at once', async () => {
  keep(aPng());
  const all = await Promise.all(Array.from({ length: 8 }, () => statusOf()));
  expect(all).toEqual(all.map(() => 200));
  expect(reads).toHaveLength(1);
  expect(writes).toHaveLength(1);
  expect(await statusOf()).toBe(200);
  expect(reads).toHaveLength(1);
});

test('one that cannot be decoded is tried once', async () => {
  keep(aPng().subarray(0, 60));
  for (let time = 0; time < 3; time += 1) expect(await statusOf()).toBe(404);
  expect(reads).toHaveLength(1);
  expect(lines).toHaveLength(1);
});

test('one whose storage failed is tried again', async () => {
  keep(aPng());
  beforeRead = () => Promise.reject(new StorageError(new Error('away')));
  expect(await statusOf()).toBe(503);
  beforeRead = () => undefined;
  expect(await statusOf()).toBe(200);
});

test('none is made for those who have hung up before its turn', async () => {
  keep(aPng());
  keep(aPng({ width: 300 }), other);
  const { open, opened } = gate();
  beforeRead = () => opened;
  const first = statusOf();
  await until(() => reads.length === 1);
  const gone = Array.from({ length: 3 }, () => get(`${url}/${other}.webp`).on('error', () => {}));
  await until(() => asked === 4);
  for (const each of gone) each.destroy();
  await until(async () => {
    const count = await new Promise<number>((resolve, reject) =>
      server.getConnections((error, connections) => (error ? reject(error) : resolve(connections))),
    );
    return count === 1;
  });
  open();
  expect(await first).toBe(200);
  expect(reads).toHaveLength(1);
  // Whoever asks after that has it made.
  expect(await statusOf(other)).toBe(200);
  expect(reads).toHaveLength(2);
});
