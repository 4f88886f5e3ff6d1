import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  validate,
  type ExecutionArgs,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from './context.ts';
import { costOf, demandAffordable } from './operation-cost.ts';
import { ApiError } from './errors.ts';
import { KnownDocuments } from './known-documents.ts';
import { limits, readDocument } from './operation-limits.ts';
import { SharedResults } from './shared-results.ts';
import type { DocumentRequest, TrustedDocuments } from './trusted-documents.ts';
import { checkVariables } from './variables.ts';
import { countVideoRequests } from './video-requests.ts';

export interface LiveOperationOptions {
  schema: GraphQLSchema;
  trusted: TrustedDocuments | undefined;
  introspection: boolean;
  maskError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
}

export interface OperationRequest extends DocumentRequest {
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}

/** What an operation has to pass that does not go through Apollo Server: those over WebSocket and event stream. */
export class LiveOperations {
  readonly #options: LiveOperationOptions;
  readonly #rules;
  /** Thousands that watch the same share one document; it is most of what a subscription takes in memory. */
  readonly #valid = new KnownDocuments();
  readonly #shared = new SharedResults();

  constructor(options: LiveOperationOptions) {
    this.#options = options;
    this.#rules = options.introspection
      ? specifiedRules
      : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  }

  /**
   * What the executor needs, or the errors that tell why it shall not run; `check` may throw an
   * `ApiError` too, before anything else or when the operation is known.
   */
  async admit(
    request: OperationRequest,
    createContext: () => Promise<Context> | Context,
    check: (operation: OperationDefinitionNode) => void = () => undefined,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    try {
      const contextValue = await createContext();
      return await this.#prepare(request, contextValue, check);
    } catch (error) {
      if (error instanceof ApiError) return [error];
      // The parser's; it has no code of its own.
      if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
      return [new GraphQLError('', { originalError: error as Error })];
    }
  }

  /** The results of what was admitted, one for each change. */
  readonly subscribe = (args: ExecutionArgs) => this.#shared.subscribe(args);

  mask(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
    return errors.map((error) => this.#options.maskError(error.toJSON(), error));
  }

  async #prepare(
    request: OperationRequest,
    contextValue: Context,
    check: (operation: OperationDefinitionNode) => void,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { schema, trusted } = this.#options;
    const { operationName } = request;
    const text = trusted ? trusted.find(request) : String(request.query);
    const known = this.#valid.get(text);
    const document = known ?? readDocument(text);
    if (!known) {
      const errors = validate(schema, document, this.#rules);
      if (errors.length > 0) {
        return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
      }
      this.#valid.set(text, document);
    }
    const operation = getOperationAST(document, operationName);
    if (!operation) {
      const message = 'Name the operation that is to run with `operationName`.';
      return [coded(new GraphQLError(message), 'OPERATION_RESOLUTION_FAILURE')];
    }
    check(operation);
    const variableValues = request.variables ?? {};
    checkVariables(variableValues, limits.nesting);
    demandAffordable(costOf(schema, document, operation, variableValues));
    // Execution says the same, but cannot be told from a mistake of ours there.
    const { errors: unfit } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      variableValues,
      { maxErrors: 50 },
    );
    if (unfit) return unfit.map((error) => coded(error, 'BAD_USER_INPUT'));
    await countVideoRequests(schema, document, operation, variableValues, contextValue);
    return { schema, document, variableValues, operationName, contextValue };
  }
}

function coded(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions } = error;
  return new GraphQLError(error.message, {
    ...(nodes && { nodes }),
    ...(source && { source }),
    ...(positions && { positions }),
    extensions: { ...error.extensions, code },
  });
}
