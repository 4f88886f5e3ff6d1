import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { StoredImage } from '../../../src/minimax/images.ts';
import { hashOf, toJsonBody } from '../../../src/minimax/json-body.ts';
import { aPng, aWebp, asDataUrl } from '../../support/images.ts';

/** The bytes in pieces of this size, as a database gives them. */
function stored(bytes: Buffer, chunkBytes: number): StoredImage {
  const count = Math.ceil(bytes.length / chunkBytes);
  return new StoredImage(
    Array.from({ length: count }, (_, at) =>
      bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes),
    ),
  );
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
    const made = toJsonBody(body(stored(image, chunkBytes), stored(aWebp(), chunkBytes)));
    const expected = Buffer.from(
      JSON.stringify(body(asDataUrl(image, 'image/png'), asDataUrl(aWebp(), 'image/webp'))),
    );
    // Twice: the hash is made of the same bytes as those that are sent.
    for (const pieces of [[...made.pieces()], [...made.pieces()]]) {
      expect(Buffer.concat(pieces).equals(expected)).toBe(true);
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
    }
    expect(made.length).toBe(expected.length);
    expect(await hashOf(made)).toBe(createHash('sha256').update(expected).digest('hex'));
  },
);

test('a body of text alone is sent in pieces too', () => {
  const value = { prompt: 'ö'.repeat(200_000) };
  const pieces = [...toJsonBody(value).pieces()];
  expect(pieces.length).toBeGreaterThan(5);
  expect(Buffer.concat(pieces).toString()).toBe(JSON.stringify(value));
});

test('bytes that are no image have no label and are refused', () => {
  expect(() => new StoredImage([Buffer.from('GIF89a')])).toThrow('no image');
});
