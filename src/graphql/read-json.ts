import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { RequestHandler } from 'express';
import { BodyError } from './body-error.ts';
import type { BodyRoom } from './body-room.ts';
import { giveBack, holdFiles } from '../network/held-files.ts';
import { HeldBody } from './held-body.ts';
import { letGoBy } from './let-go-by.ts';
import { watchPace, type Pace } from './pace.ts';
import { parseBody } from './parse-body.ts';

/** Larger ones need room to be read; smaller ones are always read. */
export const largeBodyBytes = 1024 * 1024;

/** Longer texts of a body are images; nothing else that is stored has so many characters. */
const longText = 64 * 1024;

/** When the client has hung up and the operation goes on: longer than any takes that has an image. */
const longestAfterClose = 60_000;

export interface ReadJsonOptions {
  room: BodyRoom;
  limitBytes: number;
  /** How slowly a large body may come. */
  pace: Pace;
}

const heldBy = new WeakMap<IncomingMessage, HeldBody>();

/**
 * Reads a JSON body into `request.body`; others are left alone. For routes behind the gate, so that
 * strangers hold no room.
 *
 * A large one is read when there is room for it. It has the room until its route lets go of it, or
 * answers. Nobody tells beforehand how large a body is that comes in chunks or compressed: as soon as
 * it is large it takes room for the largest.
 */
export function readJson(options: ReadJsonOptions): RequestHandler {
  return (request, response, next) => {
    readBody(request, response, options).then(() => next(), next);
  };
}

/** A request whose body was read: undefined where there was none of JSON. */
export interface ReadRequest extends IncomingMessage {
  body?: unknown;
}

/** The same without Express. */
export async function readBody(
  request: ReadRequest,
  response: ServerResponse,
  options: ReadJsonOptions,
): Promise<void> {
  request.body = undefined;
  if (!hasJson(request)) return;
  try {
    request.body = await read(request, response, options);
  } catch (error) {
    heldBy.get(request)?.release();
    throw error;
  }
}

