import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { aPng, asDataUrl } from '../../support/images.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ callbackBaseUrl: 'https://video.example.com/callbacks/minimax' });
});
afterEach(async () => {
  await app.stop();
});

async function sentFor(id: string) {
  const { data, errors } = await app.graphql(
    `{ generation(id: "${id}") { requestAsSent { path body bodyHash } submissions { bodyHash } } }`,
  );
  expect(errors).toBeUndefined();
  return data.generation;
}

test('the request as sent is the body that left, without the callback address', async () => {
  const { generation } = await app.create();
  const { requestAsSent, submissions } = await sentFor(generation.id);
  const { bodyText, body } = app.upstream.submits[0]!;
  expect(requestAsSent.path).toBe('/v1/video_generation');
  expect(JSON.parse(requestAsSent.body)).toEqual({ ...body, callback_url: '[callback address]' });
  expect(String(body.callback_url)).toContain('https://video.example.com/');
  expect(requestAsSent.bodyHash).toBe(createHash('sha256').update(bodyText).digest('hex'));
  expect(submissions).toEqual([{ bodyHash: requestAsSent.bodyHash }]);
});

test('the request as sent names stored files by their hash, and has none once redacted', async () => {
  const image = aPng();
  const { generation } = await app.create({ firstFrameImage: asDataUrl(image) });
  const { requestAsSent } = await sentFor(generation.id);
  expect(app.upstream.submits[0]!.bodyText).toContain('base64');
  expect(JSON.parse(requestAsSent.body)).toMatchObject({
    first_frame_image: `urn:sha256:${createHash('sha256').update(image).digest('hex')}`,
  });
  expect(requestAsSent.bodyHash).toBeNull();
  await app.database.prisma.videoGeneration.update({
    where: { id: generation.id },
    data: { redactedAt: app.clock.now() },
  });
  expect((await sentFor(generation.id)).requestAsSent).toBeNull();
});
