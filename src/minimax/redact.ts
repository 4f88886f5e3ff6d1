const keptLength = 500;

/**
 * Gives a function that makes a text of MiniMax fit to be stored and shown:
 * the secrets, anything that looks like a key, query strings of URLs (they hold
 * signatures) and base64 are replaced, and the rest is cut to 500 characters.
 */
export function redactor(...secrets: string[]): (text: string) => string {
  return (text) => {
    let clean = text;
    for (const secret of secrets) {
      if (secret !== '') clean = clean.replaceAll(secret, '[redacted]');
    }
    clean = clean
      // Bounded before the patterns run; what is cut off is never looked at.
      .slice(0, 8 * keptLength)
      .replace(/data:[\w/+.-]*;base64,[\w+/=-]*/gi, '[image]')
      .replace(/(https?:\/\/[^\s"'<>?]*)\?[^\s"'<>]*/gi, '$1?[redacted]')
      .replace(/\bBearer\s+[^\s"',]+/gi, 'Bearer [redacted]')
      .replace(/\b(sk-|eyJ)[\w.-]{8,}/g, '[redacted]')
      .replace(/[\w+/-]{80,}={0,2}/g, '[data]');
    return clean.length > keptLength ? `${clean.slice(0, keptLength - 1)}…` : clean;
  };
}
