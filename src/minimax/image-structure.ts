import { firstScanOf, hasWholePicture } from './jpeg-picture.ts';

export type ImageMediaType =
  'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic' | 'image/heif';

/** What the parts of an image's file tell of it; the picture itself is not decoded. */
export interface ImageStructure {
  /** False when the file stops before its picture does. */
  isWhole: boolean;
  /** False when a JPEG has its picture and then no end mark. */
  hasEndMark: boolean;
  isAnimated: boolean;
  /** Whether parts of it may be transparent. */
  hasAlpha: boolean;
  /** One, unless it is animated. */
  pictures: number;
  /** Whether it was not read to its end because it has so many chunks or boxes. */
  hasTooManyParts: boolean;
}

/** Of a picture: chunks of a PNG have some kilobytes each, those of an animation one and more for each picture. */
const mostParts = 50_000;

/** Takes a time that the bytes bound: parts are stepped over, only a JPEG without an end mark is read. */
export function structureOf(mediaType: ImageMediaType, bytes: Buffer): ImageStructure {
  if (mediaType === 'image/jpeg') return structureOfJpeg(bytes);
  if (mediaType === 'image/png') return structureOfPng(bytes);
  if (mediaType === 'image/webp') return structureOfWebp(bytes);
  return structureOfHeif(bytes);
}

const whole: ImageStructure = {
  isWhole: true,
  hasEndMark: true,
  isAnimated: false,
  hasAlpha: false,
  pictures: 1,
  hasTooManyParts: false,
};
const cutOff: ImageStructure = { ...whole, isWhole: false };
const endless: ImageStructure = { ...cutOff, hasTooManyParts: true };
const endOfJpeg = Buffer.from([0xff, 0xd9]);

function structureOfJpeg(bytes: Buffer): ImageStructure {
  const scan = firstScanOf(bytes);
  if (scan < 0) return cutOff;
  // Before its scan there may be that of a thumbnail, behind its end other pictures.
  if (bytes.lastIndexOf(endOfJpeg) >= scan) return whole;
  return hasWholePicture(bytes) ? { ...whole, hasEndMark: false } : cutOff;
}

function structureOfPng(bytes: Buffer): ImageStructure {
  // Bit 2 of the colour type; only the header tells.
  let hasAlpha = ((bytes[25] ?? 0) & 4) !== 0;
  let isAnimated = false;
  let hasPicture = false;
  let pictures = 0;
  for (let at = 8, parts = 0; at + 12 <= bytes.length; parts += 1) {
    if (parts > mostParts) return endless;
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') {
      return hasPicture ? { ...whole, isAnimated, hasAlpha, pictures: pictures || 1 } : cutOff;
    }
    if (type === 'fcTL') pictures += 1;
    if (type === 'IDAT') hasPicture = true;
    else if (type === 'tRNS') hasAlpha = true;
    else if (type === 'acTL' && end - at >= 20) isAnimated = bytes.readUInt32BE(at + 8) > 1;
    at = end;
  }
  return cutOff;
}

function structureOfWebp(bytes: Buffer): ImageStructure {
  const end = bytes.readUInt32LE(4) + 8;
  if (end > bytes.length) return cutOff;
  let [isAnimated, hasAlpha, pictures] = [false, false, 0];
  for (let at = 12, parts = 0; at + 8 <= end; parts += 1) {
    if (parts > mostParts) return endless;
    const length = bytes.readUInt32LE(at + 4);
    if (at + 8 + length > end) return cutOff;
    const type = bytes.toString('latin1', at, at + 4);
    if (type === 'VP8X' && length > 0) {
      isAnimated = (bytes[at + 8]! & 0x02) !== 0;
      hasAlpha = (bytes[at + 8]! & 0x10) !== 0;
    }
    if (type === 'VP8L' && length > 4) hasAlpha ||= (bytes[at + 12]! & 0x10) !== 0;
    if (['VP8 ', 'VP8L', 'ANMF'].includes(type)) pictures += 1;
    at += 8 + length + (length % 2);
  }
  return pictures > 0 ? { ...whole, isAnimated, hasAlpha, pictures } : cutOff;
}

const alphaUrns = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];

function structureOfHeif(bytes: Buffer): ImageStructure {
  let [isAnimated, hasAlpha, isDescribed] = [false, false, false];
  for (let at = 0, parts = 0; at < bytes.length; parts += 1) {
    if (parts > mostParts) return endless;
    const size = boxSize(bytes, at);
    if (size === null || at + size > bytes.length) return cutOff;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'moov') isAnimated = true;
    if (type === 'meta') {
      const description = bytes.subarray(at, at + size);
      isDescribed = true;
      hasAlpha = alphaUrns.some((urn) => description.includes(urn, 0, 'latin1'));
    }
    at += size;
  }
  return isDescribed || isAnimated ? { ...whole, isAnimated, hasAlpha } : cutOff;
}

/**
 * Of the largest picture in it: others are its tiles, thumbnails and maps. Null without one, or where
 * there are too many parts before it.
 */
export function sidesOfHeif(bytes: Buffer): { width: number; height: number } | null {
  let place = { start: 0, end: bytes.length };
  for (const [name, before] of [
    ['meta', 4],
    ['iprp', 0],
    ['ipco', 0],
  ] as const) {
    const box = [...boxesIn(bytes, place)].find(({ type }) => type === name);
    if (box === undefined) return null;
    place = { start: box.body + before, end: box.end };
  }
  let largest = { width: 0, height: 0 };
  for (const { type, body, end } of boxesIn(bytes, place)) {
    if (type !== 'ispe' || end - body < 12) continue;
    const sides = { width: bytes.readUInt32BE(body + 4), height: bytes.readUInt32BE(body + 8) };
    if (sides.width * sides.height > largest.width * largest.height) largest = sides;
  }
  return largest.width > 0 ? largest : null;
}

/** As far as they fit into one another, and not more than there may be. */
function* boxesIn(bytes: Buffer, { start, end }: { start: number; end: number }) {
  for (let at = start, parts = 0; at + 8 <= end && parts <= mostParts; parts += 1) {
    const length = bytes.readUInt32BE(at);
    const size = length === 0 ? end - at : boxSize(bytes, at);
    if (size === null || at + size > end) return;
    const body = at + (length === 1 ? 16 : 8);
    yield { type: bytes.toString('latin1', at + 4, at + 8), body, end: at + size };
    at += size;
  }
}

/** In bytes, its head included; null when that is cut off or impossible. */
function boxSize(bytes: Buffer, at: number): number | null {
  if (at + 8 > bytes.length) return null;
  const size = bytes.readUInt32BE(at);
  if (size === 0) return bytes.length - at;
  if (size > 1) return size >= 8 ? size : null;
  return at + 16 > bytes.length ? null : Math.max(16, Number(bytes.readBigUInt64BE(at + 8)));
}
