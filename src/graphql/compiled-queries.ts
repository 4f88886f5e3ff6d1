import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import {
  getVariableValues,
  GraphQLError,
  GraphQLScalarType,
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Context } from './context.ts';

type Run = (context: Context, variables: object) => ExecutionResult | Promise<ExecutionResult>;

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
              const error = result.errors.find(
                ({ originalError }) => !(originalError instanceof GraphQLError),
              );
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

/** The function of an operation, for variables that have been read; null when there can be none. */
function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  { name }: OperationDefinitionNode,
): Run | null {
  const query = compileQuery(withRead(schema), readingNothing(document), name?.value);
  return isCompiledQuery(query)
    ? (context, variables) => query.query(undefined, context, variables)
    : null;
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
