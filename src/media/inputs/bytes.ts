const ioBytes = 64 * 1024;

/** The bytes as a storage takes them. */
export async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += ioBytes) yield bytes.subarray(at, at + ioBytes);
  await Promise.resolve();
}
