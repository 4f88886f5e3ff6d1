import type { NewEvent } from '../audit/events.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { Exchange } from '../minimax/exchange.ts';
import { hiddenAddress, withoutAddresses } from '../network/without-addresses.ts';

/** So much of a prompt's beginning, at the end of a message that was cut, is taken for its echo. */
const recognisedLength = 12;

/** So much of a prompt is read to see that it is long, whatever form it has. */
const glanceLength = 200;

/** So much of a prompt is taken for its echo wherever it stands. */
const partLength = 24;

/**
 * A message of MiniMax's without the prompt, should it repeat it, as it is or as JSON or HTML write
 * it: events and records of submissions are never altered, and prompts must be removable. A part of
 * the prompt that is shorter than 24 characters is not recognised.
 */
export function withoutPrompt<Text extends string | null | undefined>(
  message: Text,
  prompt: string | null,
): Text {
  const words = prompt?.trim();
  if (message == null || !words || cannotRepeat(message, words)) return message;
  return search(message, words) as Text;
}

/** Signs that are the same in small and capital letters are one. */
const token = /^[\w-]+$/iu;

/**
 * Most messages are a word, which a long prompt is not, or a token of more signs than the words of a
 * prompt have; and reading that takes as long as it is.
 */
function cannotRepeat(message: string, words: string): boolean {
  const glance = words.slice(0, glanceLength);
  // But for its blanks it is read as it is written.
  const isPlain = !/[&\\]/.test(glance);
  if (message.length >= recognisedLength) {
    const isPrompt = !isPlain || /[&\\]/.test(words) || token.test(words);
    return token.test(message) && !isPrompt && !/[\w-]{24}/iu.test(words);
  }
  if (message.includes(hiddenAddress)) return false;
  if (isPlain) return glance.replace(/\s+/g, '').length > message.length;
  // What is cut at its end may be read as some signs more.
  return read(glance).text.length > recognisedLength + glanceLength / 4;
}

/** The same of a trace id, in which a short word may stand by chance. */
export function traceWithoutPrompt(traceId: string | null, prompt: string | null): string | null {
  const isShort = (prompt?.trim().length ?? 0) < recognisedLength;
  return isShort ? traceId : withoutPrompt(traceId, prompt);
}

/** The same of any two texts. */
export function search(message: string, words: string): string {
  const told = read(message);
  // Messages lose addresses first, also those that stood in the prompt.
  const shown = message.includes(hiddenAddress) ? [withoutAddresses(words)] : [];
  const found = [words, ...shown].flatMap((text) => echoes(told.text, read(text).text.trim()));
  found.sort(([a], [b]) => a - b);
  let clean = '';
  let end = 0;
  for (const [from, to] of found) {
    if (from > end || clean === '')
      clean += `${message.slice(told.starts[end], told.starts[from])}[prompt]`;
    end = Math.max(end, to);
  }
  return clean + message.slice(told.starts[end]);
}

type Span = readonly [from: number, to: number];

function echoes(told: string, asked: string): Span[] {
  if (asked === '') return [];
  return [...whole(told, asked), ...cut(told, asked), ...parts(told, asked)];
}

/** Letters of scripts that write words without blanks between them. */
const unspaced =
  '[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmr}\\p{sc=Mymr}]';
const joined = `(?!${unspaced})[\\p{L}\\p{N}]`;
const startsUnspaced = new RegExp(`^${unspaced}`, 'u');
const endsUnspaced = new RegExp(`${unspaced}$`, 'u');

function whole(told: string, asked: string): Span[] {
  if (asked.length > told.length) return [];
  const escaped = asked.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const before = startsUnspaced.test(asked) ? '' : `(?<!${joined})`;
  const behind = endsUnspaced.test(asked) ? '' : `(?!${joined})`;
  const pattern = new RegExp(`${before}${escaped}${behind}`, 'giu');
  return Array.from(told.matchAll(pattern), ({ index, 0: { length } }) => [index, index + length]);
}

