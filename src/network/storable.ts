/**
 * A text from elsewhere as PostgreSQL can store it, cut to `length`: without U+0000, and without
 * halves of characters, be it at the cut or because it came so. U+FFFD stands where one was.
 */
export function storable(text: string, length = Infinity): string {
  const cut = text.slice(0, length);
  const isHalved = cut.length < text.length && /[\ud800-\udbff]$/.test(cut);
  return (isHalved ? cut.slice(0, -1) : cut).toWellFormed().replaceAll('\0', '\uFFFD');
}

/** Whether a text can be stored as it is: what `storable` leaves alone, and is not longer than `length`. */
export function isStorable(text: string, length: number): boolean {
  return text.length <= length && text === storable(text);
}

/** An integer as PostgreSQL stores it (int4), or null. */
export function storableInteger(value: number | null): number | null {
  return value !== null && (value | 0) === value ? value : null;
}
