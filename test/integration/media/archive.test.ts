import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { coded } from '../../support/fake-upstream.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { createLogger } from '../../../src/logger.ts';
import { ArchiveStore, leaseMs } from '../../../src/media/archive-store.ts';
import { Retention } from '../../../src/media/retention.ts';
import { DirectoryStorage } from '../../../src/media/storage-directory.ts';
import { StorageError } from '../../../src/media/storage.ts';
import { keyOf } from '../../../src/media/stored-objects.ts';
import { aFinishedVideo, useMedia } from '../../support/media-app.ts';
import { until } from '../../support/until.ts';
import { video } from '../../support/video-server.ts';

const sha256 = createHash('sha256').update(video).digest('hex');

const tagged = { MEDIA_KEEP_VIDEOS: 'tagged', MEDIA_KEEP_TAGS: 'final,campaign' };

const kit = useMedia();

const aVideo = (input: object = {}) => aFinishedVideo(kit.app, input);

async function archiveOf(id: string) {
  const { data, errors } = await kit.app.graphql(
    `query ($id: ID!) { generation(id: $id) { status videoUrl minimaxVideoUrl
      archive { state storedAt removedAt bytes sha256 error width height durationSeconds frameRate
        tracks { kind codec } }
      events { action detail } } }`,
    { id },
  );
  // A link that MiniMax does not renew is no error of what is looked at here.
  if (errors?.some(({ extensions }) => extensions.code !== 'VIDEO_LINK_UNAVAILABLE'))
    throw new Error(JSON.stringify(errors));
  return data.generation;
}

async function metrics(): Promise<string> {
  return await (await request(`${kit.app.url}/metrics`)).body.text();
}

/** The files that are to be seen in the storage, and what was left behind. */
async function stored(): Promise<{ whole: string[]; unfinished: string[] }> {
  const all = await readdir(kit.folder, { recursive: true, withFileTypes: true });
  const paths = all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return {
    whole: paths.filter((path) => path.includes('/videos/')),
    unfinished: paths.filter((path) => path.includes('.unfinished')),
  };
}

