import { describe, expect, test } from '@jest/globals';
import { listOf, oneOf, readWords, textOf } from '../../../console/src/parts/address.ts';
import { auditFilterOf, readAuditSearch } from '../../../console/src/pages/audit/search.ts';
import {
  countConditions,
  filterOf,
  orderOf,
  readListSearch,
} from '../../../console/src/pages/generations/search.ts';
import { texts } from '../../../console/src/texts.ts';

describe('what an address says that nothing can be made of', () => {
  test('is the usual period of the overview', () => {
    const periods = { days: oneOf(texts.overview.periods) };
    for (const days of ['abc', '5', '99999999999', '-1', '', 'constructor', 7])
      expect(readWords(periods, { days })).toEqual({ days: undefined });
    expect(readWords(periods, { days: '7' })).toEqual({ days: '7' });
  });

  test.each([
    ...['status', 'kind', 'failure', 'code', 'held', 'order', 'from', 'to', 'min', 'max'],
    'unknown',
  ])('is no condition of the list: %s', (word) => {
    // The router puts what the reader leaves out in again.
    const address = { [word]: 'maybe' };
    const search = { ...address, ...readListSearch(address) };
    expect(countConditions(search)).toBe(0);
    expect(filterOf(search)).toEqual({});
    expect(orderOf(search)).toEqual({ field: 'CREATED_AT', direction: 'DESC' });
  });

  test.each(['action', 'code', 'text', 'from', 'to', 'order'])(
    'is no condition of the audit log: %s',
    (word) => {
      const address = { [word]: 'no' };
      expect(auditFilterOf({ ...address, ...readAuditSearch(address) })).toEqual({});
    },
  );

  test('leaves the rest as it is', () => {
    const address = { status: 'FAILED,MAYBE', code: '1026, abc', from: '2026-11-01', max: '0.5' };
    const search = readListSearch({ ...address, held: 'no', prompt: 'a, b' });
    expect(countConditions(search)).toBe(6);
    expect(filterOf(search)).toEqual({
      status: ['FAILED'],
      statusCode: [1026],
      createdAt: { from: '2026-11-01T00:00:00.000Z' },
      listPriceUsd: { to: '0.5' },
      held: false,
      promptContains: 'a, b',
    });
  });
});

test('a list may have words with commas and backslashes in them', () => {
  const words = ['red, blue', 'a\\', '\\,', 'plain', 'C:\\b', '🙂'];
  expect(listOf(textOf(words))).toEqual(words);
  expect(filterOf(readListSearch({ tag: textOf(['red, blue', 'spring']) })).tags).toEqual([
    'red, blue',
    'spring',
  ]);
  // What was written by hand, or before there were backslashes.
  expect(listOf('one, two,,three')).toEqual(['one', 'two', 'three']);
  expect(listOf('C:\\b,\\')).toEqual(['C:\\b', '\\']);
  expect(textOf([])).toBeUndefined();
});
