/**
 * The URL that a text is, or null.
 *
 * Not by `URL.canParse`: on Node 20, once optimized, it refuses whatever has letters like "ä".
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
