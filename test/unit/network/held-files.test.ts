import { expect, test } from '@jest/globals';
import { readDataUrl } from '../../../src/minimax/images.ts';
import { imageLimits } from '../../../src/minimax/v1/models.ts';
import { giveBack, heldBytes, holdFiles, letGo } from '../../../src/network/held-files.ts';
import { bigPngDataUrl, pngDataUrl } from '../../support/images.ts';

const large = bigPngDataUrl(300_000);

function read(value: object) {
  const { json, names } = holdFiles(Buffer.from(JSON.stringify(value)));
  return {
    length: json.length,
    names,
    value: giveBack(JSON.parse(json.toString()), names) as never,
  };
}

test('large data URLs are taken out of a body where it has files, and read from there', () => {
  const input = { prompt: 'a "boat" ⛵', firstFrameImage: large, referenceImages: [large, 'x'] };
  const { length, names, value } = read({ variables: { input } });
  expect(names).toHaveLength(2);
  expect(length).toBeLessThan(1_000);
  const { firstFrameImage, referenceImages, prompt } = (
    value as { variables: { input: typeof input } }
  ).variables.input;
  expect(prompt).toBe(input.prompt);
  for (const url of [firstFrameImage, referenceImages[0]!]) {
    const { image } = readDataUrl(url, imageLimits);
    // Another field may ask for it again.
    expect(readDataUrl(url, imageLimits).image!.sha256).toBe(image!.sha256);
    expect(`data:image/png;base64,${image!.bytes.toString('base64')}`).toBe(large);
  }
  letGo(names);
  expect(readDataUrl(firstFrameImage, imageLimits).problem?.code).toBe('IMAGE_INVALID');
});

test.each<[string, object]>([
  ['elsewhere', { prompt: large, tags: [large], deep: { x: [{ y: large }] } }],
  ['a small one', { firstFrameImage: pngDataUrl() }],
  ['one with escapes', { firstFrameImage: large.replace('base64,', 'base64,\n') }],
  ['no base64', { firstFrameImage: `data:text/plain,${'a'.repeat(100_000)}` }],
  ['no data URL', { firstFrameImage: `${'a'.repeat(100_000)}"data:` }],
])('%s stays as it was', (_name, body) => {
  expect(read(body).value).toEqual(body);
});

test('a body that breaks off within one is left to the reader of JSON', () => {
  const cut = Buffer.from(`{"firstFrameImage":"${large}`);
  expect(holdFiles(cut)).toEqual({ json: cut, names: [] });
});

test.each([
  ['blanks', large.replaceAll('AAAA', 'AA AA')],
  [
    'the alphabet of URLs',
    large.replaceAll('+', '-').replaceAll('/', '_').replace('image_png', 'image/png'),
  ],
  ['percent-encoding', large.replaceAll('+', '%2B')],
])('a held one with %s is read as others are', (_name, url) => {
  const { names, value } = read({ firstFrameImage: url });
  expect(names).toHaveLength(1);
  const { firstFrameImage } = value as { firstFrameImage: string };
  expect(readDataUrl(firstFrameImage, imageLimits).image?.bytes.length).toBe(300_000);
});

test('one that is too large is refused by its length', () => {
  const { names, value } = read({ firstFrameImage: bigPngDataUrl(imageLimits.maxBytes + 1) });
  const { firstFrameImage } = value as { firstFrameImage: string };
  expect(readDataUrl(firstFrameImage, imageLimits).problem).toMatchObject({
    code: 'IMAGE_TOO_LARGE',
    message: expect.stringContaining(`${imageLimits.maxBytes + 1} bytes`),
  });
  letGo(names);
});

test('what is not held has no data, whatever it is called', () => {
  expect(heldBytes('held:018f5f3e-0000-4000-8000-000000000000', 10)).toBeUndefined();
  expect(
    readDataUrl('data:image/png;base64,held:018f5f3e-0000-4000-8000-000000000000', imageLimits),
  ).toMatchObject({ problem: { code: 'IMAGE_INVALID' } });
});
