import ipaddr from 'ipaddr.js';
import { isPublicHost } from './public-address.ts';

const hidden = '[address]';

/**
 * A text without IP addresses and without the hosts of URLs that are not on the public Internet: what
 * a proxy tells of its own connections, e.g. `dial tcp 10.1.2.3:443: i/o timeout`, is not for callers.
 *
 * Of a bare name nobody can tell whether it is one; only where resolvers say so it goes too.
 */
export function withoutAddresses(text: string): string {
  return text
    .replace(/\b(https?:\/\/)([^\s/?#"'<>\\]+)/gi, (url, scheme: string, authority: string) =>
      isPublicHost(hostOf(authority)) ? url : scheme + hidden,
    )
    .replace(/(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?!\w|\.\d)/g, hidden)
    .replace(/\[([\da-f:.]+)(?:%\w+)?\](?::\d{1,5})?/gi, hideIpv6)
    .replace(
      /(?<![\w:.])([\da-f]{0,4}(?::[\da-f]{0,4}){2,8}(?:(?:\.\d{1,3}){3})?)(?!\w)/gi,
      hideIpv6,
    )
    .replace(/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED) \S+/g, `$1 ${hidden}`)
    .replace(/\blookup \S+(?= on |: )/g, `lookup ${hidden}`);
}

function hideIpv6(found: string, address: string): string {
  return ipaddr.IPv6.isValid(address) ? hidden : found;
}

function hostOf(authority: string): string {
  return authority.replace(/^.*@/, '').replace(/:\d*\W*$/, '');
}
