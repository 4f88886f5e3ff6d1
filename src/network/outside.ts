import { Client, type buildConnector } from 'undici';
import { parseUrl } from './parse-url.ts';
import { isPublicHost } from './public-address.ts';
import { checkedLookup, type Resolve } from './resolve-host.ts';

/** What keeps calls to addresses that others chose from reaching into the network of this service. */
export interface OutsideOptions {
  resolve: Resolve;
  /** Whether http and addresses that are not public are allowed, as in development. */
  allowPrivate: boolean;
}

export type OutsideUrlFault = 'no-url' | 'credentials' | 'port' | 'not-public';

/**
 * What is wrong with an address that somebody else chose, or null. Names are not resolved: what they
 * stand for is checked whenever a connection is made.
 */
export function outsideUrlFault(text: string, allowPrivate: boolean): OutsideUrlFault | null {
  const scheme = allowPrivate ? /^https?:\/\/\S+$/i : /^https:\/\/\S+$/i;
  const url = scheme.test(text) ? parseUrl(text) : null;
  if (url === null) return 'no-url';
  if (url.username !== '' || url.password !== '' || url.hash !== '') return 'credentials';
  if (allowPrivate) return null;
  if (url.port !== '' && Number(url.port) < 1024) return 'port';
  return isPublicHost(url.hostname) ? null : 'not-public';
}

/**
 * A connection of its own to an origin for which `outsideUrlFault` is null: to an address that was
 * checked as it was resolved, and to no other. Redirects are not followed. The limit of time is the
 * caller's, on the whole; undici's are for each phase. Through a `tunnel` the proxy resolves the name.
 */
export function outsideClient(
  origin: string,
  { resolve, allowPrivate }: OutsideOptions,
  connectTimeoutMs: number,
  tunnel?: buildConnector.connector,
): Client {
  return new Client(origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: tunnel ?? {
      lookup: checkedLookup(resolve, allowPrivate),
      timeout: connectTimeoutMs,
    },
  });
}
