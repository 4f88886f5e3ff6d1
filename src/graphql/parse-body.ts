import { BodyError } from './body-error.ts';
import { levelsOf } from './nesting.ts';

/** More levels would be too much for the stack of whatever walks through a body, perhaps once it was paid. */
const deepest = 1_000;

/** Far more than any request that can be served. Whoever walks through millions does so for seconds, in which nobody else is served. */
const mostValues = 20_000;

export class TooDeep extends BodyError {
  constructor() {
    super(400, `The body is nested more than ${deepest} levels deep.`);
  }
}

/** The object or list that a body holds as JSON; of an empty one an object without fields. */
export function parseBody(text: string): unknown {
  if (text === '') return {};
  if (hasMoreCommas(text)) {
    const most = mostValues.toLocaleString('en');
    throw new BodyError(400, `The body has more than ${most} values: send less at once.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the body.
    throw new BodyError(400, 'The body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null) {
    throw new BodyError(400, 'The body is valid JSON, but no object.');
  }
  const levels = levelsOf(value);
  for (let depth = 0; !levels.next().done; depth += 1) if (depth > deepest) throw new TooDeep();
  return value;
}

/** Those in texts count too: no text that is taken has so many. */
function hasMoreCommas(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) {
    count += 1;
    if (count > mostValues) return true;
  }
  return false;
}
