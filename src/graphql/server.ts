import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import { createContext, type Caller, type Context, type Resolvers } from './context.ts';
import { ApiError, createErrorMask } from './errors.ts';

export interface GraphqlServerOptions {
  schema: GraphQLSchema;
  resolvers: Resolvers;
  log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Who sent this `Authorization` header; throws UNAUTHENTICATED when nobody may. */
  authenticate: (authorization: string | undefined) => Promise<Caller>;
  /** The listening server; its upgrades at `/graphql` become graphql-ws connections. */
  http: Server;
  bodyLimitBytes: number;
  /** Origins whose pages may call the API; `*` for any. */
  corsOrigins: readonly string[];
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
  const { schema, resolvers, log, http, authenticate } = options;
  /** Of open WebSockets, by the request that opened them. */
  const callers = new WeakMap<IncomingMessage, Caller>();
  const maskError = createErrorMask(log);

  const webSockets = new WebSocketServer({
    server: http,
    path: '/graphql',
    maxPayload: options.bodyLimitBytes,
  });
  const subscriptions = useServer(
    {
      schema,
      onConnect: async ({ extra, connectionParams }) => {
        const given = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
        const { authorization } = extra.request.headers;
        try {
          const caller = await authenticate(typeof given === 'string' ? given : authorization);
          callers.set(extra.request, caller);
          return true;
        } catch (error) {
          // False closes the socket with 4403 Forbidden.
          if (error instanceof ApiError) return false;
          log.error({ error }, 'a WebSocket could not be authenticated');
          return false;
        }
      },
      context: ({ extra }) =>
        createContext(
          { ...readRequest(extra.request), caller: callers.get(extra.request)! },
          resolvers,
        ),
      onError: (_context, _id, _payload, errors) =>
        errors.map((error) => maskError(error.toJSON(), error)),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && {
          ...result,
          errors: result.errors.map((error) => maskError(error.toJSON(), error)),
        },
    },
    webSockets,
  );

  const endSubscriptions: ApolloServerPlugin = {
    serverWillStart: () =>
      Promise.resolve({ drainServer: async () => await subscriptions.dispose() }),
  };
  const apollo = new ApolloServer<Context>({
    schema,
    // The service closes the database itself, after what is under way has been stored.
    stopOnTerminationSignals: false,
    introspection: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    formatError: maskError,
    logger: quiet(log),
    apollo: {
      ...(options.apollo.key && { key: options.apollo.key, graphRef: options.apollo.graphRef! }),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: http }),
      endSubscriptions,
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
  app.use(giveRequestId);
  options.mountRoutes(app);
  app.use(
    '/graphql',
    cors({
      origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins],
      exposedHeaders: ['X-Request-Id'],
      maxAge: 86_400,
    }),
    express.json({ limit: options.bodyLimitBytes }),
    expressMiddleware(apollo, {
      context: async ({ req }) =>
        createContext(
          { ...readRequest(req), caller: await authenticate(req.headers.authorization) },
          resolvers,
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
