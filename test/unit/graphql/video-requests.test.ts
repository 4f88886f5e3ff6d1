import { expect, test } from '@jest/globals';
import { buildSchema, getOperationAST, parse } from 'graphql';
import { requestsVideo, videoRequestsOf } from '../../../src/graphql/video-requests.ts';

const schema = buildSchema(`
  type Query { make: Int }
  type Mutation { make(size: Int): Int, remake: Made, look: Made }
  type Made { make: Int }
`);
const fields = schema.getMutationType()!.getFields();
for (const name of ['make', 'remake']) fields[name]!.extensions = { ...requestsVideo };

test.each<[string, string, Record<string, unknown>, number]>([
  ['none', 'mutation { look { make } }', {}, 0],
  ['none in a query', '{ make }', {}, 0],
  ['one', 'mutation { make }', {}, 1],
  ['one of each kind', 'mutation { make remake { make } look { make } }', {}, 2],
  ['aliases', 'mutation { a: make b: make c: make }', {}, 3],
  ['the same twice, which runs once', 'mutation { make make a: make a: make }', {}, 2],
  [
    'fragments',
    'mutation { ...F ...F ... on Mutation { b: make ... { c: make } } } fragment F on Mutation { a: make ...G } fragment G on Mutation { d: make }',
    {},
    4,
  ],
  ['what is left out', 'mutation { a: make @skip(if: true) b: make @include(if: false) }', {}, 0],
  ['what is not', 'mutation { a: make @skip(if: false) b: make @include(if: true) }', {}, 2],
  [
    'what variables leave out',
    'mutation ($no: Boolean!, $yes: Boolean = true) { a: make @include(if: $no) b: make @skip(if: $yes) ...F @include(if: $no) ... @skip(if: $no) { d: make } } fragment F on Mutation { c: make }',
    { no: false },
    1,
  ],
  [
    'a fragment that is left out in one place',
    'mutation { ...F @skip(if: true) ...F } fragment F on Mutation { a: make }',
    {},
    1,
  ],
  ['both directives', 'mutation { make @include(if: true) @skip(if: true) }', {}, 0],
  ['none where variables do not fit', 'mutation ($n: Int!) { make(size: $n) a: make }', {}, 0],
  [
    'all where a condition is null, so that nothing runs',
    'mutation ($is: Boolean = true) { make @skip(if: $is) }',
    { is: null },
    1,
  ],
  ['the operation alone', 'mutation A { make } mutation B { a: make b: make }', {}, 1],
])('requests for videos are counted: %s', (_name, text, variables, count) => {
  const document = parse(text);
  const named = text.includes('mutation A') ? 'A' : undefined;
  const operation = getOperationAST(document, named)!;
  expect(videoRequestsOf(schema, document, operation, variables)).toBe(count);
});

test('fragments that double many times take no time', () => {
  const fragments = Array.from(
    { length: 60 },
    (_, number) => `fragment f${number} on Mutation { ...f${number + 1} ...f${number + 1} }`,
  );
  const text = `mutation { ...f0 } ${fragments.join(' ')} fragment f60 on Mutation { make }`;
  const document = parse(text);
  expect(videoRequestsOf(schema, document, getOperationAST(document)!, {})).toBe(1);
});
