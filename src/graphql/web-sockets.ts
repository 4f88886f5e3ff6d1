import type { IncomingMessage, Server } from 'node:http';
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
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Authenticate } from './admission.ts';
import type { Caller, Context } from './context.ts';
import { costOf, demandAffordable } from './cost.ts';
import { ApiError } from './errors.ts';
import { readDocument } from './limits.ts';
import { rateLimited, type RateLimits } from './rate-limits.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

export interface WebSocketOptions {
  schema: GraphQLSchema;
  log: { error(details: object, message: string): void };
  /** The listening server; its upgrades at `/graphql` become graphql-ws connections. */
  http: Server;
  authenticate: Authenticate;
  createContext: (request: IncomingMessage, caller: Caller) => Context;
  maskError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
  rateLimits: RateLimits;
  trusted: TrustedDocuments | undefined;
  introspection: boolean;
  maxMessageBytes: number;
  /** Connections at one time, in all and from one address. */
  connections: number;
  connectionsPerIp: number;
}

const webSocketLimits = {
  /** Until the client has to say who it is. */
  initWaitMs: 5_000,
  /** Running at one time on one connection. */
  operations: 20,
  /** A client that does not answer a ping before the next one is gone. */
  pingMs: 12_000,
  /** Waiting to be read by a client, when there is already more for it. */
  unreadBytes: 1024 * 1024,
};

/** RFC 6455's registry: "try again later"; graphql-ws clients do, after a while. */
const tryAgainLater = 1013;

/**
 * The GraphQL API over WebSocket (graphql-ws), with the limits that hold over HTTP and some of its own.
 *
 * The function that it gives closes every connection.
 */
export function serveWebSockets(options: WebSocketOptions): () => Promise<void> {
  const { schema, log, rateLimits, maskError } = options;
  /** Of open WebSockets, by the request that opened them. */
  const callers = new WeakMap<IncomingMessage, Caller>();

  const server = new WebSocketServer({
    server: options.http,
    path: '/graphql',
    maxPayload: options.maxMessageBytes,
  });
  limitConnections(server, options);

  const mask = (errors: readonly GraphQLError[]) =>
    errors.map((error) => maskError(error.toJSON(), error));
  const rules = options.introspection
    ? specifiedRules
    : [...specifiedRules, NoSchemaIntrospectionCustomRule];

  const admit = async (
    request: IncomingMessage,
    running: number,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    const budget = await rateLimits.take(callers.get(request)!, null);
    if (budget?.exhausted) throw rateLimited(budget);
    if (running > webSocketLimits.operations) {
      throw new ApiError(
        'TOO_MANY_SUBSCRIPTIONS',
        `A connection runs ${webSocketLimits.operations} operations at one time. End one, or open another connection.`,
      );
    }
    const text = options.trusted ? options.trusted.find(payload) : payload.query;
    const document = readDocument(text);
    const errors = validate(schema, document, rules);
    if (errors.length > 0) return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
    const operation = getOperationAST(document, payload.operationName);
    const variableValues = payload.variables ?? {};
    if (operation) {
      demandAffordable(costOf(schema, document, operation, variableValues));
      // Execution says the same, but cannot be told from a mistake of ours there.
      const { errors: unfit } = getVariableValues(
        schema,
        operation.variableDefinitions ?? [],
        variableValues,
        { maxErrors: 50 },
      );
      if (unfit) return unfit.map((error) => coded(error, 'BAD_USER_INPUT'));
    }
    return { schema, document, variableValues, operationName: payload.operationName };
  };

  const { dispose } = useServer(
    {
      schema,
      connectionInitWaitTimeout: webSocketLimits.initWaitMs,
      onConnect: async ({ extra, connectionParams }) => {
        const given = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
        const { headers, socket } = extra.request;
        try {
          const caller = await options.authenticate(
            extra.request,
            typeof given === 'string' ? given : headers.authorization,
          );
          callers.set(extra.request, caller);
          return true;
        } catch (error) {
          if (error instanceof ApiError) {
            const budget = await rateLimits.take(null, socket.remoteAddress ?? null);
            // Else the connection is closed with 4403, Forbidden.
            if (budget?.exhausted) extra.socket.close(tryAgainLater, 'Too many requests');
            return false;
          }
          log.error({ error }, 'a WebSocket could not be authenticated');
          return false;
        }
      },
      onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
        try {
          return await admit(extra.request, Object.keys(subscriptions).length, payload);
        } catch (error) {
          if (error instanceof ApiError) return [error];
          // The parser's; it has no code of its own.
          if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
          return [new GraphQLError('', { originalError: error as Error })];
        }
      },
      context: ({ extra }) => options.createContext(extra.request, callers.get(extra.request)!),
      onError: (_context, _id, _payload, errors) => mask(errors),
      onNext: ({ extra }, _id, _payload, _args, result) => {
        if (extra.socket.bufferedAmount > webSocketLimits.unreadBytes) extra.socket.terminate();
        return result.errors && { ...result, errors: mask(result.errors) };
      },
    },
    server,
    webSocketLimits.pingMs,
  );
  return async () => await dispose();
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

/** Closes those above the limits as soon as they open; registered before graphql-ws hears of them. */
function limitConnections(
  server: WebSocketServer,
  { connections, connectionsPerIp }: WebSocketOptions,
): void {
  const byIp = new Map<string, number>();
  server.on('connection', (socket, { socket: { remoteAddress: ip = 'unknown' } }) => {
    const open = (byIp.get(ip) ?? 0) + 1;
    byIp.set(ip, open);
    socket.once('close', () => {
      const left = byIp.get(ip)! - 1;
      if (left > 0) byIp.set(ip, left);
      else byIp.delete(ip);
    });
    if (open > connectionsPerIp || server.clients.size > connections) {
      socket.close(tryAgainLater, 'Too many connections');
      // Who does not answer the close is not waited for.
      setTimeout(() => socket.terminate(), 1_000).unref();
    }
  });
}
