import { expect, test } from '@jest/globals';
import { Kind, parse, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';
import { fieldsAt } from '../../../src/graphql/selection.ts';

/** The fields below the first ones of a document. */
function below(document: string, ...path: string[]): string[] {
  const { definitions } = parse(document);
  const [operation, ...fragments] = definitions as [
    OperationDefinitionNode,
    ...FragmentDefinitionNode[],
  ];
  const fieldNodes = operation.selectionSet.selections.filter((each) => each.kind === Kind.FIELD);
  return [
    ...fieldsAt(
      {
        fieldNodes,
        fragments: Object.fromEntries(fragments.map((each) => [each.name.value, each])),
      },
      path,
    ),
  ].sort();
}

test.each([
  ['plain', '{ list { edges { cursor node { a b } } } }', ['a', 'b']],
  ['under other names', '{ list { x: edges { y: node { z: a } } } }', ['a']],
  ['asked for twice', '{ list { edges { node { a } } edges { node { b } } } }', ['a', 'b']],
  ['in two places', '{ list { edges { node { a } } } list { edges { node { b } } } }', ['a', 'b']],
  [
    'perhaps left out',
    '{ list { edges { node @skip(if: $x) { a b @include(if: $x) } } } }',
    ['a', 'b'],
  ],
  [
    'in inline fragments',
    '{ list { ... { edges { node { ... on T { a { c } } b } } } } }',
    ['a', 'b'],
  ],
  [
    'in fragments, one of them at two depths',
    '{ list { ...L } } fragment L on L { edges { node { ...N } ...E } } fragment N on T { a ...M } fragment E on E { node { b ...M } } fragment M on T { c }',
    ['a', 'b', 'c'],
  ],
  ['none', '{ list { nodes { a } pageInfo { b } } }', []],
])('fields are found %s', (_, document, found) => {
  expect(below(document, 'edges', 'node')).toEqual(found);
});

test('fragments that spread each other twice cost no more than once', () => {
  const fragments = Array.from(
    { length: 40 },
    (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`,
  );
  const document = `{ list { ...F0 } } ${fragments.join(' ')} fragment F40 on T { a }`;
  expect(below(document)).toEqual(['a']);
});
