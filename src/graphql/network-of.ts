import ipaddr from 'ipaddr.js';

/**
 * Who may be meant by an address when its requests are counted: an IPv4 address by itself, of IPv6
 * the /64, since whoever has one address there has all of them. `unknown` for what is no address.
 */
export function networkOf(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const first = parsed.toByteArray().slice(0, 8);
  return `${ipaddr.fromByteArray([...first, 0, 0, 0, 0, 0, 0, 0, 0]).toString()}/64`;
}
