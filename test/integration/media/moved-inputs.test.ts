import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MoveChunks } from '../../../src/generation/move-chunks.ts';
import { createLogger } from '../../../src/logger.ts';
import { StoredInputs } from '../../../src/media/inputs/stored-inputs.ts';
import { openStorage } from '../../../src/media/open-storage.ts';
import type { MediaStorage } from '../../../src/media/storage.ts';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { aPng, asDataUrl, bigPngDataUrl } from '../../support/images.ts';
import { aMediaConfig } from '../../support/media-config.ts';
import { testMediaDirectory } from '../../support/app.ts';

/** What the version before this one left in the database, and what it does beside this one. */
let app: TestApp;
let storage: MediaStorage;
const log = createLogger('silent');

beforeAll(async () => {
  storage = await openStorage(aMediaConfig({ directory: testMediaDirectory }), log);
});
beforeEach(async () => {
  await app?.stop();
  app = await startTestApp();
});
afterAll(async () => {
  await app.stop();
  storage.close();
});

/** Of two chunks. */
const large = bigPngDataUrl(1.25 * 1024 * 1024);

/** A generation as the version before stored it: its images in chunks, and no uses. */
async function olderOne(image: string): Promise<string> {
  app.upstream.onSubmit(coded(1000));
  const { generation } = await app.create({ firstFrameImage: image });
  expect(generation.status).toBe('UNCERTAIN');
  const { prisma } = app.database;
  const bytes = Buffer.from(image.split(',')[1]!, 'base64');
  for (let index = 0; index * 2 ** 20 < bytes.length; index += 1) {
    const chunk = bytes.subarray(index * 2 ** 20, (index + 1) * 2 ** 20);
    const at = { generationId: generation.id, role: 'first_frame', index };
    await prisma.inputImageChunk.create({ data: { ...at, bytes: new Uint8Array(chunk) } });
  }
  await prisma.mediaUse.deleteMany({ where: { generationId: generation.id } });
  await prisma.storedObject.deleteMany();
  return generation.id;
}

async function move(): Promise<void> {
  const { now } = app.clock;
  const { prisma, work } = app.database;
  const inputs = new StoredInputs({ database: { prisma }, storage, log, now });
  await new MoveChunks({ work, inputs, log, now }).run(new AbortController().signal);
}

async function sendAgain(id: string): Promise<unknown> {
  const { data } = await app.graphql(
    `mutation { resubmitVideoGeneration(id: "${id}", version: 3) { userErrors { code } } }`,
  );
  expect(data.resubmitVideoGeneration.userErrors).toEqual([]);
  await step(app);
  return app.upstream.submits.at(-1)!.body.first_frame_image;
}

describe('images that are still in the database', () => {
  test('are sent from there', async () => {
    expect(await sendAgain(await olderOne(large))).toBe(large);
  });

  test('move to the storage, and are sent from there', async () => {
    const [id, small] = [await olderOne(large), await olderOne(asDataUrl(aPng()))];
    await move();
    const { prisma } = app.database;
    expect(await prisma.inputImageChunk.count()).toBe(0);
    expect(await prisma.mediaUse.count()).toBe(2);
    expect(await sendAgain(id)).toBe(large);
    expect(await sendAgain(small)).toBe(asDataUrl(aPng()));
  });

  test('stay while they are being sent, and when they are not what the row says', async () => {
    const [sent, other] = [await olderOne(large), await olderOne(large)];
    const { prisma } = app.database;
    await prisma.videoGeneration.update({ where: { id: sent }, data: { status: 'SUBMITTING' } });
    await prisma.inputImageChunk.updateMany({
      where: { generationId: other, index: 1 },
      data: { bytes: new Uint8Array(5) },
    });
    await move();
    const left = await prisma.inputImageChunk.groupBy({ by: ['generationId'] });
    expect(left).toHaveLength(2);
  });

  test('go with the next to a retry', async () => {
    app.upstream.onSubmit(coded(1000));
    const id = await olderOne(large);
    const { data } = await app.graphql(
      `mutation { retryVideoGeneration(id: "${id}") { generation { id } userErrors { code } } }`,
    );
    expect(data.retryVideoGeneration.userErrors).toEqual([]);
    expect(app.upstream.submits.at(-1)!.body.first_frame_image).toBe(large);
  });
});

test('what has its files in another storage is left to the servers that have them', async () => {
  app.upstream.onSubmit(coded(1002));
  await app.create({ firstFrameImage: large });
  const { prisma } = app.database;
  const [object] = await prisma.storedObject.findMany();
  const lieIn = async (storage: string) =>
    await prisma.storedObject.updateMany({ data: { storage } });
  await lieIn('directory:elsewhere');
  await step(app, 60_000);
  expect(app.upstream.submits).toHaveLength(1);
  await lieIn(object!.storage);
  await step(app, 60_000);
  expect(app.upstream.submits).toHaveLength(2);
});

describe('a server of the version before', () => {
  /** What it says as it takes a lease: nothing of what it does not know. */
  const claim = async (id: string) =>
    await app.database.prisma.$executeRaw`
      UPDATE video_generation SET status = 'SUBMITTING', lease_token = gen_random_uuid(),
        leased_until = now() + interval '1 minute', claim_speaks = nullif(api_generation, 1)
      WHERE id = ${id}::uuid`;

  test('is given what has its images in the database, and not what has them in the storage', async () => {
    const { prisma } = app.database;
    const [older, moved] = [await olderOne(large), await olderOne(asDataUrl(aPng()))];
    await prisma.videoGeneration.updateMany({ data: { status: 'QUEUED' } });
    await prisma.$executeRaw`UPDATE input_image_chunk SET role = role`;
    const keep = await prisma.inputImageChunk.findMany({ where: { generationId: older } });
    await prisma.inputImageChunk.deleteMany({ where: { generationId: older } });
    await move();
    for (const data of keep) await prisma.inputImageChunk.create({ data });
    expect(await claim(moved)).toBe(0);
    expect(await claim(older)).toBe(1);
  });

  test('may redact what has its images in the storage', async () => {
    app.upstream.onSubmit(coded(1026));
    const { generation } = await app.create({ firstFrameImage: large });
    const { prisma } = app.database;
    expect(await prisma.mediaUse.count()).toBe(1);
    await prisma.videoGeneration.update({
      where: { id: generation.id },
      data: { redactedAt: app.clock.now() },
    });
    expect(await prisma.mediaUse.count()).toBe(0);
  });
});