function hasJson({ headers }: IncomingMessage): boolean {
  const hasBody = (headers['transfer-encoding'] ?? headers['content-length']) !== undefined;
  return hasBody && /^\s*application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Forgets the long texts of a body that was read, also in what was made of it, and has the next large
 * one read. A long GraphQL document is kept in other places too: its room is not given away.
 */
export function letGoOfBody(request: IncomingMessage, copies: readonly unknown[]): void {
  const { body } = request as { body?: { query?: unknown } };
  if (typeof body?.query === 'string' && body.query.length > largeBodyBytes) return;
  for (const part of [body, ...copies]) forgetLongTexts(part);
  heldBy.get(request)?.end();
}

function forgetLongTexts(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Record<string, unknown>;
  for (const [name, field] of Object.entries(fields)) {
    if (typeof field !== 'string') forgetLongTexts(field);
    else if (field.length > longText) fields[name] = '';
  }
}

async function read(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReadJsonOptions,
): Promise<unknown> {
  const decoder = decoderFor(request);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  const length = encoding === 'identity' ? Number(request.headers['content-length']) : NaN;
  if (length > options.limitBytes) throw tooLarge(options.limitBytes);
  if (length > largeBodyBytes) await takeRoom(length, request, response, options);
  const source = decompressed(request, encoding);
  try {
    // What its pieces are copied into as they come: kept until it is whole, they would take as much again.
    const whole = length > largeBodyBytes ? options.room.bufferOf(length) : null;
    const holding = heldBy.get(request);
    if (holding) holding.buffer = whole;
    const bytes = await collect(
      source,
      whole?.subarray(0, length) ?? null,
      request,
      response,
      options,
    );
    const held = heldBy.get(request);
    held?.shrink(bytes.length);
    if (!held || decoder !== utf8) return parseBody(decode(decoder, bytes));
    const { json, names } = holdFiles(bytes);
    held.files = names;
    return giveBack(parseBody(decode(decoder, json)), names);
  } finally {
    if (!request.readableEnded) letGoBy(request.unpipe(), response);
  }
}

/** Resolves when there is room, which is given back when the request ends. */
async function takeRoom(
  bytes: number,
  request: IncomingMessage,
  response: ServerResponse,
  { room }: ReadJsonOptions,
): Promise<void> {
  const taken = await room.take(bytes, response);
  if (taken === null || response.closed) {
    taken?.release();
    throw new BodyError(400, 'The client has hung up.');
  }
  const held = new HeldBody(taken, (buffer) => room.reuse(buffer));
  heldBy.set(request, held);
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  // Not when it has closed, which may be long before: what was read is in memory as long as it is worked on.
  response.end = (...args: unknown[]) => {
    held.release();
    return end(...args);
  };
  response.once('close', () => releaseLater(held));
}

/** By itself, since a timer keeps what its function could see: here nothing of the request. */
function releaseLater(held: HeldBody): void {
  if (held.isHeld) setTimeout(() => held.release(), longestAfterClose).unref();
}

/** All bytes of the source, with room for them; in `known`, of just that length, when there is one. */
function collect(
  source: Readable,
  known: Buffer | null,
  request: IncomingMessage,
  response: ServerResponse,
  options: ReadJsonOptions,
): Promise<Buffer> {
  const { limitBytes, pace } = options;
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    let watch: NodeJS.Timeout | undefined;
    const end = (how: () => void) => {
      clearInterval(watch);
      source.off('data', take).off('end', whole).off('error', broken);
      request.off('error', broken);
      response.off('close', gone);
      // Later ones are of no interest, but must find a listener.
      source.on('error', ignore);
      how();
      // The request lives on, and with it all that a listener could see.
      chunks = [];
    };
    const fail = (error: Error) => end(() => reject(error));
    const watchIt = () => {
      const before = length;
      watch = watchPace(pace, () => length - before, fail);
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limitBytes) return fail(tooLarge(limitBytes));
      if (known) chunk.copy(known, length - chunk.length);
      else chunks.push(chunk);
      if (length <= largeBodyBytes || watch) return;
      source.pause();
      takeRoom(limitBytes, request, response, options).then(() => {
        watchIt();
        source.resume();
      }, fail);
    };
    const whole = () =>
      end(() => resolve(known ?? (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))));
    const broken = () =>
      fail(new BodyError(400, 'The body broke off, or is not compressed as it says.'));
    const gone = () => fail(new BodyError(400, 'The client has hung up.'));
    if (heldBy.has(request)) watchIt();
    source.on('data', take).on('end', whole).on('error', broken);
    if (source !== request) request.on('error', broken);
    response.on('close', gone);
  });
}

function ignore(): void {}

function decompressed(request: IncomingMessage, encoding: string): Readable {
  switch (encoding) {
    case 'identity':
      return request;
    case 'gzip':
      return request.pipe(createGunzip());
    case 'deflate':
      return request.pipe(createInflate());
    case 'br':
      return request.pipe(createBrotliDecompress());
    default:
      throw new BodyError(415, 'Compress the body with gzip, deflate or br, or not at all.');
  }
}

// What is not well-formed would be stored, and paid for, with other characters.
const utf8 = new TextDecoder('utf-8', { fatal: true });

function decoderFor({ headers }: IncomingMessage): TextDecoder {
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s";]+)/i.exec(headers['content-type']!) ?? [];
  try {
    if (/^utf-8$/i.test(charset)) return utf8;
    if (/^utf-/i.test(charset)) return new TextDecoder(charset, { fatal: true });
  } catch {
    // There is no such one.
  }
  throw new BodyError(415, 'Write the body in UTF-8.');
}

function decode(decoder: TextDecoder, bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BodyError(400, `The body is not valid ${decoder.encoding.toUpperCase()}.`);
  }
}

function tooLarge(limitBytes: number): BodyError {
  return new BodyError(413, 'The body is too large.', limitBytes);
}
