import { inspect } from 'node:util';
import {
  getNullableType,
  GraphQLError,
  isLeafType,
  isListType,
  isNonNullType,
  locatedError,
  type FieldNode,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { Written } from './written.ts';
import { collectPlain, fieldOf, nameOf, type Place } from './plain-selections.ts';

/** Where the writing has got to, and what went wrong in places that may be null. */
export interface Writing {
  path: (string | number)[];
  errors: GraphQLError[];
}

/** JSON, or null where there is no value; throws what graphql-js throws. */
export type Write = (value: unknown, writing: Writing) => string | null;

/** What a value is written for. */
interface Asked extends Place {
  nodes: readonly FieldNode[];
  /** As messages name the field: `Type.field`. */
  field: string;
}

/**
 * Writes a value of a type, of which something plain is asked, as graphql-js completes it: the same
 * keys in the same order, the same errors at the same places.
 */
export function writerFor(type: GraphQLOutputType, asked: Asked): Write {
  if (isNonNullType(type)) {
    const write = writerFor(type.ofType, asked);
    return (value, writing) => {
      const text = write(value, writing);
      if (text === null)
        throw new Error(`Cannot return null for non-nullable field ${asked.field}.`);
      return text;
    };
  }
  const write = isListType(type)
    ? writerForList(type.ofType, asked)
    : isLeafType(type)
      ? writerForLeaf(type)
      : writerForObject(type as GraphQLObjectType, asked);
  return (value, writing) => {
    if (value instanceof Error) throw value;
    if (value === null || value === undefined) return null;
    return write(value, writing);
  };
}

function writerForLeaf(type: GraphQLLeafType): Write {
  return (value) => {
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined) {
      throw new Error(
        `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
      );
    }
    return JSON.stringify(serialized);
  };
}

function writerForList(type: GraphQLOutputType, asked: Asked): Write {
  const write = protectedBy(type, asked.nodes, writerFor(type, asked));
  return (list, writing) => {
    if (
      typeof list !== 'object' ||
      typeof (list as Iterable<unknown>)[Symbol.iterator] !== 'function'
    ) {
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${asked.field}".`);
    }
    let text = '';
    let index = 0;
    for (const item of list as Iterable<unknown>) {
      text += `${index === 0 ? '[' : ','}${write(plain(item), writing, index)}`;
      index += 1;
    }
    return index === 0 ? '[]' : `${text}]`;
  };
}

function writerForObject(type: GraphQLObjectType, asked: Asked): Write {
  const fields = [...collectPlain(asked.nodes, type, asked)].map(([key, nodes], index) => {
    const start = `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`;
    const name = nameOf(nodes[0]!);
    if (name === '__typename') return { start: `${start}${JSON.stringify(type.name)}` };
    const { type: of } = fieldOf(type, nodes[0]!)!;
    const write = writerFor(of, { ...asked, nodes, field: `${type.name}.${name}` });
    return { start, key, name, write: protectedBy(of, nodes, write) };
  });
  return (value, writing) => {
    if (value instanceof Written) return value.text;
    const source = (typeof value === 'object' ? value : {}) as Record<string, unknown>;
    let text = '';
    for (const { start, name, key, write } of fields) {
      text += write ? start + write(plain(source[name]), writing, key) : start;
    }
    return text === '' ? '{}' : `${text}}`;
  };
}

/** graphql-js would wait for one, and call the other: what is written has neither. */
function plain(value: unknown): unknown {
  if (typeof value === 'function' || isThenable(value))
    throw new TypeError('A field that is written has no plain value.');
  return value;
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Writes what stands at a key or index; an error leaves null there, where there may be null. */
function protectedBy(type: GraphQLOutputType, nodes: readonly FieldNode[], write: Write) {
  const isNullable = getNullableType(type) === type;
  return (value: unknown, writing: Writing, at: string | number): string => {
    const { path, errors } = writing;
    const depth = path.push(at);
    try {
      const text = write(value, writing) ?? 'null';
      path.length = depth - 1;
      return text;
    } catch (thrown) {
      path.length = depth;
      const error = locatedError(thrown, nodes, [...path]);
      if (!isNullable) throw error;
      path.length = depth - 1;
      errors.push(error);
      return 'null';
    }
  };
}
