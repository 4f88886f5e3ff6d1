import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { GraphQLSchema } from 'graphql';
import { Admission, exposedHeaders } from './admission.ts';
import { createContext, type Caller, type Context, type Resolvers } from './context.ts';
import { costOf, demandAffordable, type Cost } from './cost.ts';
import { createErrorMask } from './errors.ts';
import { limits } from './limits.ts';
import { RateLimits } from './rate-limits.ts';
import { securityHeaders } from './security-headers.ts';
import { TrustedDocuments } from './trusted-documents.ts';
import { serveWebSockets } from './web-sockets.ts';

/** What is known of a request before its caller is. */
type Sender = Pick<Context, 'ip' | 'userAgent' | 'requestId'>;

export interface GraphqlServerOptions {
  schema: GraphQLSchema;
  resolvers: Resolvers;
  log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Who sent this `Authorization` header; throws UNAUTHENTICATED when nobody may. */
  authenticate: (authorization: string | undefined, sender: Sender) => Promise<Caller>;
  /** The listening server; its upgrades at `/graphql` become graphql-ws connections. */
  http: Server;
  bodyLimitBytes: number;
  /** Origins whose pages may call the API; `*` for any. */
  corsOrigins: readonly string[];
  guards: {
    /** Whether callers may ask for the schema. */
    introspection: boolean;
    /** Whether messages propose the names that a misspelt one may have meant. */
    suggestions: boolean;
    /** JSON with the only documents that may run; undefined: any may. */
    trustedDocuments: string | undefined;
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
  mountRoutes: (app: Express) => void;
}

export interface GraphqlServer {
  /** Handles every HTTP request of the service. */
  app: Express;
  /** Lets running operations end, closes WebSockets and idle connections. */
  close(): Promise<void>;
}

const requestIdPattern = /^[\w.:-]{1,128}$/;

/** The GraphQL API over HTTP and WebSocket at `/graphql`, with the service's other routes beside it. */
export async function createGraphqlServer(options: GraphqlServerOptions): Promise<GraphqlServer> {
  const { schema, resolvers, log, http, authenticate, guards } = options;
  const maskError = createErrorMask(log, { hideSuggestions: !guards.suggestions });
  const identify = (request: IncomingMessage, authorization: string | undefined) =>
    authenticate(authorization, readRequest(request));
  const rateLimits = new RateLimits(guards.requestsPerMinute);
  const trusted =
    guards.trustedDocuments === undefined
      ? undefined
      : new TrustedDocuments(guards.trustedDocuments, schema);
  const admission = new Admission({ authenticate: identify, rateLimits, trusted, maskError });
  const closeWebSockets = serveWebSockets({
    schema,
    log,
    http,
    authenticate: identify,
    createContext: (request, caller) =>
      createContext({ ...readRequest(request), caller }, resolvers),
    maskError,
    rateLimits,
    trusted,
    introspection: guards.introspection,
    maxMessageBytes: options.bodyLimitBytes,
    connections: guards.webSockets,
    connectionsPerIp: guards.webSocketsPerIp,
  });

  const endSubscriptions: ApolloServerPlugin = {
    serverWillStart: () => Promise.resolve({ drainServer: closeWebSockets }),
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
      ...(options.apollo.key
        ? [
            ApolloServerPluginUsageReporting({
              sendVariableValues: { none: true },
              sendHeaders: { none: true },
            }),
          ]
        : []),
    ],
  });
  await apollo.start();

  const app = express();
  app.disable('x-powered-by');
  app.use(securityHeaders({ https: guards.https }));
  app.use(giveRequestId);
  options.mountRoutes(app);
  app.use(
    '/graphql',
    cors({
      origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins],
      exposedHeaders,
      maxAge: 86_400,
    }),
    admission.identify,
    express.json({ limit: options.bodyLimitBytes }),
    admission.checkDocument,
    expressMiddleware(apollo, {
      context: ({ req }) =>
        Promise.resolve(
          createContext({ ...readRequest(req), caller: admission.callerOf(req) }, resolvers),
        ),
    }),
  );
  app.use((_request, response) => {
    response
      .status(404)
      .json(problem('NOT_FOUND', 'There is nothing here. The GraphQL API is at /graphql.'));
  });
  app.use(answerError(options, log));

  return { app, close: async () => await apollo.stop() };
}

/** Refuses operations that cost too much, and tells each caller what its operation may have cost. */
const tellCost: ApolloServerPlugin = {
  requestDidStart: () => {
    let cost: Cost | undefined;
    return Promise.resolve({
      didResolveOperation({ schema, document, operation, request }) {
        // Without one, execution says that it is missing.
        if (operation) {
          cost = costOf(schema, document, operation, request.variables);
          demandAffordable(cost);
        }
        return Promise.resolve();
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

const giveRequestId: RequestHandler = (request, response, next) => {
  const { requestId } = readRequest(request);
  request.headers['x-request-id'] = requestId;
  response.setHeader('X-Request-Id', requestId);
  next();
};

function readRequest({ headers, socket }: IncomingMessage) {
  const requestId = headers['x-request-id'];
  const idempotencyKey = headers['idempotency-key'];
  return {
    requestId:
      typeof requestId === 'string' && requestIdPattern.test(requestId) ? requestId : randomUUID(),
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : null,
    ip: socket.remoteAddress ?? null,
    userAgent: headers['user-agent']?.slice(0, 256) ?? null,
  };
}

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
