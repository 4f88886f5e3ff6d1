import { parseUrl } from '../network/parse-url.ts';
import { isPublicHost } from '../network/public-address.ts';

export interface WebhookUrlProblem {
  code: 'WEBHOOK_URL_INVALID' | 'WEBHOOK_URL_NOT_PUBLIC';
  message: string;
}

const maxLength = 2_000;

/**
 * What is wrong with an address for webhooks, or null. Names are not resolved:
 * what they stand for is checked whenever something is sent.
 *
 * `allowPrivate` is for development: http, any host and any port.
 */
export function webhookUrlProblem(text: string, allowPrivate: boolean): WebhookUrlProblem | null {
  const invalid = (message: string) => ({ code: 'WEBHOOK_URL_INVALID' as const, message });
  const scheme = allowPrivate ? /^https?:\/\/\S+$/i : /^https:\/\/\S+$/i;
  if (text.length > maxLength) return invalid(`A webhook URL has at most ${maxLength} characters.`);
  const url = scheme.test(text) ? parseUrl(text) : null;
  if (url === null) {
    return invalid('Give an https URL, such as https://example.com/webhooks/reelgraph.');
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return invalid(
      'A webhook URL has neither credentials nor a fragment: the signature tells who sends.',
    );
  }
  if (allowPrivate) return null;
  if (url.port !== '' && Number(url.port) < 1024) {
    return invalid('A webhook URL has port 443 or one above 1023.');
  }
  if (isPublicHost(url.hostname)) return null;
  const message = 'The host of the URL is not on the public Internet.';
  return { code: 'WEBHOOK_URL_NOT_PUBLIC', message };
}