describe('a finished video', () => {
  test('is fetched once, stored whole, read, and proven in the audit trail', async () => {
    await kit.start();
    const id = await aVideo();
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'PENDING', sha256: null });
    await kit.app.archive.runOnce();
    const { archive, events, videoUrl, minimaxVideoUrl } = await archiveOf(id);
    expect(archive).toEqual({
      ...{ state: 'STORED', bytes: video.length, sha256, error: null, removedAt: null },
      storedAt: kit.app.clock.now().toISOString(),
      ...{ width: 912, height: 512, durationSeconds: 6, frameRate: 24 },
      tracks: [{ kind: 'video', codec: 'avc' }],
    });
    expect(events.at(-1).action).toBe('VIDEO_STORED');
    const detail = { sha256, bytes: video.length, contentType: 'video/mp4' };
    expect(JSON.parse(events.at(-1).detail)).toEqual(detail);
    expect(videoUrl).toMatch(
      new RegExp(`^${kit.app.url}/media/videos/${id}.mp4\\?expires=\\d+&signature=`),
    );
    expect(minimaxVideoUrl).toBe(`${kit.files.url}/v.mp4?link=1`);
    expect(kit.files.requests).toHaveLength(1);
    await kit.app.archive.runOnce();
    expect(kit.files.requests).toHaveLength(1);
    const { whole, unfinished } = await stored();
    expect((await readFile(whole[0]!)).equals(video)).toBe(true);
    expect([whole.length, unfinished]).toEqual([1, []]);
  });

  test.each([
    { keep: 'off', env: { MEDIA_KEEP_VIDEOS: 'off' }, tags: ['final'], state: 'SKIPPED' },
    { keep: 'by tag', env: tagged, tags: ['final', 'x'], state: 'STORED' },
    { keep: 'by tag, of another', env: tagged, tags: ['draft'], state: 'SKIPPED' },
  ])('is kept as configured: $keep', async ({ env, tags, state }) => {
    await kit.start(env);
    const id = await aVideo({ tags });
    await kit.app.archive.runOnce();
    expect((await archiveOf(id)).archive.state).toBe(state);
    expect(kit.files.requests).toHaveLength(state === 'STORED' ? 1 : 0);
  });

  test('is fetched by a fresh link when the first one has ended', async () => {
    await kit.start();
    const id = await aVideo();
    kit.files.next({ status: 403 });
    await kit.app.archive.runOnce();
    expect((await archiveOf(id)).archive.state).toBe('STORED');
    expect(kit.files.requests.map(({ path }) => path)).toEqual(['/v.mp4?link=1', '/v.mp4?link=2']);
  });

  test('waits, with a reason, while it cannot be had, and is stored when it can', async () => {
    await kit.start();
    const id = await aVideo();
    kit.files.each = () => ({ status: 503 });
    for (let attempt = 1; attempt <= 6; attempt++) {
      await kit.app.archive.runOnce();
      const { archive } = await archiveOf(id);
      expect(archive).toMatchObject({ state: 'PENDING', error: expect.stringContaining('503') });
      // Not before its time.
      await kit.app.archive.runOnce();
      expect(kit.files.requests).toHaveLength(attempt);
      kit.app.clock.advance(40 * 60_000);
    }
    // The alarm.
    expect(kit.app.logLines.filter((line) => line.includes('will be lost'))).toHaveLength(1);
    expect(await metrics()).toContain('reelgraph_videos_to_store 1');
    expect(await metrics()).toContain('reelgraph_videos_to_store_overdue 1');
    kit.files.each = undefined;
    await kit.app.archive.runOnce();
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'STORED', error: null });
    expect(await metrics()).toContain('reelgraph_videos_to_store 0');
  });

  test('that comes only in part, as if that were all, is fetched until it is whole', async () => {
    await kit.start();
    const id = await aVideo();
    for (const [bytes, isTold] of [
      [20_000, true],
      [20_000, false],
      [200, true],
      [20_000, false],
    ] as const) {
      const headers = isTold && { headers: { 'content-length': `${bytes}` } };
      kit.files.next({ body: video.subarray(0, bytes), ...headers });
      await kit.app.archive.runOnce();
      expect((await archiveOf(id)).archive).toMatchObject({
        state: 'PENDING',
        error: 'What MiniMax’s link gave stops before the video is whole.',
      });
      expect(await stored()).toEqual({ whole: [], unfinished: [] });
      kit.app.clock.advance(40 * 60_000);
    }
    await kit.app.archive.runOnce();
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'STORED', sha256 });
  });

  test('whose length is told too large once is stored all the same', async () => {
    await kit.start();
    const id = await aVideo();
    kit.files.next({ body: Buffer.alloc(0), headers: { 'content-length': '9000000000' } });
    await kit.app.archive.runOnce();
    const { archive } = await archiveOf(id);
    expect(archive).toMatchObject({ state: 'PENDING', error: expect.stringContaining('larger') });
    kit.app.clock.advance(60_000);
    await kit.app.archive.runOnce();
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'STORED', error: null });
  });

  test('is EXPIRED when MiniMax has it no longer', async () => {
    await kit.start();
    const id = await aVideo();
    kit.files.each = () => ({ status: 404 });
    kit.app.upstream.onRetrieve(() => coded(2013, 'invalid params, file not found'));
    for (let attempt = 1; attempt <= 3; attempt++) {
      await kit.app.archive.runOnce();
      kit.app.clock.advance(60 * 60_000);
    }
    const { archive } = await archiveOf(id);
    expect(archive).toMatchObject({ state: 'EXPIRED', error: expect.stringContaining('MiniMax') });
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
  });

  const tooMuch = Buffer.alloc(1_100_000);
  test.each([
    ['is no video', Buffer.from('<html>not here</html>'), {}, 'not a video', 3],
    ['says that it is too large', tooMuch, { MEDIA_MAX_VIDEO_MB: '1' }, '1048576 bytes', 3],
    ['is too large', tooMuch, { MEDIA_MAX_VIDEO_MB: '1' }, '1048576 bytes', 1],
  ])(
    'FAILED when what comes %s, and nothing of it is kept',
    async (what, body, env, error, times) => {
      await kit.start(env);
      const id = await aVideo();
      const headers = what.startsWith('says') ? { 'content-length': `${body.length}` } : undefined;
      kit.files.each = () => ({ body, ...(headers && { headers }) });
      for (let attempt = 1; attempt <= times; attempt++) {
        await kit.app.archive.runOnce();
        kit.app.clock.advance(60 * 60_000);
      }
      const { archive } = await archiveOf(id);
      expect(archive).toMatchObject({ state: 'FAILED', error: expect.stringContaining(error) });
      expect(kit.files.requests).toHaveLength(times);
      expect(await stored()).toEqual({ whole: [], unfinished: [] });
    },
  );
});

