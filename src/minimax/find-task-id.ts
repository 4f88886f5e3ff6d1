import { isNoId } from './values.ts';

// An answer may be a megabyte long: each repetition in these is bounded, or ends where the next begins.

/** The end of a key: `video_task_id`, `taskNo`; not what counts them, nor what one was to be made of. */
const key = String.raw`(?<!(?<![a-z])(?:max|min(?!imax)|limit|total|concurrent|source)[\w-]{0,20})(?:task|job|generation)[\s_-]?(?:u?ids?|uuids?|no)`;
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** What the numbers of others are called by, and times. */
const others = new RegExp(
  String.raw`request|\breq|trace|\blog|reference|\bref\b|error|event|support|\bray\b|\b[crsu]id\b|\bseq|group|user|account|merchant|project|\borg|deployment|quota|customer|policy|incident|\bkey\b|\bcode\b|\bat\b|\btime(?:stamp)?\b|\buntil\b|tenant|workspace|member|balance|credit|\bseed|\b(?:file|order|client|app|session|package|token)|流水|账号|账户|用户|请求|文件|订单`,
  'i',
);

/** In JSON that was cut or is no JSON, or stands as text within JSON; the end of the id must be there. */
const written = new RegExp(
  String.raw`${key}\s{0,3}\\*["']\s*:\s*(?:\[\s*)?(?:\\*["']([^"'\\]+)\\*["'](?!\s*:)|(\d+)(?=\s{0,20}[,}\]]))`,
  'gi',
);

/** In a sentence, a form, a page or a header, where it must look like an id. */
const told = new RegExp(
  String.raw`${key}(?:\s[^<>]{1,80}(?=>))?(?:\s{0,3}[:：=>]\s{0,3}["'\x60\\([]{0,4}([\w-]{6,256})|(?:\s{1,3}(?:is|was))?\s{1,3}["'\\]{0,2}(\d{6,256}|${uuid}))(?=[^\w-])`,
  'gi',
);

/**
 * In other words, where it must look like one of MiniMax's own: "task 106916112212032 was created".
 * Not in another clause, nor the number of something else.
 */
const spoken = new RegExp(
  String.raw`(?:(?<![a-z])(?:task|job|(?:video_?)?generation|video(?:_?id)?)|任[务務]|タスク|작업)([^,;，；。{}]{0,40}?)(?:[,，]\s{0,2}(?:id|编号|編號)[\s:：=]{1,3})?(?<!\d|\d\.|[\da-f]-)(\d{14,40})(?=[^\w-])`,
  'gi',
);

/** One that looks like no number, and is named at once: "task 9f1c2b7e-… was created". */
const apart = new RegExp(
  String.raw`(?:(?<![a-z])(?:task|job|(?:video_?)?generation)|任[务務](?:\s?ID|编号|編號)?)(?:\s{0,3}[:：=]\s{0,3}|\s{1,3})["'(]?((?=[a-f]{0,31}\d)[\da-f]{32}|${uuid})(?=[^\w-])`,
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
  const isOwn: Accepts = (id, phrase): id is string => isId(id) && !quoted.has(id, phrase);
  const raw = unescaped(text);
  const stated = firstOf(written, raw, isOwn);
  if (stated) return stated.trim();
  const words = quoted.removedFrom(raw);
  const assigned = firstOf(told, words, isOwn);
  if (assigned) return assigned;
  // As it is written, as a page shows it, and without what it repeats.
  const shown = words.includes('<') ? [words, words.replace(/<[^<>]{0,200}>/g, ' ')] : [words];
  for (const each of [...shown, ...shown.map(quoted.textsRemovedFrom)]) {
    const id = firstSpoken(each, isOwn) ?? firstOf(apart, each, isOwn);
    if (id) return id;
  }
  const own = firstOf(prefixed, words, isOwn);
  if (own) return own;
  const cut = fields === null ? begun.exec(text.slice(-400))?.[1] : undefined;
  return isId(cut) ? `${cut}…` : null;
}

type Accepts = (id: unknown, phrase: string) => id is string;

function firstOf(pattern: RegExp, text: string, accepts: Accepts): string | null {
  for (const [phrase, ...groups] of text.matchAll(pattern)) {
    const id = groups.find((group) => group !== undefined);
    if (accepts(id, phrase)) return id;
  }
  return null;
}

function firstSpoken(text: string, accepts: Accepts): string | null {
  spoken.lastIndex = 0;
  for (let match = spoken.exec(text); match; match = spoken.exec(text)) {
    const [phrase, between, id] = match;
    if (!others.test(between!) && accepts(id, phrase) && !time.test(id)) return id;
    // Another word for a task may stand nearer to it.
    spoken.lastIndex = match.index + 1;
  }
  return null;
}

