import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { imageUrlProblem } from '../../../src/minimax/image-url.ts';
import { readDataUrl as readWithin } from '../../../src/minimax/images.ts';
import { imageLimits } from '../../../src/minimax/v1/models.ts';
import { aJpeg, aPng, aWebp, asDataUrl, bigPngDataUrl } from '../../support/images.ts';

const maxImageBytes = imageLimits.maxBytes;
const readDataUrl = (text: string) => readWithin(text, imageLimits);
const codeOf = (text: string) => readDataUrl(text).problem?.code;

describe('an image in a data URL', () => {
  test.each([
    ['image/png', aPng({ width: 500, height: 400 })],
    ['image/jpeg', aJpeg({ width: 500, height: 400 })],
    ['image/webp', aWebp({ width: 500, height: 400 })],
  ])('is read as %s whatever its label says', (mediaType, bytes) => {
    for (const label of ['image/png', 'image/jpeg', 'image/webp', 'IMAGE/JPG', 'image/svg+xml']) {
      const { image } = readDataUrl(asDataUrl(bytes, label));
      expect(image).toMatchObject({ mediaType, width: 500, height: 400 });
      expect(image!.bytes.equals(bytes)).toBe(true);
      expect(image!.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  test('is read with parameters in its head, without padding and in the URL alphabet', () => {
    const bytes = Buffer.concat([aPng(), Buffer.from([0xff, 0xef, 0xbe])]);
    const plain = bytes.toString('base64');
    const texts = [
      `data:image/png;charset=utf-8;base64,${plain}`,
      `data:image/png;base64,${plain.replace(/=+$/, '')}`,
      `data:image/png;base64,${bytes.toString('base64url')}`,
      `DATA:image/png;BASE64,${plain}`,
    ];
    for (const text of texts) expect(readDataUrl(text).image!.bytes.equals(bytes)).toBe(true);
  });

  const good = aPng().toString('base64');
  test.each([
    ['no comma', 'data:image/png;base64'],
    ['no data', 'data:image/png;base64,'],
    ['padding alone', 'data:image/png;base64,=='],
    ['no base64 in its head', `data:image/png,${good}`],
    ['a head that is not of an image', `data:text/plain;base64,${good}`],
    ['a line break', `data:image/png;base64,${good.slice(0, 40)}\n${good.slice(40)}`],
    ['a foreign letter', `data:image/png;base64,${good.slice(0, 40)}*${good.slice(41)}`],
    ['padding in its middle', `data:image/png;base64,${good.slice(0, 40)}=${good.slice(41)}`],
    ['too much padding', `data:image/png;base64,${good.replace(/=*$/, '')}===`],
    ['one letter left over', `data:image/png;base64,${good.slice(0, 41)}`],
    ['a letter beyond ASCII', `data:image/png;base64,${good.slice(0, 40)}é${good.slice(41)}`],
    ['a head without end', `data:image/png;${'x=y;'.repeat(1000)}base64,${good}`],
  ])('with %s is invalid', (_name, text) => {
    expect(codeOf(text)).toBe('IMAGE_INVALID');
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
    const { image } = readDataUrl(bigPngDataUrl(maxImageBytes));
    expect(image!.bytes).toHaveLength(maxImageBytes);
    expect(codeOf(bigPngDataUrl(maxImageBytes + 1))).toBe('IMAGE_TOO_LARGE');
    expect(codeOf(`data:image/png;base64,${'*'.repeat(40_000_000)}`)).toBe('IMAGE_TOO_LARGE');
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
