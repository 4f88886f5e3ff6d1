import { createHash } from 'node:crypto';
import { imageSize } from 'image-size';
import { heldBytes } from '../network/held-files.ts';
import { headOfJpeg } from './jpeg-picture.ts';
import {
  sidesOfHeif,
  structureOf,
  type ImageMediaType,
  type ImageStructure,
} from './image-structure.ts';
import { misfitOf, tooLarge, type ImageProblemCode, type MeasuredMedia } from './measured-media.ts';
import { MediaKind, type MediaLimits } from './model.ts';
import { alsoIs, nameOfFormat } from './other-formats.ts';

export interface ReadImage {
  /** Sniffed from the first bytes; the label of the data URL is often wrong (wire contract §3.4). */
  mediaType: ImageMediaType;
  bytes: Buffer;
  width: number;
  height: number;
  /** Of the bytes, in hexadecimal. */
  sha256: string;
  /** What MiniMax may do with it that is not meant. */
  warnings: ImageWarning[];
}

export interface ImageProblem {
  code: ImageProblemCode;
  message: string;
}

export type ImageWarningCode = 'IMAGE_END_MISSING' | 'IMAGE_ANIMATED' | 'IMAGE_TRANSPARENT';

export interface ImageWarning {
  code: ImageWarningCode;
  message: string;
}

export type DataUrlReading =
  { image: ReadImage; problem?: undefined } | { image?: undefined; problem: ImageProblem };

/** Whatever the label, and none; blanks may stand around `base64`. */
const head = /^data:[^,]*; *base64 *$/i;
const longestHead = 1024;
/** A letter may be written as three. */
const mostTextOfLetter = 3;
const percentSign = 0x25;
/** More than any camera takes. A PNG of one colour can say a thousand times as many in 20 MB. */
const mostPixels = 120_000_000;
/** One is used at most; an animation longer than this is no mistake. */
const mostPictures = 1_000;
/** Tab, line feed, form feed, carriage return, blank. */
const blanks = [0x09, 0x0a, 0x0c, 0x0d, 0x20];

/**
 * The image that a data URL holds, or what is wrong with it by the limits of its model (wire contract
 * §3.4, V2 §2.3).
 *
 * Base64 is read as browsers do, with blanks, line breaks, percent-encoding and without padding, and
 * also in the alphabet of URLs. Takes time linear in the text and, beside it, memory for the bytes
 * and, of a text with such characters, for another text; one too long for the limit is refused before
 * it is decoded.
 */
export function readDataUrl(text: string, limits: MediaLimits): DataUrlReading {
  const { maxBytes } = limits;
  const comma = text.slice(0, longestHead).indexOf(',');
  if (comma < 0 || !head.test(text.slice(0, comma))) {
    return refused('IMAGE_INVALID', 'Write the image as data:image/<type>;base64,<data>.');
  }
  const held = heldBytes(text.slice(comma + 1), maxBytes);
  const given = held && held.bytes === null ? held.letters.toString() : text.slice(comma + 1);
  const asGiven = held?.bytes ? held : decode(given, maxBytes);
  const isReadable =
    asGiven.bytes !== null || given.length > mostTextOfLetter * lettersOf(maxBytes);
  const { expected, bytes } = isReadable ? asGiven : decode(withoutStrays(given), maxBytes);
  if (expected > maxBytes) {
    return refused('IMAGE_TOO_LARGE', tooLarge('image', expected, maxBytes));
  }
  if (bytes === null) {
    return refused(
      'IMAGE_INVALID',
      'The data after the comma is not base64: encode the bytes of the file, and send all of them.',
    );
  }
  return readImage(bytes, limits);
}

/** The bytes, or null when the letters are not base64 alone or too many; and how many they would be. */
function decode(letters: string, maxBytes: number): { expected: number; bytes: Buffer | null } {
  let digits = letters.length;
  while (digits > 0 && digits > letters.length - 2 && letters[digits - 1] === '=') digits -= 1;
  const expected = Math.floor((digits * 3) / 4);
  if (expected > maxBytes || digits === 0 || digits % 4 === 1) return { expected, bytes: null };
  // Node skips characters that are not base64 and stops at "=", so that the
  // decoded length gives them away; only a remainder of 1 would hide one.
  const bytes = Buffer.from(letters.slice(0, digits), 'base64');
  return { expected, bytes: bytes.length === expected ? bytes : null };
}

function lettersOf(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** What browsers read: without blanks and line breaks, `%2B` as what it means. */
function withoutStrays(text: string): string {
  const letters = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    let code = text.charCodeAt(at);
    if (code === percentSign) {
      code = hexOf(text.charCodeAt(at + 1)) * 16 + hexOf(text.charCodeAt(at + 2));
      at += 2;
    }
    if (!(code < 0x80)) return text;
    if (code > 0x20 || !blanks.includes(code)) letters[length++] = code;
  }
  return letters.toString('latin1', 0, length);
}

/** NaN when it is no digit. */
function hexOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const small = code | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : NaN;
}

/** The same for the bytes themselves. */
export function readImage(bytes: Buffer, limits: MediaLimits): DataUrlReading {
  if (bytes.length > 0 && !isOneOf(sniffImage(bytes), limits.formats)) {
    return refused('IMAGE_FORMAT_UNSUPPORTED', formatMessage(bytes, limits.formats));
  }
  const { measured, structure, problem } = measureImage(bytes);
  if (problem) return { problem };
  // By its sides first: whoever reads on would take a broken one for the cause.
  const misfit = misfitOf(measured, limits);
  if (misfit !== null) return { problem: misfit as ImageProblem };
  const broken = structureProblem(measured.mediaType, structure, bytes);
  if (broken) return { problem: broken };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { mediaType, width, height } = measured;
  return { image: { mediaType, bytes, width, height, sha256, warnings: warningsOf(structure) } };
}

