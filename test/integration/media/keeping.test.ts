import { createHash, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../src/logger.ts';
import { ArchiveStore, leaseMs } from '../../../src/media/archive-store.ts';
import { Keeping } from '../../../src/media/keeping.ts';
import { Removal } from '../../../src/media/removal.ts';
import { Retention } from '../../../src/media/retention.ts';
import { DirectoryStorage } from '../../../src/media/storage-directory.ts';
import { StorageError, type MediaStorage } from '../../../src/media/storage.ts';
import { keyOf } from '../../../src/media/stored-objects.ts';
import { keysOf, startTestApp } from '../../support/app.ts';
import { where } from '../../support/broken-storage.ts';
import { coded, secondTaskReply } from '../../support/fake-upstream.ts';
import { aFinishedVideo, useMedia } from '../../support/media-app.ts';
import { until } from '../../support/until.ts';
import { video } from '../../support/video-server.ts';

const sha256 = createHash('sha256').update(video).digest('hex');
const hourMs = 3_600_000;
const log = createLogger('silent');

const kit = useMedia();

/** The generation as `keepVideo` answers it, or why it does not. */
async function keep(id: string, { by = kit.app, headers = {} } = {}) {
  const { data, errors } = await by.graphql(
    `mutation ($id: ID!) { keepVideo(id: $id) {
      generation { id version archive { state error } } userErrors { field code message } } }`,
    { id },
    headers,
  );
  return errors ? { errors } : data.keepVideo;
}

async function look(id: string, headers: Record<string, string> = {}) {
  const { data, errors } = await kit.app.graphql(
    `query ($id: ID!) { generation(id: $id) { version
      archive { state error sha256 removedAt } events { action callerId detail } } }`,
    { id },
    headers,
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.generation;
}

/** What was asked for, as the audit trail tells it: each time the state that the video was in. */
async function requestsOf(id: string): Promise<string[]> {
  const { events } = await look(id);
  return events
    .filter(({ action }: { action: string }) => action === 'VIDEO_KEEPING_REQUESTED')
    .map(({ detail }: { detail: string }) => JSON.parse(detail).state);
}

async function isWhole(): Promise<boolean> {
  const { data } = await kit.app.graphql('{ verifyAuditLog { ok } }');
  return data.verifyAuditLog.ok;
}

async function storedVideos(): Promise<string[]> {
  const all = await readdir(kit.folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && entry.parentPath.includes('/videos/'))
    .map(({ name }) => name);
}

/** Attempts, each an hour after the one before. */
async function attempts(count: number): Promise<void> {
  for (let attempt = 1; attempt <= count; attempt++) {
    await kit.app.archive.runOnce();
    kit.app.clock.advance(hourMs);
  }
}

/** One whose attempt to be stored ended in this state. */
async function ended(state: 'FAILED' | 'EXPIRED'): Promise<string> {
  const id = await aFinishedVideo(kit.app);
  if (state === 'FAILED') kit.files.each = () => ({ body: Buffer.from('<html>not here</html>') });
  else {
    kit.files.each = () => ({ status: 404 });
    kit.app.upstream.onRetrieve(() => coded(2013, 'invalid params, file not found'));
  }
  await attempts(3);
  kit.files.each = undefined;
  if (state === 'EXPIRED') kit.app.upstream.onRetrieve(linkTo);
  kit.files.requests.length = 0;
  expect((await look(id)).archive.state).toBe(state);
  return id;
}

const linkTo = ({ query }: { query: Record<string, string> }) => {
  const file = { file_id: Number(query['file_id']), download_url: `${kit.files.url}/v.mp4?late` };
  return { json: { file, base_resp: { status_code: 0, status_msg: 'success' } } };
};

const pending = { state: 'PENDING', error: null };

describe('a video that is not kept', () => {
  test('for its size is kept when it is asked for after the limit was raised', async () => {
    await kit.start({ MEDIA_MAX_VIDEO_MB: '1' });
    const large = Buffer.alloc(1_100_000);
    const id = await aFinishedVideo(kit.app);
    kit.files.each = () => ({ body: large });
    await kit.app.archive.runOnce();
    const before = await look(id);
    expect(before.archive).toMatchObject({ state: 'FAILED' });
    kit.files.each = undefined;
    const other = await startTestApp({
      ...{ database: kit.app.database, fake: kit.app.upstream },
      env: { MEDIA_DIR: kit.folder, MEDIA_MAX_VIDEO_MB: '2' },
    });
    // An MP4 may end in anything.
    const longer = Buffer.concat([video, freeBox(1_100_000)]);
    kit.files.each = () => ({ body: longer, headers: { 'content-length': String(longer.length) } });
    const { generation, userErrors } = await keep(id, { by: other });
    expect(userErrors).toEqual([]);
    expect(generation).toEqual({ id, version: before.version + 1, archive: pending });
    await other.archive.runOnce();
    await other.stop();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED', error: null });
    expect(await requestsOf(id)).toEqual(['FAILED']);
    expect(await isWhole()).toBe(true);
    expect(await storedVideos()).toHaveLength(1);
  });

  test.each([
    ['off', { MEDIA_KEEP_VIDEOS: 'off' }],
    ['for those of other tags', { MEDIA_KEEP_VIDEOS: 'tagged', MEDIA_KEEP_TAGS: 'final' }],
  ])('since keeping is %s is kept when it is asked for', async (_what, env) => {
    await kit.start(env);
    const id = await aFinishedVideo(kit.app, { tags: ['draft'] });
    const other = await aFinishedVideo(kit.app, { tags: ['draft'] });
    expect((await keep(id)).generation.archive).toEqual(pending);
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED', sha256 });
    expect((await look(other)).archive).toMatchObject({ state: 'SKIPPED' });
    expect(await requestsOf(id)).toEqual(['SKIPPED']);
    expect(await isWhole()).toBe(true);
  });

  test.each(['FAILED', 'EXPIRED'] as const)(
    'and is %s is fetched anew, as if it had just been finished',
    async (state) => {
      await kit.start();
      const id = await ended(state);
      expect((await keep(id)).generation.archive).toEqual(pending);
      const row = await kit.app.database.prisma.videoArchive.findUnique({
        where: { generationId: id },
      });
      const now = kit.app.clock.now();
      expect(row).toMatchObject({ attempts: 0, createdAt: now, nextAttemptAt: now });
      await kit.app.archive.runOnce();
      expect((await look(id)).archive).toMatchObject({ state: 'STORED', sha256 });
      expect(await requestsOf(id)).toEqual([state]);
      expect(await isWhole()).toBe(true);
    },
  );

  test('and which MiniMax does not have is EXPIRED again, and may be asked for again', async () => {
    await kit.start();
    const id = await ended('EXPIRED');
    kit.files.each = () => ({ status: 404 });
    kit.app.upstream.onRetrieve(() => coded(2013, 'invalid params, file not found'));
    for (const times of [1, 2]) {
      expect((await keep(id)).generation.archive).toEqual(pending);
      await attempts(3);
      expect((await look(id)).archive).toMatchObject({ state: 'EXPIRED', removedAt: null });
      expect(await requestsOf(id)).toHaveLength(times);
    }
  });

  test('is fetched once, whoever asks at the same time', async () => {
    await kit.start({ MEDIA_KEEP_VIDEOS: 'off' });
    const id = await aFinishedVideo(kit.app);
    const answers = await Promise.all([1, 2, 3, 4].map(() => keep(id)));
    for (const { generation } of answers) expect(generation.archive).toEqual(pending);
    await Promise.all([kit.app.archive.runOnce(), keep(id), keep(id)]);
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED' });
    expect(kit.files.requests).toHaveLength(1);
    expect(await requestsOf(id)).toEqual(['SKIPPED']);
    expect(await storedVideos()).toHaveLength(1);
  });
});

describe('a video that is to be kept already', () => {
  test('is tried at once when it waits for its next attempt', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    kit.files.each = () => ({ status: 503 });
    await attempts(5);
    await kit.app.archive.runOnce();
    kit.files.each = undefined;
    kit.files.requests.length = 0;
    await kit.app.archive.runOnce();
    expect(kit.files.requests).toHaveLength(0);
    expect((await keep(id)).generation.archive).toMatchObject({ state: 'PENDING' });
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED' });
    expect(await requestsOf(id)).toEqual(['PENDING']);
  });

  test('is left to the attempt that runs', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    kit.files.each = async () => {
      expect(await keep(id)).toMatchObject({ userErrors: [] });
      return undefined;
    };
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED' });
    expect(kit.files.requests).toHaveLength(1);
    expect(await requestsOf(id)).toEqual([]);
  });

  test('and is stored is answered as it is', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    await kit.app.archive.runOnce();
    const { version } = await look(id);
    const archive = { state: 'STORED', error: null };
    expect(await keep(id)).toEqual({ generation: { id, version, archive }, userErrors: [] });
    expect(await requestsOf(id)).toEqual([]);
  });

  test('is not tried twice when an attempt began while the request waited for its turn', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    kit.files.each = () => ({ status: 503 });
    await attempts(6);
    await kit.app.archive.runOnce();
    const other = await kit.app.database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM video_generation WHERE id = $1 FOR UPDATE', [id]);
    const asked = keep(id);
    // On the embedded database, which has one connection, it waits for that.
    if (kit.app.database.kind === 'postgres') {
      const waiting = `SELECT FROM pg_locks WHERE NOT granted`;
      await until(async () => (await other.query(waiting)).rowCount! > 0);
    }
    kit.app.clock.advance(10_000);
    const lost = new Date(kit.app.clock.now().getTime() + leaseMs);
    await other.query(
      'UPDATE video_archive SET lease_token = gen_random_uuid(), next_attempt_at = $2 WHERE generation_id = $1',
      [id, lost],
    );
    await other.query('COMMIT');
    other.release();
    expect(await asked).toMatchObject({ userErrors: [] });
    expect(await requestsOf(id)).toEqual([]);
  });
});

