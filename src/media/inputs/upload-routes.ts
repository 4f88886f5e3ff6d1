import type { Request, RequestHandler, Response, Router } from 'express';
import type { MediaUpload } from '../../database/generated/client.ts';
import { ApiError } from '../../graphql/errors.ts';
import type { Gate } from '../../graphql/gate.ts';
import { toJson, tellProblem } from './answers.ts';
import { maxInputBytes, type Keeping } from './stored-inputs.ts';
import { refuseEncoded } from './upload-body.ts';
import { hasAll, mostUnfinished, unfinishedForMs, type Unfit, type Uploads } from './uploads.ts';
import type { WithPlace } from './with-place.ts';

export interface UploadRoutesOptions {
  uploads: Uploads;
  gate: Gate;
  withPlace: WithPlace;
}

const path = '/uploads/:id';

const tusVersion = '1.0.0';

/** Of the description of a presigned upload. */
const mostJsonBytes = 10_000;

/** What an answer says of tus; to be asked before what answers OPTIONS for browsers. */
export const speakTus: RequestHandler = (request, response, next) => {
  response.set({ 'Tus-Resumable': tusVersion, 'Tus-Version': tusVersion });
  if (request.method === 'OPTIONS') {
    const limits = { 'Tus-Extension': 'creation,termination', 'Tus-Max-Size': `${maxInputBytes}` };
    response.set(limits);
  }
  next();
};

/** Uploads in pieces, by the protocol of tus (version 1.0.0, with creation and termination). */
export function addUploadsInPieces(router: Router, options: UploadRoutesOptions): void {
  const { uploads, gate, withPlace } = options;
  const { find, begin } = stepsOf(options);
  router.use('/uploads', (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    const asked = request.get('tus-resumable') ?? tusVersion;
    if (asked === tusVersion) return next();
    const message = `Of tus this service speaks version ${tusVersion}.`;
    tellProblem(response, 412, { code: 'WRONG_TUS_VERSION', message });
  });

  router.post(
    '/uploads',
    withPlace(async (request, response) => {
      const upload = await begin(wholeNumber(request.get('upload-length')), request, response);
      if (upload)
        response.status(201).location(`/media/uploads/${upload.id}`).set(told(upload)).end();
    }),
  );

  const tellOffset = (upload: MediaUpload | null, response: Response) => {
    if (upload) response.set(told(upload)).end();
    else response.status(404).end();
  };
  // By the offset alone a client would take it for done.
  const finish = withPlace(async (request, response, gone) => {
    const upload = await find(request);
    if (upload) await uploads.complete(upload, gate.contextOf(request), gone);
    tellOffset(await find(request), response);
  });
  router.head(path, async (request, response, next) => {
    const upload = await find(request);
    if (upload && hasAll(upload)) await finish(request, response, next);
    else tellOffset(upload, response);
  });

  router.patch(
    path,
    withPlace(async (request, response, gone) => {
      refuseEncoded(request);
      const upload = await find(request);
      if (!upload) return tellUnfit(response, 'gone');
      const offset = wholeNumber(request.get('upload-offset'));
      const pieces = gate.pieces(request, response);
      const appended = await uploads.append(upload, offset, pieces, gate.contextOf(request), gone);
      if ('unfit' in appended) return tellUnfit(response, appended.unfit);
      response.set(told(appended.upload));
      if (appended.kept) tellKept(response, 200, appended.kept);
      else response.status(204).end();
    }),
  );

  router.delete(path, async (request, response) => {
    const upload = await find(request);
    if (upload) await uploads.drop(upload);
    response.status(upload ? 204 : 404).end();
  });
}

