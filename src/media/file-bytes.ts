import type { MediaStorage } from './storage.ts';

/** A file that can be read from anywhere. */
export interface FileBytes {
  /** In bytes. */
  readonly size: number;
  /** Those from `start` up to `end`, which is not included; both lie within the file. */
  read(start: number, end: number): Promise<Buffer>;
}

/** One that is stored under this key, and has so many bytes. */
export function storedFile(storage: MediaStorage, key: string, size: number): FileBytes {
  return {
    size,
    async read(start, end) {
      return await collect(await storage.get(key, { start, end: end - 1 }), end - start);
    },
  };
}

/** At most `length` bytes of a source. */
export async function collect(source: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for await (const piece of source) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes.subarray(0, at);
}