describe('is refused', () => {
  const codesOf = async (id: string) => {
    const { userErrors } = await keep(id);
    return userErrors.map(({ field, code }: { field: string[]; code: string }) => [field, code]);
  };

  test('a video that was kept and removed, since others could not be told from its bytes', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    await kit.app.archive.runOnce();
    kit.app.clock.advance(25 * hourMs);
    const { prisma } = kit.app.database;
    const media = { keepDays: 1, tenantBytes: undefined };
    const retention = new Retention({ prisma, media, log, now: kit.app.clock.now });
    await retention.apply(new AbortController().signal);
    expect(await codesOf(id)).toEqual([[['id'], 'VIDEO_REMOVED']]);
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'EXPIRED', sha256 });
    expect(await isWhole()).toBe(true);
  });

  test.each(['FAILED', 'PENDING', 'SKIPPED'] as const)(
    'a video of a redacted generation, which was %s',
    async (state) => {
      await kit.start(state === 'SKIPPED' ? { MEDIA_KEEP_VIDEOS: 'off' } : {});
      const id = state === 'FAILED' ? await ended(state) : await aFinishedVideo(kit.app);
      await kit.app.graphql(
        'mutation ($id: ID!) { redactVideoGeneration(id: $id, reason: "asked for") { userErrors { code } } }',
        { id },
      );
      expect(await codesOf(id)).toEqual([[['id'], 'GENERATION_REDACTED']]);
      await kit.app.archive.runOnce();
      expect(kit.files.requests).toHaveLength(0);
      expect(await requestsOf(id)).toEqual([]);
    },
  );

  test('what is not finished, has failed, or is no video', async () => {
    await kit.start();
    kit.app.upstream.onQuery(({ path }) =>
      secondTaskReply({
        ...{ id: path.split('/').at(-1), status: 'succeeded', content: { prompt: 'Better' } },
        ...{ resolution: undefined, task_type: 'h3_context_ir', modality: 'text' },
        usage: { total_tokens: 30, prompt_tokens: 10, completion_tokens: 20 },
      }),
    );
    const wish = { model: 'MiniMax-H3', prompt: 'A boat', duration: 5, aspectRatio: '16:9' };
    const { data } = await kit.app.graphql(
      `mutation ($input: EnhancePromptInput!) { enhancePrompt(input: $input) {
        generation { id } } }`,
      { input: wish },
    );
    const { id } = data.enhancePrompt.generation;
    expect(await codesOf(id)).toEqual([[['id'], 'WRONG_STATUS']]);
    kit.app.clock.advance(hourMs);
    await kit.app.worker.runOnce();
    const { userErrors } = await keep(id);
    expect(userErrors[0].message).toContain('better prompt');
    kit.app.upstream.onSubmit(coded(1026, 'flagged'));
    const { generation: failed } = await kit.app.create();
    expect(failed.status).toBe('FAILED');
    expect(await codesOf(failed.id)).toEqual([[['id'], 'WRONG_STATUS']]);
  });

  test('a video that MiniMax cannot have any more: its task and its link have ended', async () => {
    await kit.start({ MEDIA_KEEP_VIDEOS: 'off' });
    const input = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };
    const id = await aFinishedVideo(kit.app, input);
    const { prisma } = kit.app.database;
    kit.app.clock.advance(7 * 24 * hourMs);
    const link = (videoUrlExpiresAt: Date) =>
      prisma.videoGeneration.update({ where: { id }, data: { videoUrlExpiresAt } });
    await link(kit.app.clock.now());
    expect(await codesOf(id)).toEqual([[['id'], 'SOURCE_NOT_AVAILABLE']]);
    expect((await look(id)).archive.state).toBe('SKIPPED');
    await link(new Date(kit.app.clock.now().getTime() + hourMs));
    expect((await keep(id)).generation.archive).toEqual(pending);
  });

  test('whoever may not change the generation', async () => {
    await kit.start({ MEDIA_KEEP_VIDEOS: 'off' });
    const keys = keysOf(kit.app);
    const as = async (callerId: string, role: 'CLIENT' | 'AUDITOR' | 'ADMIN') => {
      const key = { callerId, name: callerId, role, tenant: null, expiresAt: null };
      return { authorization: `Bearer ${(await keys.create(key, null)).secret}` };
    };
    const id = await aFinishedVideo(kit.app);
    const [other, auditor] = [await as('other', 'CLIENT'), await as('auditor', 'AUDITOR')];
    const codeFor = async (headers: Record<string, string>, which = id) =>
      (await keep(which, { headers })).errors[0].extensions.code;
    expect(await codeFor(other)).toBe('NOT_FOUND');
    expect(await codeFor(auditor)).toBe('FORBIDDEN');
    expect(await codeFor({})).toBe('UNAUTHENTICATED');
    const admin = await as('admin', 'ADMIN');
    expect(await codeFor(admin, randomUUID())).toBe('NOT_FOUND');
    expect((await keep(id, { headers: admin })).generation.archive).toEqual(pending);
    const { events } = await look(id, admin);
    expect(events.at(-1)).toMatchObject({ action: 'VIDEO_KEEPING_REQUESTED', callerId: 'admin' });
  });
});

