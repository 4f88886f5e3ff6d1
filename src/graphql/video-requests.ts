import {
  getVariableValues,
  GraphQLBoolean,
  Kind,
  OperationTypeNode,
  valueFromAST,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Context } from './context.ts';
import { fragmentsOf } from './operation-limits.ts';

/** The `@Extensions` of each field of a mutation that has something sent that costs money. */
export const requestsVideo = { requestsVideo: true } as const;

/**
 * Has each field that requests a video counted as a request of its own; the first is the request
 * that brought the operation.
 *
 * Rejects with RATE_LIMITED, and nothing is counted, when there are more than what the caller has
 * left. To be asked of a valid operation before it runs.
 */
export async function countVideoRequests(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  { takeMore }: Pick<Context, 'takeMore'>,
): Promise<void> {
  const count = videoRequestsOf(schema, document, operation, variables);
  if (count > 1) await takeMore(count - 1);
}

/** How many fields that request a video an operation will run; none when its variables do not fit. */
export function videoRequestsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  if (operation.operation !== OperationTypeNode.MUTATION) return 0;
  const { variableDefinitions = [], selectionSet } = operation;
  const { coerced } = getVariableValues(schema, variableDefinitions, variables);
  if (!coerced) return 0;

  const fields = schema.getMutationType()?.getFields() ?? {};
  const fragments = fragmentsOf(document);
  const spread = new Set<string>();
  // Fields under one name are one: they run once.
  const names = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (isLeftOut(selection, coerced)) continue;
      if (selection.kind === Kind.FIELD) {
        const { alias, name } = selection;
        const isOne = fields[name.value]?.extensions['requestsVideo'] === true;
        if (isOne) names.add((alias ?? name).value);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) collect(fragment.selectionSet);
      }
    }
  };
  collect(selectionSet);
  return names.size;
}

/** Whether @skip or @include takes it out. One whose condition is null is taken to be in: execution refuses it. */
function isLeftOut(
  { directives = [] }: SelectionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return directives.some(({ name, arguments: [condition] = [] }) => {
    const value = condition && valueFromAST(condition.value, GraphQLBoolean, variables);
    return (
      (name.value === 'skip' && value === true) || (name.value === 'include' && value === false)
    );
  });
}
