/** What of a word of the address can be used; undefined where nothing can. Whoever asks for it has the default then. */
export type Read = (text: string) => string | undefined;

const fits =
  (isRight: (text: string) => boolean): Read =>
  (text) =>
    isRight(text) ? text : undefined;

export const anyText: Read = (text) => text;
export const oneOf = (names: object): Read => fits((text) => Object.hasOwn(names, text));
export const wholeNumber = fits((text) => /^-?\d{1,9}$/.test(text));
export const amount = fits((text) => /^\d{1,15}(\.\d{1,6})?$/.test(text));
/** What the audit log is searched for. */
export const textToFind = fits((text) => text.length >= 3 && text.length <= 200);
/** A time, however it is written, as the API takes it. */
export const instant: Read = (text) => {
  const at = new Date(text);
  const isRight = !Number.isNaN(at.getTime()) && /^\d{4}-/.test(at.toISOString());
  return isRight ? at.toISOString() : undefined;
};
export const someOf =
  (read: Read): Read =>
  (text) =>
    textOf(listOf(text).flatMap((part) => read(part) ?? []));

/** Lists are separated by commas; before a comma that belongs to a word stands a backslash, and before a backslash. */
export const listOf = (text: string | undefined): string[] =>
  ((text ?? '').match(/(?:\\.|[^,])+/gs) ?? [])
    .map((part) => part.replace(/\\([\\,])/g, '$1').trim())
    .filter(Boolean);

/** `listOf` makes the same of it again; undefined for none. */
export const textOf = (values: readonly string[]): string | undefined =>
  values.map((value) => value.replace(/[\\,]/g, String.raw`\$&`)).join(',') || undefined;

/** Each word by its own reader. What cannot be used is undefined, and not left out: the router would put it in again. */
export function readWords<Word extends string>(
  readers: Record<Word, Read>,
  search: Record<string, unknown>,
): Partial<Record<Word, string>> {
  const words = Object.entries<Read>(readers).map(([word, read]) => {
    const value = search[word];
    return [word, typeof value === 'string' ? read(value) || undefined : undefined];
  });
  return Object.fromEntries(words) as Partial<Record<Word, string>>;
}

/** Whether a reader leaves out some of it. */
export const isUnfit = (read: Read, text: string): boolean =>
  listOf(read(text)).length < listOf(text).length;
