import ipaddr from 'ipaddr.js';
import { parseUrl } from './parse-url.ts';

/** The proxies through which the outside is reached, as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` tell. */
export interface Proxies {
  /** For http upstreams; undefined: none. */
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  /** Names with all below them, addresses, networks, each perhaps with a port; `*`: everything. */
  readonly never: readonly string[];
}

/** Whether a text can be the address of a proxy; its credentials may stand in it. */
export function isProxyUrl(text: string): boolean {
  const url = parseUrl(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return false;
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return false;
  }
  return url.pathname === '/' && url.search === '' && url.hash === '';
}

/** The proxy for an origin, or null: this machine itself is never reached through one. */
export function proxyFor(origin: string, { http, https, never }: Proxies): URL | null {
  const { protocol, hostname, port } = new URL(origin);
  const proxy = protocol === 'https:' ? https : http;
  const host = bare(hostname);
  if (proxy === undefined || isThisMachine(host)) return null;
  const at = port || (protocol === 'https:' ? '443' : '80');
  return never.some((entry) => matches(entry, host, at)) ? null : new URL(proxy);
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function isThisMachine(host: string): boolean {
  if (/(^|\.)localhost$/.test(host)) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

function matches(entry: string, host: string, port: string): boolean {
  // Some write the address of a server, whose scheme says nothing here.
  const place = entry.replace(/^https?:\/\/([^/]*)\/?$/i, '$1');
  const [, written = '', wantedPort] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(place) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (written === '*') return true;
  const name = bare(written.replace(/^\*?\./, ''));
  if (!ipaddr.isValid(host)) return host === name || (name !== '' && host.endsWith(`.${name}`));
  const address = ipaddr.process(host);
  if (ipaddr.isValid(name)) return ipaddr.process(name).toString() === address.toString();
  if (!ipaddr.isValidCIDR(name)) return false;
  const [network, bits] = ipaddr.parseCIDR(name);
  return network.kind() === address.kind() && address.match(network, bits);
}
