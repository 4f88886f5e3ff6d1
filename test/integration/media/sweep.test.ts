import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../src/logger.ts';
import { Archive } from '../../../src/media/archive.ts';
import { ArchiveStore, leaseMs } from '../../../src/media/archive-store.ts';
import { StoredInputs } from '../../../src/media/inputs/stored-inputs.ts';
import { Uploads } from '../../../src/media/inputs/uploads.ts';
import { openStorage } from '../../../src/media/open-storage.ts';
import { Removal } from '../../../src/media/removal.ts';
import { Retention } from '../../../src/media/retention.ts';
import { StorageError, type ListedFile, type MediaStorage } from '../../../src/media/storage.ts';
import { keyOf, thumbnailKeyOf, uploadFolderOf } from '../../../src/media/stored-objects.ts';
import { Sweep } from '../../../src/media/sweep.ts';
import { step, type TestApp } from '../../support/app.ts';
import { where } from '../../support/broken-storage.ts';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';
import { aPng, asDataUrl } from '../../support/images.ts';
import { aFinishedVideo, startMediaApp } from '../../support/media-app.ts';
import { aMediaConfig } from '../../support/media-config.ts';
import { randomFrom } from '../../support/random-operations.ts';
import { startVideoServer, video, type VideoServer } from '../../support/video-server.ts';

const hourMs = 3_600_000;
const silent = createLogger('silent');
const running = new AbortController().signal;
const anything = { contentType: 'video/mp4', maxBytes: 1e9 };

let folder: string;
let files: VideoServer;
let bucket: BucketServer;
let app: TestApp;
let storage: MediaStorage;

beforeAll(async () => {
  files = await startVideoServer(video);
  bucket = await startBucketServer();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelgraph-sweep-'));
});
afterEach(async () => {
  storage.close();
  await app.stop();
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await files.close();
  await bucket.close();
});

/** The storage of the app, with files as old as they would be by the clock of the test. */
async function start(kind: 'directory' | 'bucket'): Promise<void> {
  const prefix = randomUUID();
  app = await startMediaApp(files, kind === 'bucket' ? bucket.env(prefix) : { MEDIA_DIR: folder });
  const given = kind === 'bucket' ? { bucket: bucket.bucket({ prefix }) } : { directory: folder };
  const real = await openStorage(aMediaConfig(given), silent);
  const firstSeen = new Map<string, Date>();
  let ownMarker: string | undefined;
  const aged = {
    list: async function* (start: string): AsyncGenerator<ListedFile> {
      for await (const file of real.list(start)) {
        const first = firstSeen.get(file.key) ?? app.clock.now();
        firstSeen.set(file.key, first);
        const isMarker = file.key === ownMarker;
        yield { ...file, writtenAt: isMarker ? app.clock.now() : first };
      }
    },
    put: async (...[key, ...rest]: Parameters<MediaStorage['put']>) => {
      if (key.startsWith('databases/')) ownMarker = key;
      return await real.put(key, ...rest);
    },
  };
  storage = where(real, aged);
}

async function keys(): Promise<string[]> {
  const all: string[] = [];
  for await (const { key } of storage.list('')) if (!key.startsWith('databases/')) all.push(key);
  return all.sort();
}

const put = (key: string, bytes: Buffer = video) =>
  storage.put(key, Readable.from([bytes]), anything);

/** All of its folders, which takes a day. */
async function sweepAll(log = silent): Promise<void> {
  const over = await withoutEmptyFolders();
  const sweep = new Sweep({ prisma: app.database.prisma, storage: over, log });
  for (let hour = 0; hour < 24; hour++) await sweep.run(running);
}

/**
 * The storage, asked for a folder only if something lies in it, as long as nothing is added: a sweep of all
 * asks for a thousand, and the few empty ones of its first hour show as much as the others would. It is
 * marked in that hour alone: what the others would write is the same, and as old by the clock of the test.
 */
