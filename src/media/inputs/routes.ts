import cors from 'cors';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { demand } from '../../access/permissions.ts';
import { ApiError } from '../../graphql/errors.ts';
import { exposedHeaders, type Gate } from '../../graphql/gate.ts';
import { BodyError } from '../../graphql/body-error.ts';
import { letGoBy } from '../../graphql/let-go-by.ts';
import { TooLargeError } from '../storage.ts';
import { tellProblem, toJson } from './answers.ts';
import { Places } from './places.ts';
import { maxInputBytes } from './stored-inputs.ts';
import { fileOfForm, refuseEncoded } from './upload-body.ts';
import { addDirectUploads, addUploadsInPieces } from './upload-routes.ts';
import type { Uploads } from './uploads.ts';

export interface MediaRoutesOptions {
  uploads: Uploads;
  gate: Gate;
  /** Origins whose pages may upload; `*` for any. */
  corsOrigins: readonly string[];
}

/** Heads and boundaries of a form. */
const besideFileBytes = 16 * 1024;

const places = { atServer: 16, perCaller: 4 };
const retryAfterSeconds = 5;

/**
 * `POST /media`: a file that a request will refer to, raw or as `file` of a form. It goes to the storage
 * piece by piece, and is measured there. One that is large may come in several requests.
 */
export function mountUploads(app: Express, options: MediaRoutesOptions): void {
  const { gate, uploads, corsOrigins } = options;
  const taken = new Places(places.atServer, places.perCaller);
  const router = express.Router();
  router.use(
    cors({
      origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
      exposedHeaders: [
        ...exposedHeaders,
        'Location',
        'Upload-Offset',
        'Upload-Length',
        'Tus-Resumable',
      ],
      maxAge: 86_400,
    }),
    refuseStrangers(corsOrigins),
    gate.demandCaller((error, status, _request, response) => {
      response.status(status).json({ errors: [error] });
    }),
  );

  /** Does `work` when there is a place for it. */
  const withPlace =
    (work: (request: Request, response: Response) => Promise<void>): RequestHandler =>
    async (request, response) => {
      const { caller } = gate.contextOf(request);
      demand(caller, 'generate');
      const release = taken.take(caller.id);
      if (release === null) {
        const message = `${places.perCaller} uploads of a caller, and ${places.atServer} in all, are taken at one time: send it again in ${retryAfterSeconds} seconds.`;
        throw new ApiError('SERVICE_BUSY', message, { retryAfterSeconds });
      }
      try {
        await work(request, response);
      } finally {
        release();
      }
    };

  router.post(
    '/',
    withPlace(async (request, response) => {
      refuseEncoded(request);
      const { 'content-type': contentType, 'content-length': length } = request.headers;
      if (Number(length) > maxInputBytes + besideFileBytes) throw new TooLargeError(maxInputBytes);
      const pieces = gate.pieces(request, response);
      const isForm = /^multipart\/form-data\b/i.test(contentType?.trim() ?? '');
      const source = isForm ? fileOfForm(contentType, pieces) : pieces;
      const { object, problem } = await uploads.take(source, gate.contextOf(request));
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
