import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';

export interface SimulatorOptions {
  /** Base of download links, e.g. `http://localhost:4000/simulator`; unset: taken from the request's Host header plus the mount path. */
  publicUrl?: string;
  /** Time from submit to `Success`, ms (default 4000): Preparing, Queueing, Processing on the way, each with a share. */
  renderMs?: number;
  /** Artificial latency per answer, ms (default 150). */
  latencyMs?: number;
  /** Lifetime of a download link, seconds (default 3600). */
  linkSeconds?: number;
  /** When set, any other bearer key is refused with 2049. A request without a key is refused with 1004 in any case. */
  apiKey?: string;
  /** Unix time in ms; callbacks alone follow the real clock. */
  now?: () => number;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The path as it was sent: Express takes the mount path off `url` and keeps the whole in `originalUrl`. */
export function originalUrl(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '/';
}

export function origin(request: IncomingMessage): string {
  const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}

/** Waits, or less when the client leaves. */
export async function pause(ms: number, response: ServerResponse): Promise<void> {
  if (ms <= 0 || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    response.once('close', done);
    function done() {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    }
  });
}

/** The whole body, or `undefined` when it is larger than MiniMax's gateway takes. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
