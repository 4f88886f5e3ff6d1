import { describe, expect, test } from '@jest/globals';
import { formats } from '../../../src/export/formats.ts';

const { CSV, NDJSON } = formats;
const csv = (value: string | number | boolean | object | null) =>
  CSV.line(['cell'], JSON.stringify({ cell: value })).slice(0, -2);

describe('a CSV cell', () => {
  test.each([
    ['a boat', 'a boat'],
    ['a, b', '"a, b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['', '""'],
    [null, ''],
    [0, '0'],
    [-1.5, '-1.5'],
    [true, 'true'],
    [{ a: 'b' }, '"{""a"":""b""}"'],
    ['Zürich 東京 🎬', 'Zürich 東京 🎬'],
  ])('%j is written as %s', (value, expected) => {
    expect(csv(value)).toBe(expected);
  });

  test.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\nx',
    '  =1+1',
    '"=1+1',
    `'=1+1`,
    ' "\t=1+1',
    '\u00a0=1+1',
    '＝1+1',
  ])('%j is no formula any more', (value) => {
    const written = csv(value);
    const read = written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written;
    expect(read).toBe(`'${value}`);
  });

  test.each(['a=b', '1-2', 'a boat - at dusk', "it's"])('%j stays as it is', (value) => {
    expect(csv(value)).toBe(value);
  });
});

test('a CSV file says that it is UTF-8, and has a header, and lines that end with CR LF', () => {
  expect(CSV.header(['id', 'prompt'])).toBe('\uFEFFid,prompt\r\n');
  expect(CSV.line(['id', 'prompt'], '{"prompt":"x","id":1}')).toBe('1,x\r\n');
});

test('NDJSON has each object as it is, on a line of its own', () => {
  const row = JSON.stringify({ prompt: '=1\n+1', detail: { a: null }, count: null });
  expect(NDJSON.header(['prompt'])).toBe('');
  expect(NDJSON.line([], row)).toBe(`${row}\n`);
});
