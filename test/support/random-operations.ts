import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A document of one operation on the schema, half of them with something wrong
 * in it: a field or argument that does not exist, a value of another type, a
 * sign too many or too few.
 */
export function randomOperation(schema: GraphQLSchema, random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const chance = (part: number) => random() < part;
  const isBroken = chance(0.5);

  const value = (type: GraphQLInputType, depth: number): string => {
    if (isBroken && chance(0.1)) return pick(['null', '[]', '{}', '1e99', '-1', '"\\u0000"', 'X']);
    if (isNonNullType(type)) return value(type.ofType, depth);
    if (isListType(type)) {
      return `[${Array.from({ length: Math.floor(random() * 3) }, () => value(type.ofType, depth)).join(' ')}]`;
    }
    if (isEnumType(type)) return pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth < 3 && chance(0.3)),
      );
      return `{${fields.map((field) => `${field.name}: ${value(field.type, depth + 1)}`).join(', ')}}`;
    }
    const known: Record<string, readonly string[]> = {
      Int: ['1', '6', '20', '100', '2147483647', '0'],
      Boolean: ['true', 'false'],
      DateTime: ['"2026-11-23T12:00:00Z"', '"yesterday"'],
      ID: ['"01a20a96-2550-7661-bd8f-63b10abfa24d"', '"x"', '""', '7'],
    };
    return pick(
      known[type.name] ?? ['"MiniMax-Hailuo-02"', '"a boat"', '""', '"%_\\\\"', '"768P"'],
    );
  };

  const selection = (type: GraphQLNamedType, depth: number): string => {
    if (!isCompositeType(type)) return '';
    if (!isObjectType(type)) {
      const possible = schema.getPossibleTypes(type);
      return `{ __typename ${possible.map((one) => `... on ${one.name} ${selection(one, depth + 1)}`).join(' ')} }`;
    }
    const fields = Object.values(type.getFields()).filter(
      ({ type: of }) => depth < 6 || !isCompositeType(getNamedType(of)),
    );
    const chosen = fields.filter(() => chance(depth === 0 ? 0.15 : 0.35));
    const parts = chosen.map((field, index) => {
      const args = field.args
        .filter((arg) => isNonNullType(arg.type) || chance(0.3))
        .map((arg) => `${arg.name}: ${value(arg.type, 0)}`);
      if (isBroken && chance(0.03)) args.push('nonsense: 1');
      const alias = chance(0.1) ? `a${index}: ` : '';
      const directive = chance(0.05) ? pick([' @include(if: true)', ' @skip(if: true)']) : '';
      const name = isBroken && chance(0.02) ? `${field.name}s` : field.name;
      return `${alias}${name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive} ${selection(getNamedType(field.type), depth + 1)}`;
    });
    return `{ ${['__typename', ...parts].join(' ')} }`;
  };

  const kind = pick(['query', 'query', 'mutation'] as const);
  const root = kind === 'query' ? schema.getQueryType()! : schema.getMutationType()!;
  const text = `${kind} ${selection(root, 0)}`;
  if (!isBroken || chance(0.6)) return text;
  const at = Math.floor(random() * text.length);
  return (
    text.slice(0, at) +
    pick(['', '{', '}', '"', '(', '$', '@', '...', '\u0000']) +
    text.slice(at + 1)
  );
}
