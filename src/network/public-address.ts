import ipaddr from 'ipaddr.js';

/** Of IPv6 only this is given out for use on the Internet; whatever is special within it, the library knows. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address can be reached from the public Internet.
 *
 * An IPv4 address in IPv6 clothes counts as what it is: `::ffff:10.0.0.1` is
 * private. Translated ones (NAT64, 6to4, Teredo) are never public, since the
 * translator may stand in the network of this service.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(globalUnicast));
}

/**
 * Whether a host is on the public Internet, as far as its name tells; names are not resolved.
 *
 * Takes it as `URL` writes it, with IPv4 in dotted form and IPv6 in brackets.
 */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(host)) return isPublicAddress(host);
  return (
    host.includes('.') && !/\.(localhost|local|internal|lan|home\.arpa|test|invalid)$/.test(host)
  );
}
