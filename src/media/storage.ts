import { createHash } from 'node:crypto';
import { finished, PassThrough, type Readable } from 'node:stream';

/** From the first to the last byte, both counted from 0 and both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What was seen of bytes while they went through. */
export interface StoredBytes {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

export interface ListedFile {
  key: string;
  bytes: number;
  writtenAt: Date;
}

export interface PutOptions {
  contentType: string;
  /** More than this is refused with a TooLargeError. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

export interface DeleteOptions {
  /** In a bucket that is a request more, for what may have been cut off: not for what was whole. */
  alsoBegun?: boolean;
}

/** For writing: exactly so many bytes. */
export type PresignPutOptions = PresignOptions & { bytes: number };

export interface PresignOptions {
  /** Now; this machine's clock may be another than that of the address it stands behind. */
  signedAt: Date;
  expiresInSeconds: number;
  contentType: string;
  /** As which a browser saves it; only for reading. */
  downloadName?: string;
}

/**
 * Where bytes are kept that are too large for rows: a directory, or a bucket.
 *
 * A key names bytes that never change: it is written once, is not to be seen before all of it is
 * there, and is read until it is deleted. Whose they are and what they are for is in `stored_object`
 * (stored-objects.ts); bytes without a row are swept away after a day.
 *
 * Whatever fails of the storage itself is a StorageError, also in a stream that it gave.
 */
export interface MediaStorage {
  /** The same at all servers that see the same bytes, and at no other. Never told to callers. */
  readonly id: string;
  /** For the log. */
  readonly where: string;
  /**
   * Stores all that `source` gives, in constant memory, and resolves when it will survive. When the
   * source throws, `signal` is aborted or the size is passed, it rejects and nothing is to be seen.
   */
  put(key: string, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBytes>;
  /** The bytes, or a part of them; the caller reads the stream or destroys it. Throws NotStoredError. */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** Null when there is nothing. */
  stat(key: string): Promise<{ bytes: number } | null>;
  /**
   * What is not there counts as deleted. A put of the key that is under way fails, and what one has left
   * whose server died goes too: in a directory always, in a bucket with `alsoBegun`.
   */
  delete(key: string, options?: DeleteOptions): Promise<void>;
  /** Everything whose key begins with `prefix`, in no order. */
  list(prefix: string): AsyncIterable<ListedFile>;
  /** Where anybody can read it for a while without this service; null when that is not to be had. */
  presignGet(key: string, options: PresignOptions): Promise<string | null>;
  /** Where anybody can put it for a while without this service; null when that is not to be had. */
  presignPut(key: string, options: PresignPutOptions): Promise<string | null>;
  /** Removes what was begun before then and never finished: a killed server leaves it. */
  dropUnfinished(before: Date): Promise<void>;
  close(): void;
}

/** Nothing is stored under that key. */
export class NotStoredError extends Error {
  constructor() {
    super('nothing is stored under this key');
    this.name = 'NotStoredError';
  }
}

/** The storage itself failed: it cannot be reached, does not take or give what it was asked for, or is gone. */
export class StorageError extends Error {
  constructor(cause: unknown) {
    const { message, name, code } = cause as NodeJS.ErrnoException;
    super(`the storage failed: ${message || (code ?? name)}`, { cause });
    this.name = 'StorageError';
  }
}

/** For what a call to the storage rejects with. */
export function storageFailed(cause: unknown): never {
  throw new StorageError(cause);
}

/** What is read from the storage; where it breaks off, that is a StorageError too. */
export function readable(stream: Readable): Readable {
  const given = new PassThrough();
  finished(stream, (error) => error && given.destroy(new StorageError(error)));
  given.once('close', () => stream.destroy());
  return stream.pipe(given);
}

/** A source gives more than it may, or announces that it will. */
export class TooLargeError extends Error {
  readonly maxBytes: number;
  readonly isAnnounced: boolean;
  constructor(maxBytes: number, isAnnounced = false) {
    super(`more than ${maxBytes} bytes`);
    this.name = 'TooLargeError';
    this.maxBytes = maxBytes;
    this.isAnnounced = isAnnounced;
  }
}

/** The storage that is configured cannot be used; the message says what to correct. */
export class StorageConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageConfigError';
  }
}

/**
 * Passes a source on, counts it, and reckons its hash; `seen()` is whole when the source has ended, and
 * `failure()` is what it threw, if it did.
 */
export function measured(source: AsyncIterable<Uint8Array>, { maxBytes, signal }: PutOptions) {
  const hash = createHash('sha256');
  let bytes = 0;
  let failure: unknown;
  let isOut = false;
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of source) {
        signal?.throwIfAborted();
        bytes += chunk.length;
        if (bytes > maxBytes) throw new TooLargeError(maxBytes);
        hash.update(chunk);
        isOut = true;
        yield chunk;
        isOut = false;
      }
      signal?.throwIfAborted();
    } catch (error) {
      // Whoever reads has it thrown in here when he gives up; that is not the source's.
      if (!isOut) failure = error;
      throw error;
    }
  }
  const seen = (): StoredBytes => ({ bytes, sha256: hash.digest('hex') });
  return { chunks: chunks(), seen, failure: () => failure };
}

/** Parts of words, digits and `._-`, none of which begins with a dot. */
const keyPattern = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/** A key that no storage takes for something else. */
export function checkedKey(key: string): string {
  if (keyPattern.test(key) && key.length <= 500) return key;
  throw new Error('a key of the storage has other characters than it may');
}
