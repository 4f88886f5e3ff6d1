import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { BodyError } from '../graphql/body-error.ts';
import { openApiDocument } from './openapi.ts';
import type { Dialect, DropInOptions } from './options.ts';
import { addUpload } from './upload.ts';
import { addFirstGeneration, firstDialect } from './v1/routes.ts';
import { addSecondGeneration, secondDialect } from './v2/routes.ts';

/**
 * MiniMax's own operations under `/minimax`, of both its API generations, for clients that were
 * written for MiniMax: they change their base URL and use a key of this service. What they ask for
 * goes through the same service as what GraphQL asks for (docs/drop-in.md).
 *
 * No page of another origin may call it: there are no CORS headers, and a body must be JSON or have a
 * key beside it, which browsers do not send elsewhere without asking.
 */
export function mountDropIn(app: Express, options: DropInOptions): void {
  const { gate } = options;
  const router = express.Router();
  router.use((request, response, next) => {
    response.set({ 'Trace-Id': gate.senderOf(request).requestId, 'Cache-Control': 'no-store' });
    next();
  });
  router.get('/openapi.json', (_request, response) => {
    response.json(openApiDocument);
  });
  router.use(
    gate.demandCaller((error, status, request, response) => {
      dialectOf(request).refuse(error, status, request, response);
    }),
  );
  addFirstGeneration(router, options);
  addSecondGeneration(router, options);
  addUpload(router, options);
  router.use((request, response) => {
    const what = `there is no ${request.method} ${request.path.slice(0, 100)} here; see /minimax/openapi.json for what there is`;
    dialectOf(request).invalid(request, response, 404, what);
  });
  router.use(answerError(options));
  app.use('/minimax', router);
}

function dialectOf({ path }: Request): Dialect {
  return path.startsWith('/v2/') ? secondDialect : firstDialect;
}

function answerError({ gate }: DropInOptions): ErrorRequestHandler {
  return (error: Error & { status?: number }, request, response, next) => {
    if (response.headersSent) return next(error);
    const dialect = dialectOf(request);
    if (error instanceof BodyError && error.limit !== undefined) {
      const megabytes = Math.floor(error.limit / 1024 / 1024);
      const what = `the body is larger than ${megabytes} MB: give images as public URLs`;
      return dialect.invalid(request, response, 413, what);
    }
    if (error instanceof BodyError) {
      const what = error.message.charAt(0).toLowerCase() + error.message.slice(1, -1);
      return dialect.invalid(request, response, 400, what);
    }
    if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      return dialect.invalid(request, response, 400, 'the request could not be read');
    }
    gate.refuse(error, (...refusal) => dialect.refuse(...refusal), request, response);
  };
}
