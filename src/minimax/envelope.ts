export type Fields = Readonly<Record<string, unknown>>;

/** What went wrong, in the words of a gateway or in those of OpenAI's API. */
export interface AnswerError {
  message: string | null;
  type: string | null;
  code: string | null;
  /** The HTTP status that it says it is, as the second generation writes it (V2 §6). */
  httpCode: number | null;
}

const deepest = 3;

/** How gateways write that all is well, in small letters. */
const fine = new Set([
  ...['', '0', '200', '201', '202', '20000'],
  ...['success', 'succeeded', 'successful', 'ok', 'created', 'accepted'],
]);

export function asObject(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : null;
}

/**
 * An answer and what gateways wrap into it, outermost first: `{ code, data: { … } }`, with MiniMax's
 * own answer in a further `data`, or with a list of one.
 */
export function layersOf(fields: Fields): Fields[] {
  const layers = [fields];
  while (layers.length < deepest) {
    const { data } = layers.at(-1)!;
    const inner = asObject(Array.isArray(data) && data.length === 1 ? data[0] : data);
    if (inner === null) break;
    layers.push(inner);
  }
  return layers;
}

/** The code of a gateway's envelope, `{ code, message, data }`, when it tells of an error. */
export function envelopeCode({ code, message, msg }: Fields): string | null {
  if (typeof code !== 'string' && typeof code !== 'number') return null;
  const text = String(code).trim();
  // Any number may be a gateway's code for success, and then its words say so, but those of HTTP's and
  // MiniMax's errors.
  const words = message ?? msg;
  const isCalledFine = typeof words === 'string' && words.trim() !== '' && isFine(words);
  const isOther = !/^([45]\d\d|[12]\d{3})$/.test(text);
  return isFine(text) || (isCalledFine && isOther) ? null : text;
}

/** Whether a value tells of no error where one would stand: Go writes each field of an error that is none. */
export function isFine(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  return fine.has(String(value).trim().toLowerCase());
}
