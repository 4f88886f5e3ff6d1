import { expect, test } from '@jest/globals';
import { containing } from '../../../src/generation/finding/letter-case.ts';

const finds = (text: string, prompt: string) => new RegExp(containing(text), 'u').test(prompt);

test.each([
  ['fox', 'A Red FOX'],
  ['ÄÖÜ', 'läöüft'],
  ['ναος', 'ΝΑΟΣ'],
  ['ΝΑΟΣ', 'ναος'],
  ['ırmak', 'IRMAK'],
  ['kelvin', '\u212Aelvin'],
  ['STRASSE', 'strasse'],
  ['STRAẞE', 'Straße'],
  ['ǅ', 'ǆ'],
  ['𐐀', '𐐨'],
  ['дом', 'ДОМ'],
  ['字', '漢字'],
  ['^$\\.*+?()[]{}|/-#', 'x^$\\.*+?()[]{}|/-#x'],
  ['two\nlines', 'TWO\nLINES'],
])('%j is found in %j', (text, prompt) => expect(finds(text, prompt)).toBe(true));

test.each([
  ['İ', 'i'],
  ['i', 'İ'],
  ['ß', 'ss'],
  ['ä', 'a'],
  ['a.c', 'abc'],
  ['\\d', '5'],
])('%j is not found in %j', (text, prompt) => expect(finds(text, prompt)).toBe(false));
