import type { IncomingMessage, Server } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import WebSocket, { WebSocketServer } from 'ws';
import type { Connections } from './connections.ts';
import type { Caller } from './caller.ts';
import { createContext, type Context, type Resolvers } from './context.ts';
import { ApiError, isSignInRefusal } from './errors.ts';
import type { LiveOperations } from './live-operations.ts';
import { rateLimited, type RateLimits } from './rate-limits.ts';
import type { Authenticate, ReadSender } from './sender.ts';

export interface WebSocketOptions {
  schema: GraphQLSchema;
  log: { error(details: object, message: string): void };
  /** The listening server; its upgrades at `/graphql` become graphql-ws connections. */
  http: Server;
  authenticate: Authenticate;
  readSender: ReadSender;
  resolvers: Resolvers;
  operations: LiveOperations;
  rateLimits: RateLimits;
  /** Whether something failed because the database, or an issuer, does not answer now. */
  isUnavailable: (error: unknown) => boolean;
  connections: Connections;
}

const webSocketLimits = {
  /** Of one message; an image as data URL may be larger, and goes over HTTP. */
  messageBytes: 1024 * 1024,
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

const messageTooBig = 1009;

/** Says why it closes where the library would give the code alone. */
class ExplainingWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    const tooBig = `Messages are limited to ${webSocketLimits.messageBytes / 1024 / 1024} MB: send larger ones over HTTP`;
    super.close(code, reason ?? (code === messageTooBig ? tooBig : undefined));
  }
}

/**
 * The GraphQL API over WebSocket (graphql-ws), with the limits that hold over HTTP and some of its own.
 *
 * The function that it gives closes every connection.
 */
export function serveWebSockets(options: WebSocketOptions): () => Promise<void> {
  const { schema, log, rateLimits, operations, connections, readSender, isUnavailable } = options;
  /** Of open WebSockets, by the request that opened them. */
  const callers = new WeakMap<IncomingMessage, Caller>();

  const server = new WebSocketServer({
    server: options.http,
    path: '/graphql',
    maxPayload: webSocketLimits.messageBytes,
    WebSocket: ExplainingWebSocket,
  });
  limitConnections(server, options);

  const createContextFor = async (request: IncomingMessage, running: number): Promise<Context> => {
    const caller = callers.get(request)!;
    const budget = await rateLimits.take(caller, null);
    if (budget?.exhausted) throw rateLimited(budget);
    if (running > webSocketLimits.operations) {
      throw new ApiError(
        'TOO_MANY_SUBSCRIPTIONS',
        `A connection runs ${webSocketLimits.operations} operations at one time. End one, or open another connection.`,
      );
    }
    const takeMore = (count: number) => rateLimits.takeMore(caller, count);
    // Messages are small.
    const letGoOfBody = () => undefined;
    return createContext(
      { ...readSender(request), caller, budget, takeMore, letGoOfBody },
      options.resolvers,
    );
  };

  const { dispose } = useServer(
    {
      schema,
      subscribe: operations.subscribe,
      connectionInitWaitTimeout: webSocketLimits.initWaitMs,
      onConnect: async ({ extra, connectionParams }) => {
        const given = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
        const sender = readSender(extra.request);
        try {
          const authorization =
            typeof given === 'string' ? given : extra.request.headers.authorization;
          const caller = await options.authenticate(authorization, sender);
          callers.set(extra.request, caller);
          const stopChecking = connections.recheck(caller, authorization, sender, () =>
            extra.socket.close(CloseCode.Forbidden, 'Forbidden'),
          );
          extra.socket.once('close', stopChecking);
          return true;
        } catch (error) {
          if (!isUnavailable(error)) {
            const budget = await rateLimits.take(null, sender.ip);
            // Else the connection is closed with 4403, Forbidden.
            if (budget?.exhausted) extra.socket.close(tryAgainLater, 'Too many requests');
            if (isSignInRefusal(error)) return false;
          }
          log.error({ error }, 'a WebSocket could not be authenticated');
          if (isUnavailable(error)) extra.socket.close(tryAgainLater, 'Service unavailable');
          else extra.socket.close(CloseCode.InternalServerError, 'Internal server error');
          return false;
        }
      },
      onSubscribe: ({ extra, subscriptions }, _id, payload) =>
        operations.admit(payload, () =>
          createContextFor(extra.request, Object.keys(subscriptions).length),
        ),
      onError: (_context, _id, _payload, errors) => operations.mask(errors),
      onNext: ({ extra }, _id, _payload, _args, result) => {
        if (extra.socket.bufferedAmount > webSocketLimits.unreadBytes) extra.socket.terminate();
        return result.errors && { ...result, errors: operations.mask(result.errors) };
      },
    },
    server,
    webSocketLimits.pingMs,
  );
  server.on('connection', (socket) => {
    // graphql-ws prints each to the console; they are the client's, and its close code has told it.
    socket.removeAllListeners('error').on('error', () => undefined);
  });
  return async () => await dispose();
}

/** Closes those above the limits as soon as they open; registered before graphql-ws hears of them. */
function limitConnections(
  server: WebSocketServer,
  { connections, readSender }: WebSocketOptions,
): void {
  server.on('connection', (socket, request) => {
    const { isAllowed, remove } = connections.add(readSender(request).ip);
    socket.once('close', remove);
    if (!isAllowed) {
      socket.close(tryAgainLater, 'Too many connections');
      // Who does not answer the close is not waited for.
      setTimeout(() => socket.terminate(), 1_000).unref();
    }
  });
}
