import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

/** What is sent of a document: it may have several operations. */
export interface RandomDocument {
  query: string;
  operationName: string;
  variables: Record<string, unknown>;
}

/** Names that have broken some program. */
const aliases = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a', 'b', 'length'];

/** Of one operation, a subscription to one of these fields, with the same. */
export function randomSubscription(
  schema: GraphQLSchema,
  random: () => number,
  rootFields: readonly string[],
): RandomDocument {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const maker = new DocumentMaker(schema, pick, (part) => random() < part, rootFields);
  const { text, name, variables } = maker.operation('Watch', 'subscription');
  return { query: [text, ...maker.fragments()].join('\n'), operationName: name, variables };
}

/**
 * A document with what executors get wrong: variables at every depth, left out, null or given;
 * directives with literals and variables; fragments shared by several places; fields under other
 * names; fields asked for twice; several operations. Most are valid.
 */
export function randomDocument(
  schema: GraphQLSchema,
  random: () => number,
  rootFields: readonly string[],
): RandomDocument {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const chance = (part: number) => random() < part;
  const maker = new DocumentMaker(schema, pick, chance, rootFields);
  const operations = Array.from({ length: chance(0.15) ? 2 : 1 }, (_, index) =>
    maker.operation(`Operation${index}`),
  );
  const { name, variables } = pick(operations);
  const text = [...operations.map((operation) => operation.text), ...maker.fragments()];
  return { query: text.join('\n'), operationName: name, variables };
}

class DocumentMaker {
  readonly #schema: GraphQLSchema;
  readonly #pick: <T>(from: readonly T[]) => T;
  readonly #chance: (part: number) => boolean;
  readonly #rootFields: readonly string[];
  readonly #fragments = new Map<string, { on: string; text: string }>();
  /** What stands under each key of a type: the same may be asked for again. */
  readonly #asked = new Map<string, string>();
  /** Shared by all operations, so that fragments may use them. */
  readonly #declared = new Map<string, { text: string; given: unknown }>();
  #count = 0;

  constructor(
    schema: GraphQLSchema,
    pick: <T>(from: readonly T[]) => T,
    chance: (part: number) => boolean,
    rootFields: readonly string[],
  ) {
    this.#schema = schema;
    this.#pick = pick;
    this.#chance = chance;
    this.#rootFields = rootFields;
  }

