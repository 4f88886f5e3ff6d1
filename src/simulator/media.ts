import { createHmac } from 'node:crypto';

/**
 * Not a secret: it stands in this file so that links outlive a restart. It guards a test pattern,
 * and makes a tampered link fail as it does at MiniMax; nothing else may rely on it.
 */
const SIGNING_KEY = 'simulator';

export function signLink(fileId: string, expires: number): string {
  return createHmac('sha1', SIGNING_KEY).update(`${fileId}\n${expires}`).digest('base64');
}

/** The query part of a download link in the manner of Aliyun OSS (wire contract §6). */
export function linkQuery(fileId: string, expires: number): string {
  return new URLSearchParams({
    Expires: String(expires),
    OSSAccessKeyId: 'simulator',
    Signature: signLink(fileId, expires),
  }).toString();
}

/** Why a link is refused, or `undefined` when it is good. */
export function linkFault(
  fileId: string,
  query: URLSearchParams,
  nowSeconds: number,
): { code: string; message: string } | undefined {
  const expires = query.get('Expires');
  const signature = query.get('Signature');
  if (!expires || !signature || !/^\d{1,12}$/.test(expires)) {
    return { code: 'AccessDenied', message: 'You have no right to access this object.' };
  }
  if (signature !== signLink(fileId, Number(expires))) {
    return {
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
    };
  }
  if (Number(expires) <= nowSeconds) {
    return { code: 'AccessDenied', message: 'Request has expired.' };
  }
  return undefined;
}

/**
 * The first and last byte that a `Range` header asks for; `undefined` to send everything, as for
 * several ranges or a header that makes no sense; `'unsatisfiable'` when it lies beyond the end.
 */
export function readRange(
  header: string | undefined,
  size: number,
): { first: number; last: number } | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (!from && !to)) return undefined;
  if (!from) {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to ? Math.min(Number(to), size - 1) : size - 1;
  if (to && Number(to) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}
