import type { FileBytes } from '../../src/media/file-bytes.ts';

/** A file that is in memory as a whole. */
export function inMemory(bytes: Buffer): FileBytes {
  const read = (start: number, end: number) => {
    const part = Buffer.allocUnsafeSlow(end - start);
    bytes.copy(part, 0, start, end);
    return Promise.resolve(part);
  };
  return { size: bytes.length, read };
}
