import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  GraphQLNonNull,
  GraphQLScalarType,
  isAbstractType,
  isNonNullType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { Context } from './context.ts';
import { fragmentsOf } from './operation-limits.ts';
import { isPlain, keyOf, OfNodes, writtenSign, type Place } from './plain-selections.ts';
import { writerFor, type Write, type Writing } from './plain-writer.ts';
import { Written } from './written.ts';

/** The type of what is written. */
const json = new GraphQLScalarType({ name: 'Written', serialize: (written) => written });

/**
 * Gives each field of objects a twin whose value is written as JSON at once, where graphql-js would
 * complete it field by field: 600 of them are most of what a list costs (docs/performance.md).
 *
 * Nobody can ask for a twin, and nobody sees it in the schema: only `withWrittenFields` puts it into a
 * document, wherever something plain is asked for.
 */
export function addWrittenFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const fields = type.getFields();
    for (const field of Object.values(fields)) {
      if (!isObjectType(getNamedType(field.type)) || field.subscribe) continue;
      Object.defineProperty(fields, field.name + writtenSign, {
        value: writtenTwin(field as GraphQLField<unknown, Context>),
      });
    }
  }
}

function writtenTwin(field: GraphQLField<unknown, Context>): GraphQLField<unknown, Context> {
  const resolve = field.resolve ?? defaultFieldResolver;
  const type = getNullableType(field.type);
  return {
    ...field,
    type: isNonNullType(field.type) ? new GraphQLNonNull(json) : json,
    resolve(source, args, context, info) {
      const value: unknown = resolve(source, args, context, { ...info, returnType: field.type });
      const write = (found: unknown) => writeField(found, type, context, info);
      return value instanceof Promise ? value.then(write) : write(value);
    },
  };
}

const writers = new OfNodes<Write>();

function writeField(
  value: unknown,
  type: GraphQLOutputType,
  context: Context,
  { schema, fragments, fieldNodes, parentType, fieldName, path }: GraphQLResolveInfo,
): Written | null {
  const write = writers.get(fieldNodes, () => {
    const field = `${parentType.name}.${fieldName}`;
    return writerFor(type, { schema, fragments, nodes: fieldNodes, field });
  });
  const keys: (string | number)[] = [];
  for (let at: typeof path | undefined = path; at; at = at.prev) keys.unshift(at.key);
  const writing: Writing = { path: keys, errors: [] };
  try {
    const text = write(value, writing);
    return text === null ? null : new Written(text);
  } finally {
    if (writing.errors.length > 0) errorsWritten(context).push(...writing.errors);
  }
}

/** Errors in written values at places that may be null; graphql-js does not know of them. */
export function errorsWritten(context: Context): GraphQLError[] {
  return context.once('errors in what is written', () => []);
}

const rewritten = new WeakMap<DocumentNode, DocumentNode>();

/** The document with the twins of fields of which only what is plain is asked for. */
export function withWrittenFields(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const known = rewritten.get(document);
  if (known) return known;
  const made = rewrite(schema, document);
  rewritten.set(document, made);
  return made;
}

function rewrite(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const fragments = Object.fromEntries(fragmentsOf(document));
  const place: Place = { schema, fragments };
  const types = new TypeInfo(schema);
  // Fields under one key are answered together: all of them must be plain.
  const other = new Set<string>();
  const placeOf = (parent: string, node: FieldNode) => `${parent} ${keyOf(node)}`;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const parent = types.getParentType();
        if (!parent || !node.selectionSet) return;
        if (isAbstractType(parent)) other.add(placeOf('', node));
        else if (!isWritable(node, parent as GraphQLObjectType, place))
          other.add(placeOf(parent.name, node));
      },
    }),
  );
  const others = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(others, {
      Field(node) {
        const parent = others.getParentType();
        if (!isObjectType(parent) || !node.selectionSet) return;
        if (other.has(placeOf('', node)) || other.has(placeOf(parent.name, node))) return;
        return {
          ...node,
          alias: node.alias ?? { kind: Kind.NAME, value: node.name.value },
          name: { ...node.name, value: node.name.value + writtenSign },
        };
      },
    }),
  );
}

function isWritable(node: FieldNode, parent: GraphQLObjectType, place: Place): boolean {
  const fields = parent.getFields();
  const twin = fields[node.name.value + writtenSign];
  const type = twin && getNamedType(fields[node.name.value]!.type);
  return isObjectType(type) && isPlain(node, type, place);
}
