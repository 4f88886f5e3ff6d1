import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { ApiError } from './errors.ts';

/**
 * Refuses a subscription whose field may be left out: it would subscribe to nothing, which the
 * specification forbids since September 2025, and at which graphql-js breaks.
 */
export function demandSubscribedField(
  { definitions }: DocumentNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): void {
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation !== OperationTypeNode.SUBSCRIPTION) continue;
    if (!mayBeLeftOut(definition.selectionSet, fragments, new Set())) continue;
    throw new ApiError(
      'BAD_USER_INPUT',
      'The field of a subscription takes no @skip or @include: send the operation, or do not.',
    );
  }
}

function mayBeLeftOut(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  spread: Set<string>,
): boolean {
  return selections.some((selection) => {
    const names = (selection.directives ?? []).map(({ name }) => name.value);
    if (names.includes('skip') || names.includes('include')) return true;
    if (selection.kind === Kind.FIELD) return false;
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return mayBeLeftOut(selection.selectionSet, fragments, spread);
    const { value } = selection.name;
    const fragment = fragments.get(value);
    if (!fragment || spread.has(value)) return false;
    spread.add(value);
    return mayBeLeftOut(fragment.selectionSet, fragments, spread);
  });
}
