import type { RequestListener, Server } from 'node:http';
import type { Express } from 'express';
import type { GraphQLSchema } from 'graphql';
import type pg from 'pg';
import { createApollo } from './apollo.ts';
import { BodyRoom } from './body-room.ts';
import { Connections, usualPatience, type Patience } from './connections.ts';
import type { Resolvers } from './context.ts';
import { DocumentCheck } from './document-check.ts';
import { createErrorMask, tellsOfOutage } from './errors.ts';
import { serveEventStreams } from './event-streams.ts';
import { Gate } from './gate.ts';
import { createHttpApp } from './http-app.ts';
import { KnownQueries } from './known-queries.ts';
import { LiveOperations } from './live-operations.ts';
import { RateLimits } from './rate-limits.ts';
import { senderReader, type Authenticate } from './sender.ts';
import type { TrustedDocuments } from './trusted-documents.ts';
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
  /** Whether the storage of media failed. */
  isStorageFailure: (error: unknown) => boolean;
  /** The listening server; its upgrades at `/graphql` become graphql-ws connections. */
  http: Server;
  /** How many proxies in front of the service may say where a request came from. */
  trustedProxies: number;
  /** Where servers count requests together; undefined: each for itself. */
  sharedCounts: pg.Pool | undefined;
  bodyLimitBytes: number;
  /** Of large bodies that are read at once. */
  largeBodiesBytes: number;
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
  app: RequestListener;
  /** Lets running operations end, closes WebSockets and idle connections. */
  close(): Promise<void>;
}

/** The GraphQL API over HTTP and WebSocket at `/graphql`, with the service's other routes beside it. */
export async function createGraphqlServer(options: GraphqlServerOptions): Promise<GraphqlServer> {
  const { schema, resolvers, log, http, authenticate, guards } = options;
  const isUnavailable = (error: unknown) => tellsOfOutage(error) || options.isUnavailable(error);
  const maskError = createErrorMask({
    log,
    hideSuggestions: !guards.suggestions,
    isUnavailable: options.isUnavailable,
    isStorageFailure: options.isStorageFailure,
  });
  const readSender = senderReader(options.trustedProxies);
  const rateLimits = new RateLimits({
    perMinute: guards.requestsPerMinute,
    pool: options.sharedCounts,
  });
  const patience = { ...usualPatience, ...options.patience };
  const room = new BodyRoom({ bytes: options.largeBodiesBytes, waitMs: patience.roomMs });
  const { pace } = patience;
  const gate = new Gate({
    ...{ authenticate, readSender, rateLimits, resolvers, isUnavailable, room, pace, maskError },
  });
  const documents = new DocumentCheck(guards.trustedDocuments);
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
    isUnavailable,
  });
  const streams = serveEventStreams({
    gate,
    operations,
    connections,
    unreadMs: patience.unreadMs,
    log,
  });

  const knownQueries = options.apollo.key ? undefined : new KnownQueries({ schema, maskError });
  const apollo = createApollo({
    ...options,
    ...{ maskError, knownQueries },
    endSubscriptions: async () => {
      streams.close();
      await closeWebSockets();
    },
  });
  await apollo.start();
  return {
    app: createHttpApp({
      ...options,
      apollo,
      knownQueries,
      gate,
      documents,
      readSender,
      streams: streams.handle,
    }),
    async close() {
      await apollo.stop();
      rateLimits.close();
    },
  };
}