describe('a kept video that was altered past the service', () => {
  const found = async () => (await verifyAuditLog(kit.app.database.prisma)).firstBad;

  test.each([
    [`UPDATE video_archive SET sha256 = repeat('a', 64)`],
    ['UPDATE video_archive SET bytes = bytes + 1'],
    [`UPDATE video_archive SET state = 'EXPIRED'`],
    ['UPDATE video_archive SET object_id = NULL'],
    ['DELETE FROM video_archive'],
    [`UPDATE stored_object SET sha256 = repeat('a', 64)`],
    ['DELETE FROM stored_object'],
  ])('is found by the verification of the audit log: %s', async (change) => {
    await kit.start();
    const id = await aVideo();
    await kit.app.archive.runOnce();
    expect(await found()).toBeNull();
    await kit.app.database.prisma.$executeRawUnsafe(change);
    expect(await found()).toMatchObject({
      ...{ generationId: id, reason: 'GENERATION_CHANGED' },
      detail: expect.stringContaining('kept video'),
    });
  });

  test('is found where it was made up', async () => {
    await kit.start({ MEDIA_KEEP_VIDEOS: 'off' });
    const id = await aVideo();
    await kit.app.database.prisma.$executeRaw`
      INSERT INTO video_archive (generation_id, state, created_at, bytes, sha256)
      VALUES (${id}::uuid, 'STORED', now(), 1, repeat('a', 64))`;
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });
});

describe('redaction', () => {
  /** By a server of a version that keeps no videos. */
  const redactAsBefore = async (id: string) => {
    await kit.app.database.prisma.$executeRaw`
      UPDATE video_generation SET prompt = NULL, redacted_at = now() WHERE id = ${id}::uuid`;
  };
  const redact = async (id: string) => {
    const { errors } = await kit.app.graphql(
      'mutation ($id: ID!) { redactVideoGeneration(id: $id, reason: "asked for") { userErrors { code } } }',
      { id },
    );
    expect(errors).toBeUndefined();
  };

  test('removes the bytes of the video, and leaves its hash in the audit trail', async () => {
    await kit.start();
    const id = await aVideo();
    const other = await aVideo();
    await kit.app.archive.runOnce();
    expect((await stored()).whole).toHaveLength(2);
    const { videoUrl } = await archiveOf(id);
    await redact(id);
    // At once, before the bytes have gone.
    expect((await request(videoUrl)).statusCode).toBe(410);
    await kit.app.archive.runOnce();
    expect((await stored()).whole).toHaveLength(1);
    const { archive, events } = await archiveOf(id);
    expect(archive).toMatchObject({ state: 'EXPIRED', sha256, removedAt: expect.any(String) });
    expect(events.map(({ action }: { action: string }) => action)).toContain('VIDEO_STORED');
    expect((await archiveOf(other)).archive.state).toBe('STORED');
  });

  test.each([
    ['this version', (id: string) => redact(id)],
    ['the version before', redactAsBefore],
  ])('while a video is fetched, by %s, has nothing of it kept', async (_version, redactBy) => {
    await kit.start();
    const id = await aVideo();
    kit.files.each = async () => {
      await redactBy(id);
      return undefined;
    };
    await kit.app.archive.runOnce();
    expect(kit.files.requests).toHaveLength(1);
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'EXPIRED', sha256: null });
  });

  test('while a video is fetched ends what is stored of it, and is no failure', async () => {
    await kit.start();
    const id = await aVideo();
    let removing: Promise<void> | undefined;
    kit.files.each = async () => {
      await redact(id);
      expect((await stored()).unfinished).toHaveLength(1);
      removing = kit.app.archive.runOnce();
      await until(async () => (await stored()).unfinished.length === 0);
      return undefined;
    };
    await kit.app.archive.runOnce();
    await removing;
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
    expect(kit.app.logLines.filter((line) => /could not be stored/.test(line))).toEqual([]);
  });

  test('by the version before removes the bytes of a video too', async () => {
    await kit.start();
    const id = await aVideo();
    await kit.app.archive.runOnce();
    const { videoUrl } = await archiveOf(id);
    await redactAsBefore(id);
    expect((await request(videoUrl)).statusCode).toBe(410);
    await kit.app.archive.runOnce();
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
  });

  /** As a server has it that is about to store it. */
  async function aClaimedVideo() {
    await kit.start();
    const id = await aVideo();
    const { slow: database } = kit.app.database;
    const store = new ArchiveStore({ database, now: kit.app.clock.now, keepVideos: 'all' });
    const [job] = await store.claim(1);
    const storage = await DirectoryStorage.open(kit.folder);
    return { id, storage, key: keyOf({ kind: 'VIDEO', id: job!.leaseToken }) };
  }

  test('removes what a server had stored that died before it could say so', async () => {
    const { id, storage, key } = await aClaimedVideo();
    await storage.put(key, Readable.from([video]), { contentType: 'video/mp4', maxBytes: 1e9 });
    await redact(id);
    await kit.app.archive.runOnce();
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
  });

  test('removes what a server had stored half that died of it', async () => {
    const { id, storage, key } = await aClaimedVideo();
    async function* source() {
      yield video.subarray(0, 100);
      expect((await stored()).unfinished).toHaveLength(1);
      await redact(id);
      await kit.app.archive.runOnce();
      expect(await stored()).toEqual({ whole: [], unfinished: [] });
    }
    await expect(
      storage.put(key, source(), { contentType: 'video/mp4', maxBytes: 1e9 }),
    ).rejects.toThrow(StorageError);
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
  });

  test('finds no second copy of a video that several attempts have stored', async () => {
    await kit.start();
    const id = await aVideo();
    const { slow: database } = kit.app.database;
    const store = new ArchiveStore({ database, now: kit.app.clock.now, keepVideos: 'all' });
    const storage = await DirectoryStorage.open(kit.folder);
    const options = { contentType: 'video/mp4', maxBytes: 1e9 };
    const storeAs = (objectId: string) =>
      storage.put(keyOf({ kind: 'VIDEO', id: objectId }), Readable.from([video]), options);
    // One that died when it had stored all; one that is slow: it ends when the third had looked for it.
    const [first] = await store.claim(1);
    await storeAs(first!.leaseToken);
    kit.app.clock.advance(leaseMs + 1);
    const [second] = await store.claim(1);
    kit.app.clock.advance(leaseMs + 1);
    kit.files.each = async () => {
      await storeAs(second!.leaseToken);
      return undefined;
    };
    await kit.app.archive.runOnce();
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'STORED', sha256 });
    expect((await stored()).whole).toHaveLength(1);
    await redact(id);
    await kit.app.archive.runOnce();
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
  });

  test('while a video is fetched removes also what the attempt stores and dies of', async () => {
    await kit.start();
    const id = await aVideo();
    const { slow: database, prisma } = kit.app.database;
    const { now } = kit.app.clock;
    const store = new ArchiveStore({ database, now, keepVideos: 'all' });
    const [job] = await store.claim(1);
    await redact(id);
    await kit.app.archive.runOnce();
    const storage = await DirectoryStorage.open(kit.folder);
    const key = keyOf({ kind: 'VIDEO', id: job!.leaseToken });
    await storage.put(key, Readable.from([video]), { contentType: 'video/mp4', maxBytes: 1e9 });
    kit.app.clock.advance(leaseMs + 1);
    await kit.app.archive.runOnce();
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
    const row = await prisma.videoArchive.findUnique({ where: { generationId: id } });
    expect(row).toMatchObject({ leaseToken: null, previousToken: null });
  });

  test('of what failed before says no more why', async () => {
    await kit.start();
    const id = await aVideo();
    kit.files.each = () => ({ status: 503 });
    await kit.app.archive.runOnce();
    await redact(id);
    expect((await archiveOf(id)).archive).toMatchObject({ state: 'EXPIRED', error: null });
  });

  test('of what is not stored yet has it never stored', async () => {
    await kit.start();
    const id = await aVideo();
    await redact(id);
    await kit.app.archive.runOnce();
    expect(kit.files.requests).toHaveLength(0);
    expect((await archiveOf(id)).archive.state).toBe('EXPIRED');
    expect(await stored()).toEqual({ whole: [], unfinished: [] });
  });
});

