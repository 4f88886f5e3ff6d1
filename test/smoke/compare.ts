/**
 * An answer without what differs from one time to the next: ids, instants, durations, signatures.
 *
 * Two answers of which this gives the same have the same fields in the same order, and the same
 * values wherever a value can be relied on. Entries of a list that differ in nothing else become one:
 * how often a task is looked at depends on the machine.
 */
export function shapeOf(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return shapeOfText(value);
  if (typeof value === 'number') return /Ms$|^sequence$/.test(name) ? '<number>' : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const entries = value.map((entry) => shapeOf(entry));
    const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
    return entries.filter((entry, index) => index === 0 || !same(entry, entries[index - 1]));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, shapeOf(inner, key)]),
  );
}

function shapeOfText(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return '<id>';
  if (/^\d{9,}$/.test(text)) return '<digits>';
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return '<instant>';
  if (!/^https?:/.test(text)) return text;
  return text
    .replace(/^http:\/\/localhost:\d+/, '<service>')
    .replace(/\d{9,}/g, '<digits>')
    .replace(/&.*$/, '');
}

/** The data of an event stream, one for each event that has any. */
export function dataOf(stream: string): unknown[] {
  return [...stream.matchAll(/^data: (.+)$/gm)].map((match) => JSON.parse(match[1]!) as unknown);
}

/** Each text of one answer with the text at the same place in another one. */
export function textsInPlace(shown: unknown, real: unknown): [shown: string, real: string][] {
  if (typeof shown === 'string' && typeof real === 'string') return [[shown, real]];
  if (typeof shown !== 'object' || typeof real !== 'object' || !shown || !real) return [];
  const others = real as Record<string, unknown>;
  return Object.entries(shown).flatMap(([key, inner]) => textsInPlace(inner, others[key]));
}
