import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { OperationTypeNode, type GraphQLSchema } from 'graphql';
import type pg from 'pg';
import type { Context, Resolvers } from './context.ts';
import { costOf, demandAffordable, type Cost } from './cost.ts';
import { createCompiledQueries } from './compiled-queries.ts';
import { Connections, usualPatience, type Patience } from './connections.ts';
import { DocumentCheck } from './document-check.ts';
import { ApiError, createErrorMask, retryAfterSeconds } from './errors.ts';
import { serveEventStreams } from './event-streams.ts';
import { exposedHeaders, Gate, type Refuse } from './gate.ts';
import { limits } from './limits.ts';
import { LiveOperations } from './live-operations.ts';
import { RateLimits } from './rate-limits.ts';
import { securityHeaders } from './security-headers.ts';
import { senderReader, type Authenticate } from './sender.ts';
import type { TrustedDocuments } from './trusted-documents.ts';
import { checkVariables } from './variables.ts';
import { countVideoRequests } from './video-requests.ts';
import { serveWebSockets } from './web-sockets.ts';

export interface GraphqlServerOptions {
  schema: GraphQLSchema;
  resolvers: Resolvers;
  log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  authenticate: Authenticate;
  /** Whether something failed because the database does not answer now. */
  isUnavailable: (error: unknown) => boolean;
  /** The listening server; its upgrades at `/graphql` become graphql-ws connections. */
  http: Server;
  /** How many proxies in front of the service may say where a request came from. */
  trustedProxies: number;
  /** Where servers count requests together; undefined: each for itself. */
  sharedCounts: pg.Pool | undefined;
  bodyLimitBytes: number;
  patience: Partial<Patience> | undefined;
  /** Origins whose pages may call the API; `*` for any. */
  corsOrigins: readonly string[];
  guards: {
    /** Whether callers may ask for the schema. */
    introspection: boolean;
    /** Whether messages propose the names that a misspelt one may have meant. */
    suggestions: boolean;
    /** The only documents that may run; undefined: any may. */
    trustedDocuments: TrustedDocuments | undefined;
    /** Of one caller; 0: any number. */
    requestsPerMinute: number;
    webSockets: number;
    webSocketsPerIp: number;
    /** Whether browsers reach the service by https only. */
    https: boolean;
  };
  /** Sends usage to Apollo Studio when a key is set. */
  apollo: { key: string | undefined; graphRef: string | undefined };
  /** Routes beside `/graphql`: landing page, health and the like. */
  mountRoutes: (app: Express, gate: Gate) => void;
}

export interface GraphqlServer {
  /** Handles every HTTP request of the service. */
  app: Express;
  /** Lets running operations end, closes WebSockets and idle connections. */
  close(): Promise<void>;
}

