import { storable } from '../network/storable.ts';
import { withoutAddresses } from '../network/without-addresses.ts';

const keptLength = 500;

/** MiniMax's own: everybody knows them. */
const publicHosts = /(^|\.)(minimaxi?\.(io|com|chat)|hailuoai\.(com|video))$/;

/**
 * Gives a function that makes a text of MiniMax fit to be stored and shown:
 * the key, anything that looks like one, query strings of URLs (they hold
 * signatures), base64, addresses of this network and `host`, at which MiniMax or a proxy of it is
 * asked, are replaced, and the rest is cut to 500 characters.
 */
export function redactor(key: string, host = ''): (text: string) => string {
  const hideHost = hostHider(host);
  return (text) => {
    const withoutKey = key === '' ? text : text.replaceAll(key, '[redacted]');
    const clean = withoutAddresses(
      hideHost(
        // Bounded before the patterns run; what is cut off is never looked at.
        storable(withoutKey, 8 * keptLength)
          .replace(/data:[\w/+.-]*;base64,[\w+/=-]*/gi, '[image]')
          .replace(/https?:\/\/[^\s"'<>]+/gi, (url) => url.replace(/\?.*/, '?[redacted]'))
          .replace(/\bBearer\s+[^\s"',]+/gi, 'Bearer [redacted]')
          .replace(/\b(sk-|eyJ)[\w.-]{8,}/g, '[redacted]')
          .replace(/[\w+/-]{80,}={0,2}/g, '[data]'),
      ),
    );
    return clean.length > keptLength ? `${storable(clean, keptLength - 1)}…` : clean;
  };
}

/** Without dots a name may be any word, so only what a port follows is taken for the host. */
function hostHider(host: string): (text: string) => string {
  if (host === '' || publicHosts.test(host)) return (text) => text;
  const escaped = host.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const port = host.includes('.') ? '(?::\\d+)?' : ':\\d+';
  const pattern = new RegExp(`(?<![\\w.-])${escaped}${port}(?![\\w-]|\\.\\w)`, 'gi');
  return (text) => text.replace(pattern, '[address]');
}
