import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readRange } from './media.ts';

export function sendJson(response: ServerResponse, body: object, status = 200): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

export function sendNotFound(response: ServerResponse): void {
  send(response, 404, 'text/plain; charset=utf-8', '404 page not found');
}

export function sendTooLarge(response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  send(response, 413, 'text/html', gatewayPage('413 Request Entity Too Large'));
}

/** Sends the video, or the part of it that the request's `Range` asks for; to HEAD its headers only. */
export function sendVideo(
  request: IncomingMessage,
  response: ServerResponse,
  video: Buffer,
  etag: string,
): void {
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', 'video/mp4');
  response.setHeader('ETag', `"${etag}"`);
  const range = readRange(request.headers.range, video.length);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${video.length}` }).end();
    return;
  }
  const part = range ? video.subarray(range.first, range.last + 1) : video;
  response.writeHead(range ? 206 : 200, {
    'Content-Length': part.length,
    ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${video.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}

/** An error in the manner of Aliyun OSS, where the real download links lead. */
export function sendStorageError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  error: { code: string; message: string },
): void {
  const requestId = randomBytes(12).toString('hex').toUpperCase();
  response.setHeader('x-oss-request-id', requestId);
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Error>',
    `  <Code>${error.code}</Code>`,
    `  <Message>${error.message}</Message>`,
    `  <RequestId>${requestId}</RequestId>`,
    '</Error>',
    '',
  ].join('\n');
  send(response, status, 'application/xml', request.method === 'HEAD' ? '' : xml);
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type }).end(body);
}

/** What nginx says in place of whoever is behind it. */
function gatewayPage(title: string): string {
  return `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center><hr><center>nginx</center></body></html>`;
}

/** What may come in place of any answer. */
export type BrokenAnswer =
  'half-body' | 'hang' | 'http-429' | 'http-502-html' | 'invalid-json' | 'reset';

export function sendBroken(response: ServerResponse, kind: BrokenAnswer): void {
  switch (kind) {
    case 'http-429':
      response.setHeader('Retry-After', '2');
      return send(response, 429, 'text/plain', 'Too Many Requests');
    case 'http-502-html':
      return send(response, 502, 'text/html', gatewayPage('502 Bad Gateway'));
    case 'invalid-json':
      return send(response, 200, 'application/json', '{"task_id": oops');
    case 'half-body':
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 200 });
      response.write('{"task_id":"1069161', () => response.destroy());
      return;
    case 'reset':
      response.destroy();
      return;
    case 'hang':
      return;
  }
}
