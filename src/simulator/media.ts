import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export interface Output {
  resolution: '512P' | '720P' | '768P' | '1080P';
  durationSeconds: 6 | 10;
  width: number;
  height: number;
}

/**
 * The videos there are. A task's id holds the index, so this list may only grow at its end (to ten).
 *
 * 768P is 1366 wide as measured (wire contract §3.3); nobody has told the width of 512P.
 */
export const OUTPUTS: readonly Output[] = [
  { resolution: '768P', durationSeconds: 6, width: 1366, height: 768 },
  { resolution: '768P', durationSeconds: 10, width: 1366, height: 768 },
  { resolution: '1080P', durationSeconds: 6, width: 1920, height: 1080 },
  { resolution: '720P', durationSeconds: 6, width: 1280, height: 720 },
  { resolution: '512P', durationSeconds: 6, width: 912, height: 512 },
  { resolution: '512P', durationSeconds: 10, width: 912, height: 512 },
];

const videos = new Map<Output, Promise<Buffer>>();

/** The bytes of the sample video; read from disk once per process. */
export function readVideo(output: Output): Promise<Buffer> {
  let video = videos.get(output);
  if (!video) {
    const name = `${output.resolution}-${output.durationSeconds}.mp4`;
    video = readFile(new URL(`../../assets/simulator/${name}`, import.meta.url));
    video.catch(() => videos.delete(output));
    videos.set(output, video);
  }
  return video;
}

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
