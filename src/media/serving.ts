import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import cors from 'cors';
import type { Express, Request, Response } from 'express';
import parseRange from 'range-parser';
import { retryAfterSeconds } from '../graphql/errors.ts';
import type { Logger } from '../logger.ts';
import { contentDisposition } from './content-disposition.ts';
import type { KeptVideo, KeptVideos } from './kept-videos.ts';
import type { SignedUrls } from './signed-urls.ts';
import { NotStoredError, type ByteRange, type MediaStorage } from './storage.ts';
import { keyOf } from './stored-objects.ts';

export interface ServingOptions {
  videos: KeptVideos;
  urls: SignedUrls;
  storage: MediaStorage;
  log: Logger;
  /** Whether an address leads on to the bucket. */
  redirect: boolean;
  now: () => Date;
  /** Origins whose pages may read the bytes; `*` for any. */
  corsOrigins: readonly string[];
}

/** Who takes nothing for so long has gone. */
const stalledAfterMs = 60_000;

/** Whoever asks for more parts at once gets all of it. */
const mostRanges = 10;

/** Gives out kept videos under their signed addresses, whole or in parts, so that a player can seek. */
export function mountVideos(app: Express, path: string, options: ServingOptions): void {
  const { corsOrigins, urls, videos } = options;
  const allowOrigins = cors({
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD'],
    exposedHeaders: ['Accept-Ranges', 'Content-Range', 'Content-Length', 'ETag'],
    maxAge: 86_400,
  });
  // `get` answers HEAD too.
  app.options(`${path}/:name`, allowOrigins);
  app.get(`${path}/:name`, allowOrigins, async (request, response) => {
    const id = /^([\da-f-]{36})\.mp4$/.exec(String(request.params['name']))?.[1];
    const { expires, signature } = request.query;
    const left = id === undefined ? null : await urls.check(id, expires, signature);
    if (left === null)
      return refuse(response, 404, 'NOT_FOUND', 'There is no video under this address.');
    if (left === 0) {
      const message = 'This address has ended: ask for the `videoUrl` of the generation again.';
      return refuse(response, 410, 'VIDEO_URL_EXPIRED', message);
    }
    const video = await videos.find(id!);
    if (video === null) return gone(response);
    await answer(request, response, video, left, options);
  });
}

async function answer(
  request: Request,
  response: Response,
  video: KeptVideo,
  secondsLeft: number,
  options: ServingOptions,
): Promise<void> {
  const { storage, redirect, now } = options;
  const { generationId, contentType } = video;
  const key = keyOf({ kind: 'VIDEO', id: video.objectId });
  const downloadName = `${generationId}.mp4`;
  // Of HEAD the bucket would refuse what is signed for GET.
  if (redirect && request.method === 'GET') {
    const life = { signedAt: now(), expiresInSeconds: secondsLeft };
    const given = { ...life, contentType, downloadName };
    const elsewhere = await storage.presignGet(key, given);
    if (elsewhere !== null) {
      response.set('Cache-Control', 'no-store').redirect(302, elsewhere);
      return;
    }
  }
  const etag = `"${video.sha256}"`;
  response.set({
    'Accept-Ranges': 'bytes',
    'Cache-Control': `private, max-age=${secondsLeft}`,
    'Content-Disposition': contentDisposition(downloadName),
    'Content-Type': contentType,
    ETag: etag,
    'Last-Modified': video.storedAt.toUTCString(),
  });
  if (isAboutAnother(request, etag, video)) {
    response.status(412).end();
    return;
  }
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const asked = isSameFile(request, etag, video) ? request.headers.range : undefined;
  await send(request, response, { ...video, key }, asked, options);
}

