const ioBytes = 64 * 1024;

/** The bytes as a storage takes them. */
export async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += ioBytes) yield bytes.subarray(at, at + ioBytes);
  await Promise.resolve();
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