async function withoutEmptyFolders(): Promise<MediaStorage> {
  const folders = new Set((await keys()).map((key) => /^[^/]+\/[^/]+\//.exec(key)?.[0]));
  let empty = 0;
  let marked: ReturnType<MediaStorage['put']> | undefined;
  return where(storage, {
    put: (...given) => (marked ??= storage.put(...given)),
    list: async function* (start: string): AsyncGenerator<ListedFile> {
      const isEmpty = !start.startsWith('databases/') && !folders.has(start);
      if (isEmpty) empty += 1;
      if (!isEmpty || empty <= 40) yield* storage.list(start);
    },
  });
}

function aRemoval(over: MediaStorage = storage): Removal {
  return new Removal({
    prisma: app.database.prisma,
    storage: over,
    log: silent,
    now: app.clock.now,
  });
}

/** What the rows say there is. */
async function referenced(): Promise<string[]> {
  const { prisma } = app.database;
  const objects = await prisma.storedObject.findMany();
  const uploads = await prisma.mediaUpload.findMany();
  return [...objects.map(keyOf), ...uploads.flatMap(({ pieces }) => pieces)].sort();
}

/** Things that happen to the media of one service, some of them to servers that die in the middle. */
function happenings(pick: <T>(from: readonly T[]) => T | undefined) {
  const { prisma, slow } = app.database;
  const { now } = app.clock;
  const store = new ArchiveStore({ database: slow, now, keepVideos: 'all' });
  const inputs = new StoredInputs({ database: app.database, storage, log: silent, now });
  const refusing = where(storage, {
    delete: () => Promise.reject(new Error('it does not answer')),
  });
  const forgetful = new StoredInputs({
    ...{ database: app.database, storage: refusing, log: silent, now },
  });
  const owner = { id: 'someone', tenant: null };
  const made: string[] = [];
  const given: string[] = [];
  let sides = 0;
  const anInput = async (by = inputs) => {
    sides += 1;
    const kept = await by.take(Readable.from([aPng({ width: 300 + sides, height: 300 })]), owner);
    given.push(kept.object!.id);
    return kept.object!.id;
  };
  const redact = async (id: string) => {
    await app.graphql(
      'mutation ($id: ID!) { redactVideoGeneration(id: $id, reason: "asked for") { userErrors { code } } }',
      { id },
    );
  };
  return {
    async finish() {
      made.push(await aFinishedVideo(app));
    },
    store: () => app.archive.runOnce(),
    /** Stored to its end by a server that dies then. */
    async crash() {
      const [job] = await store.claim(1);
      if (job) await put(keyOf({ kind: 'VIDEO', id: job.leaseToken }));
      app.clock.advance(leaseMs + 1);
    },
    /** Stored by a server whose lease has ended. */
    async tooLate() {
      const [job] = await store.claim(1);
      if (!job) return;
      app.clock.advance(leaseMs + 1);
      await app.archive.runOnce();
      await put(keyOf({ kind: 'VIDEO', id: job.leaseToken }));
    },
    /** Stored to its end, and given up all the same. */
    async giveUp() {
      const [job] = await store.claim(1);
      if (!job) return;
      await put(keyOf({ kind: 'VIDEO', id: job.leaseToken }));
      const attempt = { ...job, storedAs: job.leaseToken };
      await store.failed(attempt, { state: pick(['FAILED', 'EXPIRED'] as const)! }, 'no reason');
    },
    async keepAfterAll() {
      const id = pick(made);
      if (id !== undefined)
        await app.graphql(`mutation { keepVideo(id: "${id}") { userErrors { code } } }`);
    },
    async redact() {
      const id = pick(made);
      if (id !== undefined) await redact(id);
    },
    async redactAsBefore() {
      const id = pick(made);
      await prisma.$executeRaw`UPDATE video_generation SET redacted_at = now()
        WHERE id = ${id ?? randomUUID()}::uuid AND redacted_at IS NULL`;
    },
    async redactAndDie() {
      await this.crash();
      await this.redact();
      await this.crash();
    },
    give: () => anInput(),
    async useInput() {
      sides += 1;
      const image = aPng({ width: 300 + sides, height: 300 });
      made.push(await aFinishedVideo(app, { firstFrameImage: asDataUrl(image) }));
    },
    async dropInput() {
      const id = pick(given);
      if (id !== undefined) await inputs.dropUnused([id]);
    },
    async dropInputInVain() {
      const id = pick(given);
      if (id !== undefined) await forgetful.dropUnused([id]);
    },
    /** Not recorded: the server died. */
    async loseInput() {
      await put(keyOf({ kind: 'INPUT', id: randomUUID() }));
    },
    async loseThumbnail() {
      await put(thumbnailKeyOf({ id: randomUUID() }));
    },
    async piece() {
      const uploads = new Uploads({
        ...{ database: app.database, storage, inputs, log: silent, now },
        audit: { record: () => Promise.reject(new Error('not used')) } as never,
      });
      const caller = { id: 'someone', tenant: null, kind: 'API_KEY', role: 'CLIENT' } as never;
      const upload = await uploads.begin(100, caller);
      if (upload === null) return;
      const { signal } = new AbortController();
      const piece = Readable.from([Buffer.alloc(10)]);
      await uploads.append(upload, 0, piece, { caller } as never, signal);
      await put(`${uploadFolderOf(upload)}/${randomUUID()}`);
    },
    async losePiece() {
      await put(`${uploadFolderOf({ id: randomUUID() })}/direct`);
    },
    async age() {
      const media = { keepDays: 1, tenantBytes: video.length * 3 };
      await new Retention({ prisma, media, now, log: silent }).apply(running);
    },
    async removeInVain() {
      await aRemoval(refusing).run();
    },
    sweep: () => sweepAll(),
    async pass() {
      await keys();
      app.clock.advance(7 * hourMs);
      await Promise.resolve();
    },
  };
}

// What the bucket does has nothing to do with the database.
const kinds = ['directory', ...(globalThis.isMainDatabase ? ['bucket' as const] : [])] as const;

describe.each(kinds)('in a %s', (kind) => {
  test.each([1, 2])(
    'after whatever happened, there is what rows refer to, and nothing else (seed %d)',
    async (seed) => {
      await start(kind);
      const random = randomFrom(seed);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)];
      const all = happenings(pick);
      const names = Object.keys(all) as (keyof typeof all)[];
      let strays = 0;
      for (let step = 0; step < 40; step++) {
        await all[step % 5 === 0 ? 'finish' : pick(names)!]();
        strays = Math.max(strays, (await keys()).length - (await referenced()).length);
      }
      // Something was to be swept.
      expect(strays).toBeGreaterThan(0);
      // What is under way comes to its end, and what is marked is removed.
      app.clock.advance(leaseMs + 1);
      await app.archive.runOnce();
      await aRemoval().run();
      await keys();
      app.clock.advance(25 * hourMs);
      await sweepAll();
      const left = await keys();
      const isThumbnail = (key: string) => key.startsWith('thumbnails/');
      expect(left.filter((key) => !isThumbnail(key))).toEqual(await referenced());
      expect(left.filter(isThumbnail)).toEqual([]);
      const kept = await app.database.prisma.videoArchive.findMany({ include: { object: true } });
      const { prisma } = app.database;
      const redacted = await prisma.videoGeneration.findMany({
        where: { redactedAt: { not: null } },
      });
      const stored = kept.filter(({ state }) => state === 'STORED');
      for (const { object } of stored) expect(left).toContain(keyOf(object!));
      const gone = redacted.map(({ id }) => id);
      expect(stored.filter(({ generationId }) => gone.includes(generationId))).toEqual([]);
    },
  );

  test('what is younger than a day stays, and so does what is not named as ours are', async () => {
    await start(kind);
    const orphan = keyOf({ kind: 'VIDEO', id: randomUUID() });
    const others = ['videos/ab/readme.txt', 'elsewhere/ab/thing'];
    for (const key of [orphan, ...others]) await put(key);
    await keys();
    app.clock.advance(23 * hourMs);
    await sweepAll();
    expect(await keys()).toEqual([...others, orphan].sort());
    app.clock.advance(2 * hourMs);
    await sweepAll();
    expect(await keys()).toEqual(others.sort());
  });

  test('nothing is swept while another database uses the storage, and for a week after it', async () => {
    await start(kind);
    const orphan = keyOf({ kind: 'VIDEO', id: randomUUID() });
    await put(orphan);
    await storage.put('databases/another', Readable.from([Buffer.from('\n')]), anything);
    await keys();
    app.clock.advance(6 * 24 * hourMs);
    const lines: string[] = [];
    await sweepAll(createLogger('warn', { write: (line) => void lines.push(line) }));
    expect(await keys()).toEqual([orphan]);
    expect(lines[0]).toContain('another database uses the same storage');
    app.clock.advance(2 * 24 * hourMs);
    await sweepAll();
    expect(await keys()).toEqual([]);
  });
});

