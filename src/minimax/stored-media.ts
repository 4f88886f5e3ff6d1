import { createHash } from 'node:crypto';

/** A stored file is gone, or other than it was. The message is for callers. */
export class NotAsStored extends Error {
  /** To be called when it is not asked for again: what is sent anew takes its place. */
  readonly giveUp: () => void;

  constructor(what: 'gone' | 'other', giveUp = () => {}) {
    super(
      what === 'gone'
        ? 'a file of the request is not stored any more'
        : 'a file of the request is not stored as it was given',
    );
    this.name = 'NotAsStored';
    this.giveUp = giveUp;
  }
}

/** What is known of a stored file. */
export interface StoredFile {
  /** Under which it is stored. */
  objectId: string;
  /** Of its bytes, in hexadecimal. */
  sha256: string;
  /** For whoever finds that its bytes have become others. */
  giveUp: () => void;
}

/** A file that is stored, and is read piece by piece as it is sent: it is never in memory as a whole. */
export class StoredMedia {
  /** E.g. `image/jpeg`. */
  readonly mediaType: string;
  /** In bytes. */
  readonly length: number;
  /** Under which it is stored; null in the database, where the version before stored it. */
  readonly objectId: string | null;
  readonly #file: StoredFile | null;
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
    this.#file = file;
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
    const isOther = this.#file !== null && hash.digest('hex') !== this.#file.sha256;
    if (isOther || length !== this.length) throw new NotAsStored('other', this.#file?.giveUp);
    if (last) yield last;
  }
}
