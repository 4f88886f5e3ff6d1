import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { exposedHeaders, type Gate } from '../../graphql/gate.ts';
import { BodyError } from '../../graphql/body-error.ts';
import { letGoBy } from '../../graphql/let-go-by.ts';
import { TooLargeError } from '../storage.ts';
import { tellProblem, toJson } from './answers.ts';
import { maxInputBytes } from './stored-inputs.ts';
import { fileOfForm, refuseEncoded } from './upload-body.ts';
import { addDirectUploads, addUploadsInPieces, speakTus } from './upload-routes.ts';
import type { Uploads } from './uploads.ts';
import { placesFor } from './with-place.ts';

export interface MediaRoutesOptions {
  uploads: Uploads;
  gate: Gate;
  /** Origins whose pages may upload; `*` for any. */
  corsOrigins: readonly string[];
}

/** Heads and boundaries of a form. */
const besideFileBytes = 16 * 1024;

/**
 * `POST /media`: a file that a request will refer to, raw or as `file` of a form. It goes to the storage
 * piece by piece, and is measured there. One that is large may come in several requests.
 */
export function mountUploads(app: Express, options: MediaRoutesOptions): void {
  const { gate, uploads, corsOrigins } = options;
  const withPlace = placesFor(gate);
  const router = express.Router();
  router.use('/uploads', speakTus);
  router.use(
    cors({
      origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
      exposedHeaders: [
        ...exposedHeaders,
        'Location',
        'Upload-Offset',
        'Upload-Length',
        'Tus-Resumable',
        'Tus-Version',
      ],
      maxAge: 86_400,
    }),
    refuseStrangers(corsOrigins),
    gate.demandCaller((error, status, _request, response) => {
      response.status(status).json({ errors: [error] });
    }),
  );

  router.post(
    '/',
    withPlace(async (request, response, gone) => {
      refuseEncoded(request);
      const { 'content-type': contentType, 'content-length': length } = request.headers;
      if (Number(length) > maxInputBytes + besideFileBytes)
        throw new TooLargeError(maxInputBytes, true);
      const pieces = gate.pieces(request, response);
      const isForm = /^multipart\/form-data\b/i.test(contentType?.trim() ?? '');
      const source = isForm ? fileOfForm(contentType, pieces) : pieces;
      const { object, problem } = await uploads.take(source, gate.contextOf(request), gone);
      if (problem) tellProblem(response, 422, problem);
      else response.status(201).location(`/media/${object.id}`).json(toJson(object));
    }),
  );
  addUploadsInPieces(router, { uploads, gate, withPlace });
  addDirectUploads(router, { uploads, gate, withPlace });
  router.use(answerError(gate));
  app.use('/media', router);
}

/**
 * Where everybody is let in, a page of anybody's could have a browser send forms here: browsers say
 * where a page is from, and only those that may call the API may upload.
 */
function refuseStrangers(corsOrigins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin, 'sec-fetch-site': site } = request.headers;
    const isForeign = site === 'cross-site' || site === 'same-site';
    if (!isForeign || corsOrigins.includes('*') || (origin && corsOrigins.includes(origin))) next();
    else {
      const message =
        'Pages of this origin may not upload here: an operator can name it in CORS_ORIGINS.';
      tellProblem(response, 403, { code: 'ORIGIN_NOT_ALLOWED', message });
    }
  };
}

function answerError(gate: Gate): ErrorRequestHandler {
  return (error: Error, request, response, next) => {
    if (response.headersSent) return next(error);
    if (!request.readableEnded) letGoBy(request, response);
    if (error instanceof TooLargeError) {
      const megabytes = error.maxBytes / 1024 / 1024;
      const message = `The file is larger than ${megabytes} MiB, which is more than MiniMax takes.`;
      return tellProblem(response, 413, { code: 'MEDIA_TOO_LARGE', message });
    }
    if (error instanceof BodyError) {
      return tellProblem(response, error.status, { code: 'BAD_REQUEST', message: error.message });
    }
    // Express says so of a path that it cannot decode.
    if (error instanceof URIError) {
      const message = 'This path cannot be read: a % in it is not followed by what it needs.';
      return tellProblem(response, 400, { code: 'BAD_REQUEST', message });
    }
    gate.refuse(
      error,
      (refusal, status) => {
        const isForbidden = refusal.extensions?.['code'] === 'FORBIDDEN';
        response.status(isForbidden ? 403 : status).json({ errors: [refusal] });
      },
      request,
      response,
    );
  };
}