test('what an attempt takes over from one that died is not swept meanwhile', async () => {
  await start('directory');
  const id = await aFinishedVideo(app);
  const { slow: database, prisma } = app.database;
  const store = new ArchiveStore({ database, now: app.clock.now, keepVideos: 'all' });
  const [first] = await store.claim(1);
  const key = keyOf({ kind: 'VIDEO', id: first!.leaseToken });
  await put(key);
  await keys();
  app.clock.advance(48 * hourMs);
  const [second] = await store.claim(1);
  expect(second!.previousToken).toBe(first!.leaseToken);
  await sweepAll();
  expect(await keys()).toEqual([key]);
  const asked = files.requests.length;
  app.clock.advance(leaseMs + 1);
  await prisma.videoArchive.update({
    where: { generationId: id },
    data: { leaseToken: first!.leaseToken },
  });
  await app.archive.runOnce();
  expect(files.requests).toHaveLength(asked);
  expect(await keys()).toEqual([key]);
});

test('what cannot be removed keeps nothing else from being removed', async () => {
  await start('directory');
  await Promise.all([1, 2, 3, 4, 5].map(() => app.create()));
  await step(app);
  await app.archive.runOnce();
  const { prisma } = app.database;
  const objects = await prisma.storedObject.findMany({ orderBy: { id: 'asc' } });
  await prisma.storedObject.updateMany({ data: { deletedAt: app.clock.now() } });
  const held = keyOf(objects[0]!);
  const locked = where(storage, {
    delete: async (key) => {
      if (key === held) throw new Error('it is held');
      await storage.delete(key);
    },
  });
  await aRemoval(locked).run();
  expect([objects.length, await keys()]).toEqual([5, [held]]);
  await aRemoval().run();
  expect(await keys()).toEqual([]);
});

