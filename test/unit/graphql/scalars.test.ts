import { expect, test } from '@jest/globals';
import { DateTimeScalar } from '../../../src/graphql/scalars.ts';

test.each([
  ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['2026-11-30T23:59:59.5+02:00', '2026-11-30T21:59:59.500Z'],
])('%s is an instant', (text, expected) => {
  expect(DateTimeScalar.parseValue(text).toISOString()).toBe(expected);
});

test.each([
  '2026-02-29T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-04-31T12:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T10:60:00Z',
  '2026-01-01',
])('%s is none', (text) => {
  expect(() => DateTimeScalar.parseValue(text)).toThrow('A DateTime is written');
});
