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

/** What is never an input, whatever it holds: MiniMax ignores it, and so does everybody else. */
const notes: ReadonlySet<string> = new Set(['user', 'metadata']);

/** Names of inputs, in words that `_` joins. */
const inputName =
  /(^|_)(images?|imgs?|pictures?|photos?|(first|last|start|end|head|tail|key)?frames?|media|videos?|clips?|audios?|files?|attachments?|assets?|ref(erence)?s?|uploads?|source_task)(_?(ids?|ur[il]s?|data|base64|b64|paths?|keys?|list|\d))*$/;
const countName = /^(num|number|n|count|max|min|total)_/;
const callbackName = /callback|webhook|notif/i;

/** Of whatever scheme, or none: what else would one be for? */
const address =
  /^([a-z][a-z\d+._-]*:\/\/\S|media:[\da-f-]{36}$|data:\s*([\w.+*-]+\/|[;,])|\/\/[\w-]+\.\w|www\.\w)/i;
/** A picture, clip or sound in base64, by how its format begins, or because it is long. */
const base64 =
  /^((iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|AAAA[\w+/]{2}Z0eX|SUQz[AB]|Qk[\w+/]{6}AAAA)[\w+/\s-]{12}|[\w+/-]{100,}={0,2}$)/;
const fileName =
  /\.(png|jpe?g|webp|gif|bmp|heic|heif|avif|tiff?|mp4|m4v|mov|webm|mkv|avi|mp3|wav|m4a|aac|flac|ogg)$/i;
const fileId = /^(file|image|img|video|audio|media|asset|upload|f)[-_:](?=[\w-]*\d)[\w-]+$/i;

/**
 * Clients of other APIs send their image under another name, or an address to be told at: it would be
 * ignored, and a video paid that nobody wanted. `own` are the fields that MiniMax has there, `where`
 * says where images go.
 */
export function refuseForeign(fields: Fields, own: ReadonlySet<string>, where: string): void {
  for (const [key, value] of Object.entries(fields)) {
    if (own.has(key.trim()) || notes.has(key.trim())) continue;
    const leaves = leavesOf(key, value);
    if (callbackName.test(key) && leaves.some(({ held }) => isText(held, address)))
      refuseCallback(key, value);
    if (!leaves.some(isInput)) continue;
    throw new Unreadable(
      `${JSON.stringify(key.slice(0, 60))} is no field of this API and would be ignored: images go into ${where}; if it is none, leave it out`,
    );
  }
}

/** What a field holds in the end, or a key in it, under its next name, and whether it or one around it is an input's. */
interface Leaf {
  held: unknown;
  name: string;
  isNamed: boolean;
}

/** Without recursion: a body may be nested deeper than the stack is. */
function leavesOf(key: string, value: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  const under = (held: unknown, outer: string, isNamed: boolean): Leaf => {
    const name = wordsOf(outer);
    return { held, name, isNamed: isNamed || (inputName.test(name) && !countName.test(name)) };
  };
  const rest = [under(value, key, false)];
  while (rest.length > 0) {
    const next = rest.pop()!;
    const { held, isNamed } = next;
    if (typeof held !== 'object' || held === null) leaves.push(next);
    else if (Array.isArray(held)) for (const each of held) rest.push({ ...next, held: each });
    else {
      for (const [inner, each] of Object.entries(held)) {
        leaves.push({ held: inner, name: 'name', isNamed: false });
        rest.push(under(each, inner, isNamed));
      }
    }
  }
  return leaves;
}

/** `firstFrameImage` and `first-frame image` as `first_frame_image`; longer than a name is, none. */
function wordsOf(key: string): string {
  if (key.length > 100) return '';
  const split = key.trim().replace(/([a-z\d])([A-Z])/g, '$1_$2');
  return split.toLowerCase().replace(/[^a-z\d]+/g, '_');
}

/**
 * Whether it is a link, a file in base64, a file's name or its id; under the name of an input also
 * whatever else may be an id. A word, true, and a number that is no id choose something instead.
 */
function isInput({ held, name, isNamed }: Leaf): boolean {
  if (typeof held === 'number') return isNamed && held !== 0 && /ids?$/.test(name);
  if (isText(held, address) || isText(held, base64)) return true;
  // The name of a file beside the file.
  if (typeof held !== 'string' || (!isNamed && /name$/.test(name))) return false;
  const text = held.trim();
  if (text === '' || text.length > 300) return false;
  const isWord = !/\s/.test(text);
  if (fileName.test(text) && (isWord || isNamed)) return true;
  return isWord && (isNamed ? /\d/.test(text) : name !== 'id' && fileId.test(text));
}

function isText(held: unknown, pattern: RegExp): boolean {
  return typeof held === 'string' && pattern.test(held.trimStart());
}

export function refuseCallback(key: string, value: unknown): void {
  if (isAbsent(value)) return;
  throw new Unreadable(
    `${key.slice(0, 60)} is not supported: this service calls nobody back for it. Leave it out and query the task`,
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