describe('the operator’s limits', () => {
  test.each([
    ['age', { keepDays: 1, tenantBytes: undefined }],
    ['size', { keepDays: undefined, tenantBytes: video.length + 1 }],
  ])('of %s remove the oldest videos, with their bytes and an event', async (reason, media) => {
    await kit.start();
    const id = await aVideo();
    await kit.app.archive.runOnce();
    kit.app.clock.advance(25 * 3_600_000);
    const newer = await aVideo();
    await kit.app.archive.runOnce();
    const { prisma } = kit.app.database;
    const { now } = kit.app.clock;
    const retention = new Retention({ prisma, media, now, log: createLogger('silent') });
    await retention.apply(new AbortController().signal);
    await kit.app.archive.runOnce();
    const { archive, events } = await archiveOf(id);
    const removedAt = now().toISOString();
    expect(archive).toMatchObject({ state: 'EXPIRED', removedAt, sha256, bytes: video.length });
    expect(events.at(-1).action).toBe('VIDEO_REMOVED');
    expect(JSON.parse(events.at(-1).detail)).toEqual({ reason, sha256, bytes: video.length });
    // Once, however often it is looked.
    await retention.apply(new AbortController().signal);
    expect((await archiveOf(id)).events).toHaveLength(events.length);
    const { data } = await kit.app.graphql('{ verifyAuditLog { ok } }');
    expect(data.verifyAuditLog.ok).toBe(true);
    expect((await archiveOf(newer)).archive.state).toBe('STORED');
    expect((await stored()).whole).toHaveLength(1);
  });
});
