import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidParams, success } from '../minimax/v1/wire.ts';
import { uploadPurpose } from '../minimax/v2/wire.ts';
import { boundaryOf, MultipartError, MultipartReader } from '../network/multipart.ts';
import { sendJson, sendTooLarge } from './answers.ts';

const MAX_FILE_BYTES = 50 * 1024 * 1024;

const EPOCH_SECONDS = Date.UTC(2025, 0, 1) / 1000;

/** Makes each id sixteen digits long, and no larger than a number can hold. */
const OFFSET = 4_000_000_000_000_000;
const A_SECOND = 10_000_000;

/** MiniMax keeps uploads for so long (V2 §2.4). */
const KEPT_SECONDS = 7 * 24 * 3600;

/** Whether a reference, `mm_file://…`, is to an upload that MiniMax would have deleted by now: ids hold their time. */
export function isExpiredUpload(url: string, nowSeconds: number): boolean {
  const [, id] = /^mm_file:\/\/([4-7]\d{15})$/.exec(url) ?? [];
  if (id === undefined) return false;
  return nowSeconds - EPOCH_SECONDS - (Number(id) - OFFSET) / A_SECOND > KEPT_SECONDS;
}

/** Takes an upload, of which nothing is kept: what is no image, video or sound by its first bytes is refused. */
export async function takeUpload(
  request: IncomingMessage,
  response: ServerResponse,
  nowSeconds: number,
): Promise<void> {
  const refuse = (what: string) => sendJson(response, { base_resp: invalidParams(what) }, 400);
  const boundary = boundaryOf(request.headers['content-type']);
  if (boundary === null) return refuse('the body must be a form');
  const form = await readForm(request, boundary);
  if (typeof form === 'string') return refuse(form);
  if (form.bytes > MAX_FILE_BYTES) return sendTooLarge(response);
  if (form.purpose !== uploadPurpose) return refuse('purpose is invalid');
  if (form.filename === null || !isMedia(form.start)) return refuse('the file is not supported');
  const file = {
    file_id: OFFSET + (nowSeconds - EPOCH_SECONDS) * A_SECOND + randomInt(A_SECOND),
    bytes: form.bytes,
    created_at: nowSeconds,
    filename: form.filename,
    purpose: form.purpose,
  };
  sendJson(response, { file, base_resp: success });
}

interface Form {
  purpose: string;
  filename: string | null;
  bytes: number;
  /** The first bytes of the file, in Latin 1. */
  start: string;
}

/** What of the form matters, or what is wrong with it. */
async function readForm(request: IncomingMessage, boundary: string): Promise<Form | string> {
  const form: Form = { purpose: '', filename: null, bytes: 0, start: '' };
  let isFile = false;
  const reader = new MultipartReader(boundary, {
    part({ name, filename }) {
      isFile = name === 'file';
      if (isFile) form.filename = filename;
    },
    data(piece) {
      if (!isFile) form.purpose += piece.toString('latin1', 0, 64);
      else if (form.start.length < 12) form.start += piece.toString('latin1', 0, 12);
      if (isFile) form.bytes += piece.length;
    },
  });
  try {
    const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const piece of pieces) reader.push(piece);
    reader.end();
  } catch (error) {
    request.resume();
    if (error instanceof MultipartError) return error.message;
    throw error;
  }
  return form;
}

function isMedia(start: string): boolean {
  return /^(\xff[\xd8\xe0-\xff]|\x89PNG|RIFF....(WEBP|WAVE)|....(ftyp|moov|mdat|wide|free)|ID3)/s.test(
    start,
  );
}
