import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { request } from 'undici';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { createLogger } from '../../../src/logger.ts';
import { EndedUses } from '../../../src/media/ended-uses.ts';
import { StoredInputs } from '../../../src/media/inputs/stored-inputs.ts';
import { Retention } from '../../../src/media/retention.ts';
import { DirectoryStorage } from '../../../src/media/storage-directory.ts';
import { step } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { aPng, asDataUrl } from '../../support/images.ts';
import { aFinishedVideo, useMedia } from '../../support/media-app.ts';

const dayMs = 24 * 3_600_000;
const log = createLogger('silent');

const kit = useMedia();
beforeEach(() => kit.start({ MEDIA_KEEP_FOR_MAX_DAYS: '90' }));

async function look(id: string) {
  const { data, errors } = await kit.app.graphql(
    `query ($id: ID!) { generation(id: $id) { keepForDays
      archive { state keepUntil removedAt } events { action detail } } }`,
    { id },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.generation;
}

/** What is done once an hour, where the operator keeps videos for 30 days. */
async function hourly(): Promise<void> {
  const { prisma } = kit.app.database;
  const { now } = kit.app.clock;
  const media = { keepDays: 30, tenantBytes: undefined };
  await new Retention({ prisma, media, now, log }).apply(new AbortController().signal);
  const storage = await DirectoryStorage.open(kit.folder);
  const inputs = new StoredInputs({ database: kit.app.database, storage, log, now });
  await new EndedUses({ prisma, dropOverdue: inputs.dropOverdue.bind(inputs), log, now }).dropOld();
  await kit.app.archive.runOnce();
}

/** The files that are stored in this part of the storage. */
async function stored(part: 'videos' | 'inputs'): Promise<number> {
  const all = await readdir(join(kit.folder, part), { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).length;
}

test('a video is kept for as long as its request says, whatever the operator keeps others for', async () => {
  const shorter = await aFinishedVideo(kit.app, { keepForDays: 10 });
  const longer = await aFinishedVideo(kit.app, { keepForDays: 60 });
  const other = await aFinishedVideo(kit.app);
  await kit.app.archive.runOnce();
  const until = new Date(kit.app.clock.now().getTime() + 10 * dayMs).toISOString();
  expect(await look(shorter)).toMatchObject({ keepForDays: 10, archive: { keepUntil: until } });
  expect(await look(other)).toMatchObject({ keepForDays: null, archive: { keepUntil: null } });
  const states = async () => {
    const all = await Promise.all([shorter, longer, other].map(look));
    return all.map(({ archive }) => archive.state);
  };
  kit.app.clock.advance(9 * dayMs);
  await hourly();
  expect(await states()).toEqual(['STORED', 'STORED', 'STORED']);
  kit.app.clock.advance(2 * dayMs);
  await hourly();
  expect(await states()).toEqual(['EXPIRED', 'STORED', 'STORED']);
  const { archive, events } = await look(shorter);
  expect(archive).toMatchObject({ keepUntil: null, removedAt: kit.app.clock.now().toISOString() });
  expect(JSON.parse(events.at(-1).detail)).toMatchObject({ reason: 'keepForDays' });
  kit.app.clock.advance(20 * dayMs);
  await hourly();
  expect(await states()).toEqual(['EXPIRED', 'STORED', 'EXPIRED']);
  kit.app.clock.advance(30 * dayMs);
  await hourly();
  expect(await states()).toEqual(['EXPIRED', 'EXPIRED', 'EXPIRED']);
  expect(await stored('videos')).toBe(0);
});

test('the files of a request go with its time, unless another one uses them', async () => {
  const [own, shared] = [aPng({ width: 640 }), aPng({ width: 700 })].map((image) =>
    asDataUrl(image),
  );
  await aFinishedVideo(kit.app, { keepForDays: 5, firstFrameImage: own });
  await aFinishedVideo(kit.app, { keepForDays: 5, firstFrameImage: shared });
  await aFinishedVideo(kit.app, { firstFrameImage: shared });
  expect(await stored('inputs')).toBe(2);
  kit.app.clock.advance(4 * dayMs);
  await hourly();
  expect(await stored('inputs')).toBe(2);
  kit.app.clock.advance(2 * dayMs);
  await hourly();
  expect(await stored('inputs')).toBe(1);
  expect(await kit.app.database.prisma.mediaUse.count()).toBe(1);
});

test('each file of a request that goes leaves an event that says which and why', async () => {
  const [first, last] = [aPng({ width: 640 }), aPng({ width: 700 })];
  const id = await aFinishedVideo(kit.app, {
    keepForDays: 5,
    ...{ firstFrameImage: asDataUrl(first), lastFrameImage: asDataUrl(last) },
  });
  kit.app.clock.advance(6 * dayMs);
  await hourly();
  await hourly();
  const { events } = await look(id);
  const removed = events.filter(({ action }: { action: string }) => action === 'INPUT_REMOVED');
  const told = removed.map(({ detail }: { detail: string }) => JSON.parse(detail));
  const expected = [first, last].map((image) => ({
    reason: 'keepForDays',
    sha256: createHash('sha256').update(image).digest('hex'),
    bytes: image.length,
  }));
  expect(told).toHaveLength(2);
  expect(told).toEqual(expect.arrayContaining(expected));
  expect(await verifyAuditLog(kit.app.database.prisma)).toMatchObject({ ok: true });
});

test('a file that was uploaded lately stays when the time of a request is over', async () => {
  const image = aPng({ width: 640 });
  await aFinishedVideo(kit.app, { keepForDays: 5, firstFrameImage: asDataUrl(image) });
  kit.app.clock.advance(4 * dayMs);
  const upload = await request(`${kit.app.url}/media`, { method: 'POST', body: image });
  const { reference } = (await upload.body.json()) as { reference: string };
  kit.app.clock.advance(2 * dayMs);
  await hourly();
  expect(await stored('inputs')).toBe(1);
  await aFinishedVideo(kit.app, { keepForDays: 1, firstFrameImage: reference });
  kit.app.clock.advance(6 * dayMs);
  await hourly();
  expect(await stored('inputs')).toBe(0);
});

test.each([0, -1, 91])('%d days are refused when the most is 90', async (keepForDays) => {
  const { generation, userErrors } = await kit.app.create({ keepForDays });
  expect(generation).toBeNull();
  expect(userErrors).toEqual([
    {
      field: ['keepForDays'],
      code: 'KEEP_FOR_INVALID',
      message: `A video can be kept for 1 to 90 days here, not ${keepForDays}.`,
    },
  ]);
  expect((await kit.app.create({ keepForDays: 90 })).userErrors).toEqual([]);
});

test('what is asked for with an idempotency key has the time in it', async () => {
  const idempotencyKey = 'the-same';
  const first = await kit.app.create({ keepForDays: 7, idempotencyKey });
  const again = await kit.app.create({ keepForDays: 7, idempotencyKey });
  expect(again).toMatchObject({ replayed: true, generation: { id: first.generation.id } });
  const other = await kit.app.create({ keepForDays: 8, idempotencyKey });
  expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
});

test('what repeats a generation is kept for as long', async () => {
  kit.app.upstream.onSubmit(coded(1026, 'sensitive'));
  const { generation } = await kit.app.create({ keepForDays: 7 });
  await step(kit.app);
  const { data } = await kit.app.graphql(
    'mutation ($id: ID!) { retryVideoGeneration(id: $id) { generation { keepForDays } userErrors { code message } } }',
    { id: generation.id },
  );
  expect(data.retryVideoGeneration).toEqual({ generation: { keepForDays: 7 }, userErrors: [] });
});
