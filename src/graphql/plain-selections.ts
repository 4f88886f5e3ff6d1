import { isDeepStrictEqual } from 'node:util';
import {
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type InlineFragmentNode,
  type SelectionNode,
} from 'graphql';

/** Where a selection is looked at. */
export interface Place {
  schema: GraphQLSchema;
  fragments: Readonly<Record<string, FragmentDefinitionNode | undefined>>;
  /** Which fields are plain in spite of their resolvers; left out: none. */
  mayResolve?: (field: GraphQLField<unknown, unknown>) => boolean;
}

/** Ends the name of a field that is written (written-fields.ts). No document can have it. */
export const writtenSign = '!';

/** The name of a field, also where it is written. */
export function nameOf({ name: { value } }: FieldNode): string {
  return value.endsWith(writtenSign) ? value.slice(0, -1) : value;
}

export function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

/**
 * Whether whatever is asked of an object can be read off it: fields without arguments, directives
 * and resolvers, and such fields of the objects in it, in fragments without directives too.
 */
export function isPlain(node: FieldNode, type: GraphQLObjectType, place: Place): boolean {
  if (type.isTypeOf) return false;
  return (node.selectionSet?.selections ?? []).every((selection) =>
    isPlainSelection(selection, type, place),
  );
}

function isPlainSelection(
  selection: SelectionNode,
  type: GraphQLObjectType,
  place: Place,
): boolean {
  if (selection.directives && selection.directives.length > 0) return false;
  if (selection.kind !== Kind.FIELD) {
    const fragment = fragmentOf(selection, place);
    return (
      !appliesTo(fragment, type, place) ||
      fragment!.selectionSet.selections.every((part) => isPlainSelection(part, type, place))
    );
  }
  if (selection.arguments && selection.arguments.length > 0) return false;
  const name = nameOf(selection);
  if (name === '__typename') return true;
  const field = type.getFields()[name];
  if (!field || (field.resolve && !place.mayResolve?.(field))) return false;
  const of = getNamedType(field.type);
  return isLeafType(of) || (isObjectType(of) && isPlain(selection, of, place));
}

/**
 * The nodes of a plain selection by the key under which they are answered, in the order in which
 * graphql-js answers them.
 */
export function collectPlain(
  nodes: readonly FieldNode[],
  type: GraphQLObjectType,
  place: Place,
): Map<string, FieldNode[]> {
  const collected = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const collect = (selection: SelectionNode): void => {
    if (selection.kind === Kind.FIELD) {
      const key = keyOf(selection);
      const others = collected.get(key);
      if (others) others.push(selection);
      else collected.set(key, [selection]);
      return;
    }
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      if (spread.has(selection.name.value)) return;
      spread.add(selection.name.value);
    }
    const fragment = fragmentOf(selection, place);
    if (appliesTo(fragment, type, place)) fragment!.selectionSet.selections.forEach(collect);
  };
  for (const { selectionSet } of nodes) selectionSet?.selections.forEach(collect);
  return collected;
}

/** What is asked of an object: names of fields, by the keys under which they are answered, in order. */
export type AskedFields = ReadonlyMap<string, string>;

/** Something made of each list of nodes once: which there are beside the first is a matter of @skip and @include. */
export class OfNodes<Made> {
  readonly #made = new WeakMap<FieldNode, { nodes: readonly FieldNode[]; made: Made }>();

  get(nodes: readonly FieldNode[], make: () => Made): Made {
    const known = this.#made.get(nodes[0]!);
    if (known?.nodes.length === nodes.length && known.nodes.every((node, at) => node === nodes[at]))
      return known.made;
    const made = make();
    this.#made.set(nodes[0]!, { nodes, made });
    return made;
  }
}

const askedAt = new OfNodes<AskedFields | null>();

/**
 * What is asked of the objects at the ends of paths below the field that is being resolved, so that
 * it may give `Written` in their place. Null where it may not: the field is not one that is written,
 * different things are asked at several places, or none.
 */
export function askedOfWritten(
  { fieldNodes, returnType, schema, fragments }: GraphQLResolveInfo,
  paths: readonly (readonly string[])[],
): AskedFields | null {
  if (!fieldNodes[0]!.name.value.endsWith(writtenSign)) return null;
  return askedAt.get(fieldNodes, () => {
    const type = getNamedType(returnType) as GraphQLObjectType;
    const ends = paths.flatMap((path) => endsOf(fieldNodes, type, path, { schema, fragments }));
    const isFlat = ends.every((nodes) =>
      [...nodes.values()].every(([node]) => !node!.selectionSet),
    );
    const [asked, ...others] = ends.map(
      (nodes) => new Map([...nodes].map(([key, [node]]) => [key, nameOf(node!)] as const)),
    );
    const isSame = others.every((other) => isDeepStrictEqual([...other], [...asked!]));
    return asked && isFlat && isSame ? asked : null;
  });
}

function endsOf(
  nodes: readonly FieldNode[],
  type: GraphQLObjectType,
  [name, ...rest]: readonly string[],
  place: Place,
): Map<string, FieldNode[]>[] {
  const asked = collectPlain(nodes, type, place);
  if (name === undefined) return [asked];
  return [...asked.values()]
    .filter(([node]) => nameOf(node!) === name)
    .flatMap((found) => {
      const below = getNamedType(fieldOf(type, found[0]!)!.type) as GraphQLObjectType;
      return endsOf(found, below, rest, place);
    });
}

export function fieldOf(
  type: GraphQLObjectType,
  node: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  return type.getFields()[nameOf(node)];
}

function fragmentOf(
  selection: Exclude<SelectionNode, FieldNode>,
  { fragments }: Place,
): FragmentDefinitionNode | InlineFragmentNode | undefined {
  return selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
}

function appliesTo(
  fragment: FragmentDefinitionNode | InlineFragmentNode | undefined,
  type: GraphQLObjectType,
  { schema }: Place,
): boolean {
  if (!fragment) return false;
  if (!fragment.typeCondition) return true;
  const condition = schema.getType(fragment.typeCondition.name.value);
  return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type));
}
