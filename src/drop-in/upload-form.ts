import type { IncomingMessage } from 'node:http';
import type { UploadBody } from '../minimax/answers.ts';
import { mediaKindOf } from '../minimax/media-kind.ts';
import { limitsOf } from '../minimax/v2/models.ts';
import { uploadPurpose } from '../minimax/v2/wire.ts';
import { elapsedMs, readClocks, type Clocks } from '../network/clocks.ts';
import {
  boundaryOf,
  MultipartError,
  MultipartReader,
  type PartHead,
} from '../network/multipart.ts';

/** Heads, boundaries and the purpose. */
const besideFileBytes = 16 * 1024;

const mebibyte = 1024 * 1024;
const largestFileBytes = limitsOf('VIDEO').maxBytes;
const longestPurpose = 64;

/** Who has sent nothing for so long is the reason why an upload was not whole in time. */
const silentMs = 1_000;

/** What is wrong with an upload, with the HTTP status for it; the message completes "invalid params, ". */
export class UploadRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The form of an upload (V2 §2.4), looked at as it goes by: of `purpose` and one `file`, in any order,
 * the file no larger than its kind may be. Of the form never more is in memory than the pieces in
 * which it comes.
 *
 * The last piece is passed on only when all was good, so that MiniMax never has the whole of one
 * that is refused. Throws an `UploadRefusal` for what its head tells already.
 */
export class UploadForm implements UploadBody {
  readonly contentType: string;
  readonly length: number;
  /** Why it was not passed on to its end. */
  refusal: UploadRefusal | null = null;
  readonly #request: IncomingMessage;
  readonly #reader: MultipartReader;
  readonly #seen = new Set<string>();
  #part = '';
  #purpose = '';
  #bytes = 0;
  #isWaitedFor: Clocks | null = null;
  #most = largestFileBytes;
  /** The first bytes of the file, which tell its kind. */
  #start = Buffer.alloc(0);

  constructor(request: IncomingMessage) {
    const { 'content-type': contentType, 'content-length': length } = request.headers;
    const boundary = boundaryOf(contentType);
    if (boundary === null) {
      throw new UploadRefusal(400, 'send a form, multipart/form-data, of purpose and file');
    }
    if (length === undefined) {
      throw new UploadRefusal(411, 'send the length of the form as content-length, not in chunks');
    }
    this.contentType = contentType!;
    this.length = Number(length);
    if (this.length > largestFileBytes + besideFileBytes) throw tooLarge(largestFileBytes);
    this.#request = request;
    this.#reader = new MultipartReader(boundary, {
      part: (head) => this.#begin(head),
      data: (piece) => this.#look(piece),
    });
  }

  async *pieces(): AsyncGenerator<Buffer> {
    let held: Buffer | null = null;
    try {
      const pieces = this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      this.#isWaitedFor = readClocks();
      for await (const piece of pieces) {
        this.#isWaitedFor = null;
        this.#reader.push(piece);
        if (held !== null) yield held;
        held = piece;
        this.#isWaitedFor = readClocks();
      }
      this.#isWaitedFor = null;
      this.#reader.end();
      this.#demandWhole();
    } catch (error) {
      if (error instanceof UploadRefusal) this.refusal = error;
      if (error instanceof MultipartError) this.refusal = new UploadRefusal(400, error.message);
      throw error;
    }
    if (held !== null) yield held;
  }

  fileBytes(): number {
    return this.#bytes;
  }

  /** That its sender fell silent before its end; null when it did not. */
  get silence(): UploadRefusal | null {
    const isSilent = this.#isWaitedFor !== null && elapsedMs(this.#isWaitedFor) > silentMs;
    return isSilent ? new UploadRefusal(408, notWhole) : null;
  }

  #begin({ name, filename }: PartHead): void {
    if (!['purpose', 'file'].includes(name) || this.#seen.has(name)) {
      throw new UploadRefusal(400, 'the form has purpose and file, once each, and nothing else');
    }
    if (name === 'file' && filename === null) {
      throw new UploadRefusal(400, 'file must have a filename');
    }
    this.#seen.add(name);
    this.#part = name;
  }

  #look(piece: Buffer): void {
    if (this.#part === 'purpose') {
      this.#purpose += piece.toString('latin1');
      if (this.#purpose.length > longestPurpose) throw wrongPurpose();
      return;
    }
    this.#bytes += piece.length;
    const { length } = this.#start;
    if (length < 12) {
      this.#start = Buffer.concat([this.#start, piece.subarray(0, 12 - length)]);
      const kind = mediaKindOf(this.#start);
      // What is not known is for MiniMax to look at.
      if (kind !== null) this.#most = limitsOf(kind).maxBytes;
    }
    if (this.#bytes > this.#most) throw tooLarge(this.#most);
  }

  #demandWhole(): void {
    if (!this.#seen.has('file') || this.#bytes === 0) {
      throw new UploadRefusal(400, 'file is required');
    }
    if (this.#purpose !== uploadPurpose) throw wrongPurpose();
  }
}

const notWhole =
  'the form did not come whole: send as many bytes as content-length says, without a longer pause';

function wrongPurpose(): UploadRefusal {
  return new UploadRefusal(400, `purpose must be ${uploadPurpose}`);
}

function tooLarge(bytes: number): UploadRefusal {
  return new UploadRefusal(
    413,
    `the file is too large: videos have at most ${limitIn('VIDEO')} MB, images ${limitIn('IMAGE')}, sounds ${limitIn('AUDIO')}; this one may have ${bytes / mebibyte}`,
  );
}

function limitIn(kind: Parameters<typeof limitsOf>[0]): number {
  return limitsOf(kind).maxBytes / mebibyte;
}
