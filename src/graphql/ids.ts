const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether a text can be the id of anything stored here. */
export function isId(text: string): boolean {
  return uuid.test(text);
}

/** The lowest id that can belong to an instant: the first 48 bits of a UUID version 7 are milliseconds. */
export function firstIdAt(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** Sorts before every id. */
export const lowestId = '00000000-0000-0000-0000-000000000000';