  operation(name: string, kind: 'query' | 'subscription' = 'query') {
    const before = new Set(this.#declared.keys());
    const body =
      kind === 'query'
        ? this.#selection(this.#schema.getQueryType()!, 0)
        : `{ ${this.#field(this.#schema.getSubscriptionType()!, 0)} }`;
    const used = [...this.#declared].filter(([variable]) => !before.has(variable));
    const head = used.length > 0 ? `(${used.map(([, { text }]) => text).join(', ')})` : '';
    const variables = Object.fromEntries(
      used.flatMap(([variable, { given }]) => (given === undefined ? [] : [[variable, given]])),
    );
    return { name, variables, text: `${kind} ${name}${head} ${body}` };
  }

  fragments(): string[] {
    return [...this.#fragments].map(([name, { on, text }]) => `fragment ${name} on ${on} ${text}`);
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + this.#pick([0, 0, 1, 1, 2, 3]);
    const parts = Array.from({ length: count }, () => this.#part(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #part(type: GraphQLCompositeType, depth: number): string {
    if (depth > 0 && this.#chance(0.12)) {
      const on = this.#pick(['', ` on ${type.name}`]);
      return `...${on}${this.#directive()} ${this.#selection(type, depth)}`;
    }
    if (depth > 0 && this.#chance(0.15)) return this.#spread(type, depth);
    if (isObjectType(type) && type.getInterfaces().length > 0 && this.#chance(0.05))
      return `... on ${type.getInterfaces()[0]!.name}${this.#directive()} { id }`;
    return this.#field(type, depth);
  }

  #spread(type: GraphQLCompositeType, depth: number): string {
    const known = [...this.#fragments].filter(
      ([, { on, text }]) => on === type.name && text !== '',
    );
    if (known.length > 0 && this.#chance(0.6))
      return `...${this.#pick(known)[0]}${this.#directive()}`;
    const name = `Fragment${this.#count++}`;
    // Until it is made nothing in it may spread it.
    this.#fragments.set(name, { on: type.name, text: '' });
    this.#fragments.set(name, { on: type.name, text: this.#selection(type, depth) });
    return `...${name}${this.#directive()}`;
  }

  #field(type: GraphQLCompositeType, depth: number): string {
    if (!('getFields' in type) || this.#chance(0.05)) return `__typename${this.#directive()}`;
    const fields = Object.values(type.getFields()).filter(
      (field) =>
        (depth > 0 || this.#rootFields.includes(field.name)) &&
        (depth < 5 || !isCompositeType(getNamedType(field.type))),
    );
    // What leads to rows is asked for more often than a page's other fields.
    const leading = fields.filter(({ name }) =>
      ['generations', 'edges', 'nodes', 'node'].includes(name),
    );
    const field = this.#pick(leading.length > 0 && this.#chance(0.6) ? leading : fields);
    const given = field.args
      .filter((arg) => isNonNullType(arg.type) || this.#chance(0.3))
      .map((arg) => `${arg.name}: ${this.#value(arg.type, 0)}`);
    const args = given.length > 0 ? `(${given.join(', ')})` : '';
    const signature = `${field.name}${args}`;
    let key = this.#chance(0.15) ? this.#pick(aliases) : field.name;
    const asked = `${type.name}.${key}`;
    if ((this.#asked.get(asked) ?? signature) !== signature) key = `x${this.#count++}`;
    this.#asked.set(`${type.name}.${key}`, signature);
    const alias = key === field.name ? '' : `${key}: `;
    const of = getNamedType(field.type);
    const within = isCompositeType(of) ? ` ${this.#selection(of, depth + 1)}` : '';
    return `${alias}${signature}${this.#directive()}${within}`;
  }

  #directive(): string {
    if (this.#chance(0.92)) return '';
    const condition = this.#chance(0.5)
      ? this.#pick(['true', 'false'])
      : this.#variable('Boolean!', () => this.#chance(0.5), this.#pick(['', '', ' = true']));
    return ` @${this.#pick(['include', 'skip'])}(if: ${condition})`;
  }

  #variable(type: string, make: () => unknown, fallback: string): string {
    const name = `v${this.#declared.size}`;
    const isOptional = !type.endsWith('!') || fallback !== '';
    const isNullable = !type.endsWith('!');
    const left = this.#chance(isNullable ? 0.3 : 0.02)
      ? 'null'
      : isOptional && this.#chance(0.3)
        ? 'out'
        : 'given';
    const given = left === 'given' ? make() : left === 'null' ? null : undefined;
    this.#declared.set(name, { text: `$${name}: ${type}${fallback}`, given });
    return `$${name}`;
  }

  /** A literal, with variables wherever it can have one. */
  #value(type: GraphQLInputType, depth: number): string {
    if (this.#chance(0.25)) {
      // A variable that may be null may stand where there is a default, also where null may not.
      const declared = this.#chance(0.6) ? type : getNullableType(type);
      const fallback = this.#chance(0.2) ? ` = ${this.#literal(getNullableType(type), 2)}` : '';
      return this.#variable(String(declared), () => this.#json(type, depth), fallback);
    }
    if (!isNonNullType(type) && this.#chance(0.05)) return 'null';
    return this.#literal(type, depth, (part, within) => this.#value(part, within));
  }

  #literal(
    type: GraphQLInputType,
    depth: number,
    of: (type: GraphQLInputType, depth: number) => string = (part, within) =>
      this.#literal(part, within),
  ): string {
    const bare = getNullableType(type);
    if (isListType(bare)) {
      if (this.#chance(0.2)) return of(bare.ofType, depth + 1);
      return `[${Array.from({ length: this.#pick([0, 1, 2]) }, () => of(bare.ofType, depth + 1)).join(', ')}]`;
    }
    if (isInputObjectType(bare)) {
      const fields = Object.values(bare.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth < 4 && this.#chance(0.2)),
      );
      return `{${fields.map((field) => `${field.name}: ${of(field.type, depth + 1)}`).join(', ')}}`;
    }
    if (isEnumType(bare)) return this.#pick(bare.getValues()).name;
    return JSON.stringify(this.#scalar(bare.name));
  }

  #json(type: GraphQLInputType, depth: number): unknown {
    const bare = getNullableType(type);
    if (type === bare && this.#chance(0.05)) return null;
    if (isListType(bare)) return [0, 1].map(() => this.#json(bare.ofType, depth + 1));
    if (isInputObjectType(bare)) {
      const fields = Object.values(bare.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth < 4 && this.#chance(0.2)),
      );
      return Object.fromEntries(
        fields.map((field) => [field.name, this.#json(field.type, depth + 1)]),
      );
    }
    if (isEnumType(bare)) return this.#pick(bare.getValues()).name;
    return this.#scalar(bare.name);
  }

  #scalar(name: string): unknown {
    if (name === 'Int') return this.#pick([1, 3, 20]);
    if (name === 'Boolean') return this.#chance(0.5);
    if (name === 'DateTime') return '2026-11-23T12:00:00Z';
    if (name === 'Decimal') return '0.28';
    return this.#pick(['a boat', '__proto__', '"\u2028\\', '']);
  }
}
