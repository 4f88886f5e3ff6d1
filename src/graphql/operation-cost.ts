import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { ApiError } from './errors.ts';
import { fragmentsOf, limits } from './operation-limits.ts';
import { defaultPageSize, maxPageSize } from './paging.ts';

export interface Cost {
  requested: number;
  limit: number;
}

/** How long a list of objects without a page size is taken to be. */
const assumedListLength = 5;

/** Each change of something, beside what it is asked to show. */
const mutationCost = 10;

/** The schema itself: a lot of work, and always the same. */
const introspectionCost = 100;

/**
 * What a validated operation may cost at most, before it runs.
 *
 * One for each object that it can answer, none for the values in it. A page
 * counts as many as it asks for with `first` or `last`, a list by `ids` as many as those; other
 * lists count 5.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> = {},
): Cost {
  const fragments = fragmentsOf(document);
  const known = new Map<string, number>();

  /** `page` is how many entries the lists of a connection have; undefined elsewhere. */
  const costOfSelections = (
    { selections }: SelectionSetNode,
    parent: GraphQLNamedType | undefined,
    page: number | undefined,
  ): number => {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        cost += costOfField(selection, parent, page);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition
          ? schema.getType(selection.typeCondition.name.value)
          : parent;
        cost += costOfSelections(selection.selectionSet, type, page);
      } else {
        cost += costOfFragment(selection.name.value, page);
      }
    }
    return cost;
  };

  const costOfField = (
    field: FieldNode,
    parent: GraphQLNamedType | undefined,
    page: number | undefined,
  ): number => {
    if (!field.selectionSet) return 0;
    if (field.name.value.startsWith('__')) return introspectionCost;
    const definition = fieldOf(parent, field.name.value);
    if (!definition) return 0;
    const type = getNamedType(definition.type);
    if (!isCompositeType(type)) return 0;
    const isList = isListType(getNullableType(definition.type));
    const asked = pageSizeOf(field, operation, variables);
    if (isList) {
      const length = asked ?? page ?? assumedListLength;
      return length * (1 + costOfSelections(field.selectionSet, type, undefined));
    }
    const hasPages = definition.args.some(({ name }) => name === 'first' || name === 'last');
    const ownPage = hasPages ? (asked ?? defaultPageSize) : undefined;
    return 1 + costOfSelections(field.selectionSet, type, ownPage);
  };

  const costOfFragment = (name: string, page: number | undefined): number => {
    const key = `${name} ${page}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const fragment = fragments.get(name);
    const cost = fragment
      ? costOfSelections(
          fragment.selectionSet,
          schema.getType(fragment.typeCondition.name.value),
          page,
        )
      : 0;
    known.set(key, cost);
    return cost;
  };

  const changes =
    operation.operation === OperationTypeNode.MUTATION
      ? operation.selectionSet.selections.length * mutationCost
      : 0;
  const root = schema.getRootType(operation.operation) ?? undefined;
  return {
    requested: changes + costOfSelections(operation.selectionSet, root, undefined),
    limit: limits.cost,
  };
}

/** Throws OPERATION_TOO_COMPLEX above the limit. */
export function demandAffordable({ requested, limit }: Cost): void {
  if (requested <= limit) return;
  throw new ApiError(
    'OPERATION_TOO_COMPLEX',
    `The operation may cost ${requested}, and ${limit} is allowed: it counts each object that can be answered. Ask for smaller pages (\`first\`, \`last\`), or for fewer lists within them.`,
    { cost: { requested, limit } },
  );
}

function fieldOf(
  parent: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

/** What `first`, `last` or `ids` ask for; undefined when none does. A page that is refused later counts as the largest. */
function pageSizeOf(
  field: FieldNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  const sizes = ['first', 'last', 'ids'].flatMap((wanted) => {
    const argument = field.arguments?.find(({ name }) => name.value === wanted);
    if (!argument) return [];
    let { value } = argument;
    if (value.kind === Kind.VARIABLE) {
      const { name } = value;
      const given = variables[name.value];
      if (Array.isArray(given)) return [given.length];
      if (given !== undefined) return typeof given === 'number' ? [given] : [];
      const declared = operation.variableDefinitions?.find(
        ({ variable }) => variable.name.value === name.value,
      );
      if (!declared?.defaultValue) return [];
      value = declared.defaultValue;
    }
    if (value.kind === Kind.LIST) return [value.values.length];
    return value.kind === Kind.INT ? [Number(value.value)] : [];
  });
  return sizes.length > 0 ? Math.min(Math.max(0, ...sizes), maxPageSize) : undefined;
}
