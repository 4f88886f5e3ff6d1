import { ApiError, ConnectionError } from './errors.ts';
import type { HttpOptions } from './http.ts';
import { Patience } from './patience.ts';

/** A file that the service has: measured by its bytes. */
export interface UploadedMedia {
  id: string;
  /** What `firstFrameImage` and the other inputs take for it: `media:<id>`. */
  reference: string;
  kind: 'IMAGE' | 'VIDEO' | 'AUDIO';
  /** E.g. `PNG` or `MP4`. */
  format: string;
  mediaType: string;
  bytes: number;
  /** In pixels; null of a sound. */
  width: number | null;
  height: number | null;
  /** Null of an image. */
  seconds: number | null;
  framesPerSecond: number | null;
  /** In hexadecimal. */
  sha256: string;
  createdAt: string;
}

export interface UploadOptions {
  signal?: AbortSignal;
  /** Told how many bytes have come, from 0 to 1. */
  onProgress?: (share: number) => void;
}

/** What is sent at once: a connection that breaks costs no more. */
const pieceBytes = 4 * 1024 * 1024;

/**
 * Sends a file to the service, in pieces when it is large, and goes on where a connection broke. Equal
 * files are stored once, so that repeating it does no harm. Throws an `ApiError` with the reason when it
 * is none that MiniMax takes.
 */
export async function upload(
  http: HttpOptions,
  retryForMs: number,
  file: Blob,
  { signal, onProgress }: UploadOptions,
): Promise<UploadedMedia> {
  const patience = new Patience(retryForMs, signal);
  /** Asked again as long as nothing answers. */
  const insist = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        const result = await work();
        patience.restore();
        return result;
      } catch (error) {
        await patience.wait(error);
      }
    }
  };
  onProgress?.(0);
  if (file.size <= pieceBytes) {
    const media = await insist(() => send(http, 'POST', 'media', {}, file, signal));
    onProgress?.(1);
    return (await media.json()) as UploadedMedia;
  }
  const begun = await insist(() =>
    send(http, 'POST', 'media/uploads', { 'Upload-Length': String(file.size) }, null, signal),
  );
  const path = `media/uploads/${begun.headers.get('Location')!.split('/').at(-1)!}`;
  let offset = 0;
  for (;;) {
    const answer = await insist(async () => {
      const piece = file.slice(offset, offset + pieceBytes);
      const headers = { 'Upload-Offset': String(offset) };
      try {
        return await send(http, 'PATCH', path, headers, piece, signal);
      } catch (error) {
        // It may have come all the same, or a part of it.
        if (error instanceof ConnectionError) offset = await offsetOf(http, path, signal);
        throw error;
      }
    });
    if (answer.status === 200) {
      onProgress?.(1);
      return (await answer.json()) as UploadedMedia;
    }
    offset = Number(answer.headers.get('Upload-Offset'));
    onProgress?.(offset / file.size);
  }
}

async function offsetOf(http: HttpOptions, path: string, signal: AbortSignal | undefined) {
  const { headers } = await send(http, 'HEAD', path, {}, null, signal);
  return Number(headers.get('Upload-Offset'));
}

async function send(
  { url, authorization, fetch, timeoutMs }: HttpOptions,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Blob | null,
  signal: AbortSignal | undefined,
): Promise<Response> {
  signal?.throwIfAborted();
  const secret = await authorization();
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...headers,
        ...(body && { 'Content-Type': 'application/octet-stream' }),
        ...(secret !== undefined && { Authorization: secret }),
      },
      ...(body && { body }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError('No answer came from the API.', { cause: error });
  }
  if (response.ok) return response;
  throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<ApiError | ConnectionError> {
  const said = (await response.json().catch(() => null)) as {
    errors?: { message: string; extensions?: { code?: string } }[];
  } | null;
  const [error] = said?.errors ?? [];
  const retryAfter = Number(response.headers.get('Retry-After') ?? NaN) * 1_000;
  if (error) {
    const code = error.extensions?.code ?? 'UNKNOWN';
    return new ApiError(code, error.message, Number.isFinite(retryAfter) ? retryAfter : undefined);
  }
  const message = `Something answered with ${response.status} and no reason.`;
  if (response.status >= 500 || response.status === 408) return new ConnectionError(message);
  return new ApiError('UNKNOWN', message);
}
