import { randomUUID } from 'node:crypto';

/**
 * Files that came as data URLs in a body of JSON, as they lie in its bytes. As texts each would be in
 * memory three times over: in the text of the body, as a value, and decoded.
 */
const held = new Map<string, Buffer>();

const start = Buffer.from('"data:');
const quote = 0x22;
const backslash = 0x5c;
/** Shorter ones stay where they are. */
const leastBytes = 64 * 1024;
const longestHead = 1024;
const mark = 'held:';

/** Where requests have files; what lies elsewhere is given back to its place. */
const placesOfFiles = new Set([
  ...['firstFrameImage', 'lastFrameImage', 'referenceImages', 'image', 'url'],
  ...['first_frame_image', 'last_frame_image'],
]);

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
    const head = body.toString('latin1', at + 1, Math.min(end, at + 1 + longestHead));
    const comma = head.indexOf(',');
    const data = body.subarray(at + 1 + comma + 1, end);
    if (comma > 0 && /; *base64$/i.test(head.slice(0, comma)) && isHeldBack(data)) {
      const name = `${mark}${randomUUID()}`;
      held.set(name, data);
      names.push(name);
      parts.push(body.subarray(copied, end - data.length), Buffer.from(name));
      copied = end;
    }
    at = end;
  }
  if (names.length === 0) return { json: body, names };
  return { json: Buffer.concat([...parts, body.subarray(copied)]), names };
}

/** Escapes are for the reader of JSON. */
function isHeldBack(data: Buffer): boolean {
  return data.length >= leastBytes && !data.includes(backslash);
}

/** Gives back what is held, as the texts that it was, to where no file is looked for. */
export function giveBack(value: unknown, names: readonly string[], key = ''): unknown {
  if (typeof value === 'string') {
    if (names.length === 0 || placesOfFiles.has(key)) return value;
    const comma = value.indexOf(',');
    const data = names.includes(value.slice(comma + 1)) ? held.get(value.slice(comma + 1)) : null;
    return data ? value.slice(0, comma + 1) + data.toString() : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  const isList = Array.isArray(value);
  for (const [name, field] of Object.entries(fields)) {
    fields[name] = giveBack(field, names, isList ? key : name);
  }
  return value;
}

/** The data of a file that is held under this name; undefined when it is none. */
export function heldData(name: string): Buffer | undefined {
  return name.startsWith(mark) ? held.get(name) : undefined;
}

export function letGo(names: readonly string[]): void {
  for (const name of names) held.delete(name);
}
