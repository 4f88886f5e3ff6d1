/** The form breaks off, or is none; the message says what is wrong with it. */
export class MultipartError extends Error {}

/** What a part of a form says of itself. */
export interface PartHead {
  name: string;
  /** Null where it is no file. */
  filename: string | null;
}

export interface MultipartHandlers {
  /** A part begins. */
  part(head: PartHead): void;
  /** A piece of the part that began last. */
  data(piece: Buffer): void;
}

const longestBoundary = 70;
const longestHead = 4 * 1024;
const endOfHead = Buffer.from('\r\n\r\n');

/** Names are quoted or, as some clients write them, tokens; `filename*` is the same name once more. */
const parameter =
  /; *(name|filename)=(?:"((?:[^"\\]|\\.)*)"|([^\s";,*]+))|; *filename\*=[^\s";,]+/giy;

const knownFields = new Set([
  'content-disposition',
  'content-type',
  'content-length',
  'content-transfer-encoding',
]);

/** The boundary of a form by its content type (RFC 2046); null when it is none. */
export function boundaryOf(contentType: string | undefined): string | null {
  const [, quoted, plain] =
    /^multipart\/form-data *; *boundary=(?:"([^"\\]+)"|([^\s";,]+))$/i.exec(
      contentType?.trim() ?? '',
    ) ?? [];
  const boundary = quoted ?? plain;
  const isGood =
    boundary && boundary.length <= longestBoundary && /^[\w'()+,\-./:=? ]+$/.test(boundary);
  return isGood ? boundary : null;
}

/**
 * Reads a form (RFC 7578) as it comes, and keeps nothing of it but the end of a piece that may be
 * the beginning of a boundary.
 *
 * It is strict, so that whoever is handed the same bytes reads the same in them: nothing before the
 * first boundary or after the last, each part with one name, known headers only. `push` and `end`
 * throw a `MultipartError`, and whatever the handlers throw.
 */
export class MultipartReader {
  readonly #delimiter: Buffer;
  readonly #handlers: MultipartHandlers;
  #state: 'boundary' | 'head' | 'data' | 'over' = 'boundary';
  /** As if a line had ended before it, the first boundary is one like the others. */
  #rest: Buffer = Buffer.from('\r\n');
  #isFirst = true;

  constructor(boundary: string, handlers: MultipartHandlers) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#handlers = handlers;
  }

  push(piece: Buffer): void {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (this.#step());
  }

  /** Says that nothing more comes. */
  end(): void {
    if (this.#state !== 'over') throw new MultipartError('the form breaks off');
  }

  /** Whether it came further. */
  #step(): boolean {
    switch (this.#state) {
      case 'boundary':
        return this.#isFirst ? this.#readFirst() : this.#readEndOfBoundary();
      case 'head':
        return this.#readHead();
      case 'data':
        return this.#readData();
      case 'over':
        if (!'\r\n'.startsWith(this.#rest.toString('latin1'))) {
          throw new MultipartError('the form goes on after its end');
        }
        return false;
    }
  }

  #readFirst(): boolean {
    const { length } = this.#delimiter;
    const begun = this.#rest.subarray(0, length);
    if (!begun.equals(this.#delimiter.subarray(0, begun.length))) {
      throw new MultipartError('the form does not begin with its boundary');
    }
    if (begun.length < length) return false;
    this.#isFirst = false;
    this.#rest = this.#rest.subarray(length);
    return true;
  }

  #readEndOfBoundary(): boolean {
    if (this.#rest.length < 2) return false;
    const end = this.#rest.toString('latin1', 0, 2);
    if (end !== '\r\n' && end !== '--') throw new MultipartError('the form has a broken boundary');
    this.#rest = this.#rest.subarray(2);
    this.#state = end === '--' ? 'over' : 'head';
    return true;
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf(endOfHead);
    if (end < 0 && this.#rest.length <= longestHead) return false;
    if (end < 0 || end > longestHead) throw new MultipartError('a part has too long a head');
    this.#handlers.part(readHead(this.#rest.toString('utf8', 0, end)));
    this.#rest = this.#rest.subarray(end + endOfHead.length);
    this.#state = 'data';
    return true;
  }

  #readData(): boolean {
    const at = this.#rest.indexOf(this.#delimiter);
    if (at >= 0) {
      if (at > 0) this.#handlers.data(this.#rest.subarray(0, at));
      this.#rest = this.#rest.subarray(at + this.#delimiter.length);
      this.#state = 'boundary';
      return true;
    }
    const sure = this.#rest.length - this.#delimiter.length + 1;
    if (sure > 0) {
      this.#handlers.data(this.#rest.subarray(0, sure));
      this.#rest = this.#rest.subarray(sure);
    }
    return false;
  }
}

function readHead(text: string): PartHead {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const [, name, value] = /^([\w-]+):(.*)$/.exec(line) ?? [];
    const key = name?.toLowerCase() ?? '';
    if (!knownFields.has(key) || fields.has(key))
      throw new MultipartError('a part has a head that is not understood');
    fields.set(key, value!.trim());
  }
  const encoding = fields.get('content-transfer-encoding') ?? 'binary';
  if (!/^(binary|8bit)$/i.test(encoding)) throw new MultipartError('a part is encoded');
  return readDisposition(fields.get('content-disposition') ?? '');
}

function readDisposition(text: string): PartHead {
  const [start = ''] = /^form-data/i.exec(text) ?? [];
  const found = [...text.slice(start.length).matchAll(parameter)];
  const read = found.reduce((length, [all]) => length + all.length, start.length);
  const named = new Map<string, string>();
  for (const [, key, quoted, token] of found) {
    if (key === undefined) continue;
    if (named.has(key.toLowerCase())) throw new MultipartError('a part has a name twice');
    named.set(key.toLowerCase(), quoted ?? token!);
  }
  const name = named.get('name');
  if (start === '' || read < text.length || name === undefined) {
    throw new MultipartError('a part has a head that is not understood');
  }
  return { name, filename: named.get('filename') ?? null };
}
