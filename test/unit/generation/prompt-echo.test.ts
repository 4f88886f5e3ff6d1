import { expect, test } from '@jest/globals';
import { withoutAddresses } from '../../../src/network/without-addresses.ts';
import { withoutPrompt } from '../../../src/generation/prompt-echo.ts';

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
