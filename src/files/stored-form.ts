import { randomUUID } from 'node:crypto';
import type { UploadBody } from '../minimax/answers.ts';
import type { StoredMedia } from '../minimax/stored-media.ts';
import { uploadPurpose } from '../minimax/v2/wire.ts';

/** The form by which a stored file goes up to MiniMax (V2 §2.4), read from the storage as it is sent. */
export class StoredForm implements UploadBody {
  readonly contentType: string;
  readonly length: number;
  readonly #file: StoredMedia;
  readonly #head: Buffer;
  readonly #tail: Buffer;

  constructor(file: StoredMedia) {
    const boundary = `reelgraph-${randomUUID()}`;
    const name = `input.${file.mediaType.split('/')[1]}`;
    this.#file = file;
    this.#head = Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n${uploadPurpose}\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
        `Content-Type: ${file.mediaType}\r\n\r\n`,
    );
    this.#tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    this.contentType = `multipart/form-data; boundary=${boundary}`;
    this.length = this.#head.length + file.length + this.#tail.length;
  }

  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    yield this.#head;
    for await (const piece of this.#file.pieces()) yield Buffer.from(piece);
    yield this.#tail;
  }

  fileBytes(): number {
    return this.#file.length;
  }
}