test('what a storage has, and did not say so, is not fetched again, and goes when it is redacted', async () => {
  await start('directory');
  const ids = [await aFinishedVideo(app), await aFinishedVideo(app)];
  const { slow: database, prisma } = app.database;
  const { now } = app.clock;
  const store = new ArchiveStore({ database, now, keepVideos: 'all' });
  const silentlyKept = where(storage, {
    async put(...given) {
      await storage.put(...given);
      throw new StorageError(new Error('the answer was lost'));
    },
  });
  const refused = where(storage, {
    put: () => Promise.reject(new StorageError(new Error('it is away'))),
  });
  const attempts = async (over: MediaStorage) => {
    const archive = new Archive({
      ...{ store, storage: over, log: silent, now, timeoutMs: 60_000 },
      find: (id) => prisma.videoGeneration.findUnique({ where: { id } }),
      linkOf: () => Promise.resolve({ url: `${files.url}/v.mp4`, expiresAt: null }),
      download: {
        ...{ what: 'video', maxBytes: 1e9, idleMs: 20_000, minBytesPerSecond: 1 },
        ...{ slowAfterMs: 20_000, allowPrivate: true, tunnel: () => undefined },
        resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      },
    });
    for (const job of await store.claim(10)) await archive.keep(job, running);
    app.clock.advance(hourMs);
  };
  await attempts(refused);
  await attempts(silentlyKept);
  expect(await keys()).toHaveLength(2);
  await app.graphql(
    'mutation ($id: ID!) { redactVideoGeneration(id: $id, reason: "asked for") { userErrors { code } } }',
    { id: ids[0]! },
  );
  await aRemoval().run();
  expect(await keys()).toHaveLength(1);
  const asked = files.requests.length;
  await attempts(storage);
  expect(files.requests).toHaveLength(asked);
  expect(await prisma.videoArchive.count({ where: { state: 'STORED' } })).toBe(1);
});