/** The GraphQL API over HTTP and WebSocket at `/graphql`, with the service's other routes beside it. */
export async function createGraphqlServer(options: GraphqlServerOptions): Promise<GraphqlServer> {
  const { schema, resolvers, log, http, authenticate, guards } = options;
  const maskError = createErrorMask({
    log,
    hideSuggestions: !guards.suggestions,
    isUnavailable: options.isUnavailable,
  });
  const readSender = senderReader(options.trustedProxies);
  const rateLimits = new RateLimits({
    perMinute: guards.requestsPerMinute,
    pool: options.sharedCounts,
  });
  const gate = new Gate({ authenticate, readSender, rateLimits, resolvers, maskError });
  const documents = new DocumentCheck(guards.trustedDocuments);
  const patience = { ...usualPatience, ...options.patience };
  const connections = new Connections({
    authenticate,
    connections: guards.webSockets,
    connectionsPerIp: guards.webSocketsPerIp,
    recheckMs: patience.recheckMs,
  });
  const operations = new LiveOperations({
    schema,
    trusted: guards.trustedDocuments,
    introspection: guards.introspection,
    maskError,
  });
  const closeWebSockets = serveWebSockets({
    schema,
    log,
    http,
    authenticate,
    readSender,
    resolvers,
    rateLimits,
    operations,
    connections,
    isUnavailable: options.isUnavailable,
  });
  const streams = serveEventStreams({
    gate,
    operations,
    connections,
    unreadMs: patience.unreadMs,
    log,
  });

  const endSubscriptions: ApolloServerPlugin = {
    serverWillStart: () =>
      Promise.resolve({
        drainServer: async () => {
          streams.close();
          await closeWebSockets();
        },
      }),
  };
  const apollo = new ApolloServer<Context>({
    schema,
    // The service closes the database itself, after what is under way has been stored.
    stopOnTerminationSignals: false,
    introspection: guards.introspection,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !guards.suggestions,
    parseOptions: { maxTokens: limits.tokens },
    formatError: maskError,
    logger: quiet(log),
    apollo: {
      ...(options.apollo.key && { key: options.apollo.key, graphRef: options.apollo.graphRef! }),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: http }),
      endSubscriptions,
      tellCost,
      tellUnavailable,
      // Usage reports tell how long each field took, which only graphql-js lets them see.
      options.apollo.key
        ? ApolloServerPluginUsageReporting({
            sendVariableValues: { none: true },
            sendHeaders: { none: true },
          })
        : createCompiledQueries(log),
    ],
  });
  await apollo.start();

  const app = express();
  app.disable('x-powered-by');
  // Hashing a list for one costs 3 %, and nobody asks again for the same answer by it.
  app.disable('etag');
  app.use(securityHeaders({ https: guards.https }));
  app.use((request, response, next) => {
    const { requestId } = readSender(request);
    request.headers['x-request-id'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    next();
  });
  options.mountRoutes(app, gate);
  app.use(
    '/graphql',
    cors({
      origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins],
      exposedHeaders,
      maxAge: 86_400,
    }),
    gate.demandCaller(refuseInGraphql),
    express.json({ limit: options.bodyLimitBytes }),
    (request, response, next) => {
      try {
        documents.check(request);
      } catch (error) {
        return gate.refuse(error, refuseInGraphql, request, response);
      }
      next();
    },
  );
  app.use('/graphql/stream', streams.handle);
  app.use(
    '/graphql',
    expressMiddleware(apollo, { context: ({ req }) => Promise.resolve(gate.contextOf(req)) }),
  );
  app.use((_request, response) => {
    response
      .status(404)
      .json(problem('NOT_FOUND', 'There is nothing here. The GraphQL API is at /graphql.'));
  });
  app.use(answerError(options, log));

  return {
    app,
    async close() {
      await apollo.stop();
      rateLimits.close();
    },
  };
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

function needsWebSocket(): ApiError {
  return new ApiError(
    'SUBSCRIPTION_NEEDS_WEBSOCKET',
    'Subscriptions run over WebSocket (graphql-ws) at the same address, or as event streams at /graphql/stream.',
  );
}

/** HTTP 503 where nothing was answered because the database did not; partial answers stay 200. */
const tellUnavailable: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ response: { body, http } }) {
        if (body.kind !== 'single') return Promise.resolve();
        const { data, errors = [] } = body.singleResult;
        const isUnavailable = errors.some(
          ({ extensions }) => extensions?.['code'] === 'SERVICE_UNAVAILABLE',
        );
        if (isUnavailable && Object.values(data ?? {}).every((value) => value === null)) {
          http.status = 503;
          http.headers.set('retry-after', String(retryAfterSeconds));
        }
        return Promise.resolve();
      },
    }),
};

const refuseInGraphql: Refuse = (error, status, request, response) => {
  const type = request.accepts(['application/json', 'application/graphql-response+json']);
  response
    .status(status)
    .type(type || 'application/json')
    .send(JSON.stringify({ errors: [error] }));
};

/** A GraphQL-shaped answer to what never became an operation. */
function problem(code: string, message: string) {
  return { errors: [{ message, extensions: { code } }] };
}

function answerError(
  options: GraphqlServerOptions,
  log: GraphqlServerOptions['log'],
): ErrorRequestHandler {
  return (error: Error & { type?: string; status?: number }, _request, response, next) => {
    if (response.headersSent) return next(error);
    if (error.type === 'entity.parse.failed') {
      response.status(400).json(problem('BAD_REQUEST', 'The body is not valid JSON.'));
      return;
    }
    if (error.type === 'entity.too.large') {
      const megabytes = Math.floor(options.bodyLimitBytes / 1024 / 1024);
      const message = `The body is larger than ${megabytes} MB. Give images as public URLs instead of data URLs.`;
      response.status(413).json(problem('PAYLOAD_TOO_LARGE', message));
      return;
    }
    if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      response.status(error.status).json(problem('BAD_REQUEST', 'The request could not be read.'));
      return;
    }
    log.error({ error }, 'unexpected error in an HTTP request');
    response
      .status(500)
      .json(problem('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.'));
  };
}

/** Apollo logs in sentences; ours start with an object. */
function quiet(log: GraphqlServerOptions['log']) {
  const write = (level: 'info' | 'error') => (message: unknown) => log[level]({}, String(message));
  return {
    debug: () => undefined,
    info: write('info'),
    warn: write('error'),
    error: write('error'),
  };
}
