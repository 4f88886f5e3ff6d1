import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ApolloServer } from '@apollo/server';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Context } from './context.ts';
import type { DocumentCheck } from './document-check.ts';
import { exposedHeaders, type Gate } from './gate.ts';
import type { KnownQueries } from './known-queries.ts';
import { OperationsRoute, tell } from './operations-route.ts';
import { largeBodyBytes } from './read-json.ts';
import { securityHeaders } from './security-headers.ts';
import type { ReadSender, Sender } from './sender.ts';

export interface HttpAppOptions {
  apollo: ApolloServer<Context>;
  knownQueries: KnownQueries | undefined;
  gate: Gate;
  documents: DocumentCheck;
  readSender: ReadSender;
  /** Serves event streams, after the gate. */
  streams: RequestHandler;
  log: { error(details: object, message: string): void };
  bodyLimitBytes: number;
  /** Origins whose pages may call the API; `*` for any. */
  corsOrigins: readonly string[];
  guards: { https: boolean };
  /** Routes beside `/graphql`: landing page, health and the like. */
  mountRoutes: (app: Express, gate: Gate) => void;
}

/** Handles every HTTP request of the service: `/graphql`, event streams, and the other routes. */
export function createHttpApp(options: HttpAppOptions): RequestListener {
  const { readSender, corsOrigins, guards } = options;
  const operations = new OperationsRoute(options);
  const headers = securityHeaders({ https: guards.https });
  const begin = (request: IncomingMessage, response: ServerResponse): Sender => {
    const sender = readSender(request);
    for (const [name, value] of headers) response.setHeader(name, value);
    response.setHeader('X-Request-Id', sender.requestId);
    request.headers['x-request-id'] = sender.requestId;
    nameCharset(request);
    return sender;
  };
  const allowOrigins = cors({
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    exposedHeaders,
    maxAge: 86_400,
  });
  const senders = new WeakMap<IncomingMessage, Sender>();
  const answer = (request: IncomingMessage, response: ServerResponse, sender: Sender) => {
    allowOrigins(request, response, () => void operations.answer(request, response, sender));
  };

  const app = express();
  app.disable('x-powered-by');
  // Hashing a list for one costs 3 %, and nobody asks again for the same answer by it.
  app.disable('etag');
  app.use((request, response, next) => {
    senders.set(request, begin(request, response));
    next();
  });
  options.mountRoutes(app, options.gate);
  app.use('/graphql', (request, response, next) => {
    if (request.path === '/') answer(request, response, senders.get(request)!);
    else next();
  });
  app.use('/graphql/stream', atRoot, allowOrigins, ...streamHandlers(options, operations));
  app.use(nothingHere);
  app.use(answerError(operations));
  return (request, response) => {
    // What most ask, and as they ask it: through Express it would come to the same.
    if (request.method === 'POST' && request.url === '/graphql')
      answer(request, response, begin(request, response));
    else app(request, response);
  };
}

/** What an event stream passes before it is opened. */
function streamHandlers(
  { gate, documents, streams, bodyLimitBytes }: HttpAppOptions,
  operations: OperationsRoute,
): RequestHandler[] {
  return [
    gate.demandCaller((error, status, request, response) => {
      operations.answerRefusal({ refusal: error, status }, request, response);
    }),
    // What one is asked for stays in memory as long as the stream is open, so that it may be no larger
    // than over WebSocket.
    gate.readJson(Math.min(bodyLimitBytes, largeBodyBytes)),
    (request, _response, next) => {
      documents.check(request);
      next();
    },
    streams,
  ];
}

/** Some clients write `charset=UTF8`, which body parsers do not know. */
function nameCharset({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type?.includes(';'))
    headers['content-type'] = type.replace(/(;\s*charset=)"?utf8"?/i, '$1utf-8');
}

/** There is nothing below the stream. */
const atRoot: RequestHandler = (request, response, next) => {
  if (request.path === '/') next();
  else nothingHere(request, response, next);
};

const nothingHere: RequestHandler = (_request, response) => {
  tell(response, 404, 'NOT_FOUND', 'There is nothing here. The GraphQL API is at /graphql.');
};

function answerError(operations: OperationsRoute): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    operations.answerError(error, request, response);
  };
}
