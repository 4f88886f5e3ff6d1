/** A file that is stored, and is read piece by piece as it is sent: it is never in memory as a whole. */
export class StoredMedia {
  /** E.g. `image/jpeg`. */
  readonly mediaType: string;
  /** In bytes. */
  readonly length: number;
  /** Under which it is stored; null in the database, where the version before stored it. */
  readonly objectId: string | null;
  readonly #open: () => AsyncIterable<Uint8Array>;

  /** `open` gives the same bytes, from the first, at each call. */
  constructor(
    mediaType: string,
    length: number,
    open: () => AsyncIterable<Uint8Array>,
    objectId: string | null = null,
  ) {
    this.mediaType = mediaType;
    this.length = length;
    this.objectId = objectId;
    this.#open = open;
  }

  /** Throws when it gives other than so many bytes: what is sent would not be what was announced. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    let length = 0;
    for await (const piece of this.#open()) {
      length += piece.length;
      if (length > this.length) break;
      yield piece;
    }
    if (length !== this.length) throw new Error('a stored file has another size than its record');
  }
}
