import { parseUrl } from '../network/parse-url.ts';
import { isPublicHost } from '../network/public-address.ts';
import type { ImageProblemCode } from './measured-media.ts';

export interface ImageUrlProblem {
  code: ImageProblemCode | 'IMAGE_URL_NOT_PUBLIC';
  message: string;
}

/**
 * What is wrong with an image URL, or null: MiniMax fetches it itself, so it
 * must be http(s), without credentials, on a host that is public as far as its
 * name tells. Names are not resolved.
 */
export function imageUrlProblem(text: string): ImageUrlProblem | null {
  const unwritable = unwritableIn(text);
  if (unwritable !== null) return { code: 'IMAGE_INVALID', message: unwritable };
  const url = /^https?:\/\/\S+$/i.test(text) ? parseUrl(text) : null;
  if (url === null) {
    return {
      code: 'IMAGE_INVALID',
      message: 'Give a public http(s) URL or a data URL, data:image/<type>;base64,<data>.',
    };
  }
  const wrong =
    url.username !== '' || url.password !== ''
      ? 'has credentials in it'
      : isPublicHost(url.hostname)
        ? null
        : 'is on a host that MiniMax cannot reach';
  if (wrong === null) return null;
  const message = `The URL ${wrong}: use a public URL that needs no sign-in, or send the image as a data URL.`;
  return { code: 'IMAGE_URL_NOT_PUBLIC', message };
}

/** What MiniMax's own reader of URLs may stumble over, although others mend it by themselves. */
function unwritableIn(text: string): string | null {
  if (!/^https?:/i.test(text)) return null;
  if (/\s/.test(text)) return 'The URL has a space in it: write %20.';
  if (text.includes('\\')) return 'The URL has a backslash in it: write /, or %5C.';
  if (/[\p{C}\p{Default_Ignorable_Code_Point}]/u.test(text)) {
    return 'The URL has an invisible character in it: remove it.';
  }
  if (/%(?![\da-f]{2})/i.test(text)) {
    return 'The URL has a % that begins no code such as %20: write %25.';
  }
  return null;
}
