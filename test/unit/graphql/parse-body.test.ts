import { expect, test } from '@jest/globals';
import { parseBody } from '../../../src/graphql/parse-body.ts';

const listOf = (count: number) => `[${'0,'.repeat(count - 1)}0]`;

test.each([
  ['{', 'The body is not valid JSON.'],
  ['null', 'The body is valid JSON, but no object.'],
  ['"text"', 'The body is valid JSON, but no object.'],
  ['['.repeat(2_000) + ']'.repeat(2_000), 'The body is nested more than 1000 levels deep.'],
  [listOf(20_002), 'The body has more than 20,000 values: send less at once.'],
])('%.10s … is refused', (text, message) => {
  expect(() => parseBody(text)).toThrow(message);
});

test('what has as many values as it may is read', () => {
  expect(parseBody(listOf(20_001))).toHaveLength(20_001);
  expect(parseBody('')).toEqual({});
});
