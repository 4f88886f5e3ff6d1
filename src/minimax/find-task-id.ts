import { isNoId } from './values.ts';

// An answer may be a megabyte long: no two repetitions of these stand beside each other that match the same.

/** In JSON that was cut or is no JSON, or stands as text within JSON; the end of the id must be there. */
const written =
  /["']\s{0,3}task[_-]?ids?\s{0,3}\\*["']\s*:\s*(?:\[\s*)?(?:\\*["']([^"'\\]+)\\*["'](?!\s*:)|(\d+)(?=[\s,}\]]))/gi;

/** In a sentence, a form, a page or a header, where it must look like an id. */
const told =
  /\btask[_-]?ids?(?:\s{0,3}[:=>]\s{0,3}["'\\]{0,3}([\w-]{6,256})|\s{1,3}(\d{6,256}))(?=[^\w-])/gi;

/**
 * In other words, where it must look like one of MiniMax's own: "task 106916112212032 was created".
 * Not in another clause, nor that of the request.
 */
const spoken =
  /(?:\b(?:task|job|generation|video_?id)|任[务務])(?:(?!request|trace|log|time)[^\d,;，；。{}]){0,24}(\d{14,40})(?=[^\w-])/gi;

/** What some write where there is no id, beside what `isNoId` knows. */
const placeholder = /^(-\d*|n\/?a|[0-]+)$/i;

/**
 * The first task id in an answer, wherever it stands and however broken the answer is; null when
 * there is none. Where nothing was accepted none should be, so whoever finds one there is in doubt.
 * An id at the very end may have been cut and is none: a line break ends what is whole.
 */
export function findTaskId(text: string, fields: object | null): string | null {
  if (fields !== null) {
    // Not recursive: an answer may be nested as deep as it is long.
    const within: object[] = [fields];
    for (const value of within) {
      for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
        if (typeof inner === 'object' && inner !== null) within.push(inner);
        const id = /^tasks?([_-]?ids?)?$/i.test(key.trim()) && [inner].flat().map(named).find(isId);
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
  for (const [, id] of text.matchAll(spoken)) return id!;
  return null;
}

/** What a value that stands for a task is called by. */
function named(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : value;
}

function isId(value: unknown): value is string | number {
  return !isNoId(value) && !placeholder.test(String(value).trim());
}
