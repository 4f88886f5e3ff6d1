import { expect, test } from '@jest/globals';
import { readDataUrl } from '../../../src/minimax/images.ts';
import { imageLimits } from '../../../src/minimax/v1/models.ts';
import {
  giveBack,
  heldBytes,
  holdFiles,
  letGo,
  withoutHeld,
} from '../../../src/network/held-files.ts';
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
  ['a small one', { first_frame_image: pngDataUrl() }],
  ['one with escapes', { first_frame_image: large.replace('base64,', 'base64,\n') }],
  ['no base64', { first_frame_image: `data:text/plain,${'a'.repeat(100_000)}` }],
  ['no data URL', { first_frame_image: `${'a'.repeat(100_000)}"data:` }],
  ['one that is quoted', { first_frame_image: `he said, "${large}` }],
  ['the name of a field', { variables: { input: { [large]: { firstFrameImage: 1 } } } }],
  ['a variable, whatever its name', { variables: { firstFrameImage: large, image: [large] } }],
  ['an address of something else', { variables: { input: { url: large } } }],
])('%s stays as it was', (_name, body) => {
  expect(read(body).value).toEqual(body);
});

/** Of 32 bits, the same ones each time. */
function numbersFrom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Just large enough to be taken out, since a body has dozens of them. */
const justLarge = bigPngDataUrl(50_000);

/** A body with whatever may be mistaken for a file, as it is and as text in another text. */
function randomBody(below: (limit: number) => number) {
  const parts = [
    ...[
      justLarge,
      justLarge,
      justLarge.slice(0, 40),
      '"',
      '\\',
      ',',
      ':',
      '{"',
      'data:',
      ';base64,',
      '⛵',
      ' ',
    ],
    ...['", "', '\\"', 'data:image/png;base64,', '\n', 'a', ''],
  ];
  const keys = [
    ...['variables', 'input', 'firstFrameImage', 'referenceImages', 'image', 'url', 'prompt'],
    ...['first_frame_image', 'content', 'image_url', 'subject_reference', '__proto__', 'data:,'],
    justLarge,
  ];
  const text = (): string => {
    if (below(3) === 0) return justLarge;
    const made = Array.from({ length: below(5) }, () => parts[below(parts.length)]).join('');
    return below(3) === 0 ? JSON.stringify({ [made]: made }) : made;
  };
  const value = (depth: number): unknown => {
    const kind = below(depth > 3 ? 2 : 5);
    if (kind < 2) return kind === 0 ? text() : [null, true, 1.5, ''][below(4)];
    const length = below(4);
    if (kind === 2) return Array.from({ length }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length }, () => [keys[below(keys.length)], value(depth + 1)]),
    );
  };
  const input = Object.fromEntries(keys.slice(2, 7).map((key) => [key, value(3)]));
  const body = {
    ...{ variables: { input, image: text() }, first_frame_image: text() },
    ...{ content: [{ image_url: { url: text(), more: value(2) } }], other: value(0) },
  };
  return JSON.stringify(body, null, below(2));
}

test('whatever a body is, only files in their places are taken out of it', () => {
  const below = numbersFrom(20_261_130);
  let taken = 0;
  for (let round = 0; round < 60; round += 1) {
    const text = randomBody(below);
    const { json, names } = holdFiles(Buffer.from(text));
    const body = JSON.stringify(giveBack(JSON.parse(json.toString()), names));
    const aWholeText = /(?<=[[:,])"data:image\/png;base64,(held:[\da-f-]{36})"(?!:)/g;
    const whole = body.replaceAll(aWholeText, (_all, name) => {
      taken += 1;
      expect(names).toContain(name);
      const { letters } = heldBytes(name as string, 0)!;
      return `"data:image/png;base64,${letters.toString()}"`;
    });
    // Compared as a whole, a difference would be told in megabytes.
    expect(whole === JSON.stringify(JSON.parse(text))).toBe(true);
    letGo(names);
  }
  expect(taken).toBeGreaterThan(60);
});

test('what quotes a body has no name of what is held', () => {
  const { names, value } = read({ variables: { input: { firstFrameImage: large } } });
  const message = `got invalid value ${JSON.stringify(value)}; Field "model" is required.`;
  expect(message).toContain(names[0]);
  expect(withoutHeld(message)).toBe(
    'got invalid value {"variables":{"input":{"firstFrameImage":"data:image/png;base64,…"}}}; Field "model" is required.',
  );
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
  const { names, value } = read({ first_frame_image: url });
  expect(names).toHaveLength(1);
  const { first_frame_image: firstFrameImage } = value as { first_frame_image: string };
  expect(readDataUrl(firstFrameImage, imageLimits).image?.bytes.length).toBe(300_000);
});

test('one that is too large is refused by its length', () => {
  const { names, value } = read({ first_frame_image: bigPngDataUrl(imageLimits.maxBytes + 1) });
  const { first_frame_image: firstFrameImage } = value as { first_frame_image: string };
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
