import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { KnownDocuments } from '../../../src/graphql/known-documents.ts';

const document = (length: number) => parse(`{ a }${' '.repeat(length - 5)}`);

test('documents are kept as long as their texts have a quarter of a million characters in all', () => {
  const known = new KnownDocuments();
  for (let number = 0; number < 25; number += 1) known.set(`${number}`, document(10_000));
  expect(known.get('0')).toBeDefined();
  known.set('one more', document(10_000));
  expect(known.get('one more')).toBeDefined();
  // The first was used meanwhile.
  expect(known.get('0')).toBeDefined();
  expect(known.get('1')).toBeUndefined();
  expect(known.get('2')).toBeDefined();
});

test('one that is set again counts once', () => {
  const known = new KnownDocuments();
  known.set('first', document(10_000));
  for (let count = 0; count < 50; count += 1) known.set('again', document(10_000));
  expect(known.get('first')).toBeDefined();
});

test('a very long one is not kept, and drives none out', () => {
  const known = new KnownDocuments();
  known.set('short', document(10));
  known.set('long', document(25_001));
  expect([known.get('short'), known.get('long')]).toEqual([expect.anything(), undefined]);
});
