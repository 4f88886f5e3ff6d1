import { crc32, deflateSync } from 'node:zlib';

export interface ImageShape {
  width?: number;
  height?: number;
}

/** A whole, valid PNG of one colour; with other chunks before the picture. */
export function aPng({ width = 640, height = 480 }: ImageShape = {}, extra: Buffer[] = []): Buffer {
  return png(width, height, extra);
}

/** A whole, valid JPEG of one colour: its only codes are "0", for "as before" and for "block ends". */
export function aJpeg({ width = 640, height = 480 }: ImageShape = {}): Buffer {
  const frame = Buffer.from('080000000001011100', 'hex');
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const data = Buffer.alloc(Math.ceil(blocks / 4));
  // Ones fill the last byte.
  data[data.length - 1]! |= blocks % 4 === 0 ? 0 : 0xff >> ((blocks % 4) * 2);
  return Buffer.concat([
    Buffer.from('ffd8', 'hex'),
    segment(0xe0, Buffer.from('4a46494600010100000100010000', 'hex')),
    segment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1)),
    segment(0xc0, frame),
    segment(0xc4, Buffer.concat([onlyCode(0x00), onlyCode(0x10)])),
    segment(0xda, Buffer.from('010100003f00', 'hex')),
    data,
    Buffer.from('ffd9', 'hex'),
  ]);
}

/** A part of a JPEG. */
export function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** A table of a JPEG in which "0" is the symbol 0. */
export function onlyCode(table: number): Buffer {
  const lengths = Buffer.alloc(16);
  lengths[0] = 1;
  return Buffer.concat([Buffer.from([table]), lengths, Buffer.from([0])]);
}

/** A lossless WebP with all that a reader of its dimensions needs, and no picture. */
export function aWebp({ width = 640, height = 480 }: ImageShape = {}): Buffer {
  const data = Buffer.alloc(10);
  data[0] = 0x2f;
  data.writeUInt32LE((width - 1) | ((height - 1) << 14), 1);
  return webpOf([webpChunk('VP8L', data)]);
}

/** A chunk of a WebP. */
export function webpChunk(type: string, data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(type), size, data, Buffer.alloc(data.length % 2)]);
}

/** The WebP of these chunks. */
export function webpOf(chunks: Buffer[]): Buffer {
  return webpChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...chunks]));
}

/** A HEIC whose description says no more than its size. */
export function aHeic(
  { width = 640, height = 480 }: ImageShape = {},
  extra: Buffer[] = [],
): Buffer {
  const properties = heifBox('iprp', heifBox('ipco', sidesBox(width, height), ...extra));
  return Buffer.concat([
    heifBox('ftyp', Buffer.from('heic\0\0\0\0mif1heic')),
    heifBox('meta', Buffer.alloc(4), properties),
    heifBox('mdat', Buffer.alloc(100)),
  ]);
}

/** How large a picture of a HEIC is. */
export function sidesBox(width: number, height: number): Buffer {
  const size = Buffer.alloc(12);
  size.writeUInt32BE(width, 4);
  size.writeUInt32BE(height, 8);
  return heifBox('ispe', size);
}

export function heifBox(type: string, ...bodies: Buffer[]): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bodies.reduce((sum, { length }) => sum + length, 8));
  return Buffer.concat([size, Buffer.from(type), ...bodies]);
}

/** A data URL with whatever label the test wants, right or wrong. */
export function asDataUrl(bytes: Buffer, label = 'image/png'): string {
  return `data:${label};base64,${bytes.toString('base64')}`;
}

export function pngDataUrl(shape: ImageShape = {}): string {
  return asDataUrl(aPng(shape), 'image/png');
}

/** A valid PNG of exactly `bytes` bytes, as a data URL. */
export function bigPngDataUrl(bytes: number): string {
  const padding = bytes - aPng().length - 12;
  if (padding < 0) throw new RangeError(`a PNG cannot be as small as ${bytes} bytes here`);
  return asDataUrl(aPng({}, [pngChunk('prIv', Buffer.alloc(padding))]));
}

function png(width: number, height: number, extra: Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // One bit for each pixel, greyscale.
  header[8] = 1;
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A chunk of a PNG. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
