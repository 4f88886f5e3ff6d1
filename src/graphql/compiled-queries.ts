import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import {
  getNamedType,
  getVariableValues,
  GraphQLError,
  GraphQLScalarType,
  isAbstractType,
  isNonNullType,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ASTVisitor,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Context } from './context.ts';

/** Null where graphql-js is to answer. */
type Run = (
  context: Context,
  variables: Readonly<Record<string, unknown>>,
) => ExecutionResult | Promise<ExecutionResult> | null;

/** An operation is compiled when it comes this often: what comes once costs nothing but its execution. */
const compiledFrom = 3;

/**
 * Runs queries that come again as functions made of them: a list takes a third less CPU (bench/README.md, "Reads").
 *
 * graphql-js has the last word: it reads the variables, and where the function has an error, whatever
 * it is, the query runs again as if there were no function, so that errors are those of graphql-js.
 */
export function createCompiledQueries(
  log: Record<'info' | 'error', (details: object, message: string) => void>,
): ApolloServerPlugin<Context> {
  const uses = new WeakMap<OperationDefinitionNode, number>();
  const compiled = new WeakMap<OperationDefinitionNode, Run | null>();
  return {
    requestDidStart: () =>
      Promise.resolve({
        async responseForOperation({ schema, document, request, contextValue, ...asked }) {
          // Without one, graphql-js says that it is missing.
          const operation = asked.operation as OperationDefinitionNode | undefined;
          if (operation?.operation !== OperationTypeNode.QUERY) return null;
          const count = (uses.get(operation) ?? 0) + 1;
          uses.set(operation, count);
          if (count < compiledFrom) return null;
          try {
            if (count === compiledFrom)
              compiled.set(operation, compile(schema, document, operation));
            const { variableDefinitions = [] } = operation;
            const { coerced } = getVariableValues(
              schema,
              variableDefinitions,
              request.variables ?? {},
            );
            const result = coerced && (await compiled.get(operation)?.(contextValue, coerced));
            if (!result) return null;
            if (result.errors) {
              // What is not meant for the caller may not come again, and would go unnoticed.
              const error = result.errors.find(isUnexpected);
              if (error) log.info({ error }, 'a compiled query failed: it runs again');
              return null;
            }
            return {
              http: { headers: new HeaderMap() },
              body: { kind: 'single', singleResult: { data: result.data } },
            };
          } catch (error) {
            log.error({ error }, 'a query could not be compiled: graphql-js answers it');
            return null;
          }
        },
      }),
  };
}

/** Whether an error of a function is not meant for the caller, as are those made for it and those in its arguments. */
function isUnexpected({ message, originalError }: GraphQLError): boolean {
  if (originalError === undefined) return !message.startsWith('Argument "');
  return !(originalError instanceof GraphQLError);
}

/** The function of an operation, for variables that have been read; null when there can be none. */
function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  { name }: OperationDefinitionNode,
): Run | null {
  const { demanded, hasAbstract } = usesIn(schema, document);
  // type-graphql tells the type of an object by a promise, for which graphql-jit does not wait.
  if (hasAbstract) return null;
  const query = compileQuery(withRead(schema), readingNothing(document), name?.value);
  if (!isCompiledQuery(query)) return null;
  return (context, variables) =>
    // graphql-jit would hand on the null, within lists and input objects.
    [...demanded].some((name) => variables[name] == null)
      ? null
      : query.query(undefined, context, variables);
}

/**
 * Which variables stand where there must be a value, though they may be null themselves since they or
 * the places have defaults; and whether a field is of an interface or union.
 */
function usesIn(schema: GraphQLSchema, document: DocumentNode) {
  const demanded = new Set<string>();
  let hasAbstract = false;
  const types = new TypeInfo(schema);
  const visitor: ASTVisitor = {
    Variable({ name }) {
      if (isNonNullType(types.getInputType())) demanded.add(name.value);
    },
    Field() {
      hasAbstract ||= isAbstractType(getNamedType(types.getType()));
    },
  };
  visit(document, visitWithTypeInfo(types, visitor));
  return { demanded, hasAbstract };
}

/** The type of a variable that has been read: it is taken as it is. */
const read = new GraphQLScalarType({ name: 'Read' });

function withRead(schema: GraphQLSchema): GraphQLSchema {
  return Object.create(schema, {
    getType: { value: (name: string) => (name === read.name ? read : schema.getType(name)) },
  }) as GraphQLSchema;
}

/**
 * The document with variables that need not be read. graphql-jit would write out input types that
 * contain themselves, such as filters, which takes it seconds.
 */
function readingNothing(document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition: ({ kind, variable }) => ({
      kind,
      variable,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: read.name } },
    }),
  });
}
