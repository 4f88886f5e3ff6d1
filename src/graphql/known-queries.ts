import type { ApolloServerPlugin } from '@apollo/server';
import {
  execute,
  getOperationAST,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from './context.ts';
import { saysUnavailable } from './errors.ts';
import { KnownDocuments } from './known-documents.ts';
import { costOf, type Cost } from './operation-cost.ts';
import { limits } from './operation-limits.ts';
import { checkVariables } from './variables.ts';
import { stringify } from './written.ts';
import { errorsWritten, withWrittenFields } from './written-fields.ts';

export interface KnownQueriesOptions {
  schema: GraphQLSchema;
  maskError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
}

/** An answer over HTTP, all but its type. */
export interface Answered {
  status: number | undefined;
  retryAfterSeconds: number;
  text: string;
}

/**
 * Runs queries whose document Apollo Server has run before: the checks and the execution that it
 * would do, without its pipeline (docs/performance.md).
 *
 * Whatever is not like that, or is to be refused, is left to Apollo Server before anything was done.
 */
export class KnownQueries {
  readonly #options: KnownQueriesOptions;
  /** By their texts. */
  readonly #documents = new KnownDocuments();
  readonly #costs = new WeakMap<OperationDefinitionNode, Cost>();

  constructor(options: KnownQueriesOptions) {
    this.#options = options;
  }

  /** Notes the documents that Apollo Server found good. */
  readonly plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        responseForOperation: ({ source, document, operation }) => {
          // Without one, in spite of its type, execution says that it is missing.
          const known = operation as OperationDefinitionNode | undefined;
          if (known?.operation === OperationTypeNode.QUERY) this.#documents.set(source, document);
          return Promise.resolve(null);
        },
      }),
  };

  /** Null: for Apollo Server. */
  async run(body: unknown, createContext: () => Context): Promise<Answered | null> {
    const asked = readKnown(body);
    const document = asked && this.#documents.get(asked.query);
    if (!document) return null;
    const { operationName, variables } = asked;
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return null;
    const cost = this.#costOf(document, operation, variables);
    if (!cost) return null;
    const { schema } = this.#options;
    const contextValue = createContext();
    const result = await execute({
      schema,
      document: withWrittenFields(schema, document),
      variableValues: variables,
      operationName,
      contextValue,
    });
    // Its variables do not fit: no field was looked at.
    if (result.data === undefined) return null;
    return this.#answer(result, errorsWritten(contextValue), cost);
  }

  /** Null where the operation costs too much or its variables cannot be looked at. */
  #costOf(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ): Cost | null {
    try {
      checkVariables(variables, limits.nesting);
    } catch {
      return null;
    }
    let cost = this.#costs.get(operation);
    if (!cost) {
      cost = costOf(this.#options.schema, document, operation, variables);
      if (!operation.variableDefinitions?.length) this.#costs.set(operation, cost);
    }
    return cost.requested <= cost.limit ? cost : null;
  }

  #answer(
    { data, errors = [] }: ExecutionResult,
    inWritten: readonly GraphQLError[],
    cost: Cost,
  ): Answered {
    const mask = (error: GraphQLError) => this.#options.maskError(error.toJSON(), error);
    const masked = errors.map(mask);
    const told = [...masked, ...inWritten.map(mask)];
    const text = `${stringify({
      errors: told.length > 0 ? told : undefined,
      data,
      extensions: { cost },
    })}\n`;
    return { ...httpOutcomeOf(data, masked, statusOf(errors)), text };
  }
}

interface Asked {
  query: string;
  operationName: string | null | undefined;
  variables: Record<string, unknown>;
}

/** What Apollo Server would read from a body that it finds nothing wrong with. */
function readKnown(body: unknown): Asked | null {
  if (typeof body !== 'object' || body === null) return null;
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== 'string' || (extensions ?? null) !== null) return null;
  const hasName = (operationName ?? null) !== null;
  if (hasName && typeof operationName !== 'string') return null;
  const given = variables ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) return null;
  return {
    query,
    operationName: operationName as string | null | undefined,
    variables: given as Record<string, unknown>,
  };
}

/**
 * The HTTP status of an answer, 503 where nothing was answered because the database or the storage did not
 * (partial answers stay 200), and in how many seconds what failed may be asked again.
 */
export function httpOutcomeOf(
  data: Readonly<Record<string, unknown>> | null | undefined,
  errors: readonly GraphQLFormattedError[],
  given: number | undefined,
): { status: number | undefined; retryAfterSeconds: number } {
  const isUnavailable =
    errors.some(saysUnavailable) && Object.values(data ?? {}).every((value) => value === null);
  const status = isUnavailable ? 503 : given;
  if ((status ?? 200) < 400) return { status, retryAfterSeconds: 0 };
  const waits = errors.map(({ extensions }) => Number(extensions?.['retryAfterSeconds'] ?? 0));
  return { status, retryAfterSeconds: Math.max(0, ...waits) };
}

/** As Apollo Server takes it from the errors of fields: the last one that has a status. */
function statusOf(errors: readonly GraphQLError[]): number | undefined {
  return errors
    .map(({ extensions }) => (extensions['http'] as { status?: number } | undefined)?.status)
    .findLast((status) => status !== undefined);
}
