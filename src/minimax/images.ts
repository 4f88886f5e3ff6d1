import { createHash } from 'node:crypto';
import { imageSize } from 'image-size';
import type { MediaLimits } from './model.ts';

export type ImageMediaType =
  'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic' | 'image/heif';

export interface ReadImage {
  /** Sniffed from the first bytes; the label of the data URL is often wrong (wire contract §3.4). */
  mediaType: ImageMediaType;
  bytes: Buffer;
  width: number;
  height: number;
  /** Of the bytes, in hexadecimal. */
  sha256: string;
}

export type ImageProblemCode =
  'IMAGE_INVALID' | 'IMAGE_FORMAT_UNSUPPORTED' | 'IMAGE_TOO_LARGE' | 'IMAGE_DIMENSIONS_UNSUPPORTED';

export interface ImageProblem {
  code: ImageProblemCode;
  message: string;
}

export type DataUrlReading =
  { image: ReadImage; problem?: undefined } | { image?: undefined; problem: ImageProblem };

const head = /^data:image\/[\w.+-]+(?:;[\w.+-]+=[^;,]*)*;base64$/i;
const longestHead = 256;

/**
 * The image that a data URL holds, or what is wrong with it by the limits of its model (wire contract
 * §3.4, V2 §2.3).
 *
 * Takes time linear in the text and, beside it, memory for the bytes alone;
 * a text too long for the limit is refused before it is decoded.
 */
export function readDataUrl(text: string, limits: MediaLimits): DataUrlReading {
  const comma = text.slice(0, longestHead).indexOf(',');
  if (comma < 0 || !head.test(text.slice(0, comma))) {
    return refused('IMAGE_INVALID', 'Write the image as data:image/<type>;base64,<data>.');
  }
  let end = text.length;
  while (end > comma + 1 && end > text.length - 2 && text[end - 1] === '=') end -= 1;
  const digits = end - comma - 1;
  const expected = Math.floor((digits * 3) / 4);
  const { maxBytes } = limits;
  if (expected > maxBytes) {
    const mebibytes = maxBytes / 1024 / 1024;
    return refused(
      'IMAGE_TOO_LARGE',
      `The image has ${expected} bytes; use one of at most ${maxBytes} bytes (${mebibytes} MiB).`,
    );
  }
  // Node skips characters that are not base64 and stops at "=", so that the
  // decoded length gives them away; only a remainder of 1 would hide one.
  const bytes = Buffer.from(text.slice(comma + 1, end), 'base64');
  if (digits === 0 || digits % 4 === 1 || bytes.length !== expected) {
    return refused(
      'IMAGE_INVALID',
      'The data after the comma is not base64: encode the bytes of the file without line breaks.',
    );
  }
  return readImage(bytes, limits);
}

/** The same for the bytes themselves. */
export function readImage(bytes: Buffer, { formats, ...limits }: MediaLimits): DataUrlReading {
  const mediaType = sniff(bytes);
  if (mediaType === null || !formats.includes(mediaType.slice('image/'.length).toUpperCase())) {
    return refused(
      'IMAGE_FORMAT_UNSUPPORTED',
      `The image is none of ${formats.join(', ')}, whatever its label says: convert it to one of them.`,
    );
  }
  const size = measure(bytes);
  if (size === null) {
    return refused(
      'IMAGE_INVALID',
      `The image begins like ${mediaType} but its size cannot be read: save it anew.`,
    );
  }
  const { width, height } = size;
  const misfit = sizeProblem(size, limits);
  if (misfit !== null) return refused('IMAGE_DIMENSIONS_UNSUPPORTED', misfit);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { image: { mediaType, bytes, width, height, sha256 } };
}

function sizeProblem(
  { width, height }: { width: number; height: number },
  { sides, aspectRatio }: Pick<MediaLimits, 'sides' | 'aspectRatio'>,
): string | null {
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const { min = 0, max = null } = sides ?? {};
  const widest = aspectRatio?.max ?? Infinity;
  if (short >= min && long <= (max ?? Infinity) && long / short <= widest) return null;
  const atMost = max === null ? '' : `, its long side at most ${max}`;
  return (
    `The image is ${width}×${height} pixels; its short side must have at least ${min} pixels${atMost} ` +
    'and its aspect ratio must lie between 2:5 and 5:2.'
  );
}

/** An image in the pieces in which it is stored, none of them empty. */
export class StoredImage {
  readonly chunks: readonly Buffer[];
  readonly mediaType: ImageMediaType;
  /** In bytes. */
  readonly length: number;

  /** Throws when the bytes are no image of a known format. */
  constructor(chunks: readonly Buffer[]) {
    const mediaType = sniff(chunks[0] ?? Buffer.alloc(0));
    if (mediaType === null) throw new TypeError('The bytes are no image.');
    this.chunks = chunks;
    this.mediaType = mediaType;
    this.length = chunks.reduce((sum, { length }) => sum + length, 0);
  }
}

function sniff(bytes: Buffer): ImageMediaType | null {
  const latin1 = bytes.toString('latin1', 0, 12);
  if (latin1.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (latin1.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (latin1.startsWith('RIFF') && latin1.endsWith('WEBP')) return 'image/webp';
  if (/^....ftyphe(ic|ix|im|is)$/s.test(latin1)) return 'image/heic';
  if (/^....ftyp(mif1|msf1|heif)$/s.test(latin1)) return 'image/heif';
  return null;
}

function measure(bytes: Buffer): { width: number; height: number } | null {
  try {
    const { width, height } = imageSize(bytes);
    return width > 0 && height > 0 ? { width, height } : null;
  } catch {
    return null;
  }
}

function refused(code: ImageProblemCode, message: string): DataUrlReading {
  return { problem: { code, message } };
}
