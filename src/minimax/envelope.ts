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

/** How gateways write that all is well. */
const fine = new Set(['0', '200', 'success', 'ok', '']);

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
export function envelopeCode({ code }: Fields): string | null {
  if (typeof code !== 'string' && typeof code !== 'number') return null;
  const text = String(code).trim();
  return fine.has(text.toLowerCase()) ? null : text;
}
