import { outsideUrlFault } from '../network/outside.ts';

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
  if (text.length > maxLength) return invalid(`A webhook URL has at most ${maxLength} characters.`);
  switch (outsideUrlFault(text, allowPrivate)) {
    case null:
      return null;
    case 'no-url':
      return invalid('Give an https URL, such as https://example.com/webhooks/reelgraph.');
    case 'credentials':
      return invalid(
        'A webhook URL has neither credentials nor a fragment: the signature tells who sends.',
      );
    case 'port':
      return invalid('A webhook URL has port 443 or one above 1023.');
    case 'not-public':
      return {
        code: 'WEBHOOK_URL_NOT_PUBLIC',
        message: 'The host of the URL is not on the public Internet.',
      };
  }
}
