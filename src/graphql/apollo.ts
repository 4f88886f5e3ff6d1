import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting';
import { OperationTypeNode, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import { costOf, demandAffordable, type Cost } from './operation-cost.ts';
import { ApiError } from './errors.ts';
import { KnownDocuments } from './known-documents.ts';
import { httpOutcomeOf, type KnownQueries } from './known-queries.ts';
import { limits } from './operation-limits.ts';
import { checkVariables } from './variables.ts';
import { countVideoRequests } from './video-requests.ts';
import { stringify } from './written.ts';
import { errorsWritten, withWrittenFields } from './written-fields.ts';

export interface ApolloOptions {
  schema: GraphQLSchema;
  http: Server;
  log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  maskError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
  guards: { introspection: boolean; suggestions: boolean };
  /** Sends usage to Apollo Studio when a key is set. */
  apollo: { key: string | undefined; graphRef: string | undefined };
  /** Told of the documents that are good; undefined with usage reports, which see what runs here only. */
  knownQueries: KnownQueries | undefined;
  /** Called as the server stops, before it waits for what is open. */
  endSubscriptions: () => Promise<void>;
}

/** Apollo Server, which runs the operations that come over HTTP. */
export function createApollo(options: ApolloOptions): ApolloServer<Context> {
  const { schema, http, log, guards } = options;
  const { key, graphRef } = options.apollo;
  return new ApolloServer<Context>({
    schema,
    // The service closes the database itself, after what is under way has been stored.
    stopOnTerminationSignals: false,
    introspection: guards.introspection,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    // A page cannot send these to another site without asking it first. urql sends queries by GET.
    csrfPrevention: {
      requestHeaders: ['apollo-require-preflight', 'x-apollo-operation-name', 'authorization'],
    },
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !guards.suggestions,
    parseOptions: { maxTokens: limits.tokens },
    formatError: options.maskError,
    documentStore: new KnownDocuments().asStore(),
    stringifyResult: (answer) => `${stringify(answer)}\n`,
    logger: quiet(log),
    apollo: {
      ...(key && { key, graphRef: graphRef! }),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: http }),
      endSubscriptions(options.endSubscriptions),
      tellCost,
      tellWhenToAskAgain,
      ...(options.knownQueries ? [options.knownQueries.plugin] : []),
      // Usage reports tell how long each field took, which only graphql-js lets them see.
      key
        ? ApolloServerPluginUsageReporting({
            sendVariableValues: { none: true },
            sendHeaders: { none: true },
          })
        : writeWhatIsPlain(options.maskError),
    ],
  });
}

function endSubscriptions(end: () => Promise<void>): ApolloServerPlugin {
  return { serverWillStart: () => Promise.resolve({ drainServer: end }) };
}

/**
 * Refuses subscriptions and operations that cost too much or request more videos than the caller may,
 * and tells each caller what its operation may have cost.
 */
const tellCost: ApolloServerPlugin<Context> = {
  requestDidStart: () => {
    let cost: Cost | undefined;
    return Promise.resolve({
      async didResolveOperation({ schema, document, operation, request, contextValue }) {
        // Without one, execution says that it is missing.
        if (!operation) return;
        if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw needsWebSocket();
        const { variables = {} } = request;
        checkVariables(variables, limits.nesting);
        cost = costOf(schema, document, operation, variables);
        demandAffordable(cost);
        await countVideoRequests(schema, document, operation, variables, contextValue);
      },
      willSendResponse({ response: { body } }) {
        if (cost && body.kind === 'single') {
          body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        }
        return Promise.resolve();
      },
    });
  },
};

/** Has graphql-js execute documents in which what is plain is written at once (written-fields.ts). */
function writeWhatIsPlain(maskError: ApolloOptions['maskError']): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        responseForOperation(request) {
          Object.assign(request, { document: withWrittenFields(request.schema, request.document) });
          return Promise.resolve(null);
        },
        willSendResponse({ contextValue, response: { body } }) {
          const errors = errorsWritten(contextValue);
          if (errors.length > 0 && body.kind === 'single') {
            body.singleResult.errors = [
              ...(body.singleResult.errors ?? []),
              ...errors.map((error) => maskError(error.toJSON(), error)),
            ];
          }
          return Promise.resolve();
        },
      }),
  };
}

function needsWebSocket(): ApiError {
  return new ApiError(
    'SUBSCRIPTION_NEEDS_WEBSOCKET',
    'Subscriptions run over WebSocket (graphql-ws) at the same address, or as event streams at /graphql/stream.',
  );
}

const tellWhenToAskAgain: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ response: { body, http } }) {
        if (body.kind !== 'single') return Promise.resolve();
        const { data, errors = [] } = body.singleResult;
        const { status, retryAfterSeconds } = httpOutcomeOf(data, errors, http.status);
        if (status !== undefined) http.status = status;
        if (retryAfterSeconds) http.headers.set('retry-after', String(retryAfterSeconds));
        return Promise.resolve();
      },
    }),
};

/** Apollo logs in sentences; ours start with an object. */
function quiet(log: ApolloOptions['log']) {
  const write = (level: 'info' | 'error') => (message: unknown) => log[level]({}, String(message));
  return {
    debug: () => undefined,
    info: write('info'),
    warn: write('error'),
    error: write('error'),
  };
}
