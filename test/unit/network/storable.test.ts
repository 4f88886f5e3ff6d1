import { expect, test } from '@jest/globals';
import { isStorable, storable, storableInteger } from '../../../src/network/storable.ts';

test.each([
  ['plain ü 🎬', 100, 'plain ü 🎬'],
  ['abc', 2, 'ab'],
  ['a\0b', 100, 'a\uFFFDb'],
  ['a\ud83cb\udfac', 100, 'a\uFFFDb\uFFFD'],
  ['🎬🎬', 4, '🎬🎬'],
  ['🎬🎬', 3, '🎬'],
  ['🎬', 1, ''],
])('%j in %i is stored as %j', (text, length, stored) => {
  expect(storable(text, length)).toBe(stored);
  expect(isStorable(text, length)).toBe(text === stored);
});

test.each([
  [0, 0],
  [-5, -5],
  [2_147_483_647, 2_147_483_647],
  [2_147_483_648, null],
  [5_000_000_000, null],
  [1.5, null],
  [Infinity, null],
  [NaN, null],
  [null, null],
])('of %p an integer column takes %p', (value, stored) => {
  expect(storableInteger(value)).toBe(stored);
});
