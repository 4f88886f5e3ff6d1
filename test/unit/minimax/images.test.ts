import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { imageUrlProblem } from '../../../src/minimax/image-url.ts';
import { readDataUrl as readWithin } from '../../../src/minimax/images.ts';
import { imageLimits } from '../../../src/minimax/v1/models.ts';
import { imageLimits as secondImageLimits } from '../../../src/minimax/v2/models.ts';
import {
  aHeic,
  aJpeg,
  aPng,
  aWebp,
  asDataUrl,
  bigPngDataUrl,
  heifBox,
  sidesBox,
  onlyCode,
  pngChunk,
  segment,
  webpChunk,
  webpOf,
} from '../../support/images.ts';

const maxImageBytes = imageLimits.maxBytes;
const readDataUrl = (text: string) => readWithin(text, imageLimits);
const percent = (letter: string) => `%${letter.charCodeAt(0).toString(16)}`;
const codeOf = (text: string) => readDataUrl(text).problem?.code;

describe('an image in a data URL', () => {
  test.each([
    ['image/png', aPng({ width: 500, height: 400 })],
    ['image/jpeg', aJpeg({ width: 500, height: 400 })],
    ['image/webp', aWebp({ width: 500, height: 400 })],
  ])('is read as %s whatever its label says', (mediaType, bytes) => {
    for (const label of [
      ...['image/png', 'image/jpeg', 'image/webp', 'IMAGE/JPG', 'image/svg+xml', 'image/*', ''],
      ...['application/octet-stream', 'text/plain', 'video/mp4', '*/*', 'png'],
    ]) {
      const { image } = readDataUrl(asDataUrl(bytes, label));
      expect(image).toMatchObject({ mediaType, width: 500, height: 400 });
      expect(image!.bytes.equals(bytes)).toBe(true);
      expect(image!.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  const odd = Buffer.concat([aPng(), Buffer.from([0xff, 0xef, 0xbe, 0xff])]);
  const plain = odd.toString('base64');
  const inLines = (width: number, end: string) =>
    plain.match(RegExp(`.{1,${width}}`, 'g'))!.join(end);
  test.each([
    ['a parameter in its head', `data:image/png;charset=utf-8;base64,${plain}`],
    ['a name in its head', `data:image/png;name="my picture (1).png";base64,${plain}`],
    ['a blank in its head', `data:image/png; base64,${plain}`],
    ['blanks around base64', `data:image/png;  base64 ,${plain}`],
    ['capital letters in its head', `DATA:image/png;BASE64,${plain}`],
    ['no padding', `data:image/png;base64,${plain.replace(/=+$/, '')}`],
    ['the alphabet of URLs', `data:image/png;base64,${odd.toString('base64url')}`],
    ['line breaks', `data:image/png;base64,\n${inLines(76, '\n')}\n`],
    ["line breaks of mail and the padding's line", `data:image/png;base64,${inLines(4, '\r\n')}`],
    ['blanks and tabs', `data:image/png;base64, ${inLines(10, ' \t\f ')} `],
    ['percent-encoding', `data:image/png;base64,${encodeURIComponent(plain)}`],
    ['every letter percent-encoded', `data:;base64,${plain.replace(/./g, percent)}`],
    ['encoded line breaks', `data:image/png;base64,${inLines(64, '%0D%0a')}`],
  ])('is read with %s', (_name, text) => {
    expect(readDataUrl(text).image!.bytes.equals(odd)).toBe(true);
  });

  const good = aPng().toString('base64');
  test.each([
    ['no comma', 'data:image/png;base64'],
    ['no data', 'data:image/png;base64,'],
    ['padding alone', 'data:image/png;base64,=='],
    ['no base64 in its head', `data:image/png,${good}`],
    ['base64 for its type', `data:base64,${good}`],
    [
      'a foreign letter in percent',
      `data:image/png;base64,${good.slice(0, 40)}%2A${good.slice(41)}`,
    ],
    ['a % that begins no code', `data:image/png;base64,${good}%2`],
    ['codes that are no text', `data:image/png;base64,${good}%ff`],
    ['a fragment behind it', `data:image/png;base64,${good}#top`],
    ['blanks alone', 'data:image/png;base64, \n'],
    ['a foreign letter', `data:image/png;base64,${good.slice(0, 40)}*${good.slice(41)}`],
    ['padding in its middle', `data:image/png;base64,${good.slice(0, 40)}=${good.slice(41)}`],
    ['too much padding', `data:image/png;base64,${good.replace(/=*$/, '')}===`],
    ['one letter left over', `data:image/png;base64,${good.slice(0, 41)}`],
    ['a letter beyond ASCII', `data:image/png;base64,${good.slice(0, 40)}é${good.slice(41)}`],
    ['a head without end', `data:image/png;${'x=y;'.repeat(1000)}base64,${good}`],
  ])('with %s is invalid', (_name, text) => {
    expect(codeOf(text)).toBe('IMAGE_INVALID');
  });

  const secondReading = (bytes: Buffer) => readWithin(asDataUrl(bytes), secondImageLimits);
  const start = Buffer.concat([Buffer.from('ffd8', 'hex'), segment(0xdb, Buffer.alloc(65, 1))]);
  const restarts = Buffer.concat([
    start,
    // Two units across and one down, of 2×2, 1 and 1 blocks: 6 blocks of 2 bits, a restart, 6 blocks.
    segment(0xc0, Buffer.from(`08${'0100'}${'0200'}03012200021100031100`, 'hex')),
    segment(0xc4, Buffer.concat([onlyCode(0x00), onlyCode(0x10)])),
    segment(0xdd, Buffer.from('0001', 'hex')),
    segment(0xda, Buffer.from('03010002000300003f00', 'hex')),
    ...Array.from({ length: 511 }, (_, index) => Buffer.from([0, 0x0f, 0xff, 0xd0 | (index & 7)])),
    Buffer.from([0, 0x0f]),
  ]);
  const progressive = (...scans: string[]) =>
    Buffer.concat([
      start,
      segment(0xc2, Buffer.from(`08${'0200'}${'0200'}01011100`, 'hex')),
      ...scans.flatMap((scan) => [segment(0xda, Buffer.from(`010100${scan}`, 'hex')), aPng()]),
    ]);
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  const jpeg = aJpeg();
  const thumbnail = segment(0xe1, aJpeg({ width: 16, height: 16 }));
  const withThumbnail = Buffer.concat([jpeg.subarray(0, 2), thumbnail, jpeg.subarray(2)]);
  const endless = Buffer.concat([aPng().subarray(0, -12)]);
  test.each([
    ['JPEG: half of it', half(jpeg)],
    ['JPEG: without its last byte of picture', jpeg.subarray(0, -3)],
    ['JPEG: half of it, behind a whole thumbnail', withThumbnail.subarray(0, -600)],
    [
      'JPEG: its header and the end mark',
      Buffer.concat([jpeg.subarray(0, 300), half(jpeg).subarray(-2)]),
    ],
    ['JPEG: without a restart of the last', restarts.subarray(0, -4)],
    ['JPEG: progressive, without fine detail', progressive('000001', '013f02', '013f21')],
    ['JPEG: without codes', Buffer.concat([jpeg.subarray(0, 100), jpeg.subarray(-1210)])],
    ['PNG: its header alone', aPng().subarray(0, 33)],
    ['PNG: its header and its end', Buffer.concat([aPng().subarray(0, 33), aPng().subarray(-12)])],
    ['PNG: without its end', endless],
    ['PNG: half of its end', aPng().subarray(0, -5)],
    ['PNG: half of it', half(aPng())],
    ['WebP: half of its picture', aWebp().subarray(0, -2)],
    [
      'WebP: its description alone',
      webpOf([webpChunk('VP8X', Buffer.from('00000000ff0100ff0100', 'hex'))]),
    ],
    ['HEIC: half of its data', aHeic().subarray(0, -50)],
  ])('that stops in its middle is refused. %s', (_name, bytes) => {
    const { problem } = secondReading(bytes);
    expect(problem).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(problem!.message).toMatch(/stops before its picture is whole/);
  });

  const still = Buffer.from('00000001', 'hex');
  const frames = Buffer.from('0000000200000000', 'hex');
  const rgba = aPng();
  rgba[25] = 6;
  const extended = (flags: string) =>
    webpChunk('VP8X', Buffer.from(`${flags}000000ff0100ff0100`, 'hex'));
  const picture = aWebp().subarray(12);
  const clear = Buffer.from(picture);
  clear[12]! |= 0x10;
  const alpha = heifBox('auxC', Buffer.alloc(4), Buffer.from('urn:mpeg:hevc:2015:auxid:1\0'));
  test.each<[string, Buffer, string[]]>([
    ['JPEG', jpeg, []],
    ['JPEG with other bytes behind it', Buffer.concat([jpeg, aPng()]), []],
    ['JPEG with a thumbnail', withThumbnail, []],
    ['JPEG without end mark', jpeg.subarray(0, -2), ['IMAGE_END_MISSING']],
    ['JPEG with half an end mark', jpeg.subarray(0, -1), ['IMAGE_END_MISSING']],
    [
      'JPEG with a thumbnail, without end mark',
      withThumbnail.subarray(0, -2),
      ['IMAGE_END_MISSING'],
    ],
    ['JPEG with restarts, without end mark', restarts, ['IMAGE_END_MISSING']],
    ['JPEG, progressive, without end mark', progressive('000000', '013f00'), ['IMAGE_END_MISSING']],
    ['PNG', aPng(), []],
    ['PNG with other bytes behind it', odd, []],
    ['PNG with one frame', aPng({}, [pngChunk('acTL', Buffer.concat([still, still]))]), []],
    ['animated PNG', aPng({}, [pngChunk('acTL', frames)]), ['IMAGE_ANIMATED']],
    ['PNG with alpha', rgba, ['IMAGE_TRANSPARENT']],
    ['PNG with a transparent colour', aPng({}, [pngChunk('tRNS', still)]), ['IMAGE_TRANSPARENT']],
    ['WebP', aWebp(), []],
    ['WebP with alpha', webpOf([clear]), ['IMAGE_TRANSPARENT']],
    ['animated WebP', webpOf([extended('02'), webpChunk('ANMF', still)]), ['IMAGE_ANIMATED']],
    [
      'animated WebP with alpha',
      webpOf([extended('12'), webpChunk('ANMF', still)]),
      ['IMAGE_ANIMATED', 'IMAGE_TRANSPARENT'],
    ],
    ['HEIC', aHeic(), []],
    ['HEIC with alpha', aHeic({}, [alpha]), ['IMAGE_TRANSPARENT']],
    ['HEIC sequence', Buffer.concat([aHeic(), heifBox('moov')]), ['IMAGE_ANIMATED']],
  ])('that is a %s is taken, with its warnings', (_name, bytes, codes) => {
    const { image, problem } = secondReading(bytes);
    expect(problem).toBeUndefined();
    expect(image!.warnings.map(({ code }) => code)).toEqual(codes);
  });

  test('that is a JPEG may have bytes of filling before its marks', () => {
    const filling = Buffer.alloc(9_000, 0xff);
    const jpeg = aJpeg();
    const { image } = secondReading(
      Buffer.concat([jpeg.subarray(0, 2), filling, jpeg.subarray(2)]),
    );
    expect(image).toMatchObject({ width: 640, height: 480 });
  });

  test('that is a JPEG may begin with the header of its picture', () => {
    const jpeg = aJpeg();
    const at = jpeg.indexOf(Buffer.from('ffc0', 'hex'));
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    const parts = [jpeg.subarray(0, 2), jpeg.subarray(at, end), jpeg.subarray(2, at)];
    const { image } = secondReading(Buffer.concat([...parts, jpeg.subarray(end)]));
    expect(image).toMatchObject({ width: 640, height: 480 });
  });

  test('that is a HEIC may write the sizes of its boxes in 64 bits', () => {
    const heic = aHeic();
    const at = heic.indexOf('ispe') - 4;
    const wide = Buffer.alloc(16);
    wide.writeUInt32BE(1, 0);
    wide.write('ispe', 4);
    wide.writeBigUInt64BE(BigInt(heic.readUInt32BE(at) + 8), 8);
    for (const name of ['meta', 'iprp', 'ipco']) {
      const box = heic.indexOf(name) - 4;
      heic.writeUInt32BE(heic.readUInt32BE(box) + 8, box);
    }
    const bytes = Buffer.concat([heic.subarray(0, at), wide, heic.subarray(at + 8)]);
    expect(secondReading(bytes).image).toMatchObject({ width: 640, height: 480 });
  });

  test('that is a HEIC is as large as the largest of its pictures, however many there are', () => {
    // Looked through anew for each of them, it took a minute.
    const tiles = Buffer.concat(Array.from({ length: 45_000 }, () => sidesBox(512, 512)));
    const { image } = secondReading(
      aHeic({ width: 256, height: 256 }, [tiles, sidesBox(1920, 1080)]),
    );
    expect(image).toMatchObject({ width: 1920, height: 1080 });
  });

  test('that breaks off within its header is invalid', () => {
    expect(codeOf(asDataUrl(aPng().subarray(0, 12)))).toBe('IMAGE_INVALID');
    expect(codeOf(asDataUrl(aJpeg().subarray(0, 8)))).toBe('IMAGE_INVALID');
    expect(codeOf(asDataUrl(aWebp().subarray(0, 14)))).toBe('IMAGE_INVALID');
  });

  test.each([
    ['GIF', Buffer.from('GIF89a\x01\x02\x01\x02')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"/>')],
    ['BMP', Buffer.from('BM0000000000000000000000000000')],
    ['text', Buffer.from('hello')],
    // A reader that tries each end of each comment would take years.
    ['comments', Buffer.from(`<!DOCTYPE svg>${' <!----><!DOCTYPE svg>'.repeat(45)}`)],
  ])('that is %s is not supported, even labelled image/png', (_name, bytes) => {
    expect(codeOf(asDataUrl(bytes))).toBe('IMAGE_FORMAT_UNSUPPORTED');
  });

  test.each([
    [300, 300, undefined],
    [299, 400, 'IMAGE_DIMENSIONS_UNSUPPORTED'],
    [400, 299, 'IMAGE_DIMENSIONS_UNSUPPORTED'],
    [750, 300, undefined],
    [300, 750, undefined],
    [751, 300, 'IMAGE_DIMENSIONS_UNSUPPORTED'],
    [300, 751, 'IMAGE_DIMENSIONS_UNSUPPORTED'],
  ])('of %i×%i pixels gives the problem %s', (width, height, code) => {
    expect(codeOf(asDataUrl(aPng({ width, height })))).toBe(code);
  });

  test('may have 20 MiB and not a byte more', () => {
    const largest = bigPngDataUrl(maxImageBytes);
    expect(readDataUrl(largest).image!.bytes).toHaveLength(maxImageBytes);
    const inLines = largest.replace(/[^,]{76}/g, '$&\r\n');
    expect(readDataUrl(inLines).image!.bytes).toHaveLength(maxImageBytes);
    const oneMore = Buffer.concat([Buffer.from(largest.split(',')[1]!, 'base64'), Buffer.alloc(1)]);
    expect(codeOf(asDataUrl(oneMore))).toBe('IMAGE_TOO_LARGE');
    expect(codeOf(`data:image/png;base64,${'*'.repeat(40_000_000)}`)).toBe('IMAGE_TOO_LARGE');
    expect(codeOf(`data:image/png;base64,${' '.repeat(40_000_000)}`)).toBe('IMAGE_INVALID');
    expect(codeOf(`data:image/png;base64,${'%41'.repeat(28_000_000)}`)).toBe('IMAGE_TOO_LARGE');
  });
});

describe('an image URL', () => {
  test.each([
    'https://example.com/a.png',
    'http://example.com:8080/a.png?x=1#y',
    'HTTPS://EXAMPLE.COM/a',
    'https://8.8.8.8/a.png',
    'https://[2606:4700::1111]/a.png',
    'https://172.32.0.1/a.png',
    'https://münchen.example.com/ä.png',
  ])('like %s is let through', (url) => {
    expect(imageUrlProblem(url)).toBeNull();
  });

  test.each([
    'http://localhost/a.png',
    'http://LOCALHOST./a.png',
    'http://a.localhost/a.png',
    'http://printer.local/a.png',
    'http://minio/a.png',
    'http://127.0.0.1/a.png',
    'http://127.1/a.png',
    'http://2130706433/a.png',
    'http://0x7f.0.0.1/a.png',
    'http://0.0.0.0/a.png',
    'http://10.1.2.3/a.png',
    'http://172.16.0.1/a.png',
    'http://192.168.1.1/a.png',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/a.png',
    'http://[::1]/a.png',
    'http://[::]/a.png',
    'http://[::ffff:127.0.0.1]/a.png',
    'http://[::ffff:10.0.0.1]/a.png',
    'http://[fd00::1]/a.png',
    'http://[fe80::1]/a.png',
    'https://user:pass@example.com/a.png',
    'https://user@example.com/a.png',
  ])('like %s is not public', (url) => {
    const problem = imageUrlProblem(url);
    expect(problem?.code).toBe('IMAGE_URL_NOT_PUBLIC');
    expect(problem?.message).not.toContain('pass@');
  });

  test.each([
    '',
    ' ',
    'a.png',
    'ftp://example.com/a.png',
    'file:///a.png',
    'https://',
    'https://exa mple.com/a.png',
    ' https://example.com/a.png',
    'https://example.com/a.png\n',
    'javascript:alert(1)',
    'mm_file://1',
    'aGVsbG8=',
  ])('like "%s" is invalid', (url) => {
    expect(imageUrlProblem(url)?.code).toBe('IMAGE_INVALID');
  });
});
