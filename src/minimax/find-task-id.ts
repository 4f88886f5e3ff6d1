// An answer may be a megabyte long: no two repetitions of these stand beside each other that match the same.

/** In JSON that was cut or is no JSON, or stands as text within JSON; the end of the id must be there. */
const written =
  /["']task[_-]?ids?\\*["']\s*:\s*(?:\[\s*)?(?:\\*["']([^"'\\]+)\\*["'](?!\s*:)|(\d+)(?=[\s,}\]]))/gi;

/** In a sentence, where it must look like an id. */
const told =
  /\btask[_-]?id(?:\s{0,3}[:=]\s{0,3}([\w-]{6,256})|\s{1,3}(\d{6,256}))(?=[\s,;.)}\]"'<\\])/gi;

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
        if (typeof inner === 'object' && inner !== null) within.push(inner);
        const id = /^tasks?([_-]?ids?)?$/i.test(key) && [inner].flat().map(named).find(isId);
        if (id) return String(id).trim();
      }
    }
  }
  for (const [, quoted, digits] of text.matchAll(written)) {
    const id = quoted ?? digits;
    if (isId(id)) return id.trim();
  }
  for (const [, assigned, digits] of text.matchAll(told)) {
    const id = assigned ?? digits!;
    if (/\d/.test(id)) return id;
  }
  return null;
}

/** What a value that stands for a task is called by. */
function named(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : value;
}

function isId(value: unknown): value is string | number {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const text = `${value}`.trim();
  return text !== '' && text !== '0';
}
