import { expect, test } from '@jest/globals';
import { hiddenAddress, withoutAddresses } from '../../../src/network/without-addresses.ts';
import { randomFrom } from '../../support/random-operations.ts';
import { search, traceWithoutPrompt, withoutPrompt } from '../../../src/generation/prompt-echo.ts';

const prompt = 'A paper boat (red) crosses a puddle';

test.each([
  ['input new_sensitive: A paper boat (red) crosses a puddle', 'input new_sensitive: [prompt]'],
  ['"a PAPER boat (red) crosses a puddle" is refused', '"[prompt]" is refused'],
  ['refused: A paper boat (red) cro…', 'refused: [prompt]…'],
  ['refused: A paper boat is no …', 'refused: A paper boat is no …'],
  ['success', 'success'],
])('%s', (message, expected) => {
  expect(withoutPrompt(message, prompt)).toBe(expected);
});

test('a short prompt is found only where it is a word of its own', () => {
  expect(withoutPrompt('cat: this category is refused', 'cat')).toBe('[prompt]: this category is refused'); // prettier-ignore
});

test.each([
  ['您的内容女总统在广场上被刺杀涉嫌违规', '女总统在广场上被刺杀', '您的内容[prompt]涉嫌违规'],
  ['提示词秘密项目违规', '秘密项目', '提示词[prompt]违规'],
  ['提示词secret duck违规', 'secret duck', '提示词[prompt]违规'],
  ['error猫', '猫', 'error[prompt]'],
  ['คำว่าแมวน้อยไม่ได้', 'แมวน้อย', 'คำว่า[prompt]ไม่ได้'],
])('where words have no blanks between them it is found within them: %s', (told, asked, kept) => {
  expect(withoutPrompt(told, asked)).toBe(kept);
});

test('a trace id loses a prompt, but no short word', () => {
  expect(traceWithoutPrompt(`SCN=${prompt}`, prompt)).toBe('SCN=[prompt]');
  expect(traceWithoutPrompt('021763ab-4f1b-9c1a', '4f1b')).toBe('021763ab-4f1b-9c1a');
  expect(traceWithoutPrompt(null, prompt)).toBeNull();
});

test('without prompt or message nothing changes', () => {
  expect(withoutPrompt('refused', null)).toBe('refused');
  expect(withoutPrompt('refused', '  ')).toBe('refused');
  expect(withoutPrompt(null, prompt)).toBeNull();
});

const ascii = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));

// A prompt that cannot be looked for would keep the answer to a paid request from being stored.
test.each([
  ...ascii.map((sign) => `${sign}a${sign}b${sign}`),
  'a\n\tb',
  '🎬 東京',
  '\ud800x',
  '\\u{1}',
])('any prompt is found: %j', (any) => {
  expect(withoutPrompt(`refused: ${any.trim()} .`, any)).toBe('refused: [prompt] .');
});

test('a prompt with an address in it is recognised in a message that has lost it', () => {
  const prompt = 'A sign that says http://10.0.0.1/ in the fog';
  const message = `invalid prompt: ${withoutAddresses(prompt)}`;
  expect(withoutPrompt(message, prompt)).toBe('invalid prompt: [prompt]');
  expect(withoutPrompt(`invalid prompt: ${prompt}`, prompt)).toBe('invalid prompt: [prompt]');
});

const quoted = 'A sign: "Zebedee\'s <cafe> & bar",\nçok güzel 🎬 C:\\new/old';
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const ascii7 = (text: string) =>
  text.replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
const html = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#x27;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&#62;');

test.each<[string, string]>([
  ['as it is', quoted],
  ['in JSON', json(quoted)],
  ['in JSON of PHP', json(quoted).replaceAll('/', '\\/')],
  ['in JSON of ASCII alone', ascii7(json(quoted))],
  ['in JSON within JSON', json(json(quoted))],
  ['in ASCII JSON within JSON', json(ascii7(json(quoted)))],
  ['in JSON within an HTML page', html(json(quoted))],
  ['with other spaces', quoted.replace('\n', '  \t ')],
])('a prompt %s is found', (_name, echo) => {
  expect(withoutPrompt(`{"request":{"prompt":"${echo}","n":1}}`, quoted)).toBe(
    '{"request":{"prompt":"[prompt]","n":1}}',
  );
});

test('a prompt in JSON that is cut wherever it may be is found', () => {
  const message = `{"prompt":"${ascii7(json(quoted))}","n":1}`;
  const recognised = 11 + ascii7(json(quoted.slice(0, 12))).length;
  for (let end = recognised; end < message.length; end++) {
    const clean = withoutPrompt(`${message.slice(0, end)}…`, quoted);
    expect(clean).toMatch(/^\{"prompt":"\[prompt\]/);
    expect(clean).not.toMatch(/Zebedee|cafe|zel|new/);
  }
});

test('long parts of a prompt are found where it was altered in between', () => {
  const asked = 'A harbour of glass at https://a.example/x?sig=1 and a lighthouse keeper who sings';
  const told = asked.replace('sig=1', '[redacted]');
  expect(withoutPrompt(`bad: ${told}.`, asked)).toBe('bad: [prompt][redacted][prompt].');
});

test('a long prompt is looked for in no time', () => {
  const started = performance.now();
  withoutPrompt('a'.repeat(499) + '…', 'a'.repeat(40_000));
  withoutPrompt('\\'.repeat(499) + '…', '\\'.repeat(40_000));
  withoutPrompt('&#'.repeat(249) + '…', ' u&#'.repeat(10_000));
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('a glance at a long prompt says what reading all of it says', () => {
  const random = randomFrom(Date.now());
  const pieces = [
    ...[
      'a',
      'B',
      ' ',
      '\n',
      '"',
      '\\',
      '\\\\\\\\',
      'u0041',
      '\\u0041',
      '\\n',
      '&#92;',
      '&amp;',
      '&lt;',
    ],
    ...[
      '&#x41',
      ';',
      '…',
      'success',
      'http://10.0.0.1/',
      'https://example.com/path',
      hiddenAddress,
      '🎬',
      '0a1b-2c3d_4e5f',
    ],
  ];
  const some = (most: number, of = pieces) =>
    Array.from(
      { length: 1 + Math.floor(random() * most) },
      () => of[Math.floor(random() * of.length)],
    ).join('');
  for (let round = 0; round < 4_000; round++) {
    // Of few kinds, so that long ones of short meaning come.
    const words = some(
      random() < 0.5 ? 4 : 120,
      random() < 0.5 ? pieces : [some(1), some(1)],
    ).trim();
    const told = random() < 0.5 ? some(3) : withoutAddresses(words).slice(0, 11);
    const token =
      random() < 0.5 ? words.replace(/[^\w-]/g, '').slice(0, 30) : '0a1b-2c3d_4e5f'.repeat(2);
    const message = random() < 0.7 ? told : token;
    if (words !== '')
      expect([words, message, withoutPrompt(message, words)]).toEqual([
        words,
        message,
        search(message, words),
      ]);
  }
});