describe('what a former attempt left', () => {
  /** One that was stored to its end, under a token that this gives, and given up all the same. */
  async function aLeftVideo(id: string, storage: MediaStorage): Promise<string> {
    const { slow: database } = kit.app.database;
    const store = new ArchiveStore({ database, now: kit.app.clock.now, keepVideos: 'all' });
    const [job] = await store.claim(1);
    expect(job!.generationId).toBe(id);
    const key = keyOf({ kind: 'VIDEO', id: job!.leaseToken });
    const anything = { contentType: 'video/mp4', maxBytes: 1e9 };
    await storage.put(key, Readable.from([Buffer.from('of another time')]), anything);
    const attempt = { ...job!, storedAs: job!.leaseToken };
    await store.failed(attempt, { state: 'EXPIRED' }, 'MiniMax gives no link: RESULT_MISSING');
    return job!.leaseToken;
  }

  test('is removed before the video is fetched anew, and not taken for it', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    const left = await aLeftVideo(id, await DirectoryStorage.open(kit.folder));
    expect(await storedVideos()).toEqual([left]);
    expect((await keep(id)).generation.archive).toEqual(pending);
    expect(await storedVideos()).toEqual([]);
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED', sha256 });
    expect(await storedVideos()).toHaveLength(1);
  });

  test('keeps the video as it was while the storage does not let it be removed', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    const storage = await DirectoryStorage.open(kit.folder);
    await aLeftVideo(id, storage);
    const { database, clock } = kit.app;
    const { now } = clock;
    const away = where(storage, {
      delete: () => Promise.reject(new StorageError(new Error('it is away'))),
    });
    const removal = new Removal({ prisma: database.prisma, storage: away, log, now });
    const keeping = new Keeping({ database, removal, now });
    const generation = await database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    await expect(keeping.request(generation, {} as never)).rejects.toThrow(StorageError);
    expect((await look(id)).archive.state).toBe('EXPIRED');
    expect(await requestsOf(id)).toEqual([]);
  });

  test('when it ended only just now, the video is answered as it is', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    const left = await aLeftVideo(id, await DirectoryStorage.open(kit.folder));
    const { database, clock } = kit.app;
    const removal = { dropLeftOf: () => Promise.resolve() };
    const keeping = new Keeping({ database, removal, now: clock.now });
    const generation = await database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    expect(await keeping.request(generation, {} as never)).toEqual({ generation, userErrors: [] });
    expect((await look(id)).archive.state).toBe('EXPIRED');
    expect(await storedVideos()).toEqual([left]);
  });

  test('takes nothing from the new attempt where another server removes it slowly', async () => {
    await kit.start();
    const id = await aFinishedVideo(kit.app);
    const storage = await DirectoryStorage.open(kit.folder);
    await aLeftVideo(id, storage);
    let goOn = () => {};
    let isRemoving = false;
    const slow = where(storage, {
      delete: async (key) => {
        isRemoving = true;
        await new Promise<void>((done) => (goOn = done));
        await storage.delete(key);
      },
    });
    const { prisma } = kit.app.database;
    const removing = new Removal({ prisma, storage: slow, log, now: kit.app.clock.now }).run();
    await until(() => isRemoving);
    expect((await keep(id)).generation.archive).toEqual(pending);
    kit.files.each = async () => {
      goOn();
      await removing;
      return undefined;
    };
    await kit.app.archive.runOnce();
    expect((await look(id)).archive).toMatchObject({ state: 'STORED', sha256 });
    expect(kit.files.requests).toHaveLength(1);
    kit.app.clock.advance(leaseMs + 1);
    await kit.app.archive.runOnce();
    expect(await storedVideos()).toHaveLength(1);
  });
});

/** A box of an MP4 that means nothing. */
function freeBox(bytes: number): Buffer {
  const box = Buffer.alloc(bytes);
  box.writeUInt32BE(bytes);
  box.write('free', 4);
  return box;
}
