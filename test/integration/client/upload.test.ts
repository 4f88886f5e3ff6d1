import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiError, createReelgraphClient } from '../../../client/src/index.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { asDataUrl, bigPngDataUrl, aPng } from '../../support/images.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const blobOf = (bytes: Buffer) => new Blob([new Uint8Array(bytes)]);

function clientOf(given: typeof fetch = fetch) {
  return createReelgraphClient({ url: `${app.url}/graphql`, webSocketImpl: null, fetch: given });
}

test('a file goes up and is an input', async () => {
  const client = clientOf();
  const { reference, format, width } = await client.uploadMedia(blobOf(aPng()));
  expect([format, width]).toEqual(['PNG', 640]);
  const { data } = await app.graphql(
    `mutation ($image: String!) { createVideoGeneration(input: {
      model: "MiniMax-Hailuo-02", prompt: "a boat", firstFrameImage: $image }) { userErrors { code } } }`,
    { image: reference },
  );
  expect(data.createVideoGeneration.userErrors).toEqual([]);
  expect(app.upstream.submits[0]!.body.first_frame_image).toBe(asDataUrl(aPng()));
});

test('a large one goes up in pieces, also over a line that breaks', async () => {
  const [, base64 = ''] = bigPngDataUrl(9 * 1024 * 1024).split(',');
  const file = Buffer.from(base64, 'base64');
  let calls = 0;
  const breaking: typeof fetch = async (...request) => {
    calls += 1;
    // The answers to the second and the third piece are lost, of which one had come.
    if (calls === 3) await fetch(...request);
    if (calls === 3 || calls === 5) throw new TypeError('the line broke');
    return await fetch(...request);
  };
  const shares: number[] = [];
  const { bytes, reference } = await clientOf(breaking).uploadMedia(blobOf(file), {
    onProgress: (share) => shares.push(share),
  });
  expect(bytes).toBe(file.length);
  expect(reference).toMatch(/^media:/);
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBe(1);
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
});

test('one that MiniMax takes nowhere is refused with the reason', async () => {
  const refused = clientOf().uploadMedia(blobOf(Buffer.from('<svg/>')));
  await expect(refused).rejects.toThrow(/SVG/);
  await expect(refused).rejects.toMatchObject({ code: 'MEDIA_FORMAT_UNSUPPORTED' });
  await expect(refused).rejects.toBeInstanceOf(ApiError);
});
