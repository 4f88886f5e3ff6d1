import ipaddr from 'ipaddr.js';
import { isPublicHost } from './public-address.ts';

/** What stands in the place of each. */
export const hiddenAddress = '[address]';

/** Suffixes that no name on the Internet has. */
const privateName =
  /(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:localhost|local|internal|intranet|private|corp|lan|home\.arpa)(?::\d{1,5})?(?![\w-]|\.\w)/gi;

/** Only an address has a port behind a name with a dot, a dash or a digit in it. */
const nameWithPort =
  /(?<![\w.@/-])(?=[a-z\d]*[-.\d])[a-z][\w-]*(?:\.[\w-]+)*:\d{2,5}(?![\w:]|\.\d)/gi;

/**
 * A text without IP addresses and without the hosts of URLs that are not on the public Internet: what
 * a proxy tells of its own connections, e.g. `dial tcp 10.1.2.3:443: i/o timeout`, is not for callers.
 *
 * Of a bare name nobody can tell whether it is one; with a port or a private suffix, or where
 * resolvers say so, it goes too. Rather too much is hidden than too little.
 */
export function withoutAddresses(text: string): string {
  return text
    .replace(
      /((?:\b[a-z][a-z\d+.-]{0,19}:)?(?:\/\/|\\\/\\\/))([^\s/?#"'<>\\]+)/gi,
      (url, scheme: string, authority: string) =>
        /^https?:/i.test(scheme) && isPublicHost(hostOf(authority)) ? url : scheme + hiddenAddress,
    )
    .replace(/\[([\da-f:.]+)(?:%\w+)?\](?::\d{1,5})?/gi, (found, address: string) =>
      ipaddr.IPv6.isValid(address) ? hiddenAddress : found,
    )
    .replace(/(?<![\w.])[\w.]*(?::[\w.]*){2,}/g, hideIpv6)
    .replace(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:[:_]\d{1,5})?(?!\d|\.\d)/g, hiddenAddress)
    .replace(/(?<![\w.])(?:\d{1,3}\.){1,2}\d{1,3}:\d{2,5}(?![\w:])/g, hiddenAddress)
    .replace(/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED) \S+(?: \S+:\d+)?/g, `$1 ${hiddenAddress}`)
    .replace(/\blookup \S+(?= on |: )/g, `lookup ${hiddenAddress}`)
    .replace(privateName, hiddenAddress)
    .replace(nameWithPort, hiddenAddress);
}

/** What has colons like `fd00::1`, and behind words that it is for: `address:fd00::1`. */
function hideIpv6(found: string): string {
  // The longest address has eight parts, one of them an IPv4 address.
  const parts = found.split(':');
  for (let from = Math.max(0, parts.length - 9); from < parts.length - 1; from++) {
    const address = parts.slice(from).join(':').replace(/\.$/, '');
    if (!ipaddr.IPv6.isValid(address)) continue;
    const before = parts.slice(0, from).map((part) => `${part}:`);
    return `${before.join('')}${hiddenAddress}${found.endsWith('.') ? '.' : ''}`;
  }
  return found;
}

function hostOf(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return /^(?:\[[^\]]*\]|[^:]*)/.exec(host)![0].replace(/[^\w\]]$/, '');
}
