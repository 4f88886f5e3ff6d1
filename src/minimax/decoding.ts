import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';

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
    .reverse();
  let plain = bytes;
  for (const encoding of named) plain = decode(plain, encoding, limit);
  return isGzip(plain) ? decode(plain, 'gzip', limit) : plain;
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;

function decode(bytes: Buffer, encoding: string, limit: number): Buffer {
  const options = { maxOutputLength: limit, finishFlush: constants.Z_SYNC_FLUSH };
  try {
    switch (encoding) {
      case 'gzip':
      case 'x-gzip':
        return isGzip(bytes) ? gunzipSync(bytes, options) : bytes;
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
