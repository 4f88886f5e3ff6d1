import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import Negotiator from 'negotiator';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
} from 'express';
import type { Context } from './context.ts';
import type { DocumentCheck } from './document-check.ts';
import { ApiError } from './errors.ts';
import { exposedHeaders, type Gate, type Refuse } from './gate.ts';
import { BodyError, largeBodyBytes } from './read-json.ts';
import { securityHeaders } from './security-headers.ts';
import type { ReadSender } from './sender.ts';

export interface HttpAppOptions {
  apollo: ApolloServer<Context>;
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
export function createHttpApp(options: HttpAppOptions): Express {
  const { apollo, gate, documents, readSender, streams, guards } = options;
  const app = express();
  app.disable('x-powered-by');
  // Hashing a list for one costs 3 %, and nobody asks again for the same answer by it.
  app.disable('etag');
  app.use(securityHeaders({ https: guards.https }));
  app.use((request, response, next) => {
    const { requestId } = readSender(request);
    request.headers['x-request-id'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    nameCharset(request);
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
    refuseOtherPaths,
    refuseOtherTypes,
    gate.demandCaller(refuseInGraphql),
    readBody(options),
    (request, response, next) => {
      try {
        documents.check(request);
      } catch (error) {
        return gate.refuse(error, refuseInGraphql, request, response);
      }
      next();
    },
  );
  app.use('/graphql/stream', streams);
  app.use(
    '/graphql',
    dropOtherCredentials,
    expressMiddleware(apollo, { context: ({ req }) => Promise.resolve(gate.contextOf(req)) }),
  );
  app.use(nothingHere);
  app.use(answerError(options));
  return app;
}

/**
 * What an event stream is asked for stays in memory as long as the stream is open, so that it may be
 * no larger than over WebSocket.
 */
function readBody({ gate, bodyLimitBytes }: HttpAppOptions): RequestHandler {
  const ofStreams = gate.readJson(Math.min(bodyLimitBytes, largeBodyBytes));
  const ofOthers = gate.readJson(bodyLimitBytes);
  return (request, response, next) =>
    (request.path === '/' ? ofOthers : ofStreams)(request, response, next);
}

/** Some clients write `charset=UTF8`, which body parsers do not know. */
function nameCharset({ headers }: Request): void {
  const type = headers['content-type'];
  if (type) headers['content-type'] = type.replace(/(;\s*charset=)"?utf8"?/i, '$1utf-8');
}

/** As Apollo Server names and compares them. */
const answerTypes = [
  'application/json; charset=utf-8',
  'application/graphql-response+json; charset=utf-8',
];

/** Whoever could not be given the answer is told so before anything is done. */
const refuseOtherTypes: RequestHandler = (request, response, next) => {
  if (request.path !== '/' || new Negotiator(request).mediaType(answerTypes)) return next();
  const message =
    'Answers here are JSON: accept application/json or application/graphql-response+json. Event streams are at /graphql/stream.';
  response.status(406).json(problem('BAD_REQUEST', message));
};

/** There is nothing below `/graphql` but the stream. */
const refuseOtherPaths: RequestHandler = (request, response, next) =>
  /^\/(stream\/?)?$/i.test(request.path) ? next() : nothingHere(request, response, next);

const nothingHere: RequestHandler = (_request, response) => {
  response
    .status(404)
    .json(problem('NOT_FOUND', 'There is nothing here. The GraphQL API is at /graphql.'));
};

/**
 * Drops credentials of another kind than ours, which have let nobody in.
 *
 * `Authorization` shows Apollo Server's CSRF prevention that a page asked for permission by CORS
 * before. That is so for every header that a script sets, but a browser adds a password that it
 * remembers, for a proxy in front, by itself.
 */
const dropOtherCredentials: RequestHandler = ({ headers }, _response, next) => {
  if (!/^Bearer /i.test(headers.authorization ?? '')) delete headers.authorization;
  next();
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

function answerError({ gate, log }: HttpAppOptions): ErrorRequestHandler {
  return (error: Error & { status?: number }, request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof ApiError) return gate.refuse(error, refuseInGraphql, request, response);
    if (error instanceof BodyError && error.limit !== undefined) {
      const megabytes = Math.floor(error.limit / 1024 / 1024);
      const message = `The body is larger than ${megabytes} MB. Give images as public URLs instead of data URLs.`;
      response.status(413).json(problem('PAYLOAD_TOO_LARGE', message));
      return;
    }
    if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      const message = error instanceof BodyError ? error.message : 'The request could not be read.';
      response.status(error.status).json(problem('BAD_REQUEST', message));
      return;
    }
    log.error({ error }, 'unexpected error in an HTTP request');
    response
      .status(500)
      .json(problem('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.'));
  };
}
