import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';

/** Nobody wraps more around each other; each that is tried takes as long as the answer is large. */
const mostEncodings = 4;

/** An answer is larger than is read. */
export class TooLarge extends Error {}

/**
 * The bytes of an answer as they were before a proxy compressed them, although it was asked not to:
 * by `Content-Encoding`, and what begins like gzip without saying so. Also of an answer that broke
 * off, as far as it came.
 *
 * Throws `TooLarge` beyond `limit` bytes.
 */
export function decoded(
  bytes: Buffer,
  header: string | string[] | undefined,
  limit: number,
): Buffer {
  const named = [header ?? []]
    .flat()
    .join(',')
    .toLowerCase()
    .split(/[\s,]+/)
    .reverse()
    .slice(0, mostEncodings);
  let plain = bytes;
  for (const encoding of named) plain = decode(plain, encoding, limit);
  return isGzip(plain) ? decode(plain, 'gzip', limit) : plain;
}

/** The same of one that could not be read to its end: as much of its start as the limit lets be read. */
export function decodedStart(
  bytes: Buffer,
  header: string | string[] | undefined,
  limit: number,
): Buffer {
  for (let length = bytes.length; length > 0; length = Math.floor(length / 2)) {
    try {
      return decoded(bytes.subarray(0, length), header, limit);
    } catch {
      // What so many bytes hold is larger than is read.
    }
  }
  return Buffer.alloc(0);
}

/** A byte order mark at the start says how it is written, and is dropped, or else its `Content-Type`. */
export function asText(bytes: Buffer, contentType = ''): string {
  const marked = { fffe: 'utf-16le', feff: 'utf-16be' }[bytes.toString('hex', 0, 2)];
  const utf16 = marked ?? /charset="?(utf-16(?:[lb]e)?)\b/i.exec(contentType)?.[1];
  return (utf16 === undefined ? utf8 : new TextDecoder(utf16)).decode(bytes);
}

const utf8 = new TextDecoder();

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Of what follows the first member, which some proxies leave there, nothing is read. */
function gunzip(bytes: Buffer, options: ZlibOptions): Buffer {
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw error;
    return inflateRawSync(bytes.subarray(gzipHeadLength(bytes)), options);
  }
}

/** RFC 1952, section 2.3. */
function gzipHeadLength(bytes: Buffer): number {
  const flags = bytes[3]!;
  let at = 10;
  if (flags & 4) at += 2 + bytes.readUInt16LE(at);
  // The name of the file and a comment end with a zero.
  for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1;
  return flags & 2 ? at + 2 : at;
}

function decode(bytes: Buffer, encoding: string, limit: number): Buffer {
  const options = { maxOutputLength: limit, finishFlush: constants.Z_SYNC_FLUSH };
  try {
    switch (encoding) {
      case 'gzip':
      case 'x-gzip':
        return isGzip(bytes) ? gunzip(bytes, options) : bytes;
      case 'deflate':
        // With the header of zlib, as specified, or without, as some send it.
        return (bytes[0]! & 0x0f) === 8
          ? inflateSync(bytes, options)
          : inflateRawSync(bytes, options);
      case 'br': {
        const finishFlush = constants.BROTLI_OPERATION_FLUSH;
        return brotliDecompressSync(bytes, { maxOutputLength: limit, finishFlush });
      }
      default:
        return bytes;
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new TooLarge(`the answer is larger than ${limit} bytes`);
    }
    // Not what its label says: whoever reads it has to do with what came.
    return bytes;
  }
}
