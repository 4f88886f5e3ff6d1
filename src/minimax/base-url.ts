import { parseUrl } from '../network/parse-url.ts';

/**
 * Origin and path prefix of a base URL, without the version at its end. Throws when it cannot be used.
 */
export function splitBaseUrl(baseUrl: string): { origin: string; prefix: string } {
  const url = parseUrl(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error('The base URL must be an http or https URL, e.g. https://api.minimax.io.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error('The base URL must have no credentials, query or fragment.');
  }
  const prefix = url.pathname
    .replace(/\/+$/, '')
    .replace(/(\/anthropic)?(\/v[12])?$/, '')
    .replace(/\/+$/, '');
  return { origin: url.origin, prefix };
}