/** Long messages are cut, perhaps in the middle of it. */
function cut(told: string, asked: string): Span[] {
  const start = told.lastIndexOf(asked.slice(0, recognisedLength));
  const isCutEcho = start >= 0 && told.endsWith('…') && asked.startsWith(told.slice(start, -1));
  return isCutEcho ? [[start, told.length - 1]] : [];
}

/** Where it was altered in between, as links in it are, or quoted in part. */
function parts(told: string, asked: string): Span[] {
  const found: Span[] = [];
  for (let at = 0; at + partLength <= told.length; at++)
    if (asked.includes(told.slice(at, at + partLength))) found.push([at, at + partLength]);
  return found;
}

/** A text, and where in what it was read from each of its signs begins; one more tells where it ends. */
interface Read {
  text: string;
  starts: readonly number[];
}

const named: Readonly<Record<string, string>> = {
  ...{ quot: '"', amp: '&', lt: '<', gt: '>', apos: "'" },
};

const inHtml = /&(?:(quot|amp|lt|gt|apos)|#(\d{1,5})|#x([\da-f]{1,4}));/gi;

/** In JSON within JSON there are several backslashes; where a message was cut, perhaps a half of it. */
const inJson = /\\+u([\da-f]{4})|\\+[nrtbf]|(\\+)(["'/])|\\+(?:u[\da-f]{0,3})?(…$)|(\\)\\*|\s+/gi;

/** A text as it is meant, with spaces of whatever kind and length as one blank. */
function read(written: string): Read {
  const page = readAs(written, inHtml, ([, name, decimal, hex]) =>
    name === undefined ? signOf(decimal, hex) : named[name.toLowerCase()]!,
  );
  const { text, starts } = readAs(page.text, inJson, ([, hex, slashes, quote, end, slash]) => {
    if (hex !== undefined) return signOf(undefined, hex).replace(/\s/, ' ');
    // Two of them are one, and what is behind them ends the text.
    if (slashes !== undefined) return slashes.length % 2 === 0 ? `\\${quote}` : quote!;
    return end ?? slash ?? ' ';
  });
  return { text, starts: starts.map((start) => page.starts[start]!) };
}

function signOf(decimal: string | undefined, hex: string | undefined): string {
  return String.fromCharCode(decimal === undefined ? parseInt(hex!, 16) : Number(decimal));
}

function readAs(written: string, pattern: RegExp, meant: (match: string[]) => string): Read {
  let text = '';
  const starts: number[] = [];
  let end = 0;
  const addPlain = (to: number) => {
    text += written.slice(end, to);
    for (; end < to; end++) starts.push(end);
  };
  for (const match of written.matchAll(pattern)) {
    addPlain(match.index);
    const signs = meant(match);
    if (signs !== ' ' || !text.endsWith(' ')) {
      text += signs;
      for (let at = 0; at < signs.length; at++) starts.push(match.index);
    }
    end = match.index + match[0].length;
  }
  addPlain(written.length);
  return { text, starts: [...starts, written.length] };
}

/** An answer to a submission, whose words must not hold the prompt. */
export function answerWithoutPrompt<Told extends Exchange | MinimaxError>(
  answer: Told,
  prompt: string | null,
): Told {
  const told = {
    statusMessage: withoutPrompt(answer.statusMessage, prompt),
    traceId: traceWithoutPrompt(answer.traceId, prompt),
  };
  if (!(answer instanceof MinimaxError)) return { ...answer, ...told };
  const { cause } = answer;
  const facts = { ...answer, ...told, cause };
  return new MinimaxError(withoutPrompt(answer.message, prompt), facts) as Told;
}

/** Events outlive the prompt, so none may repeat it. */
export function withoutEcho(event: NewEvent, prompt: string | null): NewEvent {
  const { upstreamMessage, traceId, detail } = event;
  return {
    ...event,
    ...(upstreamMessage != null && { upstreamMessage: withoutPrompt(upstreamMessage, prompt) }),
    ...(traceId != null && { traceId: traceWithoutPrompt(traceId, prompt) }),
    ...(detail && {
      detail: Object.fromEntries(
        Object.entries(detail).map(([key, value]) => [
          key,
          typeof value === 'string' ? withoutPrompt(value, prompt) : value,
        ]),
      ),
    }),
  };
}