/** Uploads that go straight to the bucket, and are measured when they are told to be there. */
export function addDirectUploads(router: Router, options: UploadRoutesOptions): void {
  const { uploads, gate, withPlace } = options;
  const { find, begin } = stepsOf(options);
  router.post(
    '/presigned',
    gate.readJson(mostJsonBytes),
    withPlace(async (request, response) => {
      const { bytes, mediaType } = (request.body ?? {}) as { bytes?: unknown; mediaType?: unknown };
      const contentType =
        typeof mediaType === 'string' && /^[\w.+-]{1,50}\/[\w.+-]{1,50}$/.test(mediaType)
          ? mediaType
          : 'application/octet-stream';
      const upload = await begin(typeof bytes === 'number' ? bytes : NaN, request, response);
      if (!upload) return;
      const signed = await uploads.presign(upload, contentType);
      if (signed === null) {
        await uploads.drop(upload);
        const message = 'This service keeps its files in no bucket: send the file to POST /media.';
        return tellProblem(response, 409, { code: 'NO_BUCKET', message });
      }
      const { url, expiresAt } = signed;
      response.status(201).json({
        ...{ id: upload.id, method: 'PUT', url, headers: { 'Content-Type': contentType } },
        ...{ expiresAt, complete: `/media/uploads/${upload.id}/complete` },
      });
    }),
  );

  router.post(
    `${path}/complete`,
    withPlace(async (request, response, gone) => {
      const upload = await find(request);
      if (!upload) return tellUnfit(response, 'gone');
      const kept = await uploads.complete(upload, gate.contextOf(request), gone);
      if ('unfit' in kept) tellUnfit(response, kept.unfit);
      else tellKept(response, 201, kept);
    }),
  );
}

/** What both have in common. */
function stepsOf({ uploads, gate }: UploadRoutesOptions) {
  return {
    find: async (request: Request): Promise<MediaUpload | null> =>
      await uploads.find(String(request.params['id']), gate.contextOf(request).caller),

    /** Null when it was refused, which is told then. */
    begin: async (bytes: number, request: Request, response: Response) => {
      if (!(Number.isInteger(bytes) && bytes > 0 && bytes <= maxInputBytes)) {
        const message = `Say how many bytes the file has, 1 to ${maxInputBytes}: in Upload-Length, or in bytes of a presigned upload.`;
        tellProblem(response, bytes > maxInputBytes ? 413 : 400, { code: 'BAD_LENGTH', message });
        return null;
      }
      const upload = await uploads.begin(bytes, gate.contextOf(request).caller);
      if (upload !== null) return upload;
      const hours = unfinishedForMs / 3_600_000;
      const message = `${mostUnfinished} uploads were begun and not finished: finish or delete some, or wait ${hours} hours.`;
      throw new ApiError('RATE_LIMITED', message);
    },
  };
}

function told({ bytes, received }: MediaUpload) {
  return { 'Upload-Length': String(bytes), 'Upload-Offset': String(received) };
}

function tellKept(response: Response, status: number, kept: Keeping): void {
  if (kept.problem) tellProblem(response, 422, kept.problem);
  else response.status(status).json(toJson(kept.object));
}

function tellUnfit(response: Response, unfit: Unfit): void {
  if (unfit === 'gone') {
    const message = 'There is no such upload of yours, or nothing came for it: begin a new one.';
    return tellProblem(response, 404, { code: 'NOT_FOUND', message });
  }
  if (unfit === 'too many pieces') {
    const message =
      'The upload comes in too many pieces: begin a new one, with pieces of a megabyte or more.';
    return tellProblem(response, 409, { code: 'UPLOAD_CLOSED', message });
  }
  if ('announced' in unfit) {
    const message = `The upload was announced with ${unfit.announced} bytes, and the file has another length: begin a new one, of the length that it has.`;
    if (unfit.isTooLong) tellProblem(response, 413, { code: 'MEDIA_TOO_LARGE', message });
    else tellProblem(response, 409, { code: 'BAD_LENGTH', message });
    return;
  }
  response.set('Upload-Offset', String(unfit.offset));
  const message = `${unfit.offset} bytes have come: go on from there, with Upload-Offset: ${unfit.offset}.`;
  tellProblem(response, 409, { code: 'WRONG_OFFSET', message });
}

/** As tus writes them, in digits alone; NaN for anything else. */
function wholeNumber(header: string | undefined): number {
  return /^\d+$/.test(header ?? '') ? Number(header) : NaN;
}
