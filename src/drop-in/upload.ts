import type { Response, Router } from 'express';
import { demand } from '../access/permissions.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { UploadAnswer } from '../minimax/answers.ts';
import { invalidParams, success } from '../minimax/v1/wire.ts';
import { paths, uploadPurpose } from '../minimax/v2/wire.ts';
import { ownKeyNote } from './failures.ts';
import type { DropInOptions } from './options.ts';
import { UploadForm, UploadRefusal } from './upload-form.ts';

/** The upload of files that submissions of the second API generation refer to (V2 §2.4): passed on as it comes. */
export function addUpload(router: Router, { gate, files }: DropInOptions): void {
  router.post(paths.upload, async (request, response) => {
    const context = gate.contextOf(request);
    demand(context.caller, 'generate');
    let form: UploadForm | undefined;
    try {
      form = new UploadForm(request);
      response.json(uploadAnswer(form, await files.upload(form, context)));
    } catch (error) {
      refuse(form?.refusal ?? form?.silence ?? error, response);
    } finally {
      // What is left of it goes by, so that the answer can be read.
      if (!request.readableEnded) request.resume();
    }
  });
}

function uploadAnswer(form: UploadForm, { fileId, bytes, createdAt, filename }: UploadAnswer) {
  const number = Number(fileId);
  return {
    file: {
      // A number at MiniMax; what a number cannot hold stays text.
      file_id: Number.isSafeInteger(number) ? number : fileId,
      bytes: bytes ?? form.fileBytes(),
      created_at: createdAt ?? 0,
      filename: filename ?? '',
      purpose: uploadPurpose,
    },
    base_resp: success,
  };
}

function refuse(error: unknown, response: Response): void {
  if (error instanceof UploadRefusal) {
    response.status(error.status).json({ base_resp: invalidParams(error.message) });
    return;
  }
  if (!(error instanceof MinimaxError)) throw error;
  const { statusCode, statusMessage, httpStatus, failureKind } = error;
  const said = statusMessage ?? 'MiniMax took no file now; send it again later';
  const base_resp = {
    status_code: statusCode || 1000,
    status_msg: ownKeyNote(failureKind) + said,
  };
  // A file that is no good comes back with a status of its own, everything else with 200 (V2 §2.4).
  response.status(httpStatus === 400 ? 400 : 200).json({ base_resp });
}
