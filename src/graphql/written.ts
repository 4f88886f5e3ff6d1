import { randomUUID } from 'node:crypto';

/** Stands in a text where what is written goes. Nobody outside knows it, so no value has it. */
const mark = randomUUID();

/** What is written, in order, while an answer is made text; undefined at any other time. */
let found: string[] | undefined;

/** A part of an answer that is JSON already. */
export class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    if (!found) return JSON.parse(this.text);
    found.push(this.text);
    return mark;
  }
}

/** `JSON.stringify` that takes what is written as it is. */
export function stringify(answer: unknown): string {
  const texts: string[] = (found = []);
  let text: string;
  try {
    text = JSON.stringify(answer);
  } finally {
    found = undefined;
  }
  const [start, ...rest] = texts.length === 0 ? [text] : text.split(`"${mark}"`);
  return rest.reduce((joined, piece, index) => joined + texts[index]! + piece, start!);
}
