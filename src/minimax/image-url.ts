import { BlockList, isIP } from 'node:net';
import type { ImageProblemCode } from './images.ts';

export interface ImageUrlProblem {
  code: ImageProblemCode | 'IMAGE_URL_NOT_PUBLIC';
  message: string;
}

/** Address ranges in which MiniMax's servers cannot find an image of the caller. */
const notPublic = new BlockList();
const subnets: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
];
for (const [address, bits] of subnets) {
  notPublic.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4');
}

/**
 * What is wrong with an image URL, or null: MiniMax fetches it itself, so it
 * must be http(s), without credentials, on a host that is public as far as its
 * name tells. Names are not resolved.
 */
export function imageUrlProblem(text: string): ImageUrlProblem | null {
  const url = /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? new URL(text) : null;
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

/**
 * Whether MiniMax could reach the host, as far as its name tells.
 *
 * Takes it as `URL` writes it, with IPv4 in dotted form and IPv6 in brackets.
 */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const version = isIP(host);
  if (version === 4) return !notPublic.check(host, 'ipv4');
  // BlockList looks through ::ffff:a.b.c.d to the IPv4 address.
  if (version === 6) return !notPublic.check(host, 'ipv6');
  return (
    host.includes('.') && !/\.(localhost|local|internal|lan|home\.arpa|test|invalid)$/.test(host)
  );
}
