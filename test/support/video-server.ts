import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { readRange } from '../../src/simulator/media.ts';

/** Of six seconds, as the simulator makes it. */
export const video = await readFile(new URL('../../assets/simulator/512P-6.mp4', import.meta.url));

/** What a request for a video gets instead of the video, or of the part that it asks for. */
export type Mishap =
  | { status: number; headers?: Record<string, string> }
  /** Breaks off after so many bytes. */
  | { cutAfter: number }
  /** So many bytes, and then one at a time. */
  | { dripAfter: number }
  | { body: Buffer; headers?: Record<string, string> }
  /** Bytes without end, and without a word of how many. */
  | { endless: true }
  | { hang: true };

export interface VideoServer {
  readonly url: string;
  /** What was asked for: the path with its query, and the range. */
  readonly requests: { path: string; range: string | undefined }[];
  /** Of the videos, that were sent. */
  sentBytes: number;
  video: Buffer;
  /** For the next requests, in turn; afterwards all goes well. */
  next(...mishaps: Mishap[]): void;
  /** Each request is asked for; undefined: the next mishap, if any. */
  each:
    ((request: IncomingMessage) => Mishap | undefined | Promise<Mishap | undefined>) | undefined;
  close(): Promise<void>;
}

/** A local server that plays the store behind MiniMax's links. */
export async function startVideoServer(video: Buffer): Promise<VideoServer> {
  const mishaps: Mishap[] = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const self: VideoServer = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    sentBytes: 0,
    video,
    next: (...more) => void mishaps.splice(0, Infinity, ...more),
    each: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { range } = request.headers;
    self.requests.push({ path: request.url!, range });
    const mishap = (await self.each?.(request)) ?? mishaps.shift();
    if (mishap && 'hang' in mishap) return;
    if (mishap && 'status' in mishap) {
      response.writeHead(mishap.status, mishap.headers).end('<Error/>');
      return;
    }
    if (mishap && 'endless' in mishap) {
      const piece = Buffer.alloc(1024 * 1024);
      response.writeHead(200);
      Readable.from(forEver(piece))
        .pipe(response)
        .on('error', () => undefined);
      return;
    }
    if (mishap && 'body' in mishap) {
      response.writeHead(200, mishap.headers).end(mishap.body);
      return;
    }
    const wanted = readRange(range, self.video.length);
    const isPart = typeof wanted === 'object';
    const body = isPart ? self.video.subarray(wanted.first, wanted.last + 1) : self.video;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': body.length,
      'content-type': 'video/mp4',
      etag: '"the-video"',
      ...(isPart && {
        'content-range': `bytes ${wanted.first}-${wanted.last}/${self.video.length}`,
      }),
    });
    if (mishap && 'cutAfter' in mishap) {
      self.sentBytes += mishap.cutAfter;
      response.write(body.subarray(0, mishap.cutAfter), () => response.destroy());
    } else if (mishap && 'dripAfter' in mishap) {
      response.write(body.subarray(0, mishap.dripAfter));
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    } else {
      self.sentBytes += body.length;
      response.end(body);
    }
  }

  return self;
}

function* forEver(piece: Buffer): Generator<Buffer, never, undefined> {
  for (;;) yield piece;
}
