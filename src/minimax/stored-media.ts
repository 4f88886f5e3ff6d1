import { createHash } from 'node:crypto';

/** A stored file is gone, or other than it was. The message is for callers. */
export class NotAsStored extends Error {
  constructor(what: 'gone' | 'other') {
    super(
      what === 'gone'
        ? 'a file of the request is not stored any more'
        : 'a file of the request is not stored as it was given',
    );
    this.name = 'NotAsStored';
  }
}

/** What is known of a stored file. */
export interface StoredFile {
  /** Under which it is stored. */
  objectId: string;
  /** Of its bytes, in hexadecimal. */
  sha256: string;
}

/** A file that is stored, and is read piece by piece as it is sent: it is never in memory as a whole. */
export class StoredMedia {
  /** E.g. `image/jpeg`. */
  readonly mediaType: string;
  /** In bytes. */
  readonly length: number;
  /** Under which it is stored; null in the database, where the version before stored it. */
  readonly objectId: string | null;
  readonly #sha256: string | null;
  readonly #open: () => AsyncIterable<Uint8Array>;

  /** `open` gives the same bytes, from the first, at each call. */
  constructor(
    mediaType: string,
    length: number,
    open: () => AsyncIterable<Uint8Array>,
    file: StoredFile | null = null,
  ) {
    this.mediaType = mediaType;
    this.length = length;
    this.objectId = file?.objectId ?? null;
    this.#sha256 = file?.sha256 ?? null;
    this.#open = open;
  }

  /** Throws NotAsStored, before the last piece, when it gives other bytes: what is sent would not be what was given. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash('sha256');
    let length = 0;
    let last: Uint8Array | undefined;
    for await (const piece of this.#open()) {
      length += piece.length;
      if (length > this.length) break;
      hash.update(piece);
      if (last) yield last;
      last = piece;
    }
    if (length !== this.length) throw new NotAsStored('other');
    if (this.#sha256 !== null && hash.digest('hex') !== this.#sha256)
      throw new NotAsStored('other');
    if (last) yield last;
  }
}