async function send(
  request: Request,
  response: Response,
  video: KeptVideo & { key: string },
  asked: string | undefined,
  { storage, log }: ServingOptions,
): Promise<void> {
  const { bytes, key, contentType, generationId } = video;
  const found =
    asked === undefined ? -2 : parseRange(bytes, withinFile(asked, bytes), { combine: true });
  if (found === -1) {
    response.removeHeader('Content-Type');
    response.removeHeader('Content-Disposition');
    response.set('Content-Range', `bytes */${bytes}`).status(416).end();
    return;
  }
  const isPart = found !== -2 && found.type === 'bytes' && found.length <= mostRanges;
  const ranges: ByteRange[] = isPart ? [...found] : [];
  const parts = inParts(ranges, bytes, contentType);
  if (parts.length > 1) response.set('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  else if (isPart) response.set('Content-Range', contentRange(ranges[0]!, bytes));
  response.status(isPart ? 206 : 200);
  response.set('Content-Length', String(isPart ? lengthOf(parts) : bytes));
  let isOpen = false;
  try {
    if (request.method === 'HEAD') {
      if ((await storage.stat(key)) === null) throw new NotStoredError();
      response.end();
      return;
    }
    // Opened before anything is answered, as long as it can still be refused.
    const first = await storage.get(key, ranges[0]);
    isOpen = true;
    response.setTimeout(stalledAfterMs, () => response.destroy());
    await pipeline(
      written(first, parts, (range) => storage.get(key, range)),
      response,
    );
  } catch (error) {
    const { code } = error as { code?: string };
    // Before that, a connection that was reset is the storage's.
    const isClients = isOpen && (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET');
    if (isClients) return;
    log.error({ generationId, error }, 'a kept video could not be sent');
    if (response.headersSent) response.destroy();
    else if (error instanceof NotStoredError) gone(response);
    else {
      response.set('Retry-After', String(retryAfterSeconds));
      const message = 'The storage does not answer: try again in a moment.';
      refuse(response, 503, 'STORAGE_UNAVAILABLE', message);
    }
  }
}

interface Part {
  /** What stands before the bytes. */
  head: string;
  range: ByteRange;
}

const boundary = `reelgraph-${randomUUID()}`;
const ending = `\r\n--${boundary}--\r\n`;

function contentRange({ start, end }: ByteRange, bytes: number): string {
  return `bytes ${start}-${end}/${bytes}`;
}

/** Several parts each say what they are; a single one needs nothing before it. */
function inParts(ranges: readonly ByteRange[], bytes: number, contentType: string): Part[] {
  return ranges.map((range, index) => {
    const lines = [
      `${index === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Type: ${contentType}`,
      `Content-Range: ${contentRange(range, bytes)}`,
    ];
    return { range, head: ranges.length > 1 ? `${lines.join('\r\n')}\r\n\r\n` : '' };
  });
}

/** Who asks for more of the end than there is gets all of it (RFC 9110, 14.1.2). */
function withinFile(asked: string, bytes: number): string {
  return asked.replace(/([=,]\s*)-(\d+)/g, (suffix, before: string, length) =>
    Number(length) > bytes ? `${before}-${bytes}` : suffix,
  );
}

function lengthOf(parts: readonly Part[]): number {
  const lengths = parts.map(({ head, range }) => head.length + range.end - range.start + 1);
  return lengths.reduce((sum, length) => sum + length, parts.length > 1 ? ending.length : 0);
}

async function* written(
  first: Readable,
  parts: readonly Part[],
  get: (range: ByteRange) => Promise<Readable>,
): AsyncGenerator<Uint8Array | string> {
  if (parts.length < 2) {
    yield* first as AsyncIterable<Uint8Array>;
    return;
  }
  for (const [index, { head, range }] of parts.entries()) {
    yield head;
    yield* (index === 0 ? first : await get(range)) as AsyncIterable<Uint8Array>;
  }
  yield ending;
}

/** Whether the caller wants another file, or an older one, or nothing (RFC 9110, 13.1.1 and 13.1.4). */
function isAboutAnother({ headers }: Request, etag: string, { storedAt }: KeptVideo): boolean {
  const wanted = headers['if-match'];
  if (wanted !== undefined)
    return !wanted.split(',').some((tag) => ['*', etag].includes(tag.trim()));
  const since = Date.parse(headers['if-unmodified-since'] ?? '');
  return Date.parse(storedAt.toUTCString()) > since;
}

/** Whether what is asked for a part of is what the caller has the rest of (RFC 9110, If-Range). */
function isSameFile({ headers }: Request, etag: string, { storedAt }: KeptVideo): boolean {
  const condition = headers['if-range'];
  if (condition === undefined || condition === etag) return true;
  return condition === storedAt.toUTCString();
}

function gone(response: Response): void {
  refuse(response, 410, 'VIDEO_REMOVED', 'This video is not kept any more.');
}

/** In the form of a GraphQL answer, as everything that is refused here. */
function refuse(response: Response, status: number, code: string, message: string): void {
  const own = ['Accept-Ranges', 'Content-Disposition', 'Content-Length', 'Content-Range'];
  for (const name of [...own, 'Content-Type', 'ETag', 'Last-Modified']) response.removeHeader(name);
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .json({ errors: [{ message, extensions: { code } }] });
}
