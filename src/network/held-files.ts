import { randomUUID } from 'node:crypto';

/**
 * Files that came as data URLs in a body of JSON, as they lie in its bytes. As texts each would be in
 * memory three times over: in the text of the body, as a value, and decoded.
 */
const held = new Map<string, { data: Buffer; isDecoded: boolean }>();

const start = Buffer.from('"data:');
const quote = 0x22;
const backslash = 0x5c;
/** Shorter ones stay where they are. */
const leastBytes = 64 * 1024;
const longestHead = 1024;
const mark = 'held:';
const equals = 0x3d;
/** A multiple of four. */
const lettersOfPart = 256 * 1024;

/** Fields of inputs that are read as files and as nothing else. */
const fieldsOfFiles = new Set(['firstFrameImage', 'lastFrameImage', 'referenceImages', 'image']);
/** The same in bodies as MiniMax takes them. */
const placesOfFiles = new Set(
  [
    ...[['first_frame_image'], ['last_frame_image'], ['subject_reference', 'image']],
    ['content', 'image_url', 'url'],
  ].map((place) => JSON.stringify(place)),
);
const colon = 0x3a;
const blanks = [0x09, 0x0a, 0x0d, 0x20];

export interface BodyWithHeld {
  /** The body with a short name in place of the data of each file. */
  json: Buffer;
  names: string[];
}

/** Takes the large data URLs out of a body, without copying them. They are held until they are let go. */
export function holdFiles(body: Buffer): BodyWithHeld {
  const parts: Buffer[] = [];
  const names: string[] = [];
  let copied = 0;
  for (let at = body.indexOf(start); at >= 0; at = body.indexOf(start, at)) {
    const end = body.indexOf(quote, at + 1);
    if (end < 0) break;
    if (!isValue(body, at, end)) {
      at = end;
      continue;
    }
    const head = body.toString('latin1', at + 1, Math.min(end, at + 1 + longestHead));
    const comma = head.indexOf(',');
    const data = body.subarray(at + 1 + comma + 1, end);
    if (comma > 0 && /^[^\\]*; *base64$/i.test(head.slice(0, comma)) && isHeldBack(data)) {
      const name = `${mark}${randomUUID()}`;
      held.set(name, { data, isDecoded: false });
      names.push(name);
      parts.push(body.subarray(copied, end - data.length), Buffer.from(name));
      copied = end;
    }
    at = end;
  }
  if (names.length === 0) return { json: body, names };
  return { json: Buffer.concat([...parts, body.subarray(copied)]), names };
}

/** Whether a whole text begins here: not a quote within one, and no name of a field. */
function isValue(body: Buffer, at: number, end: number): boolean {
  if (body[at - 1] === backslash) return false;
  let next = end + 1;
  while (blanks.includes(body[next]!)) next += 1;
  return body[next] !== colon;
}

/** Escapes are for the reader of JSON. */
function isHeldBack(data: Buffer): boolean {
  return data.length >= leastBytes && !data.includes(backslash);
}

/** Gives back what is held, as the texts that it was, to where a body is not sure to have a file. */
export function giveBack(body: unknown, names: readonly string[]): unknown {
  return names.length === 0 ? body : giveBackIn(body, new Set(names), []);
}

function giveBackIn(value: unknown, names: ReadonlySet<string>, path: readonly string[]): unknown {
  if (typeof value === 'string') {
    if (isPlaceOfFile(path)) return value;
    const comma = value.indexOf(',');
    const name = value.slice(comma + 1);
    const file = names.has(name) ? held.get(name) : undefined;
    return file ? value.slice(0, comma + 1) + file.data.toString() : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  const isList = Array.isArray(value);
  for (const [name, field] of Object.entries(fields)) {
    fields[name] = giveBackIn(field, names, isList ? path : [...path, name]);
  }
  return value;
}

/** What a variable by itself is used for is not seen here, whatever its name. */
function isPlaceOfFile(path: readonly string[]): boolean {
  if (path[0] !== 'variables') return placesOfFiles.has(JSON.stringify(path));
  return path.length > 2 && fieldsOfFiles.has(path.at(-1)!);
}

const anyName = new RegExp(`${mark}[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}`, 'g');

/** A message that may quote what was sent, without the names of what is held. */
export function withoutHeld(message: string): string {
  return message.replaceAll(anyName, '…');
}

/**
 * The bytes of a file that is held under this name, in the place of its letters, and how many they are;
 * undefined when it is none. When there are too many, or other letters than those of base64, it is left
 * as it is: `letters` then.
 */
export function heldBytes(
  name: string,
  maxBytes: number,
): { expected: number; bytes: Buffer | null; letters: Buffer } | undefined {
  const file = name.startsWith(mark) ? held.get(name) : undefined;
  if (file === undefined) return undefined;
  const { data: letters, isDecoded } = file;
  if (isDecoded) return { expected: letters.length, bytes: letters, letters };
  let digits = letters.length;
  while (digits > 0 && digits > letters.length - 2 && letters[digits - 1] === equals) digits -= 1;
  const expected = Math.floor((digits * 3) / 4);
  const isPlain = expected <= maxBytes && digits % 4 !== 1 && hasPlainLetters(letters, digits);
  if (!isPlain) return { expected, bytes: null, letters };
  let length = 0;
  for (let at = 0; at < digits; at += lettersOfPart) {
    length += letters.write(partOf(letters, at, digits), length, 'base64');
  }
  file.data = letters.subarray(0, length);
  file.isDecoded = true;
  return { expected, bytes: file.data, letters };
}

/** Node skips what is no letter of base64, and writes less then. */
function hasPlainLetters(letters: Buffer, digits: number): boolean {
  const scratch = Buffer.allocUnsafe((lettersOfPart / 4) * 3);
  for (let at = 0; at < digits; at += lettersOfPart) {
    const part = partOf(letters, at, digits);
    if (scratch.write(part, 'base64') !== Math.floor((part.length * 3) / 4)) return false;
  }
  return true;
}

function partOf(letters: Buffer, at: number, digits: number): string {
  return letters.toString('latin1', at, Math.min(at + lettersOfPart, digits));
}

export function letGo(names: readonly string[]): void {
  for (const name of names) held.delete(name);
}
