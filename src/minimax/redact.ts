import { storable } from '../network/storable.ts';
import { withoutAddresses } from '../network/without-addresses.ts';

const keptLength = 500;

/** MiniMax's own: everybody knows them. */
const publicHosts = /(^|\.)(minimaxi?\.(io|com|chat)|hailuoai\.(com|video))$/;

/** Below which path of this service MiniMax tells of progress; whoever knows what follows can speak for it. */
export const callbackPath = '/callbacks/minimax';

/** The same signs in both of its alphabets, of which Base64 writes either. */
const likeSigns: Readonly<Record<string, string>> = { '-': '-+', '+': '-+', '/': '/_', _: '/_' };

/** Shorter ones stand in any text. */
const shortestInBase64 = 8;

const callbackToken = new RegExp(`(${writtenAs(`${callbackPath}/`)})\\s{0,3}[\\w-]+`, 'g');
const url = new RegExp(`https?(?:${writtenAs(':')})(?:${writtenAs('//')})[^\\s"'<>]+`, 'gi');
const credentials = new RegExp(`^([a-z]+(?:${writtenAs('://')}))[^/?#\\\\@]*@`, 'i');
const query = new RegExp(`(?:${writtenAs('?')}).*`, 's');

/**
 * Gives a function that makes a text of MiniMax fit to be stored and shown: `secrets`, which are the
 * key and the token of a callback, anything that looks like one, query strings of URLs (they hold
 * signatures), base64, addresses of this network and `host`, at which MiniMax or a proxy of it is
 * asked, are replaced, and the rest is cut to 500 characters. Also where they are escaped as in
 * JSON or encoded as in URLs, and the secrets in Base64.
 */
export function redactor(secrets: readonly string[], host = ''): (text: string) => string {
  const hideHost = hostHider(host);
  const hideSecrets = secretsHider(secrets.filter((secret) => secret !== ''));
  return (text) => {
    const told = hideSecrets(text);
    // In a single word there is nothing else, but for a token.
    if (/^(?!eyJ)[a-z]{0,79}$/i.test(told)) return hideHost(told);
    const clean = withoutAddresses(
      hideHost(
        // Bounded before the patterns run; what is cut off is never looked at.
        storable(told, 8 * keptLength)
          .replace(callbackToken, '$1[redacted]')
          .replace(/data:[\w/+.\\-]*;base64,[\w+/\\%=-]*/gi, '[image]')
          .replace(url, (found) => found.replace(credentials, '$1').replace(query, '?[redacted]'))
          .replace(/\?[\w.%-]+=[^\s"'<>]*/g, '?[redacted]')
          .replace(/\b([\w-]*signature)=[^\s"'<>&]+/gi, '$1=[redacted]')
          .replace(/\bBearer(?:\s|%20|\+)+[^\s"',]+/gi, 'Bearer [redacted]')
          .replace(/\b(sk-|eyJ)[\w.-]{8,}/g, '[redacted]')
          .replace(/[\w+/\\%-]{80,}={0,2}/g, '[data]'),
      ),
    );
    return clean.length > keptLength ? `${storable(clean, keptLength - 1)}…` : clean;
  };
}

/** Before a text is cut, so that no part of one is left at its end. */
function secretsHider(secrets: readonly string[]): (text: string) => string {
  if (secrets.length === 0) return (text) => text;
  const forms = secrets.flatMap((secret) => [secret, ...inBase64(secret)]);
  const pattern = new RegExp(forms.map(writtenAs).join('|'), 'g');
  return (text) => text.replace(pattern, '[redacted]');
}

/** What is the same in each text in Base64 that holds a secret, by how far in it the secret begins. */
function inBase64(secret: string): string[] {
  if (secret.length < shortestInBase64) return [];
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const [start, end] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString('base64').slice(start, end);
  });
}

/** A pattern for a text as it is, or with signs escaped as in JSON, a URL or a page, once or twice. */
function writtenAs(text: string): string {
  return [...text].map((sign) => (/[a-z\d]/i.test(sign) ? sign : signWrittenAs(sign))).join('');
}

function signWrittenAs(sign: string): string {
  const forms = [...(likeSigns[sign] ?? sign)].flatMap((like) => {
    const code = like.charCodeAt(0).toString(16).padStart(2, '0');
    const hex = code.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
    const plain = like.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
    return [plain, `u00${hex}`, `%(?:25)?${hex}`, `&#(?:x${hex}|${like.charCodeAt(0)});`];
  });
  return `\\\\{0,4}(?:${forms.join('|')})`;
}

/** Without dots a name may be any word, so only what a port follows is taken for the host. */
function hostHider(host: string): (text: string) => string {
  if (host === '' || publicHosts.test(host)) return (text) => text;
  const escaped = host.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const port = host.includes('.') ? '(?::\\d+)?' : ':\\d+';
  const pattern = new RegExp(`(?<![\\w.-])${escaped}${port}(?![\\w-]|\\.\\w)`, 'gi');
  return (text) => text.replace(pattern, '[address]');
}
