import { Kind, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import { nameOf } from './plain-selections.ts';

/**
 * The names of the fields that are asked for at a path below the field that is being resolved: those
 * in fragments too, and also those that @skip or @include may leave out.
 */
export function fieldsAt(
  { fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
  path: readonly string[],
): Set<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const collect = (set: SelectionSetNode | undefined, depth: number): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, depth);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const { value: name } = selection.name;
        // Once is enough, however often it is spread.
        if (seen.has(`${depth} ${name}`)) continue;
        seen.add(`${depth} ${name}`);
        collect(fragments[name]?.selectionSet, depth);
      } else if (depth === path.length) {
        names.add(nameOf(selection));
      } else if (nameOf(selection) === path[depth]) {
        collect(selection.selectionSet, depth + 1);
      }
    }
  };
  for (const { selectionSet } of fieldNodes) collect(selectionSet, 0);
  return names;
}
