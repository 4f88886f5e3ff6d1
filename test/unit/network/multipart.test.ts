import { describe, expect, test } from '@jest/globals';
import { boundaryOf, MultipartError, MultipartReader } from '../../../src/network/multipart.ts';

const boundary = 'x-boundary';

/** What a reader is told of a form that comes in pieces of so many bytes. */
function read(
  form: string,
  pieceBytes = 1_000,
): { name: string; filename: string | null; data: string }[] {
  const parts: { name: string; filename: string | null; data: string }[] = [];
  const reader = new MultipartReader(boundary, {
    part: (head) => void parts.push({ ...head, data: '' }),
    data: (piece) => void (parts.at(-1)!.data += piece.toString('latin1')),
  });
  const bytes = Buffer.from(form, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.push(bytes.subarray(at, at + pieceBytes));
  }
  reader.end();
  return parts;
}

const part = (disposition: string, data = 'data', more = '') =>
  `--${boundary}\r\nContent-Disposition: ${disposition}${more}\r\n\r\n${data}\r\n`;
const end = `--${boundary}--\r\n`;
const tricky = `\r\n--x-bound\r\n\r\n--x-boundar--${boundary}`;
const good =
  part('form-data; name="file"; filename="a \\" b.mp4"', tricky, '\r\nContent-Type: video/mp4') +
  part("form-data; name=purpose; filename*=utf-8''a", '') +
  end;

describe('a form', () => {
  test('is read the same however it is cut into pieces', () => {
    const expected = [
      { name: 'file', filename: 'a \\" b.mp4', data: tricky },
      { name: 'purpose', filename: null, data: '' },
    ];
    for (let size = 1; size <= good.length; size += 1) expect(read(good, size)).toEqual(expected);
    expect(read(good.slice(0, -2))).toEqual(expected);
  });

  test.each([
    ['a preamble', `hello\r\n${good}`],
    ['another boundary', good.replaceAll(boundary, 'y-boundary')],
    ['an epilogue', `${good}more`],
    ['no end', good.slice(0, -4)],
    ['a broken boundary', good.replace(`--${boundary}--`, `--${boundary}x`)],
    ['a part without a name', part('form-data') + end],
    ['a part with two names', part('form-data; name="a"; name="b"') + end],
    ['something else in its head', part('form-data; name="a"; size=3') + end],
    ['an attachment', part('attachment; name="a"') + end],
    [
      'an encoded part',
      part('form-data; name="a"', 'eA==', '\r\nContent-Transfer-Encoding: base64') + end,
    ],
    ['an unknown field', part('form-data; name="a"', 'x', '\r\nX-Other: 1') + end],
    [
      'a field twice',
      part('form-data; name="a"', 'x', '\r\nContent-Type: a/b\r\nContent-Type: c/d') + end,
    ],
    ['a head without end', `--${boundary}\r\n${'x'.repeat(10_000)}`],
    ['nothing', ''],
  ])('with %s is refused', (_what, form) => {
    expect(() => read(form)).toThrow(MultipartError);
    expect(() => read(form, 1)).toThrow(MultipartError);
  });
});

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; boundary="a b"', 'a b'],
  ['Multipart/Form-Data;boundary=----x', '----x'],
  ['multipart/form-data', null],
  ['multipart/form-data; boundary=a; boundary=b', null],
  [`multipart/form-data; boundary=${'x'.repeat(71)}`, null],
  ['multipart/mixed; boundary=abc', null],
  [undefined, null],
])('%s has the boundary %s', (contentType, boundary) => {
  expect(boundaryOf(contentType)).toBe(boundary);
});
