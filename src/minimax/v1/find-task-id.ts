/** In JSON that was cut or is no JSON, or stands as text within JSON; the end of the id must be there. */
const written = /"task_?id\\*"\s*:\s*(?:\\*"([^"\\]+)\\*"|(\d+)(?=[\s,}\]]))/gi;

/**
 * The first task id in an answer, wherever it stands and however broken the answer is; null when
 * there is none. Where nothing was accepted none should be, so whoever finds one there is in doubt.
 */
export function findTaskId(text: string, fields: object | null): string | null {
  if (fields !== null) {
    // Not recursive: an answer may be nested as deep as it is long.
    const within: object[] = [fields];
    for (const value of within) {
      for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
        const isObject = typeof inner === 'object' && inner !== null;
        if (isObject) within.push(inner);
        const named = /^task$/i.test(key) && isObject && 'id' in inner ? inner.id : inner;
        if (/^task(_?id)?$/i.test(key) && isId(named)) return String(named).trim();
      }
    }
  }
  for (const [, quoted, digits] of text.matchAll(written)) {
    const id = quoted ?? digits;
    if (isId(id)) return id.trim();
  }
  return null;
}

function isId(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && !/^\s*0?\s*$/.test(`${value}`);
}
