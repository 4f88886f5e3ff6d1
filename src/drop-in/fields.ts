export type Fields = Readonly<Record<string, unknown>>;

/** A body that cannot be read as a submission; the message completes "invalid params, ". */
export class Unreadable extends Error {}

/** What `read` makes of a body, or what is wrong with it. */
export function orProblem<Read>(read: () => Read): Read | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

/** Whether a value stands for "left out": clients with fixed structures write the empty one of its type. */
export function isAbsent(value: unknown): boolean {
  return value == null || value === '' || (Array.isArray(value) && value.length === 0);
}

const imageName =
  /image|img|picture|photo|(first|last|start|end|head|tail|key)_?frames?|^(frames?|media|init|inputs?|input_?(urls?|files?)|files?)$/i;
/** What can only be meant to be seen: a data URL, or an address that says so by its ending. */
const imageValue =
  /^\s*(data:image\/|https?:\S+\.(png|jpe?g|webp|gif|heic|heif|avif|bmp|tiff?|mp4|mov|webm)([?#]|\s*$))/i;

/**
 * Clients of other APIs send their image under another name: it would be ignored, and a video paid
 * that nobody wanted. `where` says where images go.
 */
export function refuseLookalikes(fields: Fields, known: ReadonlySet<string>, where: string): void {
  for (const [key, value] of Object.entries(fields)) {
    if (known.has(key.trim()) || value == null || value === '') continue;
    if (!imageName.test(key) && !holdsImage(value)) continue;
    throw new Unreadable(
      `${JSON.stringify(key.slice(0, 60))} is no field of this API: images go into ${where}`,
    );
  }
}

/** Without recursion: a body may be nested deeper than the stack is. */
function holdsImage(value: unknown): boolean {
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string' && imageValue.test(next)) return true;
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, held] of Object.entries(next)) {
      const isAddress = typeof held === 'string' && /^https?:/i.test(held);
      if (/^data:image\//i.test(key) || (isAddress && imageName.test(key))) return true;
      rest.push(held);
    }
  }
  return false;
}

export function refuseCallback(value: unknown): void {
  if (isAbsent(value)) return;
  throw new Unreadable(
    'callback_url is not supported: this service calls nobody back for it. Leave it out and query the task',
  );
}

export function asText(key: string, value: unknown): string {
  if (typeof value !== 'string') throw new Unreadable(`${key} must be a string`);
  // PostgreSQL has no such character, and half of one would become another on the way.
  if (value.includes('\0')) throw new Unreadable(`${key} must not contain the character U+0000`);
  if (!value.isWellFormed())
    throw new Unreadable(`${key} must not contain half of a surrogate pair`);
  return value;
}

export function asBoolean(key: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Unreadable(`${key} must be true or false`);
  return value;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
