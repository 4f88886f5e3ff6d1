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

/** What is sent as a request's JSON. */
export interface RandomRequest {
  kind: 'query' | 'mutation' | 'subscription';
  query: string;
  variables?: unknown;
  operationName?: unknown;
}

const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const someId = '01a20a96-2550-7661-bd8f-63b10abfa24d';

const usualStrings = ['MiniMax-Hailuo-02', 'a boat', '768P', 'rg_1f0c9a2b', '%_\\', ''];
/** Each has broken some program: ends of strings, halves of characters, names of objects, other languages. */
const oddStrings = [
  'a\u0000b',
  '\u0000',
  '\ud800',
  'x\udc00y',
  '\u0001\u001f\u007f\u0085\u2028\ufeff\uffff',
  '🎬👩‍👩‍👧‍👦 ﷽ ﷺ e\u0301 \u202eabc',
  '__proto__',
  'constructor',
  '${7*7} {{7*7}} %s %n',
  "'; DROP TABLE video_generation; --",
  '../../etc/passwd',
  'http://[::1',
  'data:image/png;base64,AAAA',
  'data:image/png;base64,\u0000',
  'https://example.com/a.png\u0000',
  'null',
  'NaN',
  ' '.repeat(50),
  '\\',
  '"""',
  cursor('CREATED_AT', someId),
  cursor('CREATED_AT', 'x'),
  cursor('UPDATED_AT', someId, '2026-11-23T12:00:00.000Z'),
  cursor('UPDATED_AT', someId, '+275760-09-13T00:00:00.000Z'),
  cursor('UPDATED_AT', someId, '-000001-01-01T00:00:00Z'),
  cursor('UPDATED_AT', someId, '0000'),
  cursor(someId),
  cursor(),
  cursor(null, 5, {}),
  Buffer.from('{"a":').toString('base64url'),
];
const usualInts = [1, 6, 20, 100, 0];
const oddInts = [-1, 101, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 1e21, 1e300, 1.5, -0];
const usualDates = ['2026-11-23T12:00:00Z', '2026-11-23T12:00:00.123+05:30'];
const oddDates = [
  'yesterday',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-23:59',
  '2026-02-30T00:00:00Z',
  '2026-11-23T24:00:00Z',
  '2026-11-23T12:00:60Z',
  '2026-11-23',
  '+275760-09-13T00:00:00Z',
  '-271821-04-20T00:00:00Z',
];

/** An enum's value: without quotes in a document, with them in JSON. */
class Name {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return this.text;
  }
}

/**
 * A request of one operation on the schema, half of them with something wrong in it: a field,
 * argument or variable that does not exist, a value of another type or out of any range, a sign too
 * many or too few, brackets without end.
 */
