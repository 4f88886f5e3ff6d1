import { sniffImage } from './images.ts';
import type { MediaKind } from './model.ts';

/** What a file is by its first twelve bytes; null when they are of nothing that is known here. */
export function mediaKindOf(start: Buffer): MediaKind | null {
  if (sniffImage(start) !== null) return 'IMAGE';
  const text = start.toString('latin1', 0, 12);
  if (/^....ftyp(?!avi[fs])/s.test(text) || /^....(moov|mdat|wide|free)/s.test(text))
    return 'VIDEO';
  const isMp3 = text.startsWith('ID3') || (start[0] === 0xff && (start[1]! & 0xe0) === 0xe0);
  return isMp3 || /^RIFF....WAVE$/s.test(text) ? 'AUDIO' : null;
}
