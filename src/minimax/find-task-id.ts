import { isNoId } from './values.ts';

// An answer may be a megabyte long: each repetition in these is bounded, or ends where the next begins.

/** The end of a key: `video_task_id`, `taskNo`; not what counts them, nor what one was to be made of. */
const key = String.raw`(?<!(?:max|min|limit|total|concurrent|source)[\w-]{0,20})task[\s_-]?(?:ids?|uuids?|no)`;
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** What the numbers of others are called by, and times. */
const others =
  /request|\breq|trace|\blog|reference|\bref\b|error|event|support|\bray\b|\b[crsu]id\b|\bseq|group|user|account|merchant|project|\borg|deployment|quota|customer|policy|incident|\bkey\b|\bcode\b|\bat\b|\btime(?:stamp)?\b|\bfile\b|\border\b|流水|账号|用户/i;

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
  String.raw`(?:(?<![a-z])(?:task|job|(?:video_?)?generation|video_?id)|任[务務]|タスク|작업)([^,;，；。{}]{0,40}?)(?:,\s{0,2}id[\s:=]{1,3})?(?<![\d.-])(\d{14,40})(?=[^\w-])`,
  'gi',
);

/** One that looks like no number, and is named at once: "task 9f1c2b7e-… was created". */
const apart = new RegExp(
  String.raw`(?<![a-z])(?:task|job)\s{1,3}["'(]?((?=[a-f]{0,31}\d)[\da-f]{32}|${uuid})(?=[^\w-])`,
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
  const quoted = quotesOf(sent);
  const isOwn = (id: unknown): id is string => isId(id) && !quoted.has(id);
  const raw = unescaped(text);
  const stated = firstOf(written, raw, isOwn);
  if (stated) return stated.trim();
  const words = quoted.removedFrom(raw);
  const assigned = firstOf(told, words, isOwn);
  if (assigned) return assigned;
  // As it is written, and as a page shows it.
  const shown = words.includes('<') ? [words, words.replace(/<[^<>]{0,200}>/g, ' ')] : [words];
  for (const each of shown) {
    const id = firstSpoken(each, isOwn) ?? firstOf(apart, each, isOwn);
    if (id) return id;
  }
  const own = firstOf(prefixed, words, isOwn);
  if (own) return own;
  const cut = fields === null ? begun.exec(text.slice(-400))?.[1] : undefined;
  return isId(cut) ? `${cut}…` : null;
}

type Accepts = (id: unknown) => id is string;

function firstOf(pattern: RegExp, text: string, accepts: Accepts): string | null {
  for (const [, ...groups] of text.matchAll(pattern)) {
    const id = groups.find((group) => group !== undefined);
    if (accepts(id)) return id;
  }
  return null;
}

function firstSpoken(text: string, accepts: Accepts): string | null {
  spoken.lastIndex = 0;
  for (let match = spoken.exec(text); match; match = spoken.exec(text)) {
    const [, between, id] = match;
    if (!others.test(between!) && accepts(id) && !time.test(id)) return id;
    // Another word for a task may stand nearer to it.
    spoken.lastIndex = match.index + 1;
  }
  return null;
}

/** Characters in the forms that JSON, in JSON too, and pages have for them. */
function unescaped(text: string): string {
  return text
    .replace(/(?<!\\)\\+u([\da-f]{4})/gi, (_, code: string) =>
      String.fromCharCode(parseInt(code, 16)),
    )
    .replace(/&(?:quot|apos|#0?3[49]);/gi, '"');
}

/** What may be an id, and what parts it from a next one; no name for one. */
const quotable =
  /(?<![\w-])((?:task_|job_)?(?![\w-]*(?:task|job|video|generation))[\w-]{6,256})(?![\w-])["']?\s{0,3}[,;，；]?/gi;

/** An echo may end within one so long, or have glued it to something else. */
const surelyQuoted = 12;

/** The ids that a request holds itself: its answer may quote them. */
function quotesOf(sent: string) {
  const text = unescaped(sent).toLowerCase();
  const ids = new Set(Array.from(text.matchAll(quotable), ([, id]) => id!).filter(isId));
  return {
    has: (id: string) =>
      ids.has(id.toLowerCase()) || (id.length >= surelyQuoted && text.includes(id.toLowerCase())),
    /** So that what stands behind a quoted id is seen beside the word for both. */
    removedFrom: (answer: string) =>
      ids.size === 0
        ? answer
        : answer.replace(quotable, (whole, id: string) =>
            ids.has(id.toLowerCase()) ? ' ' : whole,
          ),
  };
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
        const id = isObject ? idOf(each) : each;
        // A number of tasks, or a kind of task, is none.
        if (isId(id) && (isObject || isKey || isLong.test(String(id)))) return String(id).trim();
      }
    }
  }
  return null;
}

const namesId = new RegExp(`${key}$`, 'i');
const namesTask = /^(?:.{0,30}[_-])?tasks?(?:[_-]?info)?$/i;
const isLong = new RegExp(String.raw`^\s*(?:\d{14,40}|${uuid}|[\da-f]{32}|task_\w+)\s*$`, 'i');

const idOf = ({ id, uuid, no }: { id?: unknown; uuid?: unknown; no?: unknown }) => id ?? uuid ?? no;

/** No placeholder, in whatever form: "N/A", "-1", "unknown", zeros. */
function isId(value: unknown): value is string {
  return !isNoId(value) && /^(?!-?[0-]*$|-\d+$)(?=\D*\d)\S+$/.test(String(value).trim());
}