export function randomRequest(
  schema: GraphQLSchema,
  random: () => number,
  ids: readonly string[] = [],
): RandomRequest {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const chance = (part: number) => random() < part;
  const isBroken = chance(0.5);
  /** Well-formed by its type, if by nothing else. */
  const isOdd = chance(0.5);

  const text = () =>
    isOdd && chance(0.02)
      ? pick(['x', 'ü', '🎬', '\u0000', '(']).repeat(pick([2_000, 2_001, 100_000]))
      : pick(isOdd && chance(0.6) ? oddStrings : usualStrings);
  const scalars: Record<string, () => unknown> = {
    Int: () => pick(isOdd && chance(0.5) ? oddInts : usualInts),
    Boolean: () => chance(0.5),
    DateTime: () => pick(isOdd && chance(0.7) ? oddDates : usualDates),
    ID: () => (chance(0.7) ? pick([...ids, someId, 'x', '', 7]) : text()),
    String: text,
  };
  const nonsense = [null, [], {}, [[]], 1e99, -1, '\u0000', true, 'X', { a: { b: [null] } }];

  const value = (type: GraphQLInputType, depth: number): unknown => {
    if (isBroken && chance(0.07)) return pick(nonsense);
    if (isNonNullType(type)) return value(type.ofType, depth);
    if (chance(0.05)) return null;
    if (isListType(type)) {
      const length = isOdd && chance(0.05) ? pick([0, 50]) : Math.floor(random() * 3);
      return Array.from({ length }, () => value(type.ofType, depth));
    }
    if (isEnumType(type)) return new Name(pick(type.getValues()).name);
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      // Types that contain themselves, as deep as they may be and deeper.
      const within = fields.find((field) => getNamedType(field.type) === type);
      if (within && isOdd && depth === 0 && chance(0.1)) {
        let nested: unknown = {};
        for (let level = pick([5, 6, 40]); level > 0; level -= 1)
          nested = { [within.name]: nested };
        return nested;
      }
      const given = fields.filter(
        (field) => isNonNullType(field.type) || (depth < 3 && chance(0.3)),
      );
      const object = Object.fromEntries(
        given.map((field) => [field.name, value(field.type, depth + 1)]),
      );
      return isBroken && chance(0.03) ? { ...object, nonsense: 1 } : object;
    }
    return (scalars[type.name] ?? text)();
  };

  const variables: Record<string, unknown> = {};
  const declared: string[] = [];
  /** Written into the document, or sent beside it. */
  const argument = (type: GraphQLInputType): string => {
    const given = value(type, 0);
    if (chance(0.6)) return literal(given);
    const name = `v${declared.length}`;
    const asked = isBroken && chance(0.05) ? pick(['Int', '[String!]!', 'Nothing']) : String(type);
    const fallback = chance(0.1) ? ` = ${literal(given)}` : '';
    declared.push(`$${name}: ${asked}${fallback}`);
    if (!isBroken || chance(0.9)) variables[name] = given;
    return `$${name}`;
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
    // Of a root as many however many it has: one that fails spoils the whole.
    const chosen = fields.filter(() => chance(depth === 0 ? 2 / fields.length : 0.35));
    const parts = chosen.map((field, index) => {
      const args = field.args
        .filter((arg) => isNonNullType(arg.type) || chance(0.3))
        .map((arg) => `${arg.name}: ${argument(arg.type)}`);
      if (isBroken && chance(0.03)) args.push('nonsense: 1');
      const alias = chance(0.1) ? `a${index}: ` : '';
      const directive = chance(0.05) ? pick([' @include(if: true)', ' @skip(if: true)']) : '';
      const name = isBroken && chance(0.02) ? `${field.name}s` : field.name;
      return `${alias}${name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive} ${selection(getNamedType(field.type), depth + 1)}`;
    });
    return `{ ${['__typename', ...parts].join(' ')} }`;
  };

  const kind = pick(['query', 'query', 'query', 'mutation', 'mutation', 'subscription'] as const);
  const root = {
    query: schema.getQueryType()!,
    mutation: schema.getMutationType()!,
    subscription: schema.getSubscriptionType()!,
  }[kind];
  const [only] = Object.values(root.getFields());
  const body =
    kind === 'subscription'
      ? `{ ${only!.name}(${only!.args.map((arg) => `${arg.name}: ${argument(arg.type)}`).join(', ')}) ${selection(getNamedType(only!.type), 1)} }`
      : selection(root, 0);
  const head = `${kind} Random${declared.length > 0 ? `(${declared.join(', ')})` : ''}`;
  const request: RandomRequest = { kind, query: `${head} ${body}`, variables };
  if (isBroken && chance(0.4)) spoil(request, pick, random);
  return request;
}

/** A value as it is written in a document. */
function literal(value: unknown): string {
  if (value instanceof Name) return value.text;
  if (Array.isArray(value)) return `[${value.map(literal).join(' ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, part]) => `${name}: ${literal(part)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

function spoil(
  request: RandomRequest,
  pick: <T>(from: readonly T[]) => T,
  random: () => number,
): void {
  const way = random();
  if (way < 0.15) {
    request.variables = pick<unknown>([null, [], 5, 'x', { v0: nested(500) }, { ['\u0000']: 1 }]);
  } else if (way < 0.25) {
    request.operationName = pick<unknown>(['Unknown', '', 5, null, {}, '\u0000']);
  } else if (way < 0.35) {
    const depth = pick([20, 200, 20_000]);
    const open = pick(['{ a ', '{ ... ', '[', '(', '{a:', '@a(b:']);
    request.query = `${request.query.slice(0, Math.floor(random() * request.query.length))}${open.repeat(depth)}`;
  } else {
    const at = Math.floor(random() * request.query.length);
    const sign = pick(['', '{', '}', '"', '(', '$', '@', '...', '\u0000', '\ud800', '🎬', '"""']);
    request.query = request.query.slice(0, at) + sign + request.query.slice(at + 1);
  }
}

/** An object in an object in an object … */
function nested(depth: number): unknown {
  return JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
}
