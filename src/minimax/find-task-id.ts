import { isNoId } from './values.ts';

// An answer may be a megabyte long: each repetition in these is bounded, or ends where the next begins.

/** The end of a key: `video_task_id`, `taskNo`; not what counts them, nor what one was to be made of. */
const key = String.raw`(?<!(?:max|min|limit|total|concurrent|source)[\w-]{0,20})task[\s_-]?(?:ids?|uuids?|no)`;
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** What the numbers of others are called by, and times. */
const others = String.raw`request|\breq|trace|\blog|reference|\bref\b|error|event|support|\bray\b|\b[crsu]id\b|\bseq|group|user|account|merchant|project|\borg|deployment|quota|customer|policy|incident|\bkey\b|\bcode\b|\bat\b|\btime(?:stamp)?\b|流水|账号|用户`;

/** In JSON that was cut or is no JSON, or stands as text within JSON; the end of the id must be there. */
const written = new RegExp(
  String.raw`${key}\s{0,3}\\*["']\s*:\s*(?:\[\s*)?(?:\\*["']([^"'\\]+)\\*["'](?!\s*:)|(\d+)(?=\s{0,20}[,}\]]))`,
  'gi',
);

/** In a sentence, a form, a page or a header, where it must look like an id. */
const told = new RegExp(
  String.raw`${key}(?:\s[^<>]{1,80}(?=>))?(?:\s{0,3}[:：=>]\s{0,3}["'\\]{0,3}([\w-]{6,256})|\s{1,3}(\d{6,256}|${uuid}))(?=[^\w-])`,
  'gi',
);

/**
 * In other words, where it must look like one of MiniMax's own: "task 106916112212032 was created".
 * Not in another clause, nor the number of something else.
 */
const spoken = new RegExp(
  String.raw`(?:(?<![a-z])(?:task|job|generation|video_?id)|任[务務]|タスク|작업)(?:(?!${others})[^,;，；。{}]){0,40}?(?:,\s{0,2}id[\s:=]{1,3})?(?<![\d.-])(\d{14,40})(?=[^\w-])`,
  'gi',
);

/** An id that says itself of what it is: `task_01HXZ4M7Q2V9`. */
const prefixed = /(?<![a-z\d])((?:task|job)_(?=[a-z]{0,30}\d)[a-z\d]{12,40})(?=[^\w-])/gi;

/** At the end of an answer that was cut within an id. */
const begun = new RegExp(
  String.raw`${key}\s{0,3}\\*["']\s{0,9}:\s{0,9}\[?\s{0,9}\\*["']?([\w-]{1,256})\s?$`,
  'i',
);

/** Digits that are a time: 20261130115530123. */
const time =
  /^20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])(?:[0-5]\d){2}\d{0,6}$/;

/**
 * The first task id in an answer, wherever it stands and however broken the answer is; null when
 * there is none. Where nothing was accepted none should be, so whoever finds one there is in doubt.
 * An id at the very end may have been cut, and ends in `…`; a line break ends what is whole. What
 * stands in its words as in those that were `sent` is quoted, and is none.
 */
export function findTaskId(text: string, fields: object | null, sent = ''): string | null {
  const named = fields && findInFields(fields);
  if (named) return named;
  for (const [, quoted, digits] of text.matchAll(written)) {
    const id = quoted ?? digits;
    if (isId(id)) return id.trim();
  }
  const words = withoutQuoted(text, sent);
  for (const [, assigned, apart] of words.matchAll(told)) {
    const id = assigned ?? apart;
    if (isId(id)) return id;
  }
  // As it is written, and as a page shows it.
  const shown = words.includes('<') ? [words, words.replace(/<[^<>]{0,200}>/g, ' ')] : [words];
  for (const [, id] of shown.flatMap((each) => [...each.matchAll(spoken)]))
    if (isId(id) && !time.test(id)) return id;
  for (const [, id] of words.matchAll(prefixed)) return id!;
  const cut = fields === null ? begun.exec(text.slice(-400))?.[1] : undefined;
  return isId(cut) ? `${cut}…` : null;
}

/** What may be an id, and what parts it from a next one. */
const quotable = new RegExp(
  String.raw`(?<![\w-])((?:task_|job_)?(?:${uuid}|[\da-z]{12,40}))(?![\w-])["']?\s{0,3}[,;，；]?`,
  'gi',
);

function withoutQuoted(text: string, sent: string): string {
  const known = new Set(Array.from(sent.matchAll(quotable), ([, id]) => id));
  if (known.size === 0) return text;
  return text.replace(quotable, (whole, id: string) => (known.has(id) ? ' ' : whole));
}

function findInFields(fields: object): string | null {
  // Not recursive: an answer may be nested as deep as it is long.
  const within: object[] = [fields];
  for (const value of within) {
    for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
      if (typeof inner === 'object' && inner !== null) within.push(inner);
      const isKey = namesId.test(name.trim());
      if (!isKey && !namesTask.test(name.trim())) continue;
      const stated: unknown[] = [inner].flat();
      for (const each of stated) {
        const isObject = typeof each === 'object' && each !== null;
        const id = isObject ? ('id' in each ? each.id : null) : each;
        // A number of tasks, or a kind of task, is none.
        if (isId(id) && (isObject || isKey || isLong.test(String(id)))) return String(id).trim();
      }
    }
  }
  return null;
}

const namesId = new RegExp(`${key}$`, 'i');
const namesTask = /^(?:.{0,30}[_-])?tasks?(?:[_-]?info)?$/i;
const isLong = /\d{14}|^[\da-f]{8}-[\da-f]{4}-|^task_/i;

/** No placeholder, in whatever form: "N/A", "-1", "unknown", zeros. */
function isId(value: unknown): value is string | number {
  return !isNoId(value) && /^(?!-?[0-]*$|-\d+$)(?=\D*\d)\S+$/.test(String(value).trim());
}
