import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hashOf, toJsonBody } from '../../../src/minimax/json-body.ts';
import { StoredMedia } from '../../../src/minimax/stored-media.ts';
import { aPng, aWebp, asDataUrl } from '../../support/images.ts';

/** The bytes in pieces of this size, as a storage gives them. */
function stored(mediaType: string, bytes: Buffer, chunkBytes: number): StoredMedia {
  return new StoredMedia(mediaType, bytes.length, async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      yield await Promise.resolve(bytes.subarray(at, at + chunkBytes));
    }
  });
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

test.each([
  [0, 1024 * 1024],
  [1, 50_000],
  [2, 49_152],
  [200_000, 1024 * 1024],
  [200_001, 100],
  [200_002, 49_151],
  [3_000_001, 1024 * 1024],
])(
  'a body with an image of %i bytes more, stored in pieces of %i, is what JSON.stringify makes',
  async (more, chunkBytes) => {
    const image = Buffer.concat([aPng(), randomBytes(more)]);
    const body = (first: unknown, subject: unknown) => ({
      model: 'm',
      prompt: 'Zwei "Boote"\n⛵ image:',
      first_frame_image: first,
      subject_reference: [{ type: 'character', image: [subject] }],
      duration: 6,
    });
    const made = toJsonBody(
      body(stored('image/png', image, chunkBytes), stored('image/webp', aWebp(), chunkBytes)),
    );
    const expected = Buffer.from(
      JSON.stringify(body(asDataUrl(image, 'image/png'), asDataUrl(aWebp(), 'image/webp'))),
    );
    // Twice: the hash is made of the same bytes as those that are sent.
    for (const pieces of [await collect(made.pieces()), await collect(made.pieces())]) {
      expect(Buffer.concat(pieces).equals(expected)).toBe(true);
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
    }
    expect(made.length).toBe(expected.length);
    expect(await hashOf(made)).toBe(createHash('sha256').update(expected).digest('hex'));
  },
);

test('a body of text alone is sent in pieces too', async () => {
  const value = { prompt: 'ö'.repeat(200_000) };
  const pieces = await collect(toJsonBody(value).pieces());
  expect(pieces.length).toBeGreaterThan(5);
  expect(Buffer.concat(pieces).toString()).toBe(JSON.stringify(value));
});

test.each([99, 101])(
  'a stored file of %i bytes that should have 100 is not sent',
  async (bytes) => {
    const file = new StoredMedia('image/png', 100, () =>
      stored('', Buffer.alloc(bytes), 50).pieces(),
    );
    await expect(hashOf(toJsonBody({ file }))).rejects.toThrow('not stored as it was given');
  },
);