/** Characters in the forms that JSON, in JSON too, and pages have for them; line breaks are blanks. */
function unescaped(text: string): string {
  return text
    .replace(/(?<!\\)\\+(?:u([\da-f]{4})|[nrt])/gi, (_, code?: string) =>
      code ? String.fromCharCode(parseInt(code, 16)) : ' ',
    )
    .replace(/&#x([\da-f]{1,4});/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replace(/&#(\d{1,4});/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&(?:quot|apos);/gi, '"')
    .replace(/&nbsp;|[\n\r\t]/gi, ' ');
}

/** What may be an id, and what parts it from a next one; no name for one. */
const quotable =
  /(?<![\w-])((?:task_|job_)?(?![\w-]*(?:task|job|video|generation))[\w-]{6,256})(?![\w-])["']?\s{0,3}[,;，；]?/gi;

/** An echo may end within one so long, or have glued it to something else. */
const surelyQuoted = 12;

/** Longer ones are files, which nobody quotes. */
const longestText = 20_000;

/** What a request holds itself: its answer may quote it. */
function quotesOf(sent: string) {
  const texts: string[] = [];
  if (sent !== '')
    JSON.parse(sent, (_, value: unknown) => {
      if (typeof value === 'string' && value.length <= longestText) texts.push(value);
    });
  const comparable = (text: string) => text.replaceAll('\\', '').toLowerCase();
  const all = comparable(texts.map(unescaped).join('\n'));
  const ids = new Set(Array.from(all.matchAll(quotable), ([, id]) => id!).filter(isId));
  return {
    has: (id: string, phrase: string) =>
      ids.has(id.toLowerCase()) ||
      all.includes(comparable(phrase)) ||
      (id.length >= surelyQuoted && all.includes(id.toLowerCase())),
    /** So that what stands behind a quoted id is seen beside the word for both. */
    removedFrom: (answer: string) =>
      ids.size === 0
        ? answer
        : answer.replace(quotable, (whole, id: string) =>
            ids.has(id.toLowerCase()) ? ' ' : whole,
          ),
    /** So that an id is seen beside the word for it, whatever quotation stands between. */
    textsRemovedFrom: (answer: string) =>
      texts
        .filter((text) => text.length >= 3)
        .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
        .reduce((left, text) => left.replaceAll(unescaped(text), ' '), answer),
  };
}

/** Where a value stands: within an id's key, a task, or a video, which may be another, or further down, where numbers of others may be. */
type Place = 'outside' | 'id' | 'task' | 'video' | 'deeper';

function findInFields(fields: object): string | null {
  // Not recursive: an answer may be nested as deep as it is long.
  const within: [object, Place][] = [[fields, 'outside']];
  for (const [parent, place] of within) {
    const isList = Array.isArray(parent);
    for (const [name, value] of Object.entries(parent) as [string, unknown][]) {
      // Some file tasks under their ids.
      if (place === 'task' && !isList && isLong.test(name)) return name.trim();
      const isKey = !isList && namesId.test(name.trim());
      const isTask = !isList && namesTask.test(name.trim());
      const isVideo = !isList && namesVideo.test(name.trim());
      if (typeof value === 'object' && value !== null) {
        const below = place === 'outside' || isList ? place : 'deeper';
        within.push([value, isKey ? 'id' : isTask ? 'task' : isVideo ? 'video' : below]);
      }
      const isWrapped = place === 'id' && /^value$/i.test(name.trim());
      const isOfTask = isWrapped || (place !== 'outside' && (isList || namesOwn.test(name.trim())));
      if (!isKey && !isTask && !isVideo && !isOfTask) continue;
      // A number of tasks, or a kind of task, is none.
      const isOwn = place === 'task' && !isList && isOfTask && !/no$/i.test(name.trim());
      const isSure = isKey || place === 'id' || isOwn;
      if (isId(value) && (isSure || isLong.test(String(value)))) return String(value).trim();
    }
  }
  return null;
}

const namesId = new RegExp(`${key}$`, 'i');
const namesOwn = /^(?:u?id|uuid|no)$/i;
const namesTask =
  /^(?:(?:.{0,30}[_-])?(?:[a-z]{0,20}task|job)|(?:video_?)?generation)s?(?:[_-]?(?:info|details?|data|result))?$/i;
const namesVideo = /^videos?(?:_?id)?$/i;
const isLong = new RegExp(String.raw`^\s*(?:\d{14,40}|${uuid}|[\da-f]{32}|task_\w+)\s*$`, 'i');

/** No placeholder, in whatever form: "N/A", "-1", "unknown", zeros. */
function isId(value: unknown): value is string {
  return !isNoId(value) && /^(?!-?[0-]*$|-\d+$)(?=\D*\d)\S+$/.test(String(value).trim());
}
