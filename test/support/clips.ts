import { readFileSync } from 'node:fs';
import { heifBox } from './images.ts';

/** A real MP4 of six seconds. */
export function anMp4(): Buffer {
  return readFileSync(new URL('../../assets/simulator/768P-6.mp4', import.meta.url));
}

/** Silence: 8,000 samples in a second, one byte each. */
export function aWav(seconds = 3): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(8_000, 4);
  format.writeUInt32LE(8_000, 8);
  format.writeUInt16LE(1, 12);
  format.writeUInt16LE(8, 14);
  const data = Buffer.alloc(8_000 * seconds, 0x80);
  return riff('RIFF', Buffer.from('WAVE'), riff('fmt ', format), riff('data', data));
}

function riff(type: string, ...bodies: Buffer[]): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bodies.reduce((sum, { length }) => sum + length, 0));
  return Buffer.concat([Buffer.from(type), size, ...bodies]);
}

/** Frames of nothing: MPEG 1, layer III, 128 kbit/s at 44.1 kHz, 26 ms each. */
export function anMp3(seconds = 3): Buffer {
  const frame = Buffer.alloc(417);
  frame.writeUInt32BE(0xfffb9000);
  return Buffer.concat(Array.from({ length: Math.ceil((seconds * 44_100) / 1_152) }, () => frame));
}

/** An MP4 of these boxes, which is none that can be played. */
export function mp4Of(...boxes: Buffer[]): Buffer {
  return Buffer.concat([heifBox('ftyp', Buffer.from('isom\0\0\0\0isom')), ...boxes]);
}

/** A table of an MP4 that says how many entries it has. */
export function table(type: string, ...words: number[]): Buffer {
  const body = Buffer.alloc(4 + words.length * 4);
  words.forEach((word, index) => body.writeUInt32BE(word, 4 + index * 4));
  return heifBox(type, body);
}
