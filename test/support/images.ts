import { deflateSync } from 'node:zlib';

export interface ImageShape {
  width?: number;
  height?: number;
}

/** A whole, valid PNG of one colour. */
export function aPng({ width = 640, height = 480 }: ImageShape = {}): Buffer {
  return png(width, height, []);
}

/** A JPEG with all that a reader of its dimensions needs, and no picture. */
export function aJpeg({ width = 640, height = 480 }: ImageShape = {}): Buffer {
  const jfif = Buffer.from('ffe000104a46494600010100000100010000', 'hex');
  const frame = Buffer.from('ffc0000b080000000001011100', 'hex');
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([Buffer.from('ffd8', 'hex'), jfif, frame, Buffer.from('ffd9', 'hex')]);
}

/** A lossless WebP with all that a reader of its dimensions needs, and no picture. */
export function aWebp({ width = 640, height = 480 }: ImageShape = {}): Buffer {
  const data = Buffer.alloc(10);
  data[0] = 0x2f;
  data.writeUInt32LE((width - 1) | ((height - 1) << 14), 1);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  const chunk = Buffer.concat([Buffer.from('WEBPVP8L'), size, data]);
  const whole = Buffer.alloc(4);
  whole.writeUInt32LE(chunk.length);
  return Buffer.concat([Buffer.from('RIFF'), whole, chunk]);
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
  return asDataUrl(png(640, 480, [chunk('prIv', Buffer.alloc(padding))]));
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
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = crcTable[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
