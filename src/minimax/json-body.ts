import { createHash, randomUUID } from 'node:crypto';
import { setImmediate as oneTurn } from 'node:timers/promises';
import { StoredMedia } from './stored-media.ts';

/** A body that is sent piece by piece; it is never in memory as a whole. */
export interface RequestBody {
  /** In bytes, of all pieces together. */
  readonly length: number;
  /** All of it but the files. */
  readonly text: string;
  /** From the beginning at each call, the same bytes. */
  pieces(): AsyncIterable<Buffer>;
}

/** Of text in one piece; of a file, so many as give that in base64. */
const pieceBytes = 64 * 1024;
const fileBytesOfPiece = (pieceBytes / 4) * 3;

/** After so many the event loop has its turn while a hash is made. */
const hashedAtOnce = 1024 * 1024;

/** The body that `JSON.stringify` would make if each `StoredMedia` were its data URL. */
export function toJsonBody(value: object): RequestBody {
  const files: StoredMedia[] = [];
  // Nobody can have written it into the request.
  const place = `file:${randomUUID()}`;
  const json = JSON.stringify(value, (_key, part: unknown) => {
    if (!(part instanceof StoredMedia)) return part;
    files.push(part);
    return place;
  });
  const parts: (Buffer | StoredMedia)[] = json
    .split(place)
    .flatMap((text, index) => [...(index > 0 ? [files[index - 1]!] : []), Buffer.from(text)]);
  return {
    length: parts.reduce((sum, part) => sum + lengthOf(part), 0),
    text: json,
    async *pieces() {
      for (const part of parts) {
        if (part instanceof StoredMedia) yield* dataUrlPieces(part);
        else yield* textPieces(part);
      }
    },
  };
}

/** SHA-256 of a body, in hexadecimal. */
export async function hashOf(body: RequestBody): Promise<string> {
  const hash = createHash('sha256');
  let sinceTurn = 0;
  for await (const piece of body.pieces()) {
    hash.update(piece);
    sinceTurn += piece.length;
    if (sinceTurn < hashedAtOnce) continue;
    sinceTurn = 0;
    await oneTurn();
  }
  return hash.digest('hex');
}

function lengthOf(part: Buffer | StoredMedia): number {
  if (!(part instanceof StoredMedia)) return part.length;
  return dataUrlHead(part).length + Math.ceil(part.length / 3) * 4;
}

function* textPieces(text: Buffer): Iterable<Buffer> {
  for (let at = 0; at < text.length; at += pieceBytes) yield text.subarray(at, at + pieceBytes);
}

function dataUrlHead({ mediaType }: StoredMedia): string {
  return `data:${mediaType};base64,`;
}

async function* dataUrlPieces(file: StoredMedia): AsyncIterable<Buffer> {
  yield Buffer.from(dataUrlHead(file));
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.pieces()) {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.subarray(at, at + fileBytesOfPiece - length);
      at += taken.length;
      length += taken.length;
      waiting.push(taken);
      if (length < fileBytesOfPiece) continue;
      yield inBase64(waiting);
      waiting = [];
      length = 0;
    }
  }
  if (length > 0) yield inBase64(waiting);
}

function inBase64(pieces: readonly Uint8Array[]): Buffer {
  const whole = Buffer.concat(pieces);
  return Buffer.from(whole.toString('base64'), 'latin1');
}