/** An image that no limits of a model are known for yet: measured, or why it is none. */
export function inspectImage(
  bytes: Buffer,
): { measured: MeasuredImage; problem?: undefined } | { problem: ImageProblem } {
  const { measured, structure, problem } = measureImage(bytes);
  if (problem) return { problem };
  const broken = structureProblem(measured.mediaType, structure, bytes);
  return broken ? { problem: broken } : { measured };
}

type MeasuredImage = MeasuredMedia & { mediaType: ImageMediaType; width: number; height: number };

type Measuring =
  | { measured: MeasuredImage; structure: ImageStructure; problem?: undefined }
  | { measured?: undefined; structure?: undefined; problem: ImageProblem };

function measureImage(bytes: Buffer): Measuring {
  const invalid = (message: string): Measuring => ({ problem: { code: 'IMAGE_INVALID', message } });
  if (bytes.length === 0) return invalid('The file is empty: send all of it.');
  const mediaType = sniffImage(bytes);
  if (mediaType === null) {
    return {
      problem: { code: 'IMAGE_FORMAT_UNSUPPORTED', message: formatMessage(bytes, allFormats) },
    };
  }
  const size = measure(mediaType, bytes);
  if (size === null) {
    return invalid(`The image begins like ${mediaType} but its size cannot be read: save it anew.`);
  }
  const { width, height } = size;
  if (width * height > mostPixels) {
    const message = `The image says that it is ${width}×${height} pixels, more than ${mostPixels / 1e6} million: make it smaller.`;
    return { problem: { code: 'IMAGE_DIMENSIONS_UNSUPPORTED', message } };
  }
  const measured = {
    ...{ kind: MediaKind.IMAGE, format: formatOf(mediaType), mediaType, bytes: bytes.length },
    ...{ width, height, seconds: null, framesPerSecond: null },
  };
  return { measured, structure: structureOf(mediaType, bytes) };
}

function structureProblem(
  mediaType: ImageMediaType,
  { isWhole, pictures, hasTooManyParts }: ImageStructure,
  bytes: Buffer,
): ImageProblem | null {
  const invalid = (message: string): ImageProblem => ({ code: 'IMAGE_INVALID', message });
  if (hasTooManyParts) {
    return invalid(`The ${mediaType} has far more parts than a picture needs: save it anew.`);
  }
  if (!isWhole) {
    return invalid(
      `The ${mediaType} stops before its picture is whole, as after a broken upload: send all of the file.`,
    );
  }
  if (pictures > mostPictures) {
    return invalid(
      `The ${mediaType} is an animation of ${pictures} pictures; save one of them as an image.`,
    );
  }
  const other = alsoIs(bytes);
  if (other === null) return null;
  return invalid(`The ${mediaType} is ${other} as well: save the picture anew, alone.`);
}

const allFormats = ['JPEG', 'PNG', 'WEBP', 'HEIC', 'HEIF'];

function formatOf(mediaType: ImageMediaType): string {
  return mediaType.slice('image/'.length).toUpperCase();
}

function isOneOf(mediaType: ImageMediaType | null, formats: readonly string[]): boolean {
  return mediaType !== null && formats.includes(formatOf(mediaType));
}

function formatMessage(bytes: Buffer, formats: readonly string[]): string {
  const name = nameOfFormat(bytes);
  const what =
    name === null ? `none of ${formats.join(', ')}` : `${name}, none of ${formats.join(', ')}`;
  return `The image is ${what}, whatever its label says: convert it to one of them.`;
}

function warningsOf({ hasEndMark, isAnimated, hasAlpha }: ImageStructure): ImageWarning[] {
  const warnings: ImageWarning[] = [];
  const warn = (code: ImageWarningCode, message: string) => warnings.push({ code, message });
  if (!hasEndMark) {
    warn('IMAGE_END_MISSING', 'The JPEG has no end mark; its picture is whole. Save it anew.');
  }
  if (isAnimated) {
    warn('IMAGE_ANIMATED', 'The image is animated; at most one of its pictures will be used.');
  }
  if (hasAlpha) {
    warn('IMAGE_TRANSPARENT', 'The image may be transparent in parts; a video cannot be.');
  }
  return warnings;
}

/** The format of an image by its first twelve bytes, or null. */
export function sniffImage(bytes: Buffer): ImageMediaType | null {
  const latin1 = bytes.toString('latin1', 0, 12);
  if (latin1.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (latin1.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (latin1.startsWith('RIFF') && latin1.endsWith('WEBP')) return 'image/webp';
  if (/^....ftyphe(ic|ix|im|is)$/s.test(latin1)) return 'image/heic';
  if (/^....ftyp(mif1|msf1|heif)$/s.test(latin1)) return 'image/heif';
  return null;
}

function measure(
  mediaType: ImageMediaType,
  bytes: Buffer,
): { width: number; height: number } | null {
  if (mediaType === 'image/heic' || mediaType === 'image/heif') return sidesOfHeif(bytes);
  try {
    const { width, height } = imageSize(mediaType === 'image/jpeg' ? headOfJpeg(bytes) : bytes);
    return width > 0 && height > 0 ? { width, height } : null;
  } catch {
    return null;
  }
}

function refused(code: ImageProblemCode, message: string): DataUrlReading {
  return { problem: { code, message } };
}
