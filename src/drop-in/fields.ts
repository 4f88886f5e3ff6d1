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

/** The names that images, videos and sounds go by elsewhere. */
const mediaName =
  /image|img|picture|photo|(first|last|start|end|head|tail|key)_?frames?|^(frames?|media|init|inputs?|input_?(urls?|files?)|files?|attachments?|assets?|(file|asset|media|video|audio)_?(ids?|urls?)|reference_?(files?|videos?|audios?))$/i;
const callbackName = /callback|webhook|notif/i;
/** Of whatever scheme: what else would one be for? */
const address = /^\s*([a-z][a-z\d+._-]*:\/\/\S|media:[\da-f-]{36}\s*$|data:\s*([\w.+*-]+\/|[;,]))/i;
/** A picture or clip in base64, by how its format begins. */
const base64 = /^\s*(iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|AAAA[\w+/]{2}Z0eX|SUQz[AB])[\w+/\s-]{12}/;

/**
 * Clients of other APIs send their image under another name, or an address to be told at: it would be
 * ignored, and a video paid that nobody wanted. `own` are the fields that MiniMax has there, `where`
 * says where images go.
 */
export function refuseForeign(fields: Fields, own: ReadonlySet<string>, where: string): void {
  for (const [key, value] of Object.entries(fields)) {
    if (own.has(key.trim())) continue;
    const said = leavesOf(value).filter(saysSomething);
    const isMedia = said.some(namesMedia);
    if (isMedia && callbackName.test(key)) refuseCallback(key, value);
    if (!isMedia && (said.length === 0 || !mediaName.test(key))) continue;
    throw new Unreadable(
      `${JSON.stringify(key.slice(0, 60))} is no field of this API and would be ignored: images go into ${where}; if it is none, leave it out`,
    );
  }
}

/** What a value holds in the end, and keys that are images. Without recursion: a body may be nested deeper than the stack is. */
function leavesOf(value: unknown): unknown[] {
  const leaves: unknown[] = [];
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null) leaves.push(next);
    else {
      leaves.push(...Object.keys(next).filter(namesMedia));
      rest.push(...(Object.values(next) as unknown[]));
    }
  }
  return leaves;
}

/** Clients write `false`, 0 or blank text for "none". */
function saysSomething(leaf: unknown): boolean {
  return typeof leaf === 'string' ? leaf.trim() !== '' : Boolean(leaf);
}

function namesMedia(leaf: unknown): boolean {
  return typeof leaf === 'string' && (address.test(leaf) || base64.test(leaf));
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
