/** What begins like this, in words for people; the first that fits. */
const known: readonly (readonly [RegExp, string])[] = [
  [
    // Of a comment, the first end is the end: with several to choose from, the time doubles for each.
    /^\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->)[^])*-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s/>]/i,
    'an SVG drawing',
  ],
  [/^\s*(?:<!doctype html|<html|<head|<body)/i, 'a web page'],
  [/^\s*<\?xml/i, 'an XML document'],
  [/^GIF8[79]a/, 'a GIF'],
  [/^BM.{4}\0\0\0\0/s, 'a BMP'],
  [/^(?:II\*\0|MM\0\*)/, 'a TIFF'],
  [/^....ftypavi[fs]/s, 'an AVIF'],
  [/^(?:\xff\n|\0\0\0\fJXL )/, 'a JPEG XL'],
  [/^8BPS/, 'a Photoshop document'],
  [/^%PDF-/, 'a PDF'],
  [/^PK(?=[^ -~])/, 'a ZIP archive'],
  [/^(?:Rar!|7z\xbc\xaf)/, 'an archive'],
  [/^(?:MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe)/, 'a program'],
  [/^.E\xdf\xa3/s, 'a Matroska or WebM video'],
  [/^RIFF....AVI /s, 'an AVI video'],
  [/^OggS/, 'an Ogg file'],
  [/^fLaC/, 'a FLAC sound'],
  [/^\s*[{[]/, 'JSON'],
];

/** So much of a file tells what it is. */
export const startBytes = 1024;

/** What a file is that is none of those that MiniMax takes, e.g. `an SVG drawing`; null when its start tells nothing. */
export function nameOfFormat(start: Buffer): string | null {
  const text = start.toString('latin1', 0, startBytes);
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** Of a ZIP archive, its last part and the longest comment behind it. */
const endOfZip = Buffer.from('PK\x05\x06', 'latin1');
export const tailBytes = 22 + 65_535;

/** In capitals or not. Without the blank that must follow it, the second would be met by chance in one of some thousand large pictures. */
const hidden = /<(?:script|\?php[ \t\r\n])/i;
const lettersOfHidden = '<script'.length;
/** So much is made a text at one time. */
const partBytes = 256 * 1024;

/**
 * What a file of another format is as well, e.g. `a ZIP archive`; null when it is nothing else. Such
 * files are made to be taken for one thing by those who check them and for the other by those who open
 * them. Of a file that is not in memory as a whole, its first and its last `tailBytes`.
 */
export function alsoIs(bytes: Buffer, tail = bytes.subarray(-tailBytes)): string | null {
  // Readers look for its head that far.
  if (bytes.subarray(0, startBytes).includes('%PDF-')) return 'a PDF';
  for (let at = tail.lastIndexOf(endOfZip); at >= 0; at = tail.lastIndexOf(endOfZip, at - 1)) {
    const isLast = at + 22 <= tail.length && at + 22 + tail.readUInt16LE(at + 20) === tail.length;
    if (isLast) return 'a ZIP archive';
    if (at === 0) break;
  }
  return hidesScript(bytes) || hidesScript(tail) ? 'a script' : null;
}

function hidesScript(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += partBytes) {
    // The next part has the last letters too: a text may lie across them.
    if (hidden.test(bytes.toString('latin1', at, at + partBytes + lettersOfHidden))) return true;
  }
  return false;
}
